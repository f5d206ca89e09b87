/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The partial write erratum: which stores of a host poison private memory,
 * the machine check of whoever reads it, and what ends the poison.  On a CPU
 * without the erratum no read takes one.
 *
 * Link: seam-guest.c seam-guest-entry.S seam-td.c
 * QEMU: -cpu TDXHost,partial-write-erratum=on -device tdx-module -m 2G -smp 2
 * QEMU: -cpu TDXHost -device tdx-module -m 2G -smp 2
 */

#include "seam-td.h"

#define CR4_MCE (1ull << 6)
#define CR4_OSFXSR (1ull << 9)
#define EXC_MC 18
#define FMS_SAPPHIRE_RAPIDS 0x806f8
#define FMS_GRANITE_RAPIDS 0xa06d1

enum {
    MSR_MC0_CTL = 0x400, /* STATUS, ADDR, MISC; four for each bank */
};

enum {
    BANK_FETCH = 0,
    BANK_DATA = 1,
};

#define MCG_RIPV 1
#define MCG_EIPV 2
#define MCG_MCIP 4

/* VAL, UC, EN, MISCV, ADDRV, S, AR */
#define STATUS_POISON 0xbd80000000000000
#define STATUS_OVER (1ull << 62)
#define STATUS_EN (1ull << 60)
#define MCACOD_DATA 0x134
#define MCACOD_FETCH 0x150
/* A physical address, good from bit 6 on */
#define MISC_LINE 0x86

/* The line under test; the first of the page has a neighbour on both sides */
#define AT (TDCS + LINE)

static bool erratum;

/* --- machine checks ------------------------------------------------------- */

static uint64_t bank_msr(unsigned bank, unsigned which)
{
    return rdmsr(MSR_MC0_CTL + 4 * bank + which);
}

static void forget_machine_check(void)
{
    for (unsigned bank = 0; bank < (rdmsr(X86_MSR_MCG_CAP) & 0xff); bank++) {
        for (unsigned which = 1; which < 4; which++) {
            wrmsr(MSR_MC0_CTL + 4 * bank + which, 0);
        }
    }
    wrmsr(X86_MSR_MCG_STATUS, 0);
}

/* Nothing in any bank but in @but */
static bool banks_empty(int but)
{
    for (int bank = 0; bank < (int)(rdmsr(X86_MSR_MCG_CAP) & 0xff); bank++) {
        if (bank != but && bank_msr(bank, 1)) {
            return false;
        }
    }
    return true;
}

static bool bank_has(unsigned bank, uint64_t status, uint64_t hpa)
{
    return bank_msr(bank, 1) == status && bank_msr(bank, 2) == hpa &&
           bank_msr(bank, 3) == MISC_LINE && banks_empty(bank);
}

DEFINE_INSN(load, "movq (%%rdx), %%rax")
DEFINE_INSN(load_byte, "movb (%%rdx), %%al")
DEFINE_INSN(push, "pushq (%%rdx); popq %%rax")
DEFINE_INSN(modify, "addq $0, (%%rdx)")

static void *pointer(uint64_t hpa)
{
    return (void *)(uintptr_t)hpa;
}

/* The load of @at takes the machine check of poison in the line @hpa */
static bool poisoned(void (*fn)(void *), uint64_t at, uint64_t hpa)
{
    int vector = catch_fault(fn, pointer(at));
    bool good = vector == EXC_MC && fault.rip == insn_rip &&
                rdmsr(X86_MSR_MCG_STATUS) == (MCG_RIPV | MCG_EIPV | MCG_MCIP) &&
                bank_has(BANK_DATA, STATUS_POISON | MCACOD_DATA, hpa);

    if (vector == EXC_MC && !good) {
        ml_printf("# MCG_STATUS %lx MC1 %lx %lx %lx\n",
                  rdmsr(X86_MSR_MCG_STATUS), bank_msr(1, 1), bank_msr(1, 2),
                  bank_msr(1, 3));
    }
    forget_machine_check();
    return good;
}

/* Of those who take apart a dead TD the first must have seen that it is */
static bool destroy_dead(void)
{
    return td_look() == TDX_TD_FATAL && td_destroy();
}

static bool clean(uint64_t at)
{
    return catch_fault(load, pointer(at)) == NONE &&
           rdmsr(X86_MSR_MCG_STATUS) == 0 && banks_empty(-1);
}

/* What the erratum makes of a partial write */
static bool as_erratum(uint64_t at)
{
    return erratum ? poisoned(load, at, at & -(uint64_t)LINE) : clean(at);
}

/* --- the other processor -------------------------------------------------- */

/* How many it took, the latest's MCG_STATUS, and whether a bank had more */
static uint64_t other_taken, other_status, other_full;
static uint32_t turn; /* the other processor's when odd; atomic */

/* Called by assembly */
void other_machine_check(void)
{
    other_status = rdmsr(X86_MSR_MCG_STATUS);
    other_full = !banks_empty(-1);
    if (other_full) {
        /* Its load is about to start again, and must not meet poison again */
        static const uint8_t zeros[LINE];

        asm volatile("movdir64b (%0), %1" : : "r"(zeros), "r"(AT) : "memory");
    }
    forget_machine_check();
    __atomic_add_fetch(&other_taken, 1, __ATOMIC_SEQ_CST);
}

static __attribute__((naked)) void other_entry(void)
{
    asm("push %rax; push %rcx; push %rdx; push %rsi; push %rdi\n\t"
        "push %r8; push %r9; push %r10; push %r11; push %rbp\n\t"
        "mov %rsp, %rbp\n\t"
        "and $-16, %rsp\n\t"
        "call other_machine_check\n\t"
        "mov %rbp, %rsp\n\t"
        "pop %rbp; pop %r11; pop %r10; pop %r9; pop %r8\n\t"
        "pop %rdi; pop %rsi; pop %rdx; pop %rcx; pop %rax\n\t"
        "iretq");
}

static void other_interrupt_table(void)
{
    static struct {
        uint64_t low, high;
    } idt[EXC_MC + 1];
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) reg = { sizeof(idt) - 1, (uintptr_t)idt };
    uint64_t entry = (uintptr_t)other_entry;

    idt[EXC_MC].low = (entry & 0xffff) | 0x08 << 16 | 0x8eull << 40 |
                      (entry >> 16 & 0xffff) << 48;
    idt[EXC_MC].high = entry >> 32;
    asm volatile("lidt %0" : : "m"(reg));
}

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

static void other_processor(void)
{
    other_interrupt_table();
    write_cr4(read_cr4() | CR4_MCE);
    td_enter_vmx(1);
    wait_for(1);
    td_call(TDH_SYS_LP_INIT, 0, 0, 0);
    pass();
    /* Its TLB entry is from before there is poison */
    wait_for(3);
    get(AT);
    pass();
    wait_for(5);
    get(AT);
    pass();
    for (;;) {
        asm volatile("pause");
    }
}

/* Let the other processor do its next step */
static void other_step(void)
{
    wait_for(__atomic_add_fetch(&turn, 1, __ATOMIC_SEQ_CST) + 1);
}

static void start_other(void)
{
    ap_start(1, other_processor);
    other_step();
}

/* Until it has taken @number machine checks in all */
static void other_has_taken(uint64_t number)
{
    while (__atomic_load_n(&other_taken, __ATOMIC_SEQ_CST) < number) {
        asm volatile("pause");
    }
}

/* --- kinds of stores ------------------------------------------------------ */

static void store_movnti32(void *at)
{
    asm volatile("movnti %k1, 60(%0)" : : "r"(at), "r"(0) : "memory");
}

static void store_movntdq(void *at)
{
    asm volatile("pxor %%xmm0, %%xmm0; movntdq %%xmm0, 16(%0)"
                 : : "r"(at) : "memory");
}

static void store_movntps(void *at)
{
    asm volatile("pxor %%xmm0, %%xmm0; movntps %%xmm0, (%0)"
                 : : "r"(at) : "memory");
}

static void store_movntq(void *at)
{
    asm volatile("pxor %%mm0, %%mm0; movntq %%mm0, (%0); emms"
                 : : "r"(at) : "memory");
}

static void store_movdiri(void *at)
{
    /* MOVDIRI %rax, 32(%rcx) */
    asm volatile(".byte 0x48, 0x0f, 0x38, 0xf9, 0x41, 0x20"
                 : : "c"(at), "a"(0ull) : "memory");
}

static void store_maskmovdqu(void *at)
{
    /* Byte 15 alone */
    asm volatile("pcmpeqd %%xmm1, %%xmm1; pslldq $15, %%xmm1;"
                 "pxor %%xmm0, %%xmm0; maskmovdqu %%xmm1, %%xmm0"
                 : : "D"(at) : "memory");
}

static void store_masked_out(void *at)
{
    asm volatile("pxor %%xmm1, %%xmm1; pxor %%xmm0, %%xmm0;"
                 "maskmovdqu %%xmm1, %%xmm0"
                 : : "D"(at) : "memory");
}

/* Eight lines, each by ordinary stores; aligned to 16 bytes only */
static void store_fxsave(void *at)
{
    asm volatile("fxsave (%0)" : : "r"(at) : "memory");
}

static const struct {
    const char *title;
    void (*store)(void *at);
    bool partial, lost;
} kinds[] = {
    { "MOVNTI of 4 bytes", store_movnti32, true, true },
    { "MOVNTI of 8 bytes", store_movnti, true, true },
    { "MOVNTDQ", store_movntdq, true, true },
    { "MOVNTPS", store_movntps, true, true },
    { "MOVNTQ", store_movntq, true, true },
    { "MOVDIRI", store_movdiri, true, true },
    { "MASKMOVDQU", store_maskmovdqu, true, true },
    { "MASKMOVDQU of no byte", store_masked_out, false, false },
    { "a byte", store_byte, false, true },
    { "a locked addition", store_locked, false, true },
    { "a string instruction", store_string, false, true },
    { "FXSAVE", store_fxsave, false, true },
    { "MOVDIR64B", store_line, false, true },
};

/* To private memory; the lines beside it stay as they are */
static void test_kind(void (*store)(void *), bool partial, bool lost,
                      const char *title)
{
    bool good = td_create() && td_look() == TDX_OP_STATE_INCORRECT;
    uint64_t after;

    store(pointer(AT));
    good = good && clean(AT - LINE) && clean(AT + LINE) &&
           (partial ? as_erratum(AT) : clean(AT));
    after = td_look();
    ok(td_destroy() && good &&
       after == (lost ? TDX_TD_FATAL : TDX_OP_STATE_INCORRECT), title);
    /* What the host has again it may write to as it likes */
    store_line(pointer(AT));
    store(pointer(AT));
    ok(clean(AT), "the same to memory of the host");
}

/* --- loads ---------------------------------------------------------------- */

static void test_loads(void)
{
    bool good = td_create();

    store_movnti(pointer(AT));
    ok(good && poisoned(load, AT, AT) && poisoned(load, AT + 56, AT),
       "every load of the line takes a machine check");
    ok(poisoned(load_byte, AT + 63, AT) && poisoned(push, AT, AT),
       "a byte of it does, and a push from it");
    ok(poisoned(modify, AT, AT), "so does a read, modify and write");
    ok(poisoned(load, AT - 4, AT) && poisoned(load, AT + 60, AT),
       "eight bytes that begin or end in it do");
    ok(clean(AT - 8) && clean(AT + LINE), "eight bytes beside it do not");
    store_byte(pointer(AT));
    ok(poisoned(load, AT, AT), "an ordinary store does not end the poison");
    store_string(pointer(AT));
    store_fxsave(pointer(AT));
    ok(poisoned(load, AT, AT), "nor do stores to each byte of the line");
    store_movnti(pointer(AT));
    ok(poisoned(load, AT, AT), "nor does another partial write");
    store_line(pointer(AT));
    ok(clean(AT) && get(AT) == 0, "MOVDIR64B does");
    store_movnti(pointer(AT));
    ok(clean(AT), "the line is the host's then");
    ok(destroy_dead(), "the TD goes");
}

static void test_across(void)
{
    bool good = td_create();

    asm volatile("movnti %1, -4(%0)"
                 : : "r"(pointer(AT + LINE)), "r"(0ull) : "memory");
    ok(good && poisoned(load, AT, AT) && poisoned(load, AT + LINE, AT + LINE),
       "a write across two lines poisons both");
    asm volatile("movnti %1, -4(%0)"
                 : : "r"(pointer(TDCS + PAGE_SIZE)), "r"(0ull) : "memory");
    ok(poisoned(load, TDCS + PAGE_SIZE - 8, TDCS + PAGE_SIZE - LINE) &&
       poisoned(load, TDCS + PAGE_SIZE, TDCS + PAGE_SIZE),
       "a write across two pages too");
    /* The module writes its pages as a whole */
    ok(destroy_dead() && td_create() && clean(AT) && clean(AT + LINE) &&
       clean(TDCS + PAGE_SIZE) && td_look() == TDX_OP_STATE_INCORRECT,
       "no poison is left when the module takes the page again");
    ok(td_destroy(), "the TD goes");
}

static void run_code(void *at)
{
    ((void (*)(void))at)();
}

static void test_fetch(void)
{
    bool good = td_create();
    int vector;

    store_movnti(pointer(AT));
    put(AT, 0xc3); /* RET */
    vector = catch_fault(run_code, pointer(AT));
    ok(good && vector == EXC_MC && fault.rip == AT &&
       rdmsr(X86_MSR_MCG_STATUS) == (MCG_RIPV | MCG_EIPV | MCG_MCIP) &&
       bank_has(BANK_FETCH, STATUS_POISON | MCACOD_FETCH, AT),
       "code from poisoned memory");
    forget_machine_check();
    store_line(pointer(AT));
    put(AT, 0xc3);
    ok(catch_fault(run_code, pointer(AT)) == NONE, "code from the same later");
    ok(destroy_dead(), "the TD goes");
}

/* --- banks ---------------------------------------------------------------- */

static void test_banks(void)
{
    const uint64_t data = STATUS_POISON | MCACOD_DATA;
    bool good = td_create();

    store_movnti(pointer(AT));
    store_movnti(pointer(AT + 2 * LINE));
    good = good && catch_fault(load, pointer(AT)) == EXC_MC;
    wrmsr(X86_MSR_MCG_STATUS, 0);
    good = good && catch_fault(load, pointer(AT + 2 * LINE)) == EXC_MC;
    ok(good && bank_has(BANK_DATA, data | STATUS_OVER, AT),
       "a second error leaves the first in the bank, and OVER");
    forget_machine_check();

    wrmsr(MSR_MC0_CTL + 4 * BANK_DATA, 0);
    ok(catch_fault(load, pointer(AT)) == NONE &&
       rdmsr(X86_MSR_MCG_STATUS) == 0 &&
       bank_has(BANK_DATA, data & ~STATUS_EN, AT),
       "a bank that is not enabled raises nothing");
    wrmsr(MSR_MC0_CTL + 4 * BANK_DATA, ~0ull);
    forget_machine_check();
    ok(poisoned(load, AT, AT) && destroy_dead(), "one that is again does");
}

/* --- two processors ------------------------------------------------------- */

static void wait_here(void *arg)
{
    /* Waits for the machine check that comes from the other processor */
    pass();
    for (;;) {
        asm volatile("pause");
    }
}

static void test_two_processors(void)
{
    bool good = td_create();
    uint64_t before;

    /* It has taken part in all that came before */
    other_step();
    before = other_taken;
    ok(good && before && clean(AT), "a page that both processors have read");
    store_movnti(pointer(AT));
    ok(poisoned(load, AT, AT), "the first one reads poison");
    other_has_taken(before + 1);
    ok(other_status == (MCG_RIPV | MCG_MCIP) && !other_full,
       "the second takes part, with nothing in its banks");
    /* Now the other way round */
    good = catch_fault(wait_here, NULL) == EXC_MC;
    ok(good && rdmsr(X86_MSR_MCG_STATUS) == (MCG_RIPV | MCG_MCIP) &&
       banks_empty(-1), "the second reads poison, the first takes part");
    forget_machine_check();
    other_has_taken(before + 2);
    ok(other_status == (MCG_RIPV | MCG_EIPV | MCG_MCIP) && other_full,
       "its error is in its own banks");
}

/*
 * A machine check in a machine check shuts the processor down, which resets
 * the machine and so ends the run well: after all tests, for there is no way
 * back from it.
 */
static bool survives(void)
{
    store_movnti(pointer(AT + LINE));
    catch_fault(load, pointer(AT + LINE));
    catch_fault(load, pointer(AT + LINE));
    return true;
}

static uint32_t signature(void)
{
    uint32_t regs[4];

    cpuid(1, 0, regs);
    return regs[0];
}

int main(void)
{
    guest_init();
    write_cr4(read_cr4() | CR4_MCE | CR4_OSFXSR);
    forget_machine_check();
    erratum = signature() == FMS_SAPPHIRE_RAPIDS;
    ok(erratum || signature() == FMS_GRANITE_RAPIDS, "a model that is known");
    ok(td_bring_up(start_other), "a module that is ready");
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        test_kind(kinds[i].store, kinds[i].partial, kinds[i].lost,
                  kinds[i].title);
    }
    if (erratum) {
        test_loads();
        test_across();
        test_fetch();
        test_banks();
        test_two_processors();
    }
    return test_end() || (erratum && survives());
}
