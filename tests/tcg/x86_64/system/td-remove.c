/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What one processor does to the memory of a TD that runs on another: pages
 * that go wait until it is out, and lines that are lost end it at once.
 * TD running 8.
 *
 * Link: seam-guest.c seam-guest-entry.S seam-td.c seam-host-call.S
 * Link: td-guest.c td-guest-entry.S
 * QEMU: -cpu TDXHost -device tdx-module -m 2G -smp 2
 * QEMU: -cpu TDXHost -device tdx-module -m 2G -smp 2 -accel tcg,thread=single
 * Checked: x-tdx-check
 */

#include "td-guest.h"
#include "../../../../target/i386/x86-defs/ve-info.h"

#define VALUE 0x0123456789abcdefull
#define VECTOR 0x61
#define SVR_ENABLED 0x1ff
#define X2APIC_ENABLE (3ull << 10)
#define ICR_ALL_BUT_SELF (3 << 18)
#define ROUNDS 20

enum { CHANGED = 1 };

static struct td td;
static struct seam_regs regs; /* of the vCPU; of who has the turn */
static uint32_t turn;         /* the other processor's when odd; atomic */
static uint64_t page[512] __attribute__((aligned(PAGE_SIZE)));

/* --- the TD -------------------------------------------------------------- */

static void use_for_ever(void *arg)
{
    put((uintptr_t)page, VALUE);
    for (;;) {
        get((uintptr_t)page);
    }
}

static void guest(unsigned vcpu)
{
    struct seam_regs call = { .rax = TDG_VP_VEINFO_GET };

    for (;;) {
        int vector = catch_fault(use_for_ever, NULL);

        tdcall_regs(&call);
        call = (struct seam_regs) {
            .rax = TDG_MEM_PAGE_ACCEPT, .rcx = (uintptr_t)page,
        };
        tdcall_regs(&call);
        td_tell(CHANGED, vector == X86_VECTOR_VE && !call.rax ?
                         get((uintptr_t)page) : UINT64_MAX);
        call = (struct seam_regs) { .rax = TDG_VP_VEINFO_GET };
    }
}

/* --- the other processor ------------------------------------------------- */

static void wait_for(uint32_t value)
{
    while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) < value) {
        asm volatile("pause");
    }
}

static void other_processor(void)
{
    wrmsr(X86_MSR_APIC_BASE, rdmsr(X86_MSR_APIC_BASE) | X2APIC_ENABLE);
    wrmsr(X86_MSR_X2APIC_SIVR, SVR_ENABLED);
    td_enter_vmx(1);
    td_call(TDH_SYS_LP_INIT, 0, 0, 0);
    for (uint32_t mine = 1;; mine += 2) {
        __atomic_add_fetch(&turn, 1, __ATOMIC_SEQ_CST);
        wait_for(mine + 2);
        do { /* TDH.MEM.TRACK may have the epoch just now */
            td_enter(&td, 0, &regs);
        } while (regs.rax >> 32 == TDX_OPERAND_BUSY >> 32);
        if (regs.rax == X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT) {
            wrmsr(X86_MSR_X2APIC_EOI, 0);
        }
    }
}

static void start_other(void)
{
    turn = 1;
    ap_start(1, other_processor);
    wait_for(2);
}

/* --- this one ------------------------------------------------------------ */

/* Let the other one enter; when it has been inside, wait() is for its exit. */
static uint32_t enter(void)
{
    return __atomic_add_fetch(&turn, 1, __ATOMIC_SEQ_CST) + 1;
}

static void interrupt(void)
{
    wrmsr(X86_MSR_X2APIC_ICR, ICR_ALL_BUT_SELF | VECTOR);
}

/* Is the vCPU inside for sure?  It entered in the epoch before this one. */
static void wait_until_inside(void)
{
    while (td_call(TDH_MEM_TRACK, td.tdr, 0, 0) !=
           TDX_PREVIOUS_TLB_EPOCH_BUSY) {
        asm volatile("pause");
    }
}

/* The TD may have come to the blocked page first, which is an exit as well. */
static bool interrupted(uint32_t exit)
{
    interrupt();
    wait_for(exit);
    while (regs.rax == X86_VMX_EXIT_REASON_EPT_VIOLATION) {
        wait_for(enter());
    }
    return regs.rax == X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT;
}

static bool violated(uint32_t exit)
{
    wait_for(exit);
    return regs.rax == X86_VMX_EXIT_REASON_EPT_VIOLATION &&
           regs.r8 == (uintptr_t)page;
}

static bool told(uint32_t exit)
{
    wait_for(exit);
    return regs.rax == X86_VMX_EXIT_REASON_TDCALL && regs.r11 == CHANGED;
}

static uint64_t remove(void)
{
    return td_call(TDH_MEM_PAGE_REMOVE, (uintptr_t)page, td.tdr, 0);
}

static void test_remove(void)
{
    bool good[6] = { true, true, true, true, true, true };

    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t exit = enter();

        wait_until_inside();
        good[0] &= !td_call(TDH_MEM_RANGE_BLOCK, (uintptr_t)page, td.tdr, 0);
        good[1] &= remove() == (TDX_TLB_TRACKING_NOT_DONE | OP_RCX) &&
                   td_call(TDH_MEM_TRACK, td.tdr, 0, 0) ==
                   TDX_PREVIOUS_TLB_EPOCH_BUSY;
        good[2] &= interrupted(exit);
        good[3] &= !td_call(TDH_MEM_TRACK, td.tdr, 0, 0) && !remove();
        good[4] &= violated(enter()) && !td_aug(&td, (uintptr_t)page);
        good[5] &= told(enter()) && regs.r12 == 0;
    }
    ok(good[0], "a page is blocked while the TD uses it");
    ok(good[1], "it does not go as long as the TD is inside");
    ok(good[2], "which an interrupt ends");
    ok(good[3], "it goes");
    ok(good[4], "the TD misses it");
    ok(good[5], "accepts another and finds zeros");
}

static uint64_t hpa_of_page(void)
{
    struct seam_regs call = {
        .rax = TDH_MEM_SEPT_RD, .rcx = (uintptr_t)page, .rdx = td.tdr,
    };

    seamcall_regs(&call);
    return call.rcx & 0x000ffffffffff000ull;
}

/* Nothing depends on whether it is long enough. */
static void wait_a_bit(void)
{
    for (unsigned i = 0; i < 1000000; i++) {
        asm volatile("");
    }
}

static void test_lost(void)
{
    uint64_t hpa = hpa_of_page();
    uint32_t exit = enter();

    wait_until_inside();
    wait_a_bit();
    put(hpa + LINE, 1);
    wait_a_bit();
    ok(__atomic_load_n(&turn, __ATOMIC_SEQ_CST) < exit,
       "a line that the TD does not use");
    put(hpa, 1);
    wait_for(exit);
    ok(regs.rax == TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE,
       "one that it reads in a loop ends it");
}

int main(void)
{
    guest_init();
    wrmsr(X86_MSR_X2APIC_SIVR, SVR_ENABLED);
    ok(td_bring_up(start_other), "the module is ready");
    ok(td_build(&td, 0, 1, 0, guest) &&
       !td_call(TDH_VP_FLUSH, td.vcpu[0], 0, 0), "a TD is built");
    test_remove();
    test_lost();
    return test_end();
}
