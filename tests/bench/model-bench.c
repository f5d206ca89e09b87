/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What each leaf of the model costs by itself, on the simulated machine: the
 * module is brought up and down, TDs are built and taken apart again and again,
 * each SEAMCALL is timed, and the median of each leaf is printed.  The
 * dispatcher's share is what a call of an unknown leaf takes, which is refused
 * after all common checks.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim-boot.h"
#include "sim-td.h"
#include "include/leaf.h"
#include "metadata/td-fields.h"

#define ROUNDS      100
#define PAGES       16
#define NUM_LEAVES  128
#define UNKNOWN     127
#define PAIR_RANGE  (SIM_TD_BASE + 1 * GIB)
#define SOURCE      (SIM_TD_SHARED + 1 * MIB)
#define LARGE_GPA   (4 * MIB)
#define LARGE_HPA   (SIM_TD_BASE + 512 * MIB)
#define BUFFERS     (SIM_TD_SHARED + 2 * MIB)
#define NUM_CMRS    32
#define INFO_SIZE   1024

/* Of TD_FIELD_VM_CTLS, what the host may write */
#define VM_CTLS_MASK 1

static GArray *samples[NUM_LEAVES];
static GArray *clocks; /* what it costs to look at the clock */

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Leaves that cannot succeed here: nothing to enter, nothing to take over */
static bool is_refused(uint64_t leaf)
{
    return leaf == UNKNOWN || leaf == TDH_VP_ENTER || leaf == TDH_SYS_UPDATE;
}

/* One SEAMCALL, timed, with the clock in it, and the clock by itself */
static void call_all(SimPlatform *sim, uint64_t *gpr)
{
    uint64_t leaf = gpr[TDX_RAX];
    int64_t began = now(), ns;

    tdx_module_seamcall(sim->module, 0, gpr, NULL);
    ns = now() - began;
    if (!gpr[TDX_RAX] == is_refused(leaf)) {
        g_error("leaf %" PRIu64 ": status 0x%" PRIx64, leaf, gpr[TDX_RAX]);
    }
    g_array_append_val(samples[leaf], ns);
    began = now();
    ns = now() - began;
    g_array_append_val(clocks, ns);
}

static void call_r9(SimPlatform *sim, uint64_t leaf, uint64_t rcx,
                    uint64_t rdx, uint64_t r8, uint64_t r9)
{
    uint64_t gpr[TDX_NUM_GPRS] = {
        [TDX_RAX] = leaf, [TDX_RCX] = rcx, [TDX_RDX] = rdx, [TDX_R8] = r8,
        [TDX_R9] = r9,
    };

    call_all(sim, gpr);
}

static void call(SimTd *td, uint64_t leaf, uint64_t rcx, uint64_t rdx,
                 uint64_t r8)
{
    call_r9(td->sim, leaf, rcx, rdx, r8, SOURCE);
}

/* --- up and down with the module ----------------------------------------- */

static void bring_up(SimPlatform *sim)
{
    call_r9(sim, TDH_SYS_INIT, 0, 0, 0, 0);
    call_r9(sim, TDH_SYS_LP_INIT, 0, 0, 0, 0);
    call_r9(sim, TDH_SYS_UPDATE, 0, 0, 0, 0);
    call_r9(sim, TDH_SYS_CONFIG, SIM_BOOT_ARRAY, 1, SIM_BOOT_HKID, 0);
    call_r9(sim, TDH_SYS_KEY_CONFIG, 0, 0, 0, 0);
    call_r9(sim, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0, 0);
}

static void up_and_down(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);

    sim->cfg.sys_disable = true;
    sim_start(sim);
    bring_up(sim);
    call_r9(sim, TDH_SYS_DISABLE, 0, 0, 0, 0);
    bring_up(sim);
    call_r9(sim, TDH_SYS_SHUTDOWN, 1, 0, 0, 0);
    sim_free(sim);
}

/* --- one life of a TD, all its calls timed ------------------------------- */

static uint64_t page(SimTd *td)
{
    return sim_td_page(td);
}

static void create(SimTd *td)
{
    td->tdr = page(td);
    call(td, TDH_MNG_CREATE, td->tdr, SIM_TD_HKID, 0);
    call(td, TDH_MNG_KEY_CONFIG, td->tdr, 0, 0);
    for (int i = 0; i < TDX_TDCS_BASE_PAGES; i++) {
        call(td, TDH_MNG_ADDCX, page(td), td->tdr, 0);
    }
    sim_write64(td->sim, SIM_TD_SHARED, TDX_ATTR_DEBUG);
    sim_write64(td->sim, SIM_TD_SHARED + 8, 3);     /* XFAM: x87 and SSE */
    sim_write64(td->sim, SIM_TD_SHARED + 16, 4);    /* vCPUs */
    sim_write64(td->sim, SIM_TD_SHARED + 24, 0x1e); /* 4 levels, WB */
    sim_write64(td->sim, SIM_TD_SHARED + 40, 40);   /* 1 GHz */
    call(td, TDH_MNG_INIT, td->tdr, SIM_TD_SHARED, 0);
    td->vcpu = page(td);
    call(td, TDH_VP_CREATE, td->vcpu, td->tdr, 0);
    for (int i = 1; i < TDX_TDVPS_BASE_PAGES; i++) {
        call(td, TDH_VP_ADDCX, page(td), td->vcpu, 0);
    }
    call(td, TDH_VP_INIT, td->vcpu, 0, 0);
    for (int level = 3; level > 0; level--) {
        call(td, TDH_MEM_SEPT_ADD, level, td->tdr, page(td));
    }
}

static void use_memory(SimTd *td)
{
    uint64_t gpa = 0, table, gpr[TDX_NUM_GPRS];

    for (int i = 0; i < PAGES; i++, gpa += TDX_PAGE_4K) {
        call(td, TDH_MEM_PAGE_ADD, gpa, td->tdr, page(td));
        call(td, TDH_MR_EXTEND, gpa, td->tdr, 0);
        call(td, TDH_MEM_SEPT_RD, gpa, td->tdr, 0);
        call(td, TDH_MEM_RD, gpa, td->tdr, 0);
        call(td, TDH_MEM_WR, gpa, td->tdr, i);
        call(td, TDH_MEM_PAGE_RELOCATE, gpa, td->tdr, page(td));
    }
    for (int i = 0; i < PAGES; i++, gpa += TDX_PAGE_4K) {
        call(td, TDH_MEM_PAGE_AUG, gpa, td->tdr, page(td));
        call(td, TDH_MEM_RANGE_BLOCK, gpa, td->tdr, 0);
        call(td, TDH_MEM_RANGE_UNBLOCK, gpa, td->tdr, 0);
        call(td, TDH_MEM_TRACK, td->tdr, 0, 0);
        call(td, TDH_MEM_PAGE_REMOVE, gpa, td->tdr, 0);
        call(td, TDH_MNG_RD, td->tdr, 0x8010000300000004, 0);
        call(td, TDH_VP_RD, td->vcpu, VP_FIELD_PEND_NMI, 0);
        call(td, TDH_PHYMEM_PAGE_RDMD, td->tdr, 0, 0);
        call(td, TDH_SYS_RD, 0, 0x0a00000300000008, 0);
        call_r9(td->sim, TDH_MNG_WR, td->tdr, TD_FIELD_VM_CTLS, 0,
                VM_CTLS_MASK);
        call_r9(td->sim, TDH_VP_WR, td->vcpu, VP_FIELD_PEND_NMI, 1,
                UINT64_MAX);
        call_r9(td->sim, TDH_SYS_INFO, BUFFERS, INFO_SIZE, BUFFERS + INFO_SIZE,
                NUM_CMRS);
        call(td, TDH_SYS_RDALL, 0, BUFFERS + TDX_PAGE_4K, TDX_FIELD_ID_NONE);
        call(td, TDH_SYS_LP_SHUTDOWN, 0, 0, 0);
        call(td, UNKNOWN, 0, 0, 0);
        call(td, TDH_PHYMEM_PAMT_ADD, PAIR_RANGE | TDX_LEVEL_2M,
             td->pamt_next, td->pamt_next + TDX_PAGE_4K);
        call(td, TDH_PHYMEM_PAMT_REMOVE, PAIR_RANGE | TDX_LEVEL_2M, 0, 0);
    }
    call(td, TDH_MEM_PAGE_AUG, LARGE_GPA | TDX_LEVEL_2M, td->tdr, LARGE_HPA);
    table = page(td);
    memset(gpr, 0, sizeof(gpr));
    gpr[TDX_RAX] = TDH_MEM_PAGE_DEMOTE;
    gpr[TDX_RCX] = LARGE_GPA | TDX_LEVEL_2M;
    gpr[TDX_RDX] = td->tdr;
    gpr[TDX_R8] = table;
    gpr[TDX_R12] = td->pamt_next;
    gpr[TDX_R13] = td->pamt_next + TDX_PAGE_4K;
    call_all(td->sim, gpr);
    call(td, TDH_MEM_PAGE_PROMOTE, LARGE_GPA | TDX_LEVEL_2M, td->tdr, 0);
    call(td, TDH_MEM_PAGE_REMOVE, LARGE_GPA | TDX_LEVEL_2M, td->tdr, 0);
    for (int i = 0; i < PAGES; i++) {
        call(td, TDH_MEM_SEPT_ADD, LARGE_GPA | TDX_LEVEL_2M, td->tdr, table);
        call(td, TDH_MEM_RANGE_BLOCK, LARGE_GPA | TDX_LEVEL_2M, td->tdr, 0);
        call(td, TDH_MEM_TRACK, td->tdr, 0, 0);
        call(td, TDH_MEM_SEPT_REMOVE, LARGE_GPA | TDX_LEVEL_2M, td->tdr, 0);
    }
    call(td, TDH_MR_FINALIZE, td->tdr, 0, 0);
    call(td, TDH_VP_ENTER, td->vcpu, 0, 0);
}

static void destroy(SimTd *td)
{
    call(td, TDH_VP_FLUSH, td->vcpu, 0, 0);
    call(td, TDH_MNG_VPFLUSHDONE, td->tdr, 0, 0);
    call(td, TDH_PHYMEM_CACHE_WB, 0, 0, 0);
    call(td, TDH_MNG_KEY_RECLAIMID, td->tdr, 0, 0);
    call(td, TDH_MNG_KEY_FREEID, td->tdr, 0, 0);
    /* The first is the TDR, which goes last */
    for (guint i = 1; i < td->pages->len; i++) {
        uint64_t at = g_array_index(td->pages, uint64_t, i);
        SimCall rdmd;

        g_assert_cmphex(sim_call(td->sim, 0, &rdmd, TDH_PHYMEM_PAGE_RDMD, at, 0,
                                 0), ==, 0);
        if (rdmd.gpr[TDX_RCX]) {
            call(td, TDH_PHYMEM_PAGE_RECLAIM, at, 0, 0);
            call(td, TDH_PHYMEM_PAGE_WBINVD, at, 0, 0);
        }
    }
    call(td, TDH_PHYMEM_PAGE_RECLAIM, td->tdr, 0, 0);
}

static void one_life(SimPlatform *sim)
{
    SimTd td = {
        .sim = sim,
        .next = SIM_TD_BASE,
        .pamt_next = SIM_TD_BASE + 2 * GIB - 64 * MIB,
        .pages = g_array_new(false, false, sizeof(uint64_t)),
    };

    create(&td);
    use_memory(&td);
    destroy(&td);
    call(&td, TDH_PHYMEM_PAMT_REMOVE, SIM_TD_BASE | TDX_LEVEL_2M, 0, 0);
    g_array_free(td.pages, true);
}

/* --- results ------------------------------------------------------------- */

static int compare(gconstpointer a, gconstpointer b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int64_t median(GArray *of)
{
    g_array_sort(of, compare);
    return g_array_index(of, int64_t, of->len / 2);
}

int main(void)
{
    SimPlatform *sim = sim_td_machine(1);
    int64_t overhead, dispatcher;

    clocks = g_array_new(false, false, sizeof(int64_t));
    for (unsigned i = 0; i < NUM_LEAVES; i++) {
        samples[i] = g_array_new(false, false, sizeof(int64_t));
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        one_life(sim);
        up_and_down();
    }
    overhead = median(clocks);
    dispatcher = median(samples[UNKNOWN]) - overhead;
    for (unsigned i = 0; i < NUM_LEAVES; i++) {
        const TdxLeaf *leaf = tdx_leaf_find(i);
        int64_t ns;

        if (!leaf || !samples[i]->len) {
            continue;
        }
        ns = median(samples[i]) - overhead;
        printf("%s %" PRId64 " ns, dispatcher %" PRId64 " %%\n", leaf->name,
               ns, ns > dispatcher ? 100 * dispatcher / ns : 100);
    }
    printf("dispatcher %" PRId64 " ns\n", dispatcher);
    sim_free(sim);
    return 0;
}
