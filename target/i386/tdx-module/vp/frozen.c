/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What lies in private pages goes with saved states as it is: its layout is
 * frozen.  New members come behind the old ones, in what was zero, and zero
 * must mean that they are not there.  Who has to do otherwise raises
 * version_id of the device's state (hw/i386/seam/vmstate.c), which refuses
 * older ones.
 */

#include "../../x86-defs/ve-info.h"
#include "../pamt/entry.h"
#include "../td/tdcs.h"
#include "../td/tdr.h"
#include "tdvps.h"

#define FROZEN(type, member, at) \
    _Static_assert(offsetof(type, member) == (at), "in saved states")
#define FROZEN_SIZE(type, size) \
    _Static_assert(sizeof(type) == (size), "in saved states")

/* The PAMT, under the module's own key */
FROZEN_SIZE(TdxPamtEntry, 16);
FROZEN(TdxPamtEntry, lock, 0);
FROZEN(TdxPamtEntry, head_low, 2);
FROZEN(TdxPamtEntry, head_high, 4);
FROZEN(TdxPamtEntry, tail, 8);

/* TDR */
FROZEN(TdxTdr, fatal, 0);
FROZEN(TdxTdr, lifecycle, 4);
FROZEN(TdxTdr, hkid, 8);
FROZEN(TdxTdr, pkg_config_bitmap, 12);
FROZEN(TdxTdr, chldcnt, 16);
FROZEN(TdxTdr, num_tdcx, 24);
FROZEN(TdxTdr, handoff_version, 28);
FROZEN(TdxTdr, tdcx, 32);
FROZEN(TdxTdr, uuid, 104);
FROZEN(TdxTdr, svn_minor, 136);
FROZEN(TdxTdr, svn_major, 137);

/* Which control page holds what */
_Static_assert(TDX_TDCS_CONTROL == 0 && TDX_TDCS_VIRTUAL_CPUS == 1 &&
               TDX_TDCS_MSR_BITMAPS == 2 && TDX_TDCS_SEPT_ROOT == 3 &&
               TDX_TDCS_NO_SHARED_EPT == 4 && TDX_TDCS_MEASUREMENT == 5 &&
               TDX_TDCS_L2_SEPT_ROOT == 6, "in saved states");

/* TDCS, control */
FROZEN(TdxTdcs, op_state_lock, 0);
FROZEN(TdxTdcs, sept_lock, 2);
FROZEN(TdxTdcs, epoch_lock, 4);
FROZEN(TdxTdcs, op_state, 8);
FROZEN(TdxTdcs, num_vcpus, 12);
FROZEN(TdxTdcs, num_assoc_vcpus, 16);
FROZEN(TdxTdcs, td_flags, 20);
FROZEN(TdxTdcs, td_epoch, 24);
FROZEN(TdxTdcs, refcount, 32);
FROZEN(TdxTdcs, attributes, 40);
FROZEN(TdxTdcs, xfam, 48);
FROZEN(TdxTdcs, max_vcpus, 56);
FROZEN(TdxTdcs, num_l2_vms, 60);
FROZEN(TdxTdcs, eptp, 64);
FROZEN(TdxTdcs, config_flags, 72);
FROZEN(TdxTdcs, tsc_frequency, 80);
FROZEN(TdxTdcs, virtual_maxpa, 84);
FROZEN(TdxTdcs, tsc_offset, 88);
FROZEN(TdxTdcs, tsc_multiplier, 96);
FROZEN(TdxTdcs, arch_capabilities, 104);
FROZEN(TdxTdcs, hp_lock_timeout, 112);
FROZEN(TdxTdcs, vm_ctls, 120);
FROZEN(TdxTdcs, msr_config_ctls, 152);
FROZEN(TdxTdcs, num_event_filters, 156);
FROZEN(TdxTdcs, mrconfigid, 160);
FROZEN(TdxTdcs, mrowner, 208);
FROZEN(TdxTdcs, mrownerconfig, 256);
FROZEN(TdxTdcs, mrtd, 304);
FROZEN(TdxTdcs, xsave_size, 352);
FROZEN(TdxTdcs, virtual_arch_capabilities, 360);
FROZEN(TdxTdcs, td_ctls, 368);
FROZEN(TdxTdcs, notify_enables, 376);
FROZEN(TdxTdcs, feature_paravirt, 384);
FROZEN(TdxTdcs, cpuid_configured, 392);
FROZEN(TdxTdcs, cpuid_flags, 396);
FROZEN(TdxTdcs, rtmr_lock, 400);
FROZEN(TdxTdcs, tee_info_valid, 402);
FROZEN(TdxTdcs, rtmr, 408);
FROZEN(TdxTdcs, tee_info_hash, 600);
FROZEN(TdxTdcs, crypto_context, 648);

/* TDCS, vCPUs */
FROZEN(TdxTdcsVirtualCpus, x2apic_id, 0);
FROZEN(TdxTdcsVirtualCpus, cpuid, 2304);
FROZEN(TdxTdcsVirtualCpus, values, 2752);
FROZEN_SIZE(TdxCpuidValue, 16);

/* TDCS, measurement: Nettle's own structure */
FROZEN(TdxTdcsMeasurement, mrtd.sha384.state, 0);
FROZEN(TdxTdcsMeasurement, mrtd.sha384.count_low, 64);
FROZEN(TdxTdcsMeasurement, mrtd.sha384.count_high, 72);
FROZEN(TdxTdcsMeasurement, mrtd.sha384.index, 80);
FROZEN(TdxTdcsMeasurement, mrtd.sha384.block, 84);

/* TDVPR */
FROZEN(TdxTdvps, ve_info, 0);
FROZEN(TdxTdvps, state, 72);
FROZEN(TdxTdvps, assoc_lpid, 76);
FROZEN(TdxTdvps, index, 80);
FROZEN(TdxTdvps, x2apic_id, 84);
FROZEN(TdxTdvps, num_pages, 88);
FROZEN(TdxTdvps, last_td_exit, 92);
FROZEN(TdxTdvps, vcpu_epoch, 96);
FROZEN(TdxTdvps, exit_tsc, 104);
FROZEN(TdxTdvps, page, 112);
FROZEN(TdxTdvps, initial_rcx, 232);
FROZEN(TdxTdvps, pend_nmi, 240);
FROZEN(TdxTdvps, state_details, 248);
FROZEN(TdxTdvps, hp_lock_busy_start, 256);
FROZEN(TdxTdvps, hp_lock_busy, 264);
FROZEN(TdxTdvps, cpuid_supervisor_ve, 265);
FROZEN(TdxTdvps, cpuid_user_ve, 266);
FROZEN(TdxTdvps, cpuid_control, 267);
FROZEN(TdxTdvps, epf_count, 396);
FROZEN(TdxTdvps, epf_list_size, 400);
FROZEN(TdxTdvps, epf_list, 408);
FROZEN(TdxTdvps, l2_ctls, 664);
FROZEN(TdxTdvps, tsc_deadline, 696);
FROZEN(TdxTdvps, misc_enable, 728);
FROZEN(TdxTdvps, smi_count, 736);
FROZEN(TdxTdvps, lbr_depth, 744);
FROZEN(TdxTdvps, pmu, 752);
FROZEN(TdxTdvps, guest, 1264);
FROZEN_SIZE(X86VcpuState, 320);

/* The processor writes to it as well, where its own area begins */
#define AS_PROCESSOR(member, theirs) \
    _Static_assert(offsetof(TdxVeInfo, member) == \
                   offsetof(X86VeInfo, theirs), "as the processor has it")
AS_PROCESSOR(exit_reason, exit_reason);
AS_PROCESSOR(valid, busy);
AS_PROCESSOR(exit_qualification, exit_qualification);
AS_PROCESSOR(gla, gla);
AS_PROCESSOR(gpa, gpa);
AS_PROCESSOR(eptp_index, eptp_index);
