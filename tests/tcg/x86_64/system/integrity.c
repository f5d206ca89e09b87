/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A host that writes to private memory, by all kinds of stores: each is found
 * by the next SEAMCALL that comes to the cache line.
 *
 * Says: the TDX module has stopped: the host wrote to the module's own structures
 * Link: seam-guest.c seam-guest-entry.S
 * QEMU: -cpu TDXHost -device tdx-module -m 2G -smp 2
 * QEMU: -cpu TDXHost -device tdx-module -m 2G -accel tcg,one-insn-per-tb=on
 */

#include "seam-guest.h"

#define TDX_SUCCESS 0
#define TDX_TD_FATAL 0xe000060400000000
#define TDX_OP_STATE_INCORRECT 0xc000060800000000
#define LINE 64

enum {
    TDH_MNG_ADDCX = 1,
    TDH_MNG_KEY_CONFIG = 8,
    TDH_MNG_CREATE = 9,
    TDH_MNG_RD = 11,
    TDH_MNG_KEY_FREEID = 20,
    TDH_MNG_VPFLUSHDONE = 19,
    TDH_PHYMEM_PAGE_RDMD = 24,
    TDH_PHYMEM_PAGE_RECLAIM = 28,
    TDH_SYS_KEY_CONFIG = 31,
    TDH_SYS_TDMR_INIT = 36,
    TDH_PHYMEM_CACHE_WB = 40,
    TDH_SYS_CONFIG = 45,
};

/* The TDMR, its static PAMT and the TD's pages */
#define GIB 0x40000000ull
#define TDMR GIB
#define PAMT_4K 0x4000000ull
#define PAMT_4K_SIZE 0x400000ull
#define PAMT_2M (PAMT_4K + PAMT_4K_SIZE)
#define PAMT_2M_SIZE 0x2000ull
#define PAMT_1G (PAMT_2M + PAMT_2M_SIZE)
#define PAMT_1G_SIZE 0x1000ull
#define TDR TDMR
#define TDCS (TDMR + PAGE_SIZE)
#define TDCS_PAGES 6
#define FIELD_CHLDCNT 0x8010000300000004

static uint32_t region[2][PAGE_SIZE / 4] __attribute__((aligned(PAGE_SIZE)));
static uint64_t tdmr_info[64] __attribute__((aligned(512)));
static uint64_t tdmr_array[64] __attribute__((aligned(512)));
static uint8_t line[LINE] __attribute__((aligned(LINE)));
static unsigned global_hkid;

/* RAX, or UINT64_MAX after VMfailInvalid */
static uint64_t call(uint64_t leaf, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
    struct seamcall regs = { .rax = leaf, .rcx = rcx, .rdx = rdx, .r8 = r8 };

    return seamcall(&regs) ? regs.rax : UINT64_MAX;
}

static bool init_tdmr(void)
{
    struct seamcall regs;
    uint64_t next = TDMR;

    while (next < TDMR + GIB) {
        regs = (struct seamcall) { .rax = TDH_SYS_TDMR_INIT, .rcx = TDMR };
        if (!seamcall(&regs) || regs.rax) {
            return false;
        }
        next = regs.rdx;
    }
    return true;
}

static void enter_vmx(uint32_t *vmxon_region)
{
    uint64_t pointer = (uintptr_t)vmxon_region;

    write_cr0(read_cr0() | CR0_NE);
    write_cr4(read_cr4() | CR4_VMXE);
    vmxon_region[0] = rdmsr(MSR_VMX_BASIC) & 0x7fffffff;
    asm volatile("vmxon %0" : : "m"(pointer) : "cc", "memory");
}

/* What others write too, so that each access is one */
static uint64_t get(uint64_t hpa)
{
    return __atomic_load_n((uint64_t *)(uintptr_t)hpa, __ATOMIC_RELAXED);
}

static void put(uint64_t hpa, uint64_t value)
{
    __atomic_store_n((uint64_t *)(uintptr_t)hpa, value, __ATOMIC_RELAXED);
}

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
    enter_vmx(region[1]);
    wait_for(1);
    call(TDH_SYS_LP_INIT, 0, 0, 0);
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

/* --- a TD ----------------------------------------------------------------- */

static bool bring_up(void)
{
    const uint64_t info[] = {
        TDMR, GIB, PAMT_1G, PAMT_1G_SIZE, PAMT_2M, PAMT_2M_SIZE, PAMT_4K,
        PAMT_4K_SIZE,
    };

    enter_vmx(region[0]);
    for (unsigned i = 0; i < sizeof(info) / sizeof(info[0]); i++) {
        tdmr_info[i] = info[i];
    }
    tdmr_array[0] = (uintptr_t)tdmr_info;
    global_hkid = (uint32_t)rdmsr(MSR_MKTME_KEYID_PARTITIONING) + 1;
    if (call(TDH_SYS_INIT, 0, 0, 0) || call(TDH_SYS_LP_INIT, 0, 0, 0)) {
        return false;
    }
    if (num_processors() > 1) {
        ap_start(1, other_processor);
        other_step();
    }
    return !call(TDH_SYS_CONFIG, (uintptr_t)tdmr_array, 1, global_hkid) &&
           !call(TDH_SYS_KEY_CONFIG, 0, 0, 0) && init_tdmr();
}

static bool create_td(void)
{
    bool good = !call(TDH_MNG_CREATE, TDR, global_hkid + 1, 0) &&
                !call(TDH_MNG_KEY_CONFIG, TDR, 0, 0);

    for (unsigned i = 0; i < TDCS_PAGES; i++) {
        good = good &&
               !call(TDH_MNG_ADDCX, TDCS + i * PAGE_SIZE, TDR, 0);
    }
    return good;
}

static bool destroy_td(void)
{
    bool good = !call(TDH_MNG_VPFLUSHDONE, TDR, 0, 0) &&
                !call(TDH_PHYMEM_CACHE_WB, 0, 0, 0) &&
                !call(TDH_MNG_KEY_FREEID, TDR, 0, 0);

    for (unsigned i = 0; i < TDCS_PAGES; i++) {
        good = good &&
               !call(TDH_PHYMEM_PAGE_RECLAIM, TDCS + i * PAGE_SIZE, 0, 0);
    }
    return good && !call(TDH_PHYMEM_PAGE_RECLAIM, TDR, 0, 0);
}

/* The TD is not initialised, which is told only after looking at its TDCS */
static uint64_t look(void)
{
    return call(TDH_MNG_RD, TDR, FIELD_CHLDCNT, 0);
}

/* --- kinds of stores ------------------------------------------------------ */

/* All write to the line at @at, and to no byte that is not zero */
static void store_byte(void *at)
{
    asm volatile("movb $0, 63(%0)" : : "r"(at) : "memory");
}

static void store_across(void *at)
{
    asm volatile("movq $0, -4(%0)" : : "r"(at) : "memory");
}

static void store_locked(void *at)
{
    uint64_t zero = 0;

    asm volatile("lock xaddq %0, 8(%1)" : "+r"(zero) : "r"(at) : "memory");
}

static void store_string(void *at)
{
    void *end = at;
    uint64_t count = LINE;

    asm volatile("rep stosb" : "+D"(end), "+c"(count) : "a"(0) : "memory");
}

static void store_non_temporal(void *at)
{
    asm volatile("movnti %1, 16(%0)" : : "r"(at), "r"(0ull) : "memory");
}

static void store_line(void *at)
{
    /* MOVDIR64B (%rdx), %rcx */
    asm volatile(".byte 0x66, 0x0f, 0x38, 0xf8, 0x0a"
                 : : "c"(at), "d"(line) : "memory");
}

static const struct {
    const char *title;
    void (*store)(void *at);
} kinds[] = {
    { "a byte", store_byte },
    { "eight bytes across two lines", store_across },
    { "a locked addition", store_locked },
    { "a string instruction", store_string },
    { "MOVNTI", store_non_temporal },
    { "MOVDIR64B", store_line },
};

static void test_kind(void (*store)(void *at), const char *title)
{
    uint64_t control = TDCS, before, after;

    /* So that the processor has seen the page as one to write to */
    put(control, 0x1234);
    put(control + PAGE_SIZE - 8, 0x5678);
    if (!create_td() || get(control) || get(control + PAGE_SIZE - 8)) {
        ok(false, title);
        return;
    }
    before = look();
    store((void *)(uintptr_t)(control + LINE));
    after = look();
    /* The TD is dead for good, but not in the way */
    ok(before == TDX_OP_STATE_INCORRECT && after == TDX_TD_FATAL &&
       look() == TDX_TD_FATAL && destroy_td(), title);
}

static void test_other_processor(void)
{
    uint64_t before, after;
    bool good;

    if (num_processors() < 2) {
        return;
    }
    other_step();
    good = get(TDCS) == 3 && create_td();
    before = look();
    other_step();
    after = look();
    ok(good && get(TDCS) == 5 && before == TDX_OP_STATE_INCORRECT &&
       after == TDX_TD_FATAL && destroy_td(), "a store of another processor");
}

/* What the host does with a page that it got back is its own affair */
static void test_reclaimed(void)
{
    bool good = create_td() && destroy_td();

    for (unsigned i = 0; i < PAGE_SIZE / 8; i++) {
        good = good && get(TDCS + i * 8) == 0;
        put(TDCS + i * 8, i);
    }
    for (unsigned i = 0; i < PAGE_SIZE / 8; i++) {
        good = good && get(TDCS + i * 8) == i;
    }
    ok(good && create_td() && look() == TDX_OP_STATE_INCORRECT &&
       destroy_td(), "a page that came back can be written and given again");
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
    good = create_td() && look() == TDX_OP_STATE_INCORRECT;
    put(TDCS, RET);
    good = good && look() == TDX_TD_FATAL && destroy_td();
    run(TDCS);
    good = good && create_td() && look() == TDX_OP_STATE_INCORRECT;
    forget_tlb();
    put(TDCS + LINE, 0);
    ok(good && look() == TDX_TD_FATAL && destroy_td(),
       "a page with code in it");
}

static void test_pamt(void)
{
    uint64_t entry = PAMT_4K + 5 * 16, code = PAMT_4K + 32 * LINE;

    put(PAMT_4K + LINE - 8, 0);
    ok(!call(TDH_PHYMEM_PAGE_RDMD, TDR + 4 * PAGE_SIZE, 0, 0),
       "the line beside is not touched");
    /* Code that comes and goes in the page does not end the watch over it */
    put(code, RET);
    run(code);
    put(code, 0);
    ok(!call(TDH_PHYMEM_PAGE_RDMD, TDR + 4 * PAGE_SIZE, 0, 0),
       "nor the one with code");
    forget_tlb();
    put(entry, 0);
    ok(call(TDH_PHYMEM_PAGE_RDMD, TDR + 4 * PAGE_SIZE, 0, 0) == UINT64_MAX,
       "a SEAMCALL that finds a PAMT entry lost ends in VMfailInvalid");
    ok(look() == UINT64_MAX && call(TDH_SYS_LP_INIT, 0, 0, 0) == UINT64_MAX,
       "the module is gone for good");
}

int main(void)
{
    guest_init();
    ok(bring_up(), "a module that is ready");
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        test_kind(kinds[i].store, kinds[i].title);
    }
    test_other_processor();
    test_reclaimed();
    test_code();
    test_pamt();
    return test_end();
}
