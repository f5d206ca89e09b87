/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * EPT walks for a TD: the shared bit, KeyIDs in entries, and which violations
 * the guest may have as #VE.
 */

#include "ept-fixture.h"

/* #VE instead of an exit: bit 63 of the last entry that was used */
static void test_convertible(void)
{
    World *w = world_new();
    X86EptAccess write = { .write = true };
    X86EptWalk walk;

    PTE(w) = HPA | 1;
    g_assert_cmpint(go(w, 4, false, write, &walk), ==, X86_EPT_VIOLATION);
    g_assert_true(walk.convertible);
    PTE(w) = HPA | 1 | 1ULL << 63;
    g_assert_cmpint(go(w, 4, false, write, &walk), ==, X86_EPT_VIOLATION);
    g_assert_false(walk.convertible);
    PDE(w) = 0;
    g_assert_cmpint(go(w, 4, false, write, &walk), ==, X86_EPT_VIOLATION);
    g_assert_true(walk.convertible);
    g_free(w);
}

/* TD running 4.1: tables by the shared bit, a KeyID in those of the Secure EPT */
static void test_td(void)
{
    enum { KEYID_BITS = 4 };
    const uint64_t keyid = 5ULL << test_config().phys_bits;
    World *w = world_new();
    X86EptAccess access = { .read = true, .gpa = GPA4 };
    const uint64_t shared = 1ULL << 47;
    X86EptWalk walk;
    X86Ept ept;

    /* Private: entries with a KeyID are walked, and keep it */
    PDPTE(w) |= keyid;
    PTE(w) |= keyid | 1ULL << 63;
    ept = tables(w, 4, false);
    g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==,
                    X86_EPT_MISCONFIG);
    PDPTE(w) &= ~keyid;
    g_assert_true(x86_ept_of_td(&ept, access.gpa, shared, 0x7000, KEYID_BITS));
    g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==, X86_EPT_OK);
    g_assert_cmphex(walk.address, ==, keyid | HPA | 0x678);
    PTE(w) |= 1ULL << (test_config().phys_bits + KEYID_BITS);
    g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==,
                    X86_EPT_MISCONFIG);

    /* Shared: the bit is part of the index; a KeyID of TDs is reserved */
    access.gpa |= shared;
    w->mem[7][256 + 2] = 0x2000 | RWX;
    PTE(w) = HPA | RWX | WB;
    ept = tables(w, 4, false);
    /* Bits outside of the address are the EPTP's: here no flags, 4 levels */
    g_assert_false(x86_ept_of_td(&ept, access.gpa, shared, 0x7fff,
                                 KEYID_BITS));
    g_assert_cmphex(ept.eptp, ==, 0x701e);
    g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==, X86_EPT_OK);
    g_assert_cmphex(walk.address, ==, HPA | 0x678);
    PTE(w) |= keyid;
    g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==,
                    X86_EPT_MISCONFIG);
    PTE(w) = 0;
    g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==,
                    X86_EPT_VIOLATION);
    g_assert_true(walk.convertible);
    g_free(w);
}

/* TD running 4.1: bits above the shared one, which five levels translate */
static void test_td_width(void)
{
    World *w = world_new();
    X86EptAccess access = { .read = true, .gla_valid = true };
    X86Ept ept = tables(w, 5, false);
    X86EptWalk walk;

    access.gpa = GPA5;
    x86_ept_of_td(&ept, access.gpa, 1ULL << 51, 0, 0);
    g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==, X86_EPT_OK);
    x86_ept_of_td(&ept, access.gpa, 1ULL << 47, 0, 0);
    g_assert_cmpint(x86_ept_walk(&ept, &access, &walk), ==,
                    X86_EPT_VIOLATION);
    g_assert_cmphex(x86_vmx_ept_qual(&walk.qual), ==, 0x181);
    g_assert_false(walk.convertible);
    g_free(w);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vmx/ept/convertible", test_convertible);
    g_test_add_func("/vmx/ept/td", test_td);
    g_test_add_func("/vmx/ept/td-width", test_td_width);
    return g_test_run();
}
