/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Running a fuzz program, and the rules that hold for every one of them.
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/check.h"
#include "include/update.h"
#include "fuzz.h"
#include "sim-run.h"

/* No program does more, however often its records repeat */
#define MAX_CALLS 4000

/* Of a record that repeats, so many calls are checked each, then as many'th */
#define CHECK_EACH 8


FuzzStats fuzz_stats; /* atomic; the table has a lock */
static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;

/* The record that waits for an LP to be in the middle of a SEAMCALL */
static struct {
    FuzzMachine *fm;
    const FuzzRecord *rec;
    unsigned lp; /* where the SEAMCALL is under way */
} nested;

static void G_GNUC_NORETURN broken(FuzzMachine *fm, const char *what)
{
    fprintf(stderr, "fuzz: call %u: %s\n", fm->calls, what);
    abort();
}

/* --- what holds for every SEAMCALL ----------------------------------------- */

static bool is_output(const TdxLeaf *leaf, TdxGpr reg)
{
    int i;

    for (i = 0; leaf && i < TDX_LEAF_MAX_OPERANDS && leaf->out[i].name; i++) {
        if (leaf->out[i].reg == reg) {
            return true;
        }
    }
    return false;
}

static void check_answer(FuzzMachine *fm, const uint64_t *before,
                         const uint64_t *after)
{
    const TdxLeaf *leaf = tdx_leaf_find(before[TDX_RAX] & TDX_RAX_LEAF_MASK);
    g_autofree char *what = NULL;
    int reg;

    if (!tdx_status_name(after[TDX_RAX])) {
        what = g_strdup_printf("leaf 0x%" G_GINT64_MODIFIER "x answers 0x%"
                               G_GINT64_MODIFIER "x, which is no status",
                               before[TDX_RAX], after[TDX_RAX]);
        broken(fm, what);
    }
    for (reg = TDX_RAX + 1; reg < TDX_NUM_GPRS; reg++) {
        if (before[reg] != after[reg] && !is_output(leaf, reg)) {
            what = g_strdup_printf("%s changed register %d, which is no "
                                   "output", leaf ? leaf->name : "?", reg);
            broken(fm, what);
        }
    }
}

/* VMfailInvalid */
static void check_stop(FuzzMachine *fm, const uint64_t *before,
                       const uint64_t *after)
{
    const char *why = fm->sim->fatal_reason;

    if (!why || !fm->poisoned) {
        broken(fm, why ? why : "no answer, but nothing fatal");
    }
    if (memcmp(before, after, TDX_NUM_GPRS * sizeof(*before))) {
        broken(fm, "no answer, but registers have changed");
    }
    if (fm->trace) {
        fprintf(stderr, "%5u the module has stopped: %s\n", fm->calls, why);
    }
}

void fuzz_check(FuzzMachine *fm)
{
    char *why = tdx_module_check(fm->sim->module);

    if (why) {
        broken(fm, why);
    }
}

/* --- bookkeeping ----------------------------------------------------------- */

static void add_to_pool(FuzzPool *pool, uint64_t hpa)
{
    pool->hpa[pool->n++ % FUZZ_POOL] = hpa;
}

static void count(FuzzMachine *fm, const uint64_t *before,
                  const uint64_t *after)
{
    unsigned leaf = before[TDX_RAX] & TDX_RAX_LEAF_MASK;
    unsigned detail = leaf == TDH_PHYMEM_PAGE_RECLAIM ? after[TDX_RCX]
                                                      : before[TDX_RCX] & 7;
    bool dynamic = fm->sim->module->st.dynamic_pamt;
    uint64_t status = after[TDX_RAX];
    uint64_t key = (uint64_t)leaf << 32 | status >> 32;

    if (leaf >= G_N_ELEMENTS(fuzz_stats.calls)) {
        return;
    }
    __atomic_fetch_add(&fuzz_stats.calls[leaf], 1, __ATOMIC_RELAXED);
    if (status == TDX_SUCCESS) {
        __atomic_fetch_add(&fuzz_stats.successes[leaf], 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(
            &fuzz_stats.details[leaf][detail % FUZZ_DETAILS][dynamic], 1,
            __ATOMIC_RELAXED);
    }
    pthread_mutex_lock(&seen_lock);
    if (!fuzz_stats.seen) {
        fuzz_stats.seen = g_hash_table_new(g_direct_hash, g_direct_equal);
    }
    g_hash_table_add(fuzz_stats.seen, (gpointer)(uintptr_t)key);
    pthread_mutex_unlock(&seen_lock);
}

static void trace(const FuzzMachine *fm, unsigned lp, const uint64_t *before,
                  const uint64_t *after)
{
    const TdxLeaf *leaf = tdx_leaf_find(before[TDX_RAX] & TDX_RAX_LEAF_MASK);
    char words[96];
    int i;

    fprintf(stderr, "%5u LP%u %s", fm->calls, lp, leaf ? leaf->name : "?");
    if (before[TDX_RAX] >> TDX_RAX_VERSION_SHIFT) {
        fprintf(stderr, " RAX=0x%" G_GINT64_MODIFIER "x", before[TDX_RAX]);
    }
    for (i = 0; leaf && i < TDX_LEAF_MAX_OPERANDS && leaf->in[i].name; i++) {
        fprintf(stderr, " %s=0x%" G_GINT64_MODIFIER "x", leaf->in[i].name,
                before[leaf->in[i].reg]);
    }
    fprintf(stderr, " -> %s\n",
            tdx_status_format(after[TDX_RAX], words, sizeof(words)));
}

/* --- records --------------------------------------------------------------- */

/* Repeated or not, a call has its own registers */
static void prepare(FuzzMachine *fm, const FuzzRecord *rec, unsigned i,
                    uint64_t *gpr)
{
    const TdxLeaf *leaf = tdx_leaf_find(rec->leaf);
    int n;

    for (n = 0; n < TDX_NUM_GPRS; n++) {
        gpr[n] = rec->flags & FUZZ_JUNK ? 0x0101010101010101ULL * (n + 1) : 0;
    }
    gpr[TDX_RAX] = rec->leaf |
                   (uint64_t)(rec->flags & FUZZ_VERSION_MASK)
                   << TDX_RAX_VERSION_SHIFT;
    if (rec->leaf == FUZZ_RAW) {
        static const TdxGpr regs[FUZZ_OPERANDS] = {
            TDX_RAX, TDX_RCX, TDX_RDX, TDX_R8, TDX_R9, TDX_R10, TDX_R12,
            TDX_R13,
        };

        for (n = 0; n < FUZZ_OPERANDS; n++) {
            gpr[regs[n]] = fuzz_operand(fm, rec->leaf, NULL, &rec->op[n], i);
        }
        gpr[TDX_RAX] &= ~(1ULL << 63); /* that would be a P-SEAMLDR call */
        return;
    }
    for (n = 0; leaf && n < FUZZ_OPERANDS && leaf->in[n].name; n++) {
        gpr[leaf->in[n].reg] = fuzz_operand(fm, rec->leaf, leaf->in[n].name,
                                            &rec->op[n], i);
    }
}

uint64_t fuzz_call(FuzzMachine *fm, const FuzzRecord *rec, unsigned lp,
                   unsigned i)
{
    uint64_t before[TDX_NUM_GPRS], gpr[TDX_NUM_GPRS];
    unsigned leaf;

    fuzz_leave(fm, lp);
    prepare(fm, rec, i, before);
    memcpy(gpr, before, sizeof(gpr));
    fm->calls++;
    switch (sim_seamcall(fm->sim, lp, gpr)) {
    case TDX_SEAMCALL_VMFAIL:
        check_stop(fm, before, gpr);
        return TDX_STATUS_NONE;
    case TDX_SEAMCALL_RUN_TD:
        /* Registers are the TD's now; the VMM gets its own when that leaves */
        memcpy(gpr, before, sizeof(gpr));
        gpr[TDX_RAX] = TDX_SUCCESS;
        break;
    case TDX_SEAMCALL_DONE:
        break;
    }
    if (fm->trace) {
        trace(fm, lp, before, gpr);
    }
    check_answer(fm, before, gpr);
    count(fm, before, gpr);
    leaf = before[TDX_RAX] & TDX_RAX_LEAF_MASK;
    if (gpr[TDX_RAX] == TDX_SUCCESS) {
        if (leaf == TDH_MNG_CREATE) {
            add_to_pool(&fm->tdr, before[TDX_RCX]);
        } else if (leaf == TDH_VP_CREATE) {
            add_to_pool(&fm->tdvpr, before[TDX_RCX]);
        }
    }
    memcpy(fm->last, gpr, sizeof(gpr));
    return gpr[TDX_RAX];
}

static void run_nested(SimPlatform *sim)
{
    const FuzzRecord *rec = nested.rec;

    nested.rec = NULL;
    if (rec) {
        fuzz_call(nested.fm, rec, (nested.lp + 1) % sim->info.num_lps, 0);
    }
}

unsigned fuzz_repetitions(const FuzzRecord *rec)
{
    static const unsigned list[] = { 2, 3, 5, 6, 16, 64, 256, 512 };

    return rec->repeat & FUZZ_REPEAT ? list[rec->repeat & 7] : 1;
}

/* Operand 0: bit 0 no entropy, 1 keys busy, 2 CPUID limited, 3 TSC adjusted */
static void turn_knob(FuzzMachine *fm, const FuzzRecord *rec)
{
    unsigned v = rec->op[0].value[0];
    SimPlatform *sim = fm->sim;

    sim->no_entropy = v & 1;
    sim->key_busy = v & 2;
    g_hash_table_remove_all(sim->msr_override);
    if (v & 4) {
        sim_set_msr(sim, 0x1a0, 1 << 22);
    }
    if (v & 8) {
        sim_set_msr(sim, 0x3b, 5);
    }
}

static void reset(FuzzMachine *fm)
{
    for (unsigned lp = 0; lp < fm->sim->info.num_lps; lp++) {
        sim_lp(fm->sim, lp)->in_td = false;
    }
    tdx_module_set_config(fm->sim->module, &fm->sim->cfg);
    tdx_module_reset(fm->sim->module);
    sim_memory_clear(&fm->sim->private);
    sim_memory_clear(&fm->sim->lost);
    fm->sim->fatal_reason = NULL;
    fm->poisoned = false;
    fm->tdr.n = 0;
    fm->tdvpr.n = 0;
    fuzz_machine_fill(fm);
}

/*
 * Operand 0: bit 0 without handoff data; others make it another module, one
 * that may not be able to do what is in use
 */
static void install(FuzzMachine *fm, const FuzzRecord *rec)
{
    unsigned v = rec->op[0].value[0];
    TdxModuleConfig cfg = fm->sim->cfg;

    for (unsigned lp = 0; lp < fm->sim->info.num_lps; lp++) {
        fuzz_leave(fm, lp);
    }
    if (v & 2) {
        cfg.features0 ^= TDX_FEATURES0_DYNAMIC_PAMT;
    }
    if (v & 4) {
        cfg.max_tdmrs = 1;
    }
    if (v & 8) {
        cfg.built_in.module_hv = cfg.sigstruct.module_hv = 0;
    }
    if (v & 16) {
        cfg.sys_disable = !cfg.sys_disable;
    }
    tdx_module_install(fm->sim->module, &cfg, !(v & 1));
}

static void run_calls(FuzzMachine *fm, const FuzzRecord *rec,
                      const FuzzRecord *meanwhile)
{
    unsigned i, n = fuzz_repetitions(rec);
    bool checked = true;

    for (i = 0; i < n && fm->calls < MAX_CALLS; i++) {
        unsigned lp = (rec->lp + i) % fm->sim->info.num_lps;
        uint64_t status;

        if (meanwhile && i == n - 1) {
            nested.fm = fm;
            nested.rec = meanwhile;
            nested.lp = lp;
            fm->sim->hook = run_nested;
        }
        status = fuzz_call(fm, rec, lp, i);
        fm->sim->hook = NULL;
        nested.rec = NULL;
        checked = i < CHECK_EACH || i % CHECK_EACH == 0;
        if (checked && !fm->trusted) {
            fuzz_check(fm);
        }
        if (status != TDX_SUCCESS && !(rec->flags & FUZZ_KEEP_ON)) {
            break;
        }
    }
    if (!checked && !fm->trusted) {
        fuzz_check(fm);
    }
}

static void run_record(FuzzMachine *fm, const FuzzRecord *rec,
                       const FuzzRecord *next)
{
    bool nest = rec->flags & FUZZ_NEST && next && next->leaf < FUZZ_WRITE &&
                fm->sim->info.num_lps > 1;

    switch (rec->leaf) {
    case FUZZ_WRITE:
        fuzz_write(fm, rec);
        break;
    case FUZZ_KNOB:
        turn_knob(fm, rec);
        break;
    case FUZZ_POISON:
        fuzz_poison(fm, rec);
        break;
    case FUZZ_RESET:
        reset(fm);
        break;
    case FUZZ_INSTALL:
        install(fm, rec);
        fuzz_check(fm);
        break;
    case FUZZ_TDCALL:
        fuzz_tdcall(fm, rec);
        fuzz_check(fm);
        break;
    case FUZZ_EXIT:
        fuzz_exit(fm, rec);
        fuzz_check(fm);
        break;
    default:
        run_calls(fm, rec, nest ? next : NULL);
        break;
    }
}

static void run_records(FuzzMachine *fm, const FuzzRecord *rec, size_t n)
{
    size_t i;

    for (i = 0; i < n && fm->calls < MAX_CALLS; i++) {
        run_record(fm, &rec[i], i + 1 < n ? &rec[i + 1] : NULL);
    }
}

void fuzz_begin(FuzzMachine *fm, const FuzzHeader *header)
{
    const FuzzRecord *prologue;
    size_t n;

    fuzz_machine_init(fm, header);
    prologue = fuzz_prologue(header->prologue % FUZZ_NUM_PROLOGUES, &n);
    fm->trusted = true;
    run_records(fm, prologue, n);
    fm->trusted = false;
    fuzz_check(fm);
}

void fuzz_run(const uint8_t *data, size_t size)
{
    FuzzHeader header;
    FuzzMachine fm;

    if (size < sizeof(header)) {
        return;
    }
    memcpy(&header, data, sizeof(header));
    fuzz_begin(&fm, &header);
    run_records(&fm, (const FuzzRecord *)(data + sizeof(header)),
                MIN((size - sizeof(header)) / sizeof(FuzzRecord),
                    FUZZ_MAX_RECORDS));
    fuzz_machine_end(&fm);
}
