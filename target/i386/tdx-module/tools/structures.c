/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The structures that a host fills, member by member, for tools that write
 * them.
 */

#include "../../seamldr/abi/layout.h"
#include "pamt/tdmr.h"
#include "td/td-params.h"
#include "tdx-tables.h"

#define SIZE(type, member) sizeof(((type *)NULL)->member)
#define FIELD(type, name, member) \
    { name, offsetof(type, member), SIZE(type, member), 1, 0 }
/* An array of structures, of which @first is a member of the first */
#define ARRAY(type, name, array, first) \
    { name, offsetof(type, first), SIZE(type, first), \
      SIZE(type, array) / SIZE(type, array[0]), SIZE(type, array[0]) }

static const TdxMember tdmr_info[] = {
    FIELD(TdxTdmrInfo, "base", base),
    FIELD(TdxTdmrInfo, "size", size),
    FIELD(TdxTdmrInfo, "pamt_1g_base", pamt_1g.base),
    FIELD(TdxTdmrInfo, "pamt_1g_size", pamt_1g.size),
    FIELD(TdxTdmrInfo, "pamt_2m_base", pamt_2m.base),
    FIELD(TdxTdmrInfo, "pamt_2m_size", pamt_2m.size),
    FIELD(TdxTdmrInfo, "pamt_4k_base", pamt_4k.base),
    FIELD(TdxTdmrInfo, "pamt_4k_size", pamt_4k.size),
    ARRAY(TdxTdmrInfo, "reserved_offset", rsvd, rsvd[0].base),
    ARRAY(TdxTdmrInfo, "reserved_size", rsvd, rsvd[0].size),
    { NULL }
};

static const TdxMember td_params[] = {
    FIELD(TdxTdParams, "attributes", attributes),
    FIELD(TdxTdParams, "xfam", xfam),
    FIELD(TdxTdParams, "max_vcpus", max_vcpus),
    FIELD(TdxTdParams, "num_l2_vms", num_l2_vms),
    FIELD(TdxTdParams, "msr_config_ctls", msr_config_ctls),
    FIELD(TdxTdParams, "eptp_controls", eptp_controls),
    FIELD(TdxTdParams, "config_flags", config_flags),
    FIELD(TdxTdParams, "tsc_frequency", tsc_frequency),
    FIELD(TdxTdParams, "mrconfigid", mrconfigid),
    FIELD(TdxTdParams, "mrowner", mrowner),
    FIELD(TdxTdParams, "mrownerconfig", mrownerconfig),
    FIELD(TdxTdParams, "arch_capabilities", arch_capabilities),
    ARRAY(TdxTdParams, "cpuid_eax", cpuid, cpuid[0].reg[TDX_CPUID_EAX]),
    ARRAY(TdxTdParams, "cpuid_ebx", cpuid, cpuid[0].reg[TDX_CPUID_EBX]),
    ARRAY(TdxTdParams, "cpuid_ecx", cpuid, cpuid[0].reg[TDX_CPUID_ECX]),
    ARRAY(TdxTdParams, "cpuid_edx", cpuid, cpuid[0].reg[TDX_CPUID_EDX]),
    { NULL }
};

static const TdxMember seam_sigstruct[] = {
    FIELD(SeamSigstruct, "header_type", header_type),
    FIELD(SeamSigstruct, "header_length", header_length),
    FIELD(SeamSigstruct, "header_version", header_version),
    FIELD(SeamSigstruct, "module_type", module_type),
    FIELD(SeamSigstruct, "module_vendor", module_vendor),
    FIELD(SeamSigstruct, "date", date),
    FIELD(SeamSigstruct, "size", size),
    FIELD(SeamSigstruct, "key_size", key_size),
    FIELD(SeamSigstruct, "modulus_size", modulus_size),
    FIELD(SeamSigstruct, "exponent_size", exponent_size),
    FIELD(SeamSigstruct, "modulus", modulus),
    FIELD(SeamSigstruct, "exponent", exponent),
    FIELD(SeamSigstruct, "signature", signature),
    FIELD(SeamSigstruct, "seamhash", seamhash),
    FIELD(SeamSigstruct, "svn_minor", svn_minor),
    FIELD(SeamSigstruct, "svn_major", svn_major),
    FIELD(SeamSigstruct, "attributes", attributes),
    FIELD(SeamSigstruct, "num_stack_pages", num_stack_pages),
    FIELD(SeamSigstruct, "num_tls_pages", num_tls_pages),
    FIELD(SeamSigstruct, "num_keyhole_pages", num_keyhole_pages),
    FIELD(SeamSigstruct, "num_global_pages", num_global_pages),
    FIELD(SeamSigstruct, "module_hv", module_hv),
    FIELD(SeamSigstruct, "min_update_hv", min_update_hv),
    FIELD(SeamSigstruct, "no_downgrade", no_downgrade),
    FIELD(SeamSigstruct, "num_handoff_pages", num_handoff_pages),
    FIELD(SeamSigstruct, "gdt_idt_offset", gdt_idt_offset),
    FIELD(SeamSigstruct, "fault_wrapper_offset", fault_wrapper_offset),
    FIELD(SeamSigstruct, "cpuid_table_size", cpuid_table_size),
    ARRAY(SeamSigstruct, "cpuid_table", cpuid_table, cpuid_table[0]),
    { NULL }
};

const TdxStructure tdx_structures[] = {
    { "SEAM_SIGSTRUCT", sizeof(SeamSigstruct), SEAMLDR_PAGE, seam_sigstruct },
    { "TDMR_INFO", sizeof(TdxTdmrInfo), TDX_TDMR_INFO_ALIGN, tdmr_info },
    { "TD_PARAMS", sizeof(TdxTdParams), sizeof(TdxTdParams), td_params },
    { NULL }
};
