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
#include "exec/address-spaces.h"
#include "exec/cputlb.h"
#include "hw/boards.h"
#include "system/tcg.h"
#include "seam-internal.h"
#include "target/i386/seam.h"

/* --- processors ---------------------------------------------------------- */

/* Package number of a socket, a new one at its first processor */
static bool add_package(TdxModuleDevice *s, int socket[TDX_MAX_PKGS],
                        X86CPU *cpu, unsigned lp, Error **errp)
{
    TdxPlatformInfo *plat = &s->plat;
    uint32_t pkg;
    uint32_t regs[4];

    for (pkg = 0; pkg < plat->num_pkgs; pkg++) {
        if (socket[pkg] == cpu->socket_id) {
            break;
        }
    }
    if (pkg == TDX_MAX_PKGS) {
        error_setg(errp, "the TDX module takes at most %d packages; "
                   "use -smp with sockets=%d or less",
                   TDX_MAX_PKGS, TDX_MAX_PKGS);
        return false;
    }
    if (pkg == plat->num_pkgs) {
        cpu_x86_cpuid(&cpu->env, 1, 0, &regs[0], &regs[1], &regs[2],
                      &regs[3]);
        socket[pkg] = cpu->socket_id;
        plat->pkg_fms[pkg] = regs[0];
        plat->num_pkgs++;
    }
    s->lp_pkg[lp] = pkg;
    return true;
}

static uint32_t platform_lp_package(void *opaque, unsigned lp)
{
    TdxModuleDevice *s = opaque;

    return s->lp_pkg[lp];
}

static void platform_cpuid(void *opaque, unsigned lp, uint32_t leaf,
                           uint32_t subleaf, uint32_t regs[4])
{
    TdxModuleDevice *s = opaque;

    cpu_x86_cpuid(&s->lps[lp]->env, leaf, subleaf, &regs[0], &regs[1],
                  &regs[2], &regs[3]);
}

static bool platform_rdmsr(void *opaque, unsigned lp, uint32_t msr,
                           uint64_t *value)
{
    TdxModuleDevice *s = opaque;

    return x86_seam_rdmsr(s->lps[lp], msr, value) ||
           tdx_firmware_msr(&s->plat, msr, value);
}

static void platform_tlb_flush(void *opaque, unsigned lp)
{
    TdxModuleDevice *s = opaque;

    if (tcg_enabled()) {
        tlb_flush(CPU(s->lps[lp]));
    }
}

static uint64_t platform_tsc(void *opaque, unsigned lp)
{
    TdxModuleDevice *s = opaque;
    CPUX86State *env = &s->lps[lp]->env;

    return cpu_get_tsc(env) + env->tsc_offset;
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
        MemoryRegion *mr = address_space_translate(&address_space_memory, hpa,
                                                   &xlat, &l, is_write,
                                                   MEMTXATTRS_UNSPECIFIED);

        if (!memory_access_is_direct(mr, is_write, MEMTXATTRS_UNSPECIFIED)) {
            if (!is_write) {
                memset(p, 0xff, len);
            }
            return false;
        }
        seam_integrity_own_writes(is_write);
        address_space_rw(&address_space_memory, hpa, MEMTXATTRS_UNSPECIFIED,
                         p, l, is_write);
        seam_integrity_own_writes(false);
        hpa += l;
        p += l;
        len -= l;
    }
    return true;
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
    .private_lost = seam_private_lost,
    .private_intact = seam_private_intact,
    .private_drop_all = seam_private_discard,
    .lp_package = platform_lp_package,
    .cpuid = platform_cpuid,
    .rdmsr = platform_rdmsr,
    .random = platform_random,
    .key_config = platform_key_config,
    .tlb_flush = platform_tlb_flush,
    .tsc = platform_tsc,
    .fatal = platform_fatal,
};

bool seam_platform_init(TdxModuleDevice *s, Error **errp)
{
    X86CPU *first = X86_CPU(first_cpu);
    const X86SeamState *seam = first->seam;
    TdxPlatformInfo *plat = &s->plat;
    int socket[TDX_MAX_PKGS];

    s->ops = platform_ops;
    if (seam_fence_available()) {
        s->ops.fence_others = seam_fence_others;
    }
    s->num_cpus = MACHINE(qdev_get_machine())->smp.max_cpus;
    s->lp_of_cpu = g_new(int, s->num_cpus);
    s->lps = g_new0(X86CPU *, s->num_cpus);
    s->lp_pkg = g_new0(uint32_t, s->num_cpus);
    for (unsigned i = 0; i < s->num_cpus; i++) {
        CPUState *cs = qemu_get_cpu(i);

        s->lp_of_cpu[i] = -1;
        if (!cs) {
            continue;
        }
        if (!add_package(s, socket, X86_CPU(cs), plat->num_lps, errp)) {
            return false;
        }
        s->lp_of_cpu[i] = plat->num_lps;
        s->lps[plat->num_lps++] = X86_CPU(cs);
    }

    s->partial_write_erratum = seam->partial_write_erratum;
    plat->max_pa = first->phys_bits;
    plat->keyid_bits = seam->keyid_bits;
    plat->mktme_keyids = seam->mktme_keyids;
    plat->tdx_keyids = seam->tdx_keyids;
    plat->seamrr = (TdxRange) { seam->seamrr_base, seam->seamrr_size };
    /* SEAMREPORT and its verification are not modelled */
    plat->seamverifyreport = false;
    return true;
}
