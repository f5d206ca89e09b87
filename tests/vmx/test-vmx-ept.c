/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * EPT walks: translations, violations, misconfigurations, flags.
 */

#include <string.h>

#include "ept-fixture.h"

static void test_sizes(void)
{
    World *w = world_new();
    X86EptAccess read = { .read = true };
    X86EptWalk walk;

    for (unsigned levels = 4; levels <= 5; levels++) {
        PDPTE(w) = 0x3000 | RWX;
        PDE(w) = 0x4000 | RWX;
        g_assert_cmpint(go(w, levels, false, read, &walk), ==, X86_EPT_OK);
        g_assert_cmphex(walk.address, ==, HPA | 0x678);
        g_assert_cmphex(walk.page_size, ==, 0x1000);
        g_assert_cmphex(walk.allowed, ==, RWX);
        g_assert_cmphex(walk.cacheable, ==, RWX);
        PDE(w) = 0x3456600000 | RWX | WB | 0x80;
        g_assert_cmpint(go(w, levels, false, read, &walk), ==, X86_EPT_OK);
        g_assert_cmphex(walk.address, ==, 0x3456605678);
        g_assert_cmphex(walk.page_size, ==, 0x200000);
        PDPTE(w) = 0x3440000000 | RWX | WB | 0x80;
        g_assert_cmpint(go(w, levels, false, read, &walk), ==, X86_EPT_OK);
        g_assert_cmphex(walk.address, ==, 0x3440805678);
        g_assert_cmphex(walk.page_size, ==, 0x40000000);
    }
    /* Nothing was to be flagged */
    g_assert_cmpuint(w->updates, ==, 0);
    g_free(w);
}

/* Each of rights and accesses; the AND over all levels counts */
static void test_rights(void)
{
    World *w = world_new();

    for (unsigned level = 0; level < 5; level++) {
        uint64_t *entries[] = { &PML5E(w), &PML4E(w), &PDPTE(w), &PDE(w),
                                &PTE(w) };
        uint64_t saved = *entries[level];

        for (unsigned rights = 0; rights < 8; rights++) {
            for (unsigned kind = 1; kind < 8; kind <<= 1) {
                X86EptAccess access = {
                    .read = kind & 1, .write = kind & 2, .fetch = kind & 4,
                    .gla_valid = true,
                };
                X86EptResult want = X86_EPT_OK;
                X86EptResult got;
                X86EptWalk walk;

                *entries[level] = (saved & ~RWX) | rights;
                if (rights == 2 || rights == 6) {
                    want = X86_EPT_MISCONFIG;
                } else if (!(rights & kind)) {
                    want = X86_EPT_VIOLATION;
                }
                got = go(w, 5, false, access, &walk);
                g_assert_cmpint(got, ==, want);
                if (got == X86_EPT_VIOLATION) {
                    g_assert_cmphex(x86_vmx_ept_qual(&walk.qual), ==,
                                    kind | rights << 3 | 0x180);
                } else if (got == X86_EPT_OK) {
                    g_assert_cmphex(walk.allowed, ==, rights);
                }
            }
        }
        *entries[level] = saved;
    }
    g_free(w);
}

/* Bits of the qualification that tell what the access was for */
static void test_qualification(void)
{
    static const struct {
        X86EptAccess access;
        bool flags;
        bool advanced;
        uint64_t qual;
    } cases[] = {
        /* A guest's page-table entry */
        { { .read = true, .gla_valid = true, .paging = true }, false, false,
          0x081 },
        /* ... counts as a write when there are flags */
        { { .read = true, .gla_valid = true, .paging = true }, true, false,
          0x083 },
        /* ... and is a write when its own flags are set */
        { { .read = true, .write = true, .gla_valid = true, .paging = true },
          false, false, 0x083 },
        /* PDPTEs that MOV to CR3 loads */
        { { .read = true }, false, false, 0x001 },
        { { .fetch = true, .gla_valid = true }, false, false, 0x184 },
        { { .write = true, .gla_valid = true, .nmi_unblocked = true }, false,
          false, 0x1182 },
        { { .write = true, .gla_valid = true, .gla_user = true,
            .gla_writable = true, .gla_nx = true }, false, true, 0xf82 },
        { { .write = true, .gla_valid = true, .gla_user = true,
            .gla_writable = true, .gla_nx = true }, false, false, 0x182 },
        { { .write = true, .gla_valid = true, .paging = true,
            .gla_user = true }, false, true, 0x082 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        World *w = world_new();
        X86EptWalk walk;

        x86_vmx_caps_offer_bit(&w->caps, X86_VMX_CAPS_EPT_VPID, 22,
                               cases[i].advanced);
        PTE(w) = 0;
        g_assert_cmpint(go(w, 4, cases[i].flags, cases[i].access, &walk), ==,
                        X86_EPT_VIOLATION);
        g_assert_cmphex(x86_vmx_ept_qual(&walk.qual), ==, cases[i].qual);
        g_free(w);
    }
}

/* What may not stand in an entry at each level */
static void test_misconfigured(void)
{
    static const struct {
        unsigned level;     /* 5 to 1 */
        uint64_t entry;
        X86EptResult result;
    } cases[] = {
        { 5, 0x1000 | RWX | 0x08, X86_EPT_MISCONFIG },
        { 5, 0x1000 | RWX | 0x10, X86_EPT_MISCONFIG },
        { 5, 0x1000 | RWX | 0x20, X86_EPT_MISCONFIG },
        { 5, 0x1000 | RWX | 0x40, X86_EPT_MISCONFIG },
        { 5, 0x1000 | RWX | 0x80, X86_EPT_MISCONFIG },
        { 4, 0x2000 | RWX | 0x80, X86_EPT_MISCONFIG },
        { 4, 0x2000 | RWX | 0x08, X86_EPT_MISCONFIG },
        { 3, 0x3000 | RWX | 0x40, X86_EPT_MISCONFIG },
        { 2, 0x4000 | RWX | 0x40, X86_EPT_MISCONFIG },
        { 4, 0x2000 | RWX | 1ULL << 46, X86_EPT_MISCONFIG },
        { 3, 0x3000 | RWX | 1ULL << 51, X86_EPT_MISCONFIG },
        { 1, HPA | RWX | WB | 1ULL << 46, X86_EPT_MISCONFIG },
        { 1, HPA | RWX | WB | 1ULL << 51, X86_EPT_MISCONFIG },
        /* Large pages out of line */
        { 2, 0x3456601000 | RWX | WB | 0x80, X86_EPT_MISCONFIG },
        { 2, 0x3456700000 | RWX | WB | 0x80, X86_EPT_MISCONFIG },
        { 3, 0x3440200000 | RWX | WB | 0x80, X86_EPT_MISCONFIG },
        { 3, 0x3460000000 | RWX | WB | 0x80, X86_EPT_MISCONFIG },
        /* Memory types */
        { 1, HPA | RWX | 0 << 3, X86_EPT_OK },
        { 1, HPA | RWX | 1 << 3, X86_EPT_OK },
        { 1, HPA | RWX | 2 << 3, X86_EPT_MISCONFIG },
        { 1, HPA | RWX | 3 << 3, X86_EPT_MISCONFIG },
        { 1, HPA | RWX | 4 << 3, X86_EPT_OK },
        { 1, HPA | RWX | 5 << 3, X86_EPT_OK },
        { 1, HPA | RWX | 6 << 3, X86_EPT_OK },
        { 1, HPA | RWX | 7 << 3, X86_EPT_MISCONFIG },
        { 2, 0x3456600000 | RWX | 7 << 3 | 0x80, X86_EPT_MISCONFIG },
        /* What the CPU ignores, and hypervisors use */
        { 1, HPA | RWX | WB | 0xfff0000000000f40, X86_EPT_OK },
        { 1, HPA | RWX | WB | 0x80, X86_EPT_OK },
        { 4, 0x2000 | RWX | 0xfff0000000000f00, X86_EPT_OK },
        /* Not present, whatever the rest is: a violation */
        { 1, 1ULL << 63, X86_EPT_VIOLATION },
        { 1, 0xfffffffffffff8f8, X86_EPT_VIOLATION },
        { 4, 0x80, X86_EPT_VIOLATION },
        /* A table where no memory is reads as ones */
        { 4, 0x9000 | RWX, X86_EPT_MISCONFIG },
        { 2, 0 | RWX, X86_EPT_MISCONFIG },
    };
    X86EptAccess read = { .read = true };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        World *w = world_new();
        uint64_t *entries[] = { &PTE(w), &PDE(w), &PDPTE(w), &PML4E(w),
                                &PML5E(w) };
        X86EptWalk walk;

        *entries[cases[i].level - 1] = cases[i].entry;
        g_assert_cmpint(go(w, 5, true, read, &walk), ==, cases[i].result);
        g_free(w);
    }
}

/* A misconfiguration below goes before a right that is missing above */
static void test_priority(void)
{
    World *w = world_new();
    X86EptAccess write = { .write = true };
    X86EptWalk walk;

    PML4E(w) = 0x2000 | 1;
    g_assert_cmpint(go(w, 4, false, write, &walk), ==, X86_EPT_VIOLATION);
    PTE(w) = HPA | 2;
    g_assert_cmpint(go(w, 4, false, write, &walk), ==, X86_EPT_MISCONFIG);
    /* But what is behind an entry that is not present is not looked at */
    PDE(w) = 0;
    g_assert_cmpint(go(w, 4, false, write, &walk), ==, X86_EPT_VIOLATION);
    g_free(w);
}

/* What the CPU does not offer is reserved */
static void test_not_offered(void)
{
    World *w = world_new();
    X86EptAccess fetch = { .fetch = true };
    X86EptWalk walk;

    PTE(w) = HPA | 4 | WB;
    g_assert_cmpint(go(w, 4, false, fetch, &walk), ==, X86_EPT_OK);
    g_assert_cmphex(walk.allowed, ==, 4);
    x86_vmx_caps_offer_bit(&w->caps, X86_VMX_CAPS_EPT_VPID,
                           X86_VMX_CAP_EPT_EXECUTE_ONLY, false);
    g_assert_cmpint(go(w, 4, false, fetch, &walk), ==, X86_EPT_MISCONFIG);
    PDE(w) = 0x3456600000 | RWX | WB | 0x80;
    g_assert_cmpint(go(w, 4, false, fetch, &walk), ==, X86_EPT_OK);
    x86_vmx_caps_offer_bit(&w->caps, X86_VMX_CAPS_EPT_VPID,
                           X86_VMX_CAP_EPT_2M, false);
    g_assert_cmpint(go(w, 4, false, fetch, &walk), ==, X86_EPT_MISCONFIG);
    PDPTE(w) = 0x3440000000 | RWX | WB | 0x80;
    g_assert_cmpint(go(w, 4, false, fetch, &walk), ==, X86_EPT_OK);
    x86_vmx_caps_offer_bit(&w->caps, X86_VMX_CAPS_EPT_VPID,
                           X86_VMX_CAP_EPT_1G, false);
    g_assert_cmpint(go(w, 4, false, fetch, &walk), ==, X86_EPT_MISCONFIG);
    g_free(w);
}

/* Four levels translate 48 bits, five of them 57 */
static void test_width(void)
{
    World *w = world_new();
    X86EptAccess access = { .write = true, .gla_valid = true };
    X86EptWalk walk;

    access.gpa = GPA4 | 1ULL << 48;
    g_assert_cmpint(go(w, 4, false, access, &walk), ==, X86_EPT_VIOLATION);
    g_assert_cmphex(x86_vmx_ept_qual(&walk.qual), ==, 0x182);
    g_assert_cmpint(go(w, 5, false, access, &walk), ==, X86_EPT_OK);
    access.gpa = GPA5 | 1ULL << 57;
    g_assert_cmpint(go(w, 5, false, access, &walk), ==, X86_EPT_VIOLATION);
    access.gpa = UINT64_MAX;
    g_assert_cmpint(go(w, 5, false, access, &walk), ==, X86_EPT_VIOLATION);
    g_free(w);
}

static void test_flags(void)
{
    World *w = world_new();
    X86EptAccess access = { .read = true };
    X86Ept ept = tables(w, 4, true);
    X86EptWalk walk;

    access.gpa = GPA4;
    /* A look leaves no trace */
    ept.update = NULL;
    g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==, X86_EPT_OK);
    g_assert_cmphex(PTE(w) & (ACCESSED | DIRTY), ==, 0);
    /* Nor does an access that is not allowed */
    PTE(w) &= ~2ULL;
    access.write = true;
    g_assert_cmpint(go(w, 4, true, access, &walk), ==, X86_EPT_VIOLATION);
    g_assert_cmpuint(w->updates, ==, 0);
    PTE(w) |= 2;
    access.write = false;
    g_assert_cmpint(go(w, 4, true, access, &walk), ==, X86_EPT_OK);
    g_assert_cmphex(PML4E(w), ==, 0x2000 | RWX | ACCESSED);
    g_assert_cmphex(PDPTE(w), ==, 0x3000 | RWX | ACCESSED);
    g_assert_cmphex(PDE(w), ==, 0x4000 | RWX | ACCESSED);
    g_assert_cmphex(PTE(w), ==, HPA | RWX | WB | ACCESSED);
    /* The page is clean: the next write must come here again */
    g_assert_cmphex(walk.allowed, ==, RWX);
    g_assert_cmphex(walk.cacheable, ==, RWX & ~2);
    access.write = true;
    g_assert_cmpint(go(w, 4, true, access, &walk), ==, X86_EPT_OK);
    g_assert_cmphex(PDE(w), ==, 0x4000 | RWX | ACCESSED);
    g_assert_cmphex(PTE(w), ==, HPA | RWX | WB | ACCESSED | DIRTY);
    g_assert_cmphex(walk.cacheable, ==, RWX);
    g_assert_cmphex(walk.address, ==, HPA | 0x678);
    g_assert_cmpuint(w->updates, ==, 5);
    g_assert_cmpint(go(w, 4, true, access, &walk), ==, X86_EPT_OK);
    g_assert_cmpuint(w->updates, ==, 5);
    g_free(w);

    /* Reading a guest's page-table entry makes its page dirty */
    w = world_new();
    access.write = false;
    access.gla_valid = access.paging = true;
    g_assert_cmpint(go(w, 4, true, access, &walk), ==, X86_EPT_OK);
    g_assert_cmphex(PTE(w), ==, HPA | RWX | WB | ACCESSED | DIRTY);
    /* ... which wants it to be writable */
    PTE(w) = HPA | 5 | WB;
    g_assert_cmpint(go(w, 4, true, access, &walk), ==, X86_EPT_VIOLATION);
    g_assert_cmpint(go(w, 4, false, access, &walk), ==, X86_EPT_OK);
    g_free(w);
}

/* Another CPU changes an entry between the read and the update */
static void test_race(void)
{
    World *w = world_new();
    X86EptAccess access = { .write = true };
    X86EptWalk walk;

    w->refuse = 3;
    g_assert_cmpint(go(w, 4, true, access, &walk), ==, X86_EPT_OK);
    g_assert_cmphex(PTE(w), ==, HPA | RWX | WB | ACCESSED | DIRTY);
    g_free(w);
    w = world_new();
    w->refuse = UINT32_MAX;
    g_assert_cmpint(go(w, 4, true, access, &walk), ==, X86_EPT_AGAIN);
    g_assert_cmphex(PML4E(w), ==, 0x2000 | RWX);
    g_free(w);
}

static bool log_page(void *opaque, uint64_t gpa)
{
    World *w = opaque;

    if (!w->log_room) {
        return false;
    }
    w->log_room--;
    w->logged = gpa;
    return true;
}

static void test_log(void)
{
    World *w = world_new();
    X86EptAccess access = { .gpa = GPA4, .read = true };
    X86Ept ept = tables(w, 4, true);
    X86EptWalk walk;

    ept.log = log_page;
    /* Only what becomes dirty is logged */
    g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==, X86_EPT_OK);
    access.write = true;
    g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==,
                    X86_EPT_LOG_FULL);
    g_assert_cmphex(PTE(w) & DIRTY, ==, 0);
    w->log_room = 5;
    g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==, X86_EPT_OK);
    g_assert_cmphex(PTE(w) & DIRTY, ==, DIRTY);
    g_assert_cmphex(w->logged, ==, GPA4);
    g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==, X86_EPT_OK);
    g_assert_cmpuint(w->log_room, ==, 4);
    g_free(w);
}

/* User and supervisor execution apart */
static void test_mode_based(void)
{
    World *w = world_new();
    X86EptAccess access = { .gpa = GPA4, .fetch = true };
    X86Ept ept = tables(w, 4, false);
    X86EptWalk walk;

    PML4E(w) |= 1 << 10;
    PDPTE(w) |= 1 << 10;
    PDE(w) |= 1 << 10;
    ept.mode_based = true;
    for (unsigned user = 0; user < 2; user++) {
        access.user = user;
        PTE(w) = HPA | 1 | WB | (user ? 1 << 10 : 4);
        g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==, X86_EPT_OK);
        access.user = !user;
        g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==,
                        X86_EPT_VIOLATION);
        g_assert_cmphex(x86_vmx_ept_qual(&walk.qual), ==,
                        user ? 0x4c : 0x2c);
    }
    /* Bit 10 alone makes an entry present */
    PTE(w) = HPA | WB | 1 << 10;
    access.user = true;
    g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==, X86_EPT_OK);
    ept.mode_based = false;
    g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==,
                    X86_EPT_VIOLATION);
    g_free(w);
}

/* An EPTP that VM entry would not have let through does no harm */
static void test_bad_eptp(void)
{
    World *w = world_new();
    X86EptAccess access = { .gpa = GPA4, .read = true };

    for (unsigned levels = 1; levels <= 8; levels++) {
        X86Ept ept = tables(w, levels, false);
        X86EptWalk walk;

        if (levels < 4) {
            g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==,
                            X86_EPT_VIOLATION);
        } else if (levels > 5) {
            g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==,
                            X86_EPT_MISCONFIG);
        }
    }
    g_free(w);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vmx/ept/sizes", test_sizes);
    g_test_add_func("/vmx/ept/rights", test_rights);
    g_test_add_func("/vmx/ept/qualification", test_qualification);
    g_test_add_func("/vmx/ept/misconfigured", test_misconfigured);
    g_test_add_func("/vmx/ept/priority", test_priority);
    g_test_add_func("/vmx/ept/not-offered", test_not_offered);
    g_test_add_func("/vmx/ept/width", test_width);
    g_test_add_func("/vmx/ept/flags", test_flags);
    g_test_add_func("/vmx/ept/race", test_race);
    g_test_add_func("/vmx/ept/log", test_log);
    g_test_add_func("/vmx/ept/mode-based", test_mode_based);
    g_test_add_func("/vmx/ept/bad-eptp", test_bad_eptp);
    return g_test_run();
}
