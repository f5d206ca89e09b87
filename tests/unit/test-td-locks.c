/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who takes which lock of a TD (PAMT 3.4): while another processor holds one,
 * each leaf answers BUSY with its operand id, and works once it is free.
 */

#include "sim-td.h"

#define GPA 0x40200000ULL
#define ASSERT_OK(call) g_assert_cmphex(call, ==, 0)
#define BUSY(id) tdx_op(TDX_OPERAND_BUSY, id)

#define S TDX_LOCK_TYPE_SHARED
#define X TDX_LOCK_TYPE_EXCLUSIVE

typedef enum Which { TDR, TDVPR, OP_STATE, SEPT, ENTRY, EPOCH, KOT } Which;

/* What a case calls, on a TD that is finalised and has GPA mapped pending */
typedef enum Args {
    A_TDR,    /* RCX = TDR */
    A_TDVPR,  /* RCX = TDVPR */
    A_NEW_TD, /* RCX = new page, RDX = TDR */
    A_NEW_VP, /* RCX = new page, RDX = TDVPR */
    A_CREATE, /* RCX = new page, RDX = KeyID */
    A_GPA,    /* RCX = GPA, RDX = TDR, R8 = new page */
    A_GPA_2M, /* the same with the entry above */
} Args;

typedef struct Case {
    const char *name;
    uint64_t leaf;
    Args args;
    Which lock;
    TdxLockType held; /* by the other processor */
    uint32_t id;      /* 0: the leaf does not mind */
} Case;

#define CASE(leaf, args, lock, held, id) { #leaf, leaf, args, lock, held, id }

static const Case cases[] = {
    CASE(TDH_MNG_KEY_CONFIG, A_TDR, TDR, S, TDX_RCX),
    CASE(TDH_MNG_INIT, A_TDR, TDR, S, TDX_RCX),
    CASE(TDH_MNG_ADDCX, A_NEW_TD, TDR, S, TDX_RDX),
    CASE(TDH_MNG_VPFLUSHDONE, A_TDR, TDR, S, TDX_RCX),
    CASE(TDH_MNG_KEY_FREEID, A_TDR, TDR, S, TDX_RCX),
    CASE(TDH_MR_FINALIZE, A_TDR, TDR, S, TDX_RCX),
    CASE(TDH_MR_EXTEND, A_GPA, TDR, S, TDX_RDX),
    CASE(TDH_MEM_PAGE_ADD, A_GPA, TDR, S, TDX_RDX),
    CASE(TDH_MNG_RD, A_TDR, TDR, X, TDX_RCX),
    CASE(TDH_MNG_RD, A_TDR, TDR, S, 0),
    CASE(TDH_MNG_WR, A_TDR, TDR, X, TDX_RCX),
    CASE(TDH_MEM_TRACK, A_TDR, TDR, X, TDX_RCX),
    CASE(TDH_VP_CREATE, A_NEW_TD, TDR, X, TDX_RDX),
    CASE(TDH_VP_CREATE, A_NEW_TD, TDR, S, 0),
    CASE(TDH_MEM_SEPT_ADD, A_GPA_2M, TDR, X, TDX_RDX),
    CASE(TDH_MEM_PAGE_AUG, A_GPA, TDR, X, TDX_RDX),
    CASE(TDH_MEM_PAGE_REMOVE, A_GPA, TDR, X, TDX_RDX),
    CASE(TDH_MEM_RANGE_BLOCK, A_GPA, TDR, X, TDX_RDX),
    CASE(TDH_MEM_SEPT_RD, A_GPA, TDR, X, TDX_RDX),

    CASE(TDH_VP_ADDCX, A_NEW_VP, TDR, X, TDX_OPERAND_TDR),
    CASE(TDH_VP_ADDCX, A_NEW_VP, TDR, S, 0),
    CASE(TDH_VP_INIT, A_TDVPR, TDR, X, TDX_OPERAND_TDR),
    CASE(TDH_VP_INIT, A_TDVPR, TDR, S, 0),
    CASE(LEAF_VERSION(TDH_VP_INIT, 1), A_TDVPR, TDR, S, TDX_OPERAND_TDR),
    CASE(TDH_VP_FLUSH, A_TDVPR, TDR, X, TDX_OPERAND_TDR),
    CASE(TDH_VP_RD, A_TDVPR, TDR, X, TDX_OPERAND_TDR),
    CASE(TDH_VP_WR, A_TDVPR, TDR, X, TDX_OPERAND_TDR),
    CASE(TDH_VP_ENTER, A_TDVPR, TDR, X, TDX_OPERAND_TDR),

    CASE(TDH_VP_ADDCX, A_NEW_VP, TDVPR, S, TDX_RDX),
    CASE(TDH_VP_INIT, A_TDVPR, TDVPR, S, TDX_RCX),
    CASE(TDH_VP_FLUSH, A_TDVPR, TDVPR, S, TDX_RCX),
    CASE(TDH_VP_RD, A_TDVPR, TDVPR, X, TDX_RCX),
    CASE(TDH_VP_RD, A_TDVPR, TDVPR, S, 0),
    CASE(TDH_VP_WR, A_TDVPR, TDVPR, X, TDX_RCX),
    CASE(TDH_VP_ENTER, A_TDVPR, TDVPR, X, TDX_RCX),

    CASE(TDH_VP_CREATE, A_NEW_TD, OP_STATE, X, TDX_OPERAND_OP_STATE),
    CASE(TDH_VP_ADDCX, A_NEW_VP, OP_STATE, X, TDX_OPERAND_OP_STATE),
    CASE(TDH_VP_INIT, A_TDVPR, OP_STATE, X, TDX_OPERAND_OP_STATE),
    CASE(TDH_VP_FLUSH, A_TDVPR, OP_STATE, X, 0),
    CASE(TDH_VP_RD, A_TDVPR, OP_STATE, X, TDX_OPERAND_OP_STATE),
    CASE(TDH_MNG_RD, A_TDR, OP_STATE, X, TDX_OPERAND_OP_STATE),
    CASE(TDH_MR_FINALIZE, A_TDR, OP_STATE, X, 0),
    CASE(TDH_MEM_PAGE_ADD, A_GPA, OP_STATE, X, 0),
    CASE(TDH_MEM_TRACK, A_TDR, OP_STATE, X, TDX_OPERAND_OP_STATE),
    CASE(TDH_MEM_SEPT_ADD, A_GPA_2M, OP_STATE, X, TDX_OPERAND_OP_STATE),
    CASE(TDH_MEM_PAGE_AUG, A_GPA, OP_STATE, X, TDX_OPERAND_OP_STATE),
    CASE(TDH_MEM_RANGE_UNBLOCK, A_GPA, OP_STATE, X, TDX_OPERAND_OP_STATE),

    CASE(TDH_MEM_SEPT_ADD, A_GPA_2M, SEPT, X, TDX_OPERAND_SEPT),
    CASE(TDH_MEM_SEPT_ADD, A_GPA_2M, SEPT, S, 0),
    CASE(TDH_MEM_PAGE_AUG, A_GPA, SEPT, X, TDX_OPERAND_SEPT),
    CASE(TDH_MEM_PAGE_AUG, A_GPA, SEPT, S, 0),
    CASE(TDH_MEM_PAGE_REMOVE, A_GPA, SEPT, X, TDX_OPERAND_SEPT),
    CASE(TDH_MEM_PAGE_REMOVE, A_GPA, SEPT, S, 0),
    CASE(TDH_MEM_PAGE_RELOCATE, A_GPA, SEPT, X, TDX_OPERAND_SEPT),
    CASE(TDH_MEM_PAGE_DEMOTE, A_GPA_2M, SEPT, X, TDX_OPERAND_SEPT),
    CASE(TDH_MEM_PAGE_DEMOTE, A_GPA_2M, SEPT, S, 0),
    CASE(TDH_MEM_PAGE_PROMOTE, A_GPA_2M, SEPT, S, TDX_OPERAND_SEPT),
    CASE(TDH_MEM_RANGE_BLOCK, A_GPA, SEPT, S, TDX_OPERAND_SEPT),
    CASE(TDH_MEM_RANGE_UNBLOCK, A_GPA, SEPT, S, TDX_OPERAND_SEPT),
    CASE(TDH_MEM_SEPT_REMOVE, A_GPA_2M, SEPT, S, TDX_OPERAND_SEPT),
    CASE(TDH_MEM_SEPT_RD, A_GPA, SEPT, X, TDX_OPERAND_SEPT),
    CASE(TDH_MEM_SEPT_RD, A_GPA, SEPT, S, 0),
    CASE(TDH_MEM_TRACK, A_TDR, SEPT, X, 0),

    CASE(TDH_MEM_PAGE_AUG, A_GPA, ENTRY, X, TDX_RCX),
    CASE(TDH_MEM_PAGE_REMOVE, A_GPA, ENTRY, X, TDX_RCX),
    CASE(TDH_MEM_PAGE_RELOCATE, A_GPA, ENTRY, X, TDX_RCX),
    CASE(TDH_MEM_RANGE_BLOCK, A_GPA, ENTRY, X, TDX_RCX),
    CASE(TDH_MEM_RANGE_UNBLOCK, A_GPA, ENTRY, X, TDX_RCX),
    CASE(TDH_MEM_SEPT_RD, A_GPA, ENTRY, X, TDX_RCX),

    CASE(TDH_MEM_TRACK, A_TDR, EPOCH, S, TDX_OPERAND_TD_EPOCH),
    CASE(TDH_VP_ENTER, A_TDVPR, EPOCH, X, TDX_OPERAND_TD_EPOCH),

    CASE(TDH_MNG_CREATE, A_CREATE, KOT, S, TDX_OPERAND_KOT),
    CASE(TDH_MNG_VPFLUSHDONE, A_TDR, KOT, S, TDX_OPERAND_KOT),
};

/* Where the lock is */
static TdxLock *find_lock(SimTd *td, Which which, TdxPamtRef *ref)
{
    TdxModule *m = td->sim->module;

    switch (which) {
    case TDR:
    case TDVPR:
        ASSERT_OK(tdx_pamt_peek(ref, m, which == TDR ? td->tdr : td->vcpu));
        return &ref->entry->lock;
    case OP_STATE:
        return &sim_td_tdcs(td)->op_state_lock;
    case SEPT:
        return &sim_td_tdcs(td)->sept_lock;
    case EPOCH:
        return &sim_td_tdcs(td)->epoch_lock;
    case KOT:
        return &m->st.kot_lock;
    default:
        return NULL;
    }
}

static uint64_t *find_entry(SimTd *td)
{
    TdxSeptWalk walk = tdx_sept_walk(td->sim->module, sim_td_tdcs(td)->eptp,
                                     GPA, TDX_LEVEL_4K);

    g_assert_cmpuint(walk.level, ==, TDX_LEVEL_4K);
    return walk.entry;
}

static uint64_t call(SimTd *td, const Case *c, uint64_t page)
{
    uint64_t rcx[] = {
        [A_TDR] = td->tdr, [A_TDVPR] = td->vcpu, [A_NEW_TD] = page,
        [A_NEW_VP] = page, [A_CREATE] = page, [A_GPA] = GPA,
        [A_GPA_2M] = GPA | TDX_LEVEL_2M,
    };
    uint64_t rdx[] = {
        [A_TDR] = SIM_TD_SHARED, [A_TDVPR] = 0, [A_NEW_TD] = td->tdr,
        [A_NEW_VP] = td->vcpu, [A_CREATE] = SIM_TD_HKID + 1,
        [A_GPA] = td->tdr, [A_GPA_2M] = td->tdr,
    };

    return sim_td_call(td, c->leaf, rcx[c->args], rdx[c->args], page);
}

static bool is_busy(uint64_t status)
{
    return tdx_op(status, 0) == TDX_OPERAND_BUSY;
}

/* Legal only before the TD is finalised */
static bool build_leaf(uint64_t leaf)
{
    switch (leaf & TDX_RAX_LEAF_MASK) {
    case TDH_VP_CREATE:
    case TDH_VP_ADDCX:
    case TDH_VP_INIT:
    case TDH_MEM_PAGE_ADD:
        return true;
    default:
        return false;
    }
}

static void test_case(gconstpointer data)
{
    const Case *c = data;
    SimPlatform *sim = sim_td_machine(1);
    TdxPamtRef ref = { 0 };
    TdxLock *lock;
    uint64_t *entry;
    uint64_t page, status;
    SimTd td;

    sim_td_build(&td, sim, 0);
    sim_td_tables(&td, GPA);
    /* As far as the leaf needs it to come to its locks */
    if (!build_leaf(c->leaf)) {
        ASSERT_OK(sim_td_call(&td, TDH_MR_FINALIZE, td.tdr, 0, 0));
    }
    if (c->leaf != TDH_MEM_PAGE_ADD) {
        ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_AUG, GPA, td.tdr,
                              sim_td_page(&td)));
    }
    page = sim_td_page(&td);
    lock = find_lock(&td, c->lock, &ref);
    entry = find_entry(&td);

    if (lock) {
        g_assert_true(tdx_lock_try(lock, c->held));
    } else {
        *entry |= TDX_SEPT_LOCK;
    }
    status = call(&td, c, page);
    if (c->id) {
        g_assert_cmphex(status, ==, BUSY(c->id));
    } else {
        g_assert_false(is_busy(status));
    }
    if (lock) {
        tdx_lock_release(lock, c->held);
    } else {
        g_assert_cmphex(*entry & TDX_SEPT_LOCK, !=, 0);
        *entry &= ~TDX_SEPT_LOCK;
    }
    g_assert_false(is_busy(call(&td, c, page)));

    /* Whatever the outcome, nothing stays locked */
    g_assert_cmphex(*find_lock(&td, TDR, &ref), ==, 0);
    g_assert_cmphex(*find_lock(&td, TDVPR, &ref), ==, 0);
    g_assert_cmphex(*find_lock(&td, OP_STATE, &ref), ==, 0);
    g_assert_cmphex(*find_lock(&td, SEPT, &ref), ==, 0);
    g_assert_cmphex(*find_lock(&td, EPOCH, &ref), ==, 0);
    g_assert_cmphex(*find_lock(&td, KOT, &ref), ==, 0);
    g_assert_cmphex(*find_entry(&td) & TDX_SEPT_LOCK, ==, 0);
    g_assert_true(sim_no_locks(sim, &sim->module->st.tdmr[0]));
    g_array_free(td.pages, true);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    static const char *const locks[] = {
        "tdr", "tdvpr", "op-state", "sept", "entry", "epoch", "kot",
    };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *c = &cases[i];
        const char *held = c->held == X ? "exclusive" : "shared";
        g_autofree char *path = g_strdup_printf("/td-locks/%s/%s/%s",
                                                locks[c->lock], held,
                                                c->name);

        g_test_add_data_func(path, c, test_case);
    }
    return g_test_run();
}
