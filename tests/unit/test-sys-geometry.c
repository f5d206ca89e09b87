/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.CONFIG on random layouts of CMRs, TDMRs, reserved areas and PAMTs,
 * against a second opinion that knows no intervals: memory is a row of cells,
 * areas are painted on it, and sets of cells are compared.
 */

#include <string.h>

#include "abi/status.h"
#include "sim-boot.h"

#define CASES 4000

#define MIB (1ULL << 20)

/* A cell is what a GiB needs of 4K PAMT; no area is smaller here */
#define CELL (4 * MIB)
#define CELLS_PER_GIB 256
#define WORLD_GIB 8
#define WORLD (WORLD_GIB * CELLS_PER_GIB)

/* Areas may begin in the last cell of the world and be as long as it is */
#define CELLS (2 * WORLD + 2)

/* Host structures are in memory beyond the world */
#define ARRAY (2 * WORLD * CELL)

#define MAX_TDMRS 3

typedef struct Cells {
    bool in[CELLS];
} Cells;

/* Everything in cells */
typedef struct Area {
    int base;
    int size;
} Area;

typedef struct Tdmr {
    Area area;
    Area pamt[3]; /* 4K, 2M, 1G */
    Area rsvd[TDX_MAX_RSVD_PER_TDMR];
} Tdmr;

typedef struct Layout {
    bool dynamic;
    int num_cmrs; /* null entries among them */
    Area cmr[TDX_MAX_CMRS];
    int num_tdmrs;
    Tdmr tdmr[MAX_TDMRS];
} Layout;

/* --- the second opinion ------------------------------------------------- */

typedef struct Painted {
    Cells tdmr;
    Cells available;
    Cells pamt[3];
} Painted;

static void paint(Cells *cells, Area area, int offset, bool value)
{
    for (int c = area.base; c < area.base + area.size; c++) {
        if (c + offset < CELLS) {
            cells->in[c + offset] = value;
        }
    }
}

static bool share(const Cells *a, const Cells *b)
{
    for (int c = 0; c < CELLS; c++) {
        if (a->in[c] && b->in[c]) {
            return true;
        }
    }
    return false;
}

static bool within(const Cells *inner, const Cells *outer)
{
    for (int c = 0; c < CELLS; c++) {
        if (inner->in[c] && !outer->in[c]) {
            return false;
        }
    }
    return true;
}

/* Is anything at or behind cell @first? */
static bool reaches(const Cells *cells, int first)
{
    return memchr(&cells->in[first], true, CELLS - first);
}

static uint64_t opinion_on_reserved(const Tdmr *t, int i, Painted *p)
{
    Cells reserved = { 0 };

    for (int j = 0; j < TDX_MAX_RSVD_PER_TDMR; j++) {
        Area r = t->rsvd[j];
        Cells this = { 0 };

        if (!r.size) {
            if (j < 15 && t->rsvd[j + 1].size) {
                return tdx_multi(TDX_NON_ORDERED_RESERVED_IN_TDMR, i, j, 0, 0);
            }
            continue;
        }
        paint(&this, r, t->area.base, true);
        if (reaches(&reserved, t->area.base + r.base)) {
            return tdx_multi(TDX_NON_ORDERED_RESERVED_IN_TDMR, i, j, 0, 0);
        }
        if (!within(&this, &p->tdmr)) {
            return tdx_multi(TDX_INVALID_RESERVED_IN_TDMR, i, j, 0, 0);
        }
        paint(&reserved, r, t->area.base, true);
        paint(&p->available, r, t->area.base, false);
    }
    return TDX_SUCCESS;
}

static uint64_t opinion_on_pamts(const Painted *all, int i)
{
    const Painted *p = &all[i];

    for (int j = 0; j < i; j++) {
        for (int level = 0; level < 3; level++) {
            for (int k = 0; k < 3; k++) {
                if (share(&p->pamt[level], &all[j].pamt[k])) {
                    return tdx_multi(TDX_PAMT_OVERLAP, i, level, j, 0);
                }
            }
        }
    }
    if (share(&p->pamt[0], &p->pamt[1]) || share(&p->pamt[0], &p->pamt[2])) {
        return tdx_multi(TDX_PAMT_OVERLAP, i, 0, i, 0);
    }
    if (share(&p->pamt[1], &p->pamt[2])) {
        return tdx_multi(TDX_PAMT_OVERLAP, i, 1, i, 0);
    }
    for (int j = 0; j <= i; j++) {
        for (int level = 0; level < 3; level++) {
            if (share(&p->pamt[level], &all[j].available)) {
                return tdx_multi(TDX_PAMT_OVERLAP, i, level, j, 0);
            }
        }
        for (int level = 0; level < 3 && j < i; level++) {
            if (share(&all[j].pamt[level], &p->available)) {
                return tdx_multi(TDX_PAMT_OVERLAP, j, level, i, 0);
            }
        }
    }
    return TDX_SUCCESS;
}

static uint64_t opinion_on_tdmr(const Layout *l, int i, Painted *all,
                                const Cells *convertible)
{
    const Tdmr *t = &l->tdmr[i];
    Painted *p = &all[i];
    uint64_t status;

    memset(p, 0, sizeof(*p));
    if (i && reaches(&all[i - 1].tdmr, t->area.base)) {
        return tdx_multi(TDX_NON_ORDERED_TDMR, i, 0, 0, 0);
    }
    if (t->area.base % CELLS_PER_GIB || t->area.size % CELLS_PER_GIB ||
        !t->area.size) {
        return tdx_multi(TDX_INVALID_TDMR, i, 0, 0, 0);
    }
    paint(&p->tdmr, t->area, 0, true);
    paint(&p->available, t->area, 0, true);
    status = opinion_on_reserved(t, i, p);
    if (status) {
        return status;
    }
    for (int level = 2; level >= 0; level--) {
        int need = level || l->dynamic ? 1 : t->area.size / CELLS_PER_GIB;

        if (t->pamt[level].size < need) {
            return tdx_multi(TDX_INVALID_PAMT, i, level, 0, 0);
        }
        paint(&p->pamt[level], t->pamt[level], 0, true);
    }
    status = opinion_on_pamts(all, i);
    if (status) {
        return status;
    }
    for (int level = 2; level >= 0; level--) {
        if (!within(&p->pamt[level], convertible)) {
            return tdx_multi(TDX_PAMT_OUTSIDE_CMRS, i, level, 0, 0);
        }
    }
    if (!within(&p->available, convertible)) {
        return tdx_multi(TDX_TDMR_OUTSIDE_CMRS, i, 0, 0, 0);
    }
    return TDX_SUCCESS;
}

static uint64_t opinion(const Layout *l)
{
    static Painted all[MAX_TDMRS];
    Cells convertible = { 0 };
    uint64_t status = TDX_SUCCESS;

    for (int i = 0; i < l->num_cmrs; i++) {
        paint(&convertible, l->cmr[i], 0, true);
    }
    for (int i = 0; i < l->num_tdmrs && !status; i++) {
        status = opinion_on_tdmr(l, i, all, &convertible);
    }
    return status;
}

/* --- layouts ------------------------------------------------------------ */

/* Mostly convertible memory, in pieces that touch or leave gaps */
static void random_cmrs(GRand *rand, Layout *l, Cells *convertible)
{
    int at = g_rand_int_range(rand, 0, 3);

    while (at < WORLD && l->num_cmrs < TDX_MAX_CMRS - 1) {
        int size = g_rand_boolean(rand) ? g_rand_int_range(rand, 1, 20)
                                        : g_rand_int_range(rand, 1, WORLD);

        size = MIN(size, WORLD - at);
        if (g_rand_int_range(rand, 0, 6)) {
            l->cmr[l->num_cmrs++] = (Area) { at, size };
            paint(convertible, (Area) { at, size }, 0, true);
        } else {
            l->num_cmrs++;
            size = MIN(size, 20);
        }
        at += size;
    }
}

/* Convertible cells in a row that no PAMT has taken yet */
static Area find_room(GRand *rand, const Cells *convertible, const Cells *taken,
                      int size)
{
    for (int attempt = 0; attempt < 50; attempt++) {
        int base = g_rand_int_range(rand, 0, WORLD);
        int c = base;

        while (c < base + size && convertible->in[c] && !taken->in[c]) {
            c++;
        }
        if (c == base + size) {
            return (Area) { base, size };
        }
    }
    return (Area) { 0, size };
}

/* Reserve what is not convertible or holds a PAMT */
static void reserve(Tdmr *t, const Cells *convertible, const Cells *taken)
{
    int n = 0;

    for (int c = 0; c < t->area.size && n < TDX_MAX_RSVD_PER_TDMR; c++) {
        int start = c;

        while (c < t->area.size && (!convertible->in[t->area.base + c] ||
                                    taken->in[t->area.base + c])) {
            c++;
        }
        if (c > start) {
            t->rsvd[n++] = (Area) { start, c - start };
        }
    }
}

static void valid_layout(GRand *rand, Layout *l)
{
    Cells convertible = { 0 }, taken = { 0 };
    int gib = 0;

    l->dynamic = g_rand_boolean(rand);
    random_cmrs(rand, l, &convertible);
    while (l->num_tdmrs < MAX_TDMRS && gib < WORLD_GIB) {
        Tdmr *t = &l->tdmr[l->num_tdmrs];
        int size;

        gib += g_rand_int_range(rand, 0, 3);
        size = g_rand_int_range(rand, 1, 4);
        if (gib + size > WORLD_GIB) {
            break;
        }
        t->area = (Area) { gib * CELLS_PER_GIB, size * CELLS_PER_GIB };
        for (int level = 0; level < 3; level++) {
            t->pamt[level] = find_room(rand, &convertible, &taken,
                                       level || l->dynamic ? 1 : size);
            paint(&taken, t->pamt[level], 0, true);
        }
        gib += size;
        l->num_tdmrs++;
    }
    for (int i = 0; i < l->num_tdmrs; i++) {
        reserve(&l->tdmr[i], &convertible, &taken);
    }
}

static int other_number(GRand *rand, int number, int granule)
{
    switch (g_rand_int_range(rand, 0, 4)) {
    case 0:
        return MAX(number - granule, 0);
    case 1:
        return MIN(number + granule, WORLD);
    case 2:
        return g_rand_int_range(rand, 0, 4) ? number : 0;
    default:
        return g_rand_int_range(rand, 0, WORLD / granule) * granule;
    }
}

static void change_area(GRand *rand, Area *area, int granule)
{
    if (g_rand_boolean(rand)) {
        area->base = other_number(rand, area->base, granule);
    } else {
        area->size = other_number(rand, area->size, granule);
    }
}

static void change_layout(GRand *rand, Layout *l)
{
    Tdmr *t = &l->tdmr[g_rand_int_range(rand, 0, l->num_tdmrs)];
    Area *r = &t->rsvd[g_rand_int_range(rand, 0, 4)];
    Area first = r[0];

    switch (g_rand_int_range(rand, 0, 7)) {
    case 0:
        change_area(rand, &t->area, CELLS_PER_GIB);
        break;
    case 1:
        change_area(rand, &t->area, g_rand_boolean(rand) ? 1 : CELLS_PER_GIB);
        break;
    case 2:
    case 3:
        change_area(rand, &t->pamt[g_rand_int_range(rand, 0, 3)], 1);
        break;
    case 4:
        change_area(rand, r, 1);
        break;
    case 5:
        r[0] = r[1];
        r[1] = first;
        break;
    case 6:
        l->cmr[g_rand_int_range(rand, 0, l->num_cmrs)].size = 0;
        break;
    }
}

/* --- the module's answer ------------------------------------------------ */

static TdxRange bytes(Area area)
{
    return (TdxRange) { area.base * CELL, area.size * CELL };
}

static uint64_t answer(const Layout *l)
{
    TdxTdmrInfo info[MAX_TDMRS] = { 0 };
    SimPlatform *sim = sim_boot_machine(1, 1);
    uint64_t status;

    memset(sim->info.cmr, 0, sizeof(sim->info.cmr));
    for (int i = 0; i < l->num_cmrs; i++) {
        sim->info.cmr[i] = bytes(l->cmr[i]);
    }
    sim->info.seamrr = (TdxRange) { 3 * WORLD * CELL, 32 * MIB };
    for (int i = 0; i < l->num_tdmrs; i++) {
        const Tdmr *t = &l->tdmr[i];

        info[i].base = bytes(t->area).base;
        info[i].size = bytes(t->area).size;
        info[i].pamt_4k = bytes(t->pamt[0]);
        info[i].pamt_2m = bytes(t->pamt[1]);
        info[i].pamt_1g = bytes(t->pamt[2]);
        for (int j = 0; j < TDX_MAX_RSVD_PER_TDMR; j++) {
            info[i].rsvd[j] = bytes(t->rsvd[j]);
        }
    }
    sim_write_tdmrs(sim, ARRAY, info, l->num_tdmrs);
    sim_start(sim);
    sim_boot_init(sim);
    status = sim_leaf(sim, 0, TDH_SYS_CONFIG, ARRAY, l->num_tdmrs,
                      SIM_BOOT_HKID | (l->dynamic ? SIM_BOOT_DYNAMIC : 0));
    sim_free(sim);
    return status;
}

static void test_random_layouts(void)
{
    static const uint64_t kinds[] = {
        TDX_SUCCESS, TDX_NON_ORDERED_TDMR, TDX_INVALID_TDMR,
        TDX_INVALID_RESERVED_IN_TDMR, TDX_NON_ORDERED_RESERVED_IN_TDMR,
        TDX_INVALID_PAMT, TDX_PAMT_OVERLAP, TDX_PAMT_OUTSIDE_CMRS,
        TDX_TDMR_OUTSIDE_CMRS,
    };
    unsigned seen[G_N_ELEMENTS(kinds)] = { 0 };

    for (unsigned n = 0; n < CASES; n++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(n);
        Layout l = { 0 };
        uint64_t status, expected;

        valid_layout(rand, &l);
        if (!l.num_tdmrs || !l.num_cmrs) {
            continue;
        }
        for (int i = g_rand_int_range(rand, 0, 4); i > 0; i--) {
            change_layout(rand, &l);
        }
        expected = opinion(&l);
        status = answer(&l);
        if (status != expected) {
            g_test_message("layout of seed %u", n);
        }
        g_assert_cmphex(status, ==, expected);
        for (int k = 0; k < G_N_ELEMENTS(kinds); k++) {
            seen[k] += tdx_op(status, 0) == kinds[k];
        }
    }
    /* Layouts that never come to a check do not test it */
    for (int k = 0; k < G_N_ELEMENTS(kinds); k++) {
        g_test_message("%s: %u", tdx_status_name(kinds[k]), seen[k]);
        g_assert_cmpuint(seen[k], >=, CASES / 100);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sys-geometry/random-layouts", test_random_layouts);
    return g_test_run();
}
