/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The check of a TD's books finds each kind of mistake that is planted.
 */

#include "sim-td.h"
#include "td/td-check.h"

#define GPA 0x200000ULL
#define ASSERT_OK(call) g_assert_cmphex(call, ==, 0)

/* A TD with one page at GPA, pending, and what belongs to it */
typedef struct Fixture {
    SimPlatform *sim;
    SimTd td;
    TdxTdr *tdr;
    TdxTdcs *tdcs;
    TdxTdvps *tdvps;
    uint64_t *entry;        /* that maps the page */
    TdxPamtEntry *page;     /* its PAMT entry */
    TdxPamtEntry *table;    /* of the SEPT page that @entry is in */
    uint64_t *parent;       /* entry that points to that page */
} Fixture;

static TdxSeptWalk walk(Fixture *f, unsigned level)
{
    return tdx_sept_walk(f->sim->module, f->tdr->tdcx[TDX_TDCS_SEPT_ROOT],
                         TDX_SEPT_LEVEL_PML4E, f->tdr->hkid, GPA, level);
}

static TdxPamtEntry *pamt_entry(Fixture *f, uint64_t hpa)
{
    TdxPamtRef ref = { 0 };

    ASSERT_OK(pamt_peek(&ref, f->sim->module, hpa));
    return ref.entry;
}

static void set_up(Fixture *f)
{
    TdxModule *m;

    f->sim = sim_td_machine(1);
    m = f->sim->module;
    sim_td_build(&f->td, f->sim, 0);
    sim_td_tables(&f->td, GPA);
    ASSERT_OK(sim_td_call(&f->td, MEM_PAGE_AUG, GPA, f->td.tdr,
                          sim_td_page(&f->td)));
    f->tdr = tdx_tdr(m, f->td.tdr);
    f->tdcs = sim_td_tdcs(&f->td);
    f->tdvps = tdx_private(m, f->td.vcpu, f->tdr->hkid);
    f->entry = walk(f, TDX_LEVEL_4K).entry;
    f->page = pamt_entry(f, tdx_sept_hpa(m, *f->entry));
    f->parent = walk(f, TDX_LEVEL_2M).entry;
    f->table = pamt_entry(f, tdx_sept_hpa(m, *f->parent));
}

static void plant_nothing(Fixture *f)
{
}

static void plant_entry_locked(Fixture *f)
{
    *f->entry |= TDX_SEPT_LOCK;
}

static void plant_entry_unknown(Fixture *f)
{
    *f->entry |= TDX_SEPT_TDEX | TDX_SEPT_TDB;
}

static void plant_entry_elsewhere(Fixture *f)
{
    *f->entry += TDX_PAGE_4K;
}

static void plant_entry_dropped(Fixture *f)
{
    *f->entry = TDX_SEPT_FREE_ENTRY;
}

static void plant_table_dropped(Fixture *f)
{
    *f->parent = TDX_SEPT_FREE_ENTRY;
    pamt_set_type(f->page, TDX_PT_NDA);
    f->tdr->chldcnt--;
}

static void plant_page_freed(Fixture *f)
{
    pamt_set_type(f->page, TDX_PT_NDA);
}

static void plant_page_of_another(Fixture *f)
{
    pamt_set_owner(f->page, TDX_PT_REG, f->td.tdr + TDX_PAGE_4K);
}

static void plant_table_type(Fixture *f)
{
    pamt_set_type(f->table, TDX_PT_REG);
}

static void plant_chldcnt(Fixture *f)
{
    f->tdr->chldcnt++;
}

static void plant_num_tdcx(Fixture *f)
{
    f->tdr->num_tdcx = 1000;
}

static void plant_tdcx(Fixture *f)
{
    f->tdr->tdcx[2] = f->td.vcpu;
}

static void plant_lock(Fixture *f)
{
    g_assert_true(tdx_lock_try(&f->tdcs->sept_lock, TDX_LOCK_TYPE_SHARED));
}

static void plant_association(Fixture *f)
{
    f->tdcs->num_assoc_vcpus = 0;
}

static void plant_vcpu_page(Fixture *f)
{
    f->tdvps->page[3] = f->td.tdr;
}

static void plant_vcpu_pages(Fixture *f)
{
    f->tdvps->num_pages = UINT32_MAX;
}

static void plant_key(Fixture *f)
{
    f->sim->module->st.kot[SIM_TD_HKID].state = TDX_HKID_FREE;
}

typedef struct Case {
    const char *path;
    void (*plant)(Fixture *f);
} Case;

static const Case cases[] = {
    { "/td-check/nothing", plant_nothing },
    { "/td-check/entry/locked", plant_entry_locked },
    { "/td-check/entry/unknown", plant_entry_unknown },
    { "/td-check/entry/elsewhere", plant_entry_elsewhere },
    { "/td-check/entry/dropped", plant_entry_dropped },
    { "/td-check/table/dropped", plant_table_dropped },
    { "/td-check/table/type", plant_table_type },
    { "/td-check/page/freed", plant_page_freed },
    { "/td-check/page/of-another", plant_page_of_another },
    { "/td-check/chldcnt", plant_chldcnt },
    { "/td-check/tdcs/number", plant_num_tdcx },
    { "/td-check/tdcs/page", plant_tdcx },
    { "/td-check/lock", plant_lock },
    { "/td-check/vcpu/association", plant_association },
    { "/td-check/vcpu/page", plant_vcpu_page },
    { "/td-check/vcpu/pages", plant_vcpu_pages },
    { "/td-check/key", plant_key },
};

static void test_case(gconstpointer data)
{
    const Case *c = data;
    const char *why;
    Fixture f;

    set_up(&f);
    g_assert_cmpstr(td_check(f.sim->module, f.td.tdr), ==, NULL);
    c->plant(&f);
    why = td_check(f.sim->module, f.td.tdr);
    if (c->plant == plant_nothing) {
        g_assert_cmpstr(why, ==, NULL);
    } else {
        g_assert_nonnull(why);
        g_test_message("%s", why);
    }
    g_array_free(f.td.pages, true);
    sim_free(f.sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_add_data_func(cases[i].path, &cases[i], test_case);
    }
    return g_test_run();
}
