/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A guest without a kernel that is a TDX host on one or two processors, for
 * scripts/bench.
 *
 * BENCH_CYCLES: prints the least TSC ticks of a run of CPUID, of pairs of
 * TDH.PHYMEM.PAMT.ADD and PAMT.REMOVE, and of cycles of TDH.MEM.PAGE.AUG and
 * PAGE.REMOVE. BENCH_SCALE: prints the ticks that pairs on ranges of their
 * own take one processor alone and all processors together.
 *
 * Link: seam-guest.c seam-host.c seam-guest-entry.S seam-host-call.S
 */

#include "seam-host.h"

#define CALLS 1000
#define RUNS 100
#define SCALE_PAIRS 1000
#define SCALE_RUNS 200

/*
 * Ranges of a processor, and pages for its pairs: OWN_BYTES from those of the
 * next.  A cache line has the 2M entries of 8 MiB and the 1G entries of 4 GiB.
 */
#ifndef OWN_BYTES
#define OWN_BYTES (16 * HOST_RANGE)
#endif
#define OWN_RANGE(cpu) (HOST_TDMR + 16 * HOST_RANGE + (cpu) * OWN_BYTES)
#define OWN_PAIR(cpu) (OWN_RANGE(cpu) + 256 * HOST_RANGE)

static bool failed;

static uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return (uint64_t)hi << 32 | lo;
}

static void must(const char *what, uint64_t status)
{
    if (status) {
        failed = true;
        ml_printf("%s: %lx\n", what, status);
    }
}

/* SEAMCALL behind a function of four registers, just as cpuid() is CPUID */
static void seamcall4(uint64_t leaf, uint64_t rcx, uint64_t regs[4])
{
    register uint64_t r8 asm("r8") = regs[3];

    asm volatile(".byte 0x66, 0x0f, 0x01, 0xcf"
                 : "=a"(regs[0]), "=c"(regs[1]), "+d"(regs[2]), "+r"(r8)
                 : "a"(leaf), "c"(rcx)
                 : "r9", "r10", "r11", "cc", "memory");
    regs[3] = r8;
}

static void pairs(uint32_t cpu, uint32_t n)
{
    uint64_t page = OWN_PAIR(cpu), range = OWN_RANGE(cpu) | 1, status = 0;

    while (n--) {
        uint64_t regs[4] = { 0, 0, page, page + PAGE_SIZE };

        seamcall4(TDH_PHYMEM_PAMT_ADD, range, regs);
        status |= regs[0];
        seamcall4(TDH_PHYMEM_PAMT_REMOVE, range, regs);
        status |= regs[0];
    }
    must("pair", status);
}

#ifdef BENCH_CYCLES
static uint64_t tdr, mapped;

/* A TD that is initialised, with tables for the first 2 MiB */
static void build_td(void)
{
    static uint64_t params[PAGE_SIZE / 8] __attribute__((aligned(PAGE_SIZE)));
    uint64_t pair = OWN_PAIR(1), page = HOST_TDMR;

    params[1] = 3;     /* XFAM */
    params[2] = 4;     /* vCPUs */
    params[3] = 0x1e;  /* 4 levels, write-back */
    params[5] = 40;    /* 1 GHz */
    must("PAMT.ADD", host_call(TDH_PHYMEM_PAMT_ADD, page | 1, pair,
                               pair + PAGE_SIZE));
    tdr = page;
    must("MNG.CREATE", host_call(TDH_MNG_CREATE, tdr, host_first_td_hkid(), 0));
    must("KEY.CONFIG", host_call(TDH_MNG_KEY_CONFIG, tdr, 0, 0));
    for (int i = 0; i < 6; i++) {
        page += PAGE_SIZE;
        must("MNG.ADDCX", host_call(TDH_MNG_ADDCX, page, tdr, 0));
    }
    must("MNG.INIT", host_call(TDH_MNG_INIT, tdr, (uintptr_t)params, 0));
    for (int level = 3; level > 0; level--) {
        page += PAGE_SIZE;
        must("SEPT.ADD", host_call(TDH_MEM_SEPT_ADD, level, tdr, page));
    }
    mapped = page + PAGE_SIZE;
}

static void cpuids(uint32_t cpu, uint32_t n)
{
    uint32_t regs[4];

    /* Two of them: a pair and a cycle are two calls as well */
    while (n--) {
        cpuid(0, 0, regs);
        cpuid(0, 0, regs);
    }
}

static void cycles(uint32_t cpu, uint32_t n)
{
    uint64_t status = 0;

    while (n--) {
        uint64_t regs[4] = { 0, 0, tdr, mapped };

        seamcall4(TDH_MEM_PAGE_AUG, 0, regs);
        status |= regs[0];
        regs[2] = tdr;
        seamcall4(TDH_MEM_PAGE_REMOVE, 0, regs);
        status |= regs[0];
    }
    must("cycle", status);
}

static void work(uint32_t cpu)
{
    static void (*const loops[])(uint32_t, uint32_t) = {
        cpuids, pairs, cycles,
    };
    uint64_t least[3] = { -1, -1, -1 };

    build_td();
    for (int run = 0; run < 3 * RUNS && !failed; run++) {
        uint64_t began = rdtsc(), ticks;

        loops[run % 3](0, CALLS);
        ticks = rdtsc() - began;
        if (ticks < least[run % 3]) {
            least[run % 3] = ticks;
        }
    }
    /* Of a single CPUID */
    ml_printf("cpuid %lu pair %lu aug %lu\n", least[0] / 2, least[1],
              least[2]);
}
#endif

#ifdef BENCH_SCALE
static void work(uint32_t cpu)
{
    static uint64_t began, alone = -1, together = -1;

    for (int run = 0; run < 2 * SCALE_RUNS; run++) {
        uint64_t ticks;

        host_barrier();
        if (cpu == 0) {
            began = rdtsc();
        }
        host_barrier();
        if (run & 1 || cpu == 0) {
            pairs(cpu, SCALE_PAIRS);
        }
        host_barrier();
        ticks = rdtsc() - began;
        if (cpu == 0 && run & 1 && ticks < together) {
            together = ticks;
        } else if (cpu == 0 && !(run & 1) && ticks < alone) {
            alone = ticks;
        }
    }
    if (cpu == 0) {
        ml_printf("alone %lu together %lu\n", alone, together);
    }
}
#endif

int main(void)
{
    guest_init();
    return !host_run(num_processors(), work) || failed;
}
