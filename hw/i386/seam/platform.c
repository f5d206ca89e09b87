/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The machine as the TDX module sees it: processors, packages and the
 * operations of include/platform.h over QEMU.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/guest-random.h"
#include "exec/qemu-compat-tcg.h"
#include "system/tcg.h"
#include "seam-internal.h"
#include "target/i386/seam.h"

/* --- processors ---------------------------------------------------------- */

static uint32_t platform_lp_package(void *opaque, unsigned lp)
{
    TdxModuleDevice *s = opaque;

    return s->found.lp[lp].pkg;
}

static void platform_cpuid(void *opaque, unsigned lp, uint32_t leaf,
                           uint32_t subleaf, uint32_t regs[4])
{
    TdxModuleDevice *s = opaque;

    cpu_x86_cpuid(&s->found.lp[lp].cpu->env, leaf, subleaf, &regs[0], &regs[1],
                  &regs[2], &regs[3]);
}

static bool platform_rdmsr(void *opaque, unsigned lp, uint32_t msr,
                           uint64_t *value)
{
    TdxModuleDevice *s = opaque;

    return x86_seam_rdmsr(s->found.lp[lp].cpu, msr, value) ||
           tdx_firmware_msr(&s->plat, msr, value);
}

static void platform_tlb_flush(void *opaque, unsigned lp)
{
    TdxModuleDevice *s = opaque;

    if (tcg_enabled()) {
        tlb_flush(CPU(s->found.lp[lp].cpu));
    }
}

static void platform_ept_flush(void *opaque, unsigned lp, uint64_t eptp)
{
    TdxModuleDevice *s = opaque;

    if (tcg_enabled()) {
        vmx_mmu_td_flush(&s->found.lp[lp].cpu->env, eptp);
    }
}

static uint64_t platform_tsc(void *opaque, unsigned lp)
{
    TdxModuleDevice *s = opaque;
    CPUX86State *env = &s->found.lp[lp].cpu->env;

    return cpu_get_tsc(env) + env->tsc_offset;
}

/* --- processors that run TDs --------------------------------------------- */

static X86CPU *cpu_of(TdxModuleDevice *s, unsigned lp)
{
    return s->found.lp[lp].cpu;
}

/*
 * Of what the module writes so, counters and the depth of LBR, TDs have
 * nothing here.
 */
static void platform_wrmsr(void *opaque, unsigned lp, uint32_t msr,
                           uint64_t value)
{
}

static void platform_vmm_save(void *opaque, unsigned lp, TdxVmmState *vmm)
{
    x86_seam_save_vmm(cpu_of(opaque, lp), vmm);
}

static void platform_vmm_load(void *opaque, unsigned lp,
                              const TdxVmmState *vmm)
{
    x86_seam_load_vmm(cpu_of(opaque, lp), vmm);
}

static void platform_store(void *opaque, unsigned lp)
{
    x86_seam_store_td(cpu_of(opaque, lp));
}

static bool platform_event_pending(void *opaque, unsigned lp)
{
    return x86_seam_event_pending(cpu_of(opaque, lp));
}

static bool platform_report(void *opaque, unsigned lp,
                            uint8_t report[TDX_REPORTMACSTRUCT_SIZE])
{
    TdxModuleDevice *s = opaque;

    tdx_report_sign(report, s->report_key);
    return true;
}

static TdxReportResult platform_verify_report(
    void *opaque, unsigned lp, const uint8_t report[TDX_REPORTMACSTRUCT_SIZE])
{
    TdxModuleDevice *s = opaque;

    return tdx_report_verify(report, s->report_key);
}

/* --- memory -------------------------------------------------------------- */

/*
 * Copy between @buf and RAM.  Devices are never reached: what the module
 * reads and writes for the host is memory, and a device's handler would run
 * inside the SEAMCALL.
 */
static bool copy_shared(uint64_t hpa, void *buf, size_t len, bool is_write)
{
    uint8_t *p = buf;

    RCU_READ_LOCK_GUARD();
    while (len) {
        hwaddr xlat, l = len;
        MemTxResult result;
        MemoryRegion *mr = address_space_translate(&address_space_memory, hpa,
                                                   &xlat, &l, is_write,
                                                   MEMTXATTRS_UNSPECIFIED);

        if (!memory_access_is_direct(mr, is_write, MEMTXATTRS_UNSPECIFIED)) {
            goto gone;
        }
        seam_integrity_writer(is_write ? SEAM_WRITER_MODULE
                                       : SEAM_WRITER_DEVICE);
        result = address_space_rw(&address_space_memory, hpa,
                                  MEMTXATTRS_UNSPECIFIED, p, l, is_write);
        seam_integrity_writer(SEAM_WRITER_DEVICE);
        /* It was unplugged just now */
        if (result != MEMTX_OK) {
            goto gone;
        }
        hpa += l;
        p += l;
        len -= l;
    }
    return true;

gone:
    if (!is_write) {
        memset(p, 0xff, len);
    }
    return false;
}

bool seam_read_shared(void *opaque, uint64_t hpa, void *buf, size_t len)
{
    return copy_shared(hpa, buf, len, false);
}

bool seam_write_shared(void *opaque, uint64_t hpa, const void *buf, size_t len)
{
    return copy_shared(hpa, (void *)buf, len, true);
}

/* --- keys and the rest --------------------------------------------------- */

static bool platform_random(void *opaque, void *buf, size_t len)
{
    return qemu_guest_getrandom(buf, len, NULL) == 0;
}

/* Memory is not really encrypted, so that a key is only a fact */
static TdxKeyResult platform_key_config(void *opaque, unsigned lp,
                                        uint16_t hkid)
{
    return TDX_KEY_OK;
}

static void platform_fatal(void *opaque, const char *why)
{
    error_report("the TDX module has stopped: %s", why);
}

static const TdxPlatformOps platform_ops = {
    .read_shared = seam_read_shared,
    .write_shared = seam_write_shared,
    .private_page = seam_private_page,
    .private_blank = seam_private_blank,
    .private_take = seam_private_take,
    .private_written = seam_private_written,
    .private_lost = seam_private_lost,
    .private_intact = seam_private_intact,
    .private_drop_all = seam_private_discard,
    .lp_package = platform_lp_package,
    .cpuid = platform_cpuid,
    .rdmsr = platform_rdmsr,
    .random = platform_random,
    .key_config = platform_key_config,
    .tlb_flush = platform_tlb_flush,
    .ept_flush = platform_ept_flush,
    .tsc = platform_tsc,
    .wrmsr = platform_wrmsr,
    .vmm_save = platform_vmm_save,
    .vmm_load = platform_vmm_load,
    .store = platform_store,
    .event_pending = platform_event_pending,
    .report = platform_report,
    .verify_report = platform_verify_report,
    .fatal = platform_fatal,
};

void seam_platform_init(TdxModuleDevice *s)
{
    X86CPU *first = X86_CPU(first_cpu);
    const X86SeamState *seam = first->seam;
    TdxPlatformInfo *plat = &s->plat;
    uint32_t regs[4];

    s->ops = platform_ops;
    if (seam_fence_available()) {
        s->ops.fence_others = seam_fence_others;
    }
    s->partial_write_erratum = seam->partial_write_erratum;
    plat->max_pa = first->phys_bits;
    plat->keyid_bits = seam->keyid_bits;
    plat->mktme_keyids = seam->mktme_keyids;
    plat->tdx_keyids = seam->tdx_keyids;
    plat->seamrr = (TdxRange) { seam->seamrr_base, seam->seamrr_size };
    plat->seamverifyreport = true;
    qemu_guest_getrandom_nofail(s->report_key, sizeof(s->report_key));
    /* A machine's processors are all of one model */
    cpu_x86_cpuid(&first->env, 1, 0, &regs[0], &regs[1], &regs[2], &regs[3]);
    s->fms = regs[0];
}
