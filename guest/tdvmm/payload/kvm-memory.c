/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A TD's memory, private and shared, and what the host sees of it.
 */

#include "kvm.h"

#define SEED 0x9e3779b97f4a7c15ull

static uint64_t value(uint64_t gpa, unsigned i)
{
    return (gpa + i * 8) * SEED ^ SEED;
}

static void fill(volatile uint64_t *page, uint64_t seed)
{
    for (unsigned i = 0; i < PAGE / 8; i++) {
        page[i] = value(seed, i);
    }
}

/* How many words of a page are not what they are to be */
static unsigned other(volatile uint64_t *page, uint64_t seed, bool zero)
{
    unsigned n = 0;

    for (unsigned i = 0; i < PAGE / 8; i++) {
        n += page[i] != (zero ? 0 : value(seed, i));
    }
    return n;
}

/* What only the TD knows; the test looks for it in all of the machine */
void test_secret(const struct test *t)
{
    volatile uint64_t *page = private_view(FREE_RAM);
    volatile uint64_t *shared = shared_view(FREE_RAM + PAGE);

    expect(accept_page(FREE_RAM, 0), TDX_SUCCESS);
    fill(page, t->argument);
    /* The same, but where the host may see it, with 1 added */
    expect(map_gpa((FREE_RAM + PAGE) | SHARED, PAGE), 0);
    fill(shared, t->argument + PAGE);
    print("private: ");
    print_hex(value(t->argument, 0));
    print("\nshared: ");
    print_hex(value(t->argument + PAGE, 0));
    print("\n");
    /* The host's page at the same address is another one, and empty */
    out(TDVMM_INVERT, 4, FREE_RAM / PAGE);
    expect(in(TDVMM_INVERT, 4), 0);
    expect(other(page, t->argument, false), 0);
    /* Time for the test to look */
    for (unsigned i = 0; i < 50; i++) {
        out(TDVMM_SLEEP, 1, 200);
    }
    expect(other(page, t->argument, false), 0);
}

void test_shared(const struct test *t)
{
    volatile uint8_t *page = shared_view(FREE_RAM);
    unsigned wrong = 0;

    expect(map_gpa(FREE_RAM | SHARED, PAGE), 0);
    for (unsigned i = 0; i < PAGE; i++) {
        wrong += page[i] != 0;
        page[i] = 0x3c;
    }
    expect(wrong, 0);
    out(TDVMM_INVERT, 4, FREE_RAM / PAGE);
    expect(in(TDVMM_INVERT, 4), 0);
    for (unsigned i = 0; i < PAGE; i++) {
        wrong += page[i] != 0xc3;
        page[i] = i;
    }
    expect(wrong, 0);
    out(TDVMM_INVERT, 4, FREE_RAM / PAGE);
    expect(in(TDVMM_INVERT, 4), PAGE - PAGE / 256);
    for (unsigned i = 0; i < PAGE; i++) {
        wrong += page[i] != (uint8_t)~i;
    }
    expect(wrong, 0);
}

/* Private memory for 2 MiB at @gpa, with something in it */
static void own(uint64_t gpa)
{
    accept_range(gpa, LARGE);
    for (uint64_t at = gpa; at < gpa + LARGE; at += PAGE) {
        fill(private_view(at), at);
    }
}

/* How many pages of 2 MiB are not what they are to be; the first is told */
static unsigned wrong_pages(uint64_t gpa, bool shared, uint64_t seed, bool zero)
{
    unsigned n = 0;

    for (uint64_t at = gpa; at < gpa + LARGE; at += PAGE) {
        volatile uint64_t *page = shared ? shared_view(at) : private_view(at);

        if (other(page, at + seed, zero) && !n++) {
            print("# at ");
            print_hex(at);
            print(" is ");
            print_hex(page[0]);
            print("\n");
        }
    }
    return n;
}

void test_map_gpa(const struct test *t)
{
    const uint64_t gpa = FREE_RAM;

    own(gpa);
    expect(accept_page(gpa, 0) & ~0xffffffffull, TDX_PAGE_ALREADY_ACCEPTED);
    expect(wrong_pages(gpa, false, 0, false), 0);
    expect(map_gpa(gpa | SHARED, LARGE), 0);
    expect(wrong_pages(gpa, true, 0, true), 0);
    for (uint64_t at = gpa; at < gpa + LARGE; at += PAGE) {
        fill(shared_view(at), at + 1);
    }
    out(TDVMM_INVERT, 4, gpa / PAGE);
    out(TDVMM_INVERT, 4, gpa / PAGE);
    expect(wrong_pages(gpa, true, 1, false), 0);
    /* Private again, but what was there is gone, as is what was shared */
    expect(map_gpa(gpa, LARGE), 0);
    accept_range(gpa, LARGE);
    expect(wrong_pages(gpa, false, 0, true), 0);
    fill(private_view(gpa), gpa);
    expect(other(private_view(gpa), gpa, false), 0);

    expect(vmcall(VMCALL_MAP_GPA, gpa + 1, PAGE, 0, 0, 0), VMCALL_ALIGN);
    expect(vmcall(VMCALL_MAP_GPA, gpa, PAGE + 1, 0, 0, 0), VMCALL_ALIGN);
    expect(vmcall(VMCALL_MAP_GPA, gpa, 0, 0, 0, 0), VMCALL_INVALID);
    expect(vmcall(VMCALL_MAP_GPA, gpa, SHARED, 0, 0, 0), VMCALL_INVALID);
}

/* Without MapGPA: whatever is accessed becomes that */
void test_implicit(const struct test *t)
{
    const uint64_t gpa = FREE_RAM;
    volatile uint64_t *shared = shared_view(gpa);

    own(gpa);
    expect(other(shared, 0, true), 0);
    fill(shared, gpa + 1);
    out(TDVMM_INVERT, 4, gpa / PAGE);
    out(TDVMM_INVERT, 4, gpa / PAGE);
    expect(other(shared, gpa + 1, false), 0);
    /* Its neighbours stayed private */
    expect(other(private_view(gpa + PAGE), gpa + PAGE, false), 0);
    expect(accept_page(gpa, 0), TDX_SUCCESS);
    expect(other(private_view(gpa), 0, true), 0);
    /* All 2 MiB, page by page */
    expect(wrong_pages(gpa, true, 0, true), 0);
    accept_range(gpa, LARGE);
    expect(wrong_pages(gpa, false, 0, true), 0);
}

/* Pages of the VMM's own slot are written, of which KVM keeps a log */
void test_dirty(const struct test *t)
{
    volatile uint64_t *slot = shared_view(TDVMM_LOGGED);

    expect(in(TDVMM_DIRTY, 4), 0);
    for (unsigned page = 1; page < 8; page++) {
        slot[page * page * PAGE / 8] = page;
    }
    expect(in(TDVMM_DIRTY, 4), 7);
    expect(in(TDVMM_DIRTY, 4), 0);
    slot[0]++;
    slot[1]++;
    slot[PAGE / 8]++;
    expect(in(TDVMM_DIRTY, 4), 2);
    for (unsigned page = 1; page < 8; page++) {
        expect(slot[page * page * PAGE / 8], page + (page == 1));
    }
}
