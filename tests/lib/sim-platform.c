/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A simulated machine for the TDX module model.
 */

#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sim-platform.h"
#include "sim-run.h"
#include "core/state.h"

#define CACHE_LINE 64

/* --- memory ------------------------------------------------------------- */

static void run_hook(SimPlatform *sim)
{
    void (*hook)(SimPlatform *sim) = sim->hook;

    if (hook) {
        sim->hook = NULL;
        hook(sim);
    }
}

static size_t in_page(uint64_t hpa, size_t len)
{
    return MIN(len, SIM_PAGE_SIZE - (hpa & SIM_PAGE_MASK));
}

static bool sim_read_shared(void *opaque, uint64_t hpa, void *buf, size_t len)
{
    SimPlatform *sim = opaque;
    uint8_t *out = buf;

    while (len) {
        size_t n = in_page(hpa, len);
        uint8_t *page = sim_memory_page(&sim->shared, hpa, false);

        if (page) {
            memcpy(out, page + (hpa & SIM_PAGE_MASK), n);
        } else {
            memset(out, 0, n);
        }
        hpa += n;
        out += n;
        len -= n;
    }
    return true;
}

static bool sim_write_shared(void *opaque, uint64_t hpa, const void *buf,
                             size_t len)
{
    SimPlatform *sim = opaque;
    const uint8_t *in = buf;

    while (len) {
        size_t n = in_page(hpa, len);
        uint8_t *page = sim_memory_page(&sim->shared, hpa, true);

        if (!page) {
            return false;
        }
        memcpy(page + (hpa & SIM_PAGE_MASK), in, n);
        hpa += n;
        in += n;
        len -= n;
    }
    return true;
}

static bool in_hole(SimPlatform *sim, uint64_t hpa)
{
    return hpa - sim->hole.base < sim->hole.size;
}

static void *sim_private_page(void *opaque, uint64_t hpa, uint16_t hkid)
{
    SimPlatform *sim = opaque;
    uint8_t *page = in_hole(sim, hpa)
                    ? NULL : sim_memory_page(&sim->private, hpa, true);

    return page ? page + (hpa & SIM_PAGE_MASK) : NULL;
}

static bool sim_private_blank(void *opaque, uint64_t hpa)
{
    SimPlatform *sim = opaque;

    return !in_hole(sim, hpa) && !sim_memory_page(&sim->private, hpa, false);
}

/* Cache lines of its page that [@hpa, @hpa + @len) touches */
static uint64_t line_mask(uint64_t hpa, uint64_t len)
{
    unsigned first = (hpa & SIM_PAGE_MASK) / CACHE_LINE;
    unsigned last = ((hpa & SIM_PAGE_MASK) + len - 1) / CACHE_LINE;

    return (last < 63 ? 1ULL << (last + 1) : 0) - (1ULL << first);
}

static uint64_t *lost_lines(SimPlatform *sim, uint64_t hpa, bool create)
{
    /* Looked up by each private access, and mostly there is none */
    if (!create &&
        !__atomic_load_n(&sim->lost.num_pages, __ATOMIC_RELAXED)) {
        return NULL;
    }
    return (uint64_t *)sim_memory_page(&sim->lost, hpa, create);
}

static bool sim_private_lost(void *opaque, uint64_t hpa, uint64_t len)
{
    uint64_t *lost = lost_lines(opaque, hpa, false);

    return lost && __atomic_load_n(lost, __ATOMIC_SEQ_CST) &
                   line_mask(hpa, len);
}

static void *sim_private_intact(void *opaque, uint64_t hpa, uint64_t len)
{
    return sim_private_lost(opaque, hpa, len)
           ? NULL : sim_private_page(opaque, hpa, 0);
}

void sim_poison(SimPlatform *sim, uint64_t hpa, uint64_t len)
{
    __atomic_or_fetch(lost_lines(sim, hpa, true), line_mask(hpa, len),
                      __ATOMIC_SEQ_CST);
}

static bool sim_private_take(void *opaque, uint64_t hpa, uint64_t len)
{
    SimPlatform *sim = opaque;

    run_hook(sim);
    while (len) {
        size_t n = in_page(hpa, MIN(len, SIM_PAGE_SIZE));
        SimMemory *views[] = { &sim->shared, &sim->private };
        uint64_t *lost;

        if (in_hole(sim, hpa)) {
            return false;
        }
        for (int i = 0; i < G_N_ELEMENTS(views); i++) {
            uint8_t *page = sim_memory_page(views[i], hpa, false);

            if (page) {
                memset(page + (hpa & SIM_PAGE_MASK), 0, n);
            }
        }
        lost = lost_lines(sim, hpa, false);
        if (lost) {
            __atomic_and_fetch(lost, ~line_mask(hpa, n), __ATOMIC_SEQ_CST);
        }
        hpa += n;
        len -= n;
    }
    return true;
}

static void sim_private_drop_all(void *opaque)
{
    SimPlatform *sim = opaque;

    sim_memory_clear(&sim->private);
    sim_memory_clear(&sim->lost);
}

void sim_write64(SimPlatform *sim, uint64_t hpa, uint64_t value)
{
    value = GUINT64_TO_LE(value);
    sim_write_shared(sim, hpa, &value, sizeof(value));
}

uint64_t sim_read64(SimPlatform *sim, uint64_t hpa)
{
    uint64_t value;

    sim_read_shared(sim, hpa, &value, sizeof(value));
    return GUINT64_FROM_LE(value);
}

uint64_t sim_private64(SimPlatform *sim, uint64_t hpa)
{
    uint64_t value;

    memcpy(&value, sim_private_page(sim, hpa, 0), sizeof(value));
    return value;
}

/* --- processors --------------------------------------------------------- */

static uint32_t sim_lp_package(void *opaque, unsigned lp)
{
    SimPlatform *sim = opaque;

    return (uint64_t)lp * sim->info.num_pkgs / sim->info.num_lps;
}

static void sim_cpuid(void *opaque, unsigned lp, uint32_t leaf,
                      uint32_t subleaf, uint32_t regs[4])
{
    SimPlatform *sim = opaque;

    memset(regs, 0, 4 * sizeof(regs[0]));
    for (guint i = 0; i < sim->cpuid->len; i++) {
        SimCpuid *entry = &g_array_index(sim->cpuid, SimCpuid, i);

        if (entry->leaf == leaf && (entry->subleaf == subleaf ||
                                    entry->subleaf == SIM_NO_SUBLEAF)) {
            memcpy(regs, entry->regs, sizeof(entry->regs));
            break;
        }
    }
    if (leaf == 0x80000008) {
        regs[0] = (regs[0] & ~0xffu) | sim->info.max_pa;
    }
}

static bool sim_rdmsr(void *opaque, unsigned lp, uint32_t msr, uint64_t *value)
{
    SimPlatform *sim = opaque;
    uint64_t *set = sim_cpu_msr(sim_lp(sim, lp), msr);

    if (!set) {
        set = sim_lp_msr(sim, lp, msr);
    }
    if (!set) {
        set = g_hash_table_lookup(sim->msr_override, GUINT_TO_POINTER(msr));
    }
    if (set) {
        *value = *set;
        return true;
    }
    return sim_default_msr(sim, msr, value) ||
           tdx_firmware_msr(&sim->info, msr, value);
}

static bool sim_random(void *opaque, void *buf, size_t len)
{
    SimPlatform *sim = opaque;
    uint8_t *out = buf;

    if (sim->no_entropy) {
        return false;
    }
    while (len--) {
        *out++ = g_random_int_range(0, 256);
    }
    return true;
}

static TdxKeyResult sim_key_config(void *opaque, unsigned lp, uint16_t hkid)
{
    SimPlatform *sim = opaque;

    run_hook(sim);
    if (sim->key_busy) {
        return TDX_KEY_DEVICE_BUSY;
    }
    return sim->no_entropy ? TDX_KEY_NO_ENTROPY : TDX_KEY_OK;
}

static void sim_tlb_flush(void *opaque, unsigned lp)
{
    run_hook(opaque);
}

static uint64_t sim_tsc(void *opaque, unsigned lp)
{
    SimPlatform *sim = opaque;

    return (sim->tsc ? sim->tsc : g_get_monotonic_time()) + sim->tsc_offset;
}

static void sim_fatal(void *opaque, const char *why)
{
    SimPlatform *sim = opaque;

    sim->fatal_reason = why;
}

static const TdxPlatformOps sim_ops = {
    .read_shared = sim_read_shared,
    .write_shared = sim_write_shared,
    .private_page = sim_private_page,
    .private_blank = sim_private_blank,
    .private_take = sim_private_take,
    .private_lost = sim_private_lost,
    .private_intact = sim_private_intact,
    .private_drop_all = sim_private_drop_all,
    .lp_package = sim_lp_package,
    .cpuid = sim_cpuid,
    .rdmsr = sim_rdmsr,
    .random = sim_random,
    .key_config = sim_key_config,
    .tlb_flush = sim_tlb_flush,
    .tsc = sim_tsc,
    .fatal = sim_fatal,
};

/* --- fences ------------------------------------------------------------- */

static void sim_fence_others(void *opaque)
{
    SimPlatform *sim = opaque;

    __atomic_fetch_add(&sim->fences, 1, __ATOMIC_RELAXED);
    run_hook(sim);
    g_assert_cmpint(syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED,
                            0), ==, 0);
}

bool sim_fence(SimPlatform *sim)
{
    if (syscall(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
                0)) {
        return false;
    }
    sim->ops.fence_others = sim_fence_others;
    return true;
}

/* --- life --------------------------------------------------------------- */

SimPlatform *sim_new(void)
{
    SimPlatform *sim = g_new0(SimPlatform, 1);

    tdx_module_config_init(&sim->cfg);
    sim->info.num_lps = 1;
    sim->info.num_pkgs = 1;
    sim->info.seamverifyreport = true;
    sim->cpuid = g_array_new(false, false, sizeof(SimCpuid));
    sim_default_cpuid(sim);
    sim->msr_override = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return sim;
}

void sim_free(SimPlatform *sim)
{
    if (!sim) {
        return;
    }
    tdx_module_free(sim->module);
    sim_run_clear(sim);
    g_array_free(sim->cpuid, true);
    g_hash_table_destroy(sim->msr_override);
    sim_memory_clear(&sim->shared);
    sim_memory_clear(&sim->private);
    sim_memory_clear(&sim->lost);
    g_free(sim->fail);
    g_free(sim);
}

void sim_clear_cpuid(SimPlatform *sim)
{
    g_array_set_size(sim->cpuid, 0);
}

void sim_add_cpuid(SimPlatform *sim, uint32_t leaf, uint32_t subleaf,
                   uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx)
{
    SimCpuid entry = { leaf, subleaf, { eax, ebx, ecx, edx } };

    for (guint i = 0; i < sim->cpuid->len; i++) {
        SimCpuid *old = &g_array_index(sim->cpuid, SimCpuid, i);

        if (old->leaf == leaf && old->subleaf == subleaf) {
            *old = entry;
            return;
        }
    }
    g_array_append_val(sim->cpuid, entry);
}

void sim_set_msr(SimPlatform *sim, uint32_t msr, uint64_t value)
{
    g_hash_table_insert(sim->msr_override, GUINT_TO_POINTER(msr),
                        g_memdup2(&value, sizeof(value)));
}

void sim_start(SimPlatform *sim)
{
    uint32_t regs[4];

    sim_cpuid(sim, 0, 1, 0, regs);
    for (unsigned pkg = 0; pkg < sim->info.num_pkgs; pkg++) {
        sim->info.pkg_fms[pkg] = regs[0];
    }
    sim_run_init(sim);
    sim->ops = sim_ops;
    sim_run_ops(&sim->ops);
    sim->module = tdx_module_new(&sim->cfg, &sim->info, &sim->ops, sim);
}
