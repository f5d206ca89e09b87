/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A host that writes to private memory, by all kinds of stores: each is found
 * by the next SEAMCALL that comes to the cache line.
 *
 * Says: the TDX module has stopped: the host wrote to the module's own structures
 * Link: seam-guest.c seam-guest-entry.S seam-td.c
 * QEMU: -cpu TDXHost -device tdx-module -m 2G -smp 2
 * QEMU: -cpu TDXHost -device tdx-module -m 2G -accel tcg,one-insn-per-tb=on
 */

#include "seam-td.h"

/* --- the other processor -------------------------------------------------- */

static uint32_t turn; /* the other processor's when odd; atomic */

static void wait_for(uint32_t value)
{
    while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) < value) {
        asm volatile("pause");
    }
}

static void pass(void)
{
    __atomic_add_fetch(&turn, 1, __ATOMIC_SEQ_CST);
}

/* Let the other processor do its next step */
static void other_step(void)
{
    wait_for(__atomic_add_fetch(&turn, 1, __ATOMIC_SEQ_CST) + 1);
}

static void other_processor(void)
{
    td_enter_vmx(1);
    wait_for(1);
    td_call(TDH_SYS_LP_INIT, 0, 0, 0);
    pass();
    /* Stores before the page is private, and after with the same TLB entry */
    for (uint32_t i = 3; i <= 5; i += 2) {
        wait_for(i);
        put(TDCS, i);
        pass();
    }
    for (;;) {
        asm volatile("cli; hlt");
    }
}

/* Before the module is configured */
static void start_other(void)
{
    if (num_processors() > 1) {
        ap_start(1, other_processor);
        other_step();
    }
}

/* --- kinds of stores ------------------------------------------------------ */

/* All write to the line at @at, and to no byte that is not zero */
static void store_across(void *at)
{
    asm volatile("movq $0, -4(%0)" : : "r"(at) : "memory");
}

static const struct {
    const char *title;
    void (*store)(void *at);
} kinds[] = {
    { "a byte", store_byte },
    { "eight bytes across two lines", store_across },
    { "a locked addition", store_locked },
    { "a string instruction", store_string },
    { "MOVNTI", store_movnti },
    { "MOVDIR64B", store_line },
};

static void test_kind(void (*store)(void *at), const char *title)
{
    uint64_t control = TDCS, before, after;

    /* So that the processor has seen the page as one to write to */
    put(control, 0x1234);
    put(control + PAGE_SIZE - 8, 0x5678);
    if (!td_create() || get(control) || get(control + PAGE_SIZE - 8)) {
        ok(false, title);
        return;
    }
    before = td_look();
    store((void *)(uintptr_t)(control + LINE));
    after = td_look();
    /* The TD is dead for good, but not in the way */
    ok(before == TDX_OP_STATE_INCORRECT && after == TDX_TD_FATAL &&
       td_look() == TDX_TD_FATAL && td_destroy(), title);
}

static void test_other_processor(void)
{
    uint64_t before, after;
    bool good;

    if (num_processors() < 2) {
        return;
    }
    other_step();
    good = get(TDCS) == 3 && td_create();
    before = td_look();
    other_step();
    after = td_look();
    ok(good && get(TDCS) == 5 && before == TDX_OP_STATE_INCORRECT &&
       after == TDX_TD_FATAL && td_destroy(), "a store of another processor");
}

/* What the host does with a page that it got back is its own affair */
static void test_reclaimed(void)
{
    bool good = td_create() && td_destroy();

    for (unsigned i = 0; i < PAGE_SIZE / 8; i++) {
        good = good && get(TDCS + i * 8) == 0;
        put(TDCS + i * 8, i);
    }
    for (unsigned i = 0; i < PAGE_SIZE / 8; i++) {
        good = good && get(TDCS + i * 8) == i;
    }
    ok(good && td_create() && td_look() == TDX_OP_STATE_INCORRECT &&
       td_destroy(), "a page that came back can be written and given again");
}

#define RET 0xc3

static void run(uint64_t hpa)
{
    ((void (*)(void))(uintptr_t)hpa)();
}

static void forget_tlb(void)
{
    write_cr3(read_cr3());
}

/* Code that ran in a page before it was private, and runs after */
static void test_code(void)
{
    bool good;

    put(TDCS, RET);
    run(TDCS);
    good = td_create() && td_look() == TDX_OP_STATE_INCORRECT;
    put(TDCS, RET);
    good = good && td_look() == TDX_TD_FATAL && td_destroy();
    run(TDCS);
    good = good && td_create() && td_look() == TDX_OP_STATE_INCORRECT;
    forget_tlb();
    put(TDCS + LINE, 0);
    ok(good && td_look() == TDX_TD_FATAL && td_destroy(),
       "a page with code in it");
}

static void test_pamt(void)
{
    uint64_t entry = PAMT_4K + 5 * 16, code = PAMT_4K + 32 * LINE;

    put(PAMT_4K + LINE - 8, 0);
    ok(!td_call(TDH_PHYMEM_PAGE_RDMD, TDR + 4 * PAGE_SIZE, 0, 0),
       "the line beside is not touched");
    /* Code that comes and goes in the page does not end the watch over it */
    put(code, RET);
    run(code);
    put(code, 0);
    ok(!td_call(TDH_PHYMEM_PAGE_RDMD, TDR + 4 * PAGE_SIZE, 0, 0),
       "nor the one with code");
    forget_tlb();
    put(entry, 0);
    ok(td_call(TDH_PHYMEM_PAGE_RDMD, TDR + 4 * PAGE_SIZE, 0, 0) == UINT64_MAX,
       "a SEAMCALL that finds a PAMT entry lost ends in VMfailInvalid");
    ok(td_look() == UINT64_MAX &&
       td_call(TDH_SYS_LP_INIT, 0, 0, 0) == UINT64_MAX,
       "the module is gone for good");
}

int main(void)
{
    guest_init();
    ok(td_bring_up(start_other), "a module that is ready");
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        test_kind(kinds[i].store, kinds[i].title);
    }
    test_other_processor();
    test_reclaimed();
    test_code();
    test_pamt();
    return test_end();
}
