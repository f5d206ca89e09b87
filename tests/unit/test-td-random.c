/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random SEAMCALLs with operands that often fit, from one processor and from
 * several at once: whatever comes of them, the module stays up, nothing stays
 * locked, and the books of each TD agree.
 * The seed is GLib's: run with --seed to repeat what one processor did.
 */

#include "include/check.h"
#include "sim-td.h"

#define CPUS        4
#define EPISODES    16
#define ROUNDS      1000
#define CHECK_EVERY 8

#define SMALL_PAGES 40
#define LARGE_PAGES 2

/* Host memory beside what the TD is built of */
#define LARGE (SIM_TD_BASE + 16 * MIB)
#define PAIR_PAGES (SIM_TD_BASE + 64 * MIB)

typedef struct Host {
    SimPlatform *sim;
    SimTd td;
    uint64_t small;  /* pages from here on are the host's at first */
} Host;

/* A processor of the host */
typedef struct Cpu {
    Host *host;
    unsigned lp;
    GRand *rand;
    unsigned ok[64]; /* how often each leaf worked */
} Cpu;

static unsigned below(Cpu *cpu, unsigned n)
{
    return g_rand_int_range(cpu->rand, 0, n);
}

static const uint8_t leaves[] = {
    TDH_VP_ENTER, TDH_MNG_ADDCX, TDH_MEM_PAGE_ADD, TDH_MEM_PAGE_ADD,
    TDH_MEM_PAGE_ADD, TDH_MEM_SEPT_ADD, TDH_MEM_SEPT_ADD, TDH_MEM_SEPT_ADD,
    TDH_VP_ADDCX, TDH_MEM_PAGE_RELOCATE, TDH_MEM_PAGE_RELOCATE,
    TDH_MEM_PAGE_AUG, TDH_MEM_PAGE_AUG, TDH_MEM_PAGE_AUG, TDH_MEM_RANGE_BLOCK,
    TDH_MEM_RANGE_BLOCK, TDH_MEM_RANGE_BLOCK, TDH_MNG_KEY_CONFIG,
    TDH_MNG_CREATE, TDH_MNG_RD, TDH_MEM_RD, TDH_MNG_WR, TDH_MEM_WR,
    TDH_MEM_PAGE_DEMOTE, TDH_MEM_PAGE_DEMOTE, TDH_MR_EXTEND, TDH_MNG_INIT,
    TDH_VP_INIT, TDH_MEM_PAGE_PROMOTE, TDH_MEM_PAGE_PROMOTE,
    TDH_PHYMEM_PAGE_RDMD, TDH_MEM_SEPT_RD, TDH_VP_RD, TDH_VP_FLUSH,
    TDH_PHYMEM_PAGE_RECLAIM, TDH_MEM_PAGE_REMOVE, TDH_MEM_PAGE_REMOVE,
    TDH_MEM_SEPT_REMOVE, TDH_MEM_TRACK, TDH_MEM_TRACK, TDH_MEM_TRACK,
    TDH_MEM_RANGE_UNBLOCK, TDH_PHYMEM_CACHE_WB, TDH_VP_WR,
    TDH_PHYMEM_PAMT_REMOVE,
};

/* These end something; rare, so that there is something to end */
static const uint8_t ends[] = {
    TDH_MR_FINALIZE, TDH_MR_FINALIZE, TDH_MR_FINALIZE, TDH_MR_FINALIZE,
    TDH_VP_CREATE, TDH_VP_CREATE, TDH_PHYMEM_PAMT_ADD, TDH_PHYMEM_PAMT_ADD,
    TDH_MNG_VPFLUSHDONE, TDH_MNG_KEY_FREEID,
};

static uint64_t small_page(Cpu *cpu)
{
    return cpu->host->small + below(cpu, SMALL_PAGES) * TDX_PAGE_4K;
}

static uint64_t large_page(Cpu *cpu)
{
    return LARGE + below(cpu, LARGE_PAGES) * 2 * MIB;
}

/* The TD; the host's first page might become another */
static uint64_t tdr(Cpu *cpu)
{
    return below(cpu, 8) ? cpu->host->td.tdr : cpu->host->small;
}

static uint64_t vcpu(Cpu *cpu)
{
    return below(cpu, 4) ? cpu->host->td.vcpu : small_page(cpu);
}

/* Few addresses, so that calls meet the same entries again */
static uint64_t gpa(Cpu *cpu)
{
    static const uint8_t levels[] = { 0, 0, 0, 0, 1, 1, 1, 1, 2, 3 };
    unsigned level = levels[below(cpu, G_N_ELEMENTS(levels))];
    uint64_t base = 0;

    if (level == TDX_LEVEL_2M) {
        base += below(cpu, 2) * 2 * MIB;
    }
    if (level == TDX_LEVEL_4K) {
        base += below(cpu, 3) * TDX_PAGE_4K;
    }
    return base | level;
}

static uint64_t spoil(Cpu *cpu, uint64_t value)
{
    return below(cpu, 64) ? value
           : value ^ 1ULL << below(cpu, 64);
}

static void operands(Cpu *cpu, uint64_t leaf,
                     uint64_t gpr[TDX_NUM_GPRS])
{
    gpr[TDX_R8] = small_page(cpu);
    gpr[TDX_R9] = SIM_TD_SHARED + 1 * MIB;
    switch (leaf) {
    case TDH_VP_ENTER: case TDH_VP_INIT: case TDH_VP_FLUSH: case TDH_VP_RD:
    case TDH_VP_WR:
        gpr[TDX_RCX] = vcpu(cpu);
        gpr[TDX_RDX] = 0x200000000000000b;
        break;
    case TDH_VP_ADDCX:
        gpr[TDX_RCX] = small_page(cpu);
        gpr[TDX_RDX] = vcpu(cpu);
        break;
    case TDH_MNG_CREATE:
        gpr[TDX_RCX] = cpu->host->small;
        gpr[TDX_RDX] = SIM_TD_HKID + below(cpu, 2);
        break;
    case TDH_MNG_ADDCX: case TDH_VP_CREATE:
        gpr[TDX_RCX] = small_page(cpu);
        gpr[TDX_RDX] = tdr(cpu);
        break;
    case TDH_MNG_RD: case TDH_MNG_WR:
        gpr[TDX_RCX] = tdr(cpu);
        gpr[TDX_RDX] = 0x9110000300000011;
        break;
    case TDH_MNG_KEY_CONFIG: case TDH_MNG_INIT: case TDH_MR_FINALIZE:
    case TDH_MEM_TRACK:
    case TDH_MNG_VPFLUSHDONE: case TDH_MNG_KEY_FREEID:
        gpr[TDX_RCX] = tdr(cpu);
        gpr[TDX_RDX] = SIM_TD_SHARED;
        break;
    case TDH_PHYMEM_PAGE_RDMD: case TDH_PHYMEM_PAGE_RECLAIM:
        gpr[TDX_RCX] = below(cpu, 2) ? small_page(cpu) : large_page(cpu);
        break;
    case TDH_PHYMEM_CACHE_WB:
        gpr[TDX_RCX] = 0;
        break;
    case TDH_PHYMEM_PAMT_ADD: case TDH_PHYMEM_PAMT_REMOVE:
        gpr[TDX_RCX] = large_page(cpu) | TDX_LEVEL_2M;
        gpr[TDX_RDX] = PAIR_PAGES +
                       below(cpu, 16) * TDX_PAGE_4K;
        gpr[TDX_R8] = PAIR_PAGES +
                      below(cpu, 16) * TDX_PAGE_4K;
        break;
    case TDH_MEM_RD: case TDH_MEM_WR: case TDH_MR_EXTEND:
        gpr[TDX_RCX] = gpa(cpu) & ~0xfffULL;
        gpr[TDX_RDX] = tdr(cpu);
        break;
    default:
        gpr[TDX_RCX] = gpa(cpu);
        gpr[TDX_RDX] = tdr(cpu);
        if (leaf == TDH_MEM_PAGE_AUG && gpr[TDX_RCX] & TDX_LEVEL_2M) {
            gpr[TDX_R8] = large_page(cpu);
        }
        gpr[TDX_R12] = PAIR_PAGES + 32 * TDX_PAGE_4K +
                       below(cpu, 16) * TDX_PAGE_4K;
        gpr[TDX_R13] = PAIR_PAGES + 48 * TDX_PAGE_4K +
                       below(cpu, 16) * TDX_PAGE_4K;
        break;
    }
}

static void check(Host *host)
{
    g_autofree char *why = tdx_module_check(host->sim->module);

    g_assert_cmpstr(why, ==, NULL);
}

static void one_call(Cpu *cpu, unsigned lp)
{
    uint64_t leaf = below(cpu, 100) ? leaves[below(cpu, G_N_ELEMENTS(leaves))]
                                    : ends[below(cpu, G_N_ELEMENTS(ends))];
    uint64_t gpr[TDX_NUM_GPRS] = { 0 };

    operands(cpu, leaf, gpr);
    gpr[TDX_RAX] = leaf;
    gpr[TDX_RCX] = spoil(cpu, gpr[TDX_RCX]);
    gpr[TDX_RDX] = spoil(cpu, gpr[TDX_RDX]);
    gpr[TDX_R8] = spoil(cpu, gpr[TDX_R8]);
    g_assert_true(tdx_module_seamcall(cpu->host->sim->module, lp, gpr, NULL));
    cpu->ok[leaf] += !gpr[TDX_RAX];
}

static void host_up(Host *host)
{
    host->sim = sim_td_machine(CPUS);
    sim_td_build(&host->td, host->sim, TDX_ATTR_DEBUG);
    host->small = host->td.next;
    for (int i = 0; i < SMALL_PAGES; i++) {
        sim_td_page(&host->td);
    }
    sim_td_tables(&host->td, 0);
}

static void host_down(Host *host)
{
    check(host);
    g_assert_null(host->sim->fatal_reason);
    g_array_free(host->td.pages, true);
    sim_free(host->sim);
}

/* The leaves that a run must have seen at work, or it shows nothing */
static const uint8_t seen[] = {
    TDH_MEM_PAGE_AUG, TDH_MEM_RANGE_BLOCK, TDH_MEM_RANGE_UNBLOCK, TDH_MEM_TRACK,
    TDH_MR_FINALIZE, TDH_VP_FLUSH,
};

static void say_what_worked(const Cpu *cpu)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(cpu->ok); i++) {
        if (cpu->ok[i]) {
            g_test_message("leaf %u worked %u times", i, cpu->ok[i]);
        }
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(seen); i++) {
        g_assert_cmpuint(cpu->ok[seen[i]], >, 0);
    }
}

static void test_alone(void)
{
    Host host = { 0 };
    Cpu cpu = { .host = &host, .rand = g_rand_new_with_seed(
                    g_test_rand_int_range(0, INT32_MAX)) };

    for (unsigned i = 0; i < EPISODES; i++) {
        host_up(&host);
        for (unsigned j = 0; j < ROUNDS; j++) {
            one_call(&cpu, below(&cpu, 2));
            if (j % CHECK_EVERY == 0) {
                check(&host);
            }
        }
        host_down(&host);
    }
    say_what_worked(&cpu);
    g_rand_free(cpu.rand);
}

static gpointer work(gpointer opaque)
{
    Cpu *cpu = opaque;

    for (unsigned i = 0; i < ROUNDS; i++) {
        one_call(cpu, cpu->lp);
    }
    return NULL;
}

static void test_together(void)
{
    GThread *thread[CPUS];
    Cpu cpu[CPUS], sum = { 0 };
    Host host = { 0 };

    for (int i = 0; i < CPUS; i++) {
        cpu[i] = (Cpu) {
            .host = &host, .lp = i,
            .rand = g_rand_new_with_seed(
                g_test_rand_int_range(0, INT32_MAX)),
        };
    }
    for (unsigned episode = 0; episode < EPISODES; episode++) {
        host_up(&host);
        for (int i = 0; i < CPUS; i++) {
            thread[i] = g_thread_new("lp", work, &cpu[i]);
        }
        for (int i = 0; i < CPUS; i++) {
            g_thread_join(thread[i]);
        }
        host_down(&host);
    }
    for (int i = 0; i < CPUS; i++) {
        for (unsigned leaf = 0; leaf < G_N_ELEMENTS(sum.ok); leaf++) {
            sum.ok[leaf] += cpu[i].ok[leaf];
        }
        g_rand_free(cpu[i].rand);
    }
    say_what_worked(&sum);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/td-random/alone", test_alone);
    g_test_add_func("/td-random/together", test_together);
    return g_test_run();
}
