/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Translations of a TD: its own memory, which nobody else sees, and what its
 * host changes in the Secure EPT and in the shared one.  TD running 4.1, 8.
 *
 * Link: seam-guest.c seam-guest-entry.S seam-td.c seam-host-call.S
 * Link: td-guest.c td-guest-entry.S
 * QEMU: -cpu TDXHost -device tdx-module -m 2G
 * QEMU: -cpu TDXHost -device tdx-module -m 2G -accel tcg,one-insn-per-tb=on
 * QEMU: -cpu TDXHost -device tdx-module -m 2G -icount shift=1
 */

#include "td-guest.h"
#include "../../../../target/i386/x86-defs/ept.h"
#include "../../../../target/i386/x86-defs/ve-info.h"
#include "../../../../target/i386/x86-defs/vmcs.h"

#define VALUE 0x0123456789abcdefull
/* A TD reaches shared memory there: entry 1 of its PML4, of 2 MiB */
#define SHARED_VA (1ull << 39)
#define PTE 3ull
#define PTE_LARGE 0x80ull

/* MOV EAX, @value; RET */
#define CODE_OF(value) (0xb8ull | (uint64_t)(value) << 8 | 0xc3ull << 40)

#define TABLE X86_EPT_RWX
#define PAGE (X86_EPT_READ | X86_EPT_WRITE | \
              X86_MEM_TYPE_WB << X86_EPT_MEM_TYPE_SHIFT)

/* Exit qualification: read or write, of a linear address, no page walk */
#define QUAL_READ  0x181
#define QUAL_WRITE 0x182
/* The TDX module tells the host less */
#define QUAL_HOST  0x7f

/* What the TD tells of, in this order, and what it wants */
enum {
    MINE = 1,
    CODE,
    VECTOR,
    VE_REASON,
    VE_QUALIFICATION,
    VE_GLA,
    VE_GPA,
    READ,
    WROTE,
    WANTS_MAP,
};

static struct td td, other;
static struct seam_regs regs;
/* The host's variables, and each TD's own */
static uint64_t mine;
static uint64_t page[512] __attribute__((aligned(PAGE_SIZE)));
static uint8_t code[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pdpt[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pd[512] __attribute__((aligned(PAGE_SIZE)));
/* The shared EPT, and the page that it leads to */
static uint64_t ept4[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t ept3[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t ept2[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t ept1[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t shared[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t elsewhere[512] __attribute__((aligned(PAGE_SIZE)));

/* --- in the TD ----------------------------------------------------------- */

static void do_read(void *arg)
{
    get((uintptr_t)arg);
}

static void do_write(void *arg)
{
    put((uintptr_t)arg, VALUE);
}

static void tell_ve(void)
{
    struct seam_regs ve = td_tell_ve(VECTOR);

    td_tell(VE_GLA, ve.r8);
    td_tell(VE_GPA, ve.r9);
}

static uint32_t run_code(void)
{
    uint32_t result;

    asm volatile("call *%1" : "=a"(result) : "r"(code) : "memory");
    return result;
}

static void write_code(uint32_t value)
{
    put((uintptr_t)code, CODE_OF(value));
}

static void own_memory(unsigned vcpu)
{
    put((uintptr_t)&mine, VALUE);
    td_tell(MINE, get((uintptr_t)&mine));
    /* Code, and code that changes: in place, and in the loop that runs it */
    for (uint32_t i = 1; i <= 3; i++) {
        write_code(i);
        td_tell(CODE, run_code());
    }
    for (;;) {
        td_tell(MINE, get((uintptr_t)&mine));
        put((uintptr_t)&mine, mine + 1);
    }
}

/* What its host makes of the code */
static void run_for_ever(unsigned vcpu)
{
    write_code(1);
    for (;;) {
        td_tell(CODE, run_code());
    }
}

/* With -DHOLD: a TD that stays inside, and what it has in its page */
static void stay(unsigned vcpu)
{
    put((uintptr_t)page, VALUE);
    asm volatile("1: jmp 1b");
}

static void hold(void)
{
    td_build(&td, 0, 1, 0, stay);
    ml_printf("held\n");
    td_enter(&td, 0, &regs);
}

static void read_page(unsigned vcpu)
{
    put((uintptr_t)page, VALUE);
    for (;;) {
        td_tell(READ, get((uintptr_t)page));
    }
}

static void shared_memory(unsigned vcpu)
{
    uint64_t there = SHARED_VA + (uintptr_t)shared;
    uint64_t *pml4 = (uint64_t *)(uintptr_t)read_cr3();

    pd[0] = TD_SHARED | PTE_LARGE | PTE;
    pdpt[0] = (uintptr_t)pd | PTE;
    pml4[SHARED_VA >> 39] = (uintptr_t)pdpt | PTE;

    catch_fault(do_read, (void *)there);
    tell_ve();
    catch_fault(do_write, (void *)there);
    tell_ve();
    td_tell(WANTS_MAP, 0);
    td_tell(READ, get(there));
    put(there, VALUE);
    td_tell(WROTE, 0);
    /* From here on each of them is an exit or not, by what the host does */
    for (;;) {
        td_tell(READ, get(there));
    }
}

/* --- its host ------------------------------------------------------------ */

static void show(void)
{
    ml_printf("# rax %lx rcx %lx rdx %lx r8 %lx r9 %lx r11 %lx r12 %lx\n",
              regs.rax, regs.rcx, regs.rdx, regs.r8, regs.r9, regs.r11,
              regs.r12);
}

static bool tells(struct td *of, unsigned what, uint64_t value)
{
    bool good = td_enter(of, 0, &regs) &&
                regs.rax == X86_VMX_EXIT_REASON_TDCALL &&
                regs.r11 == what && regs.r12 == value;

    if (!good) {
        show();
    }
    return good;
}

static void expect(unsigned what, uint64_t value, const char *title)
{
    ok(tells(&td, what, value), title);
}

static void expect_ve(uint64_t qual, uint64_t gla, uint64_t gpa,
                      const char *title)
{
    expect(VECTOR, X86_VECTOR_VE, title);
    ok(tells(&td, VE_REASON, X86_VMX_EXIT_REASON_EPT_VIOLATION) &&
       tells(&td, VE_QUALIFICATION, qual) && tells(&td, VE_GLA, gla) &&
       tells(&td, VE_GPA, gpa), "which tells of it");
}

/* An exit with @reason; @gpa: of a page */
static void expect_exit(unsigned reason, uint64_t qual, uint64_t gpa,
                        const char *title)
{
    bool good = td_enter(&td, 0, &regs) && regs.rax == reason &&
                regs.rcx == (qual & QUAL_HOST) && !regs.rdx && regs.r8 == gpa;

    if (!good) {
        show();
    }
    ok(good, title);
}

static void build(struct td *of, unsigned n, void (*fn)(unsigned vcpu))
{
    ok(td_build(of, n, 1, 0, fn), "a TD is built");
}

static void test_own(void)
{
    build(&td, 0, own_memory);
    build(&other, 1, own_memory);
    expect(MINE, VALUE, "a TD writes to its memory");
    ok(!get((uintptr_t)&mine) && tells(&other, MINE, VALUE),
       "which neither host nor another TD sees");
    expect(CODE, 1, "it writes code and runs it");
    ok(tells(&other, CODE, 1) && tells(&td, CODE, 2) && tells(&other, CODE, 2),
       "changes it");
    expect(CODE, 3, "and changes it again");
    ok(tells(&td, MINE, VALUE) && tells(&td, MINE, VALUE + 1) &&
       tells(&other, CODE, 3) && tells(&other, MINE, VALUE) &&
       tells(&td, MINE, VALUE + 2) && tells(&other, MINE, VALUE + 1),
       "two TDs take turns");
    ok(!get((uintptr_t)&mine) && td_end(&td) && td_end(&other), "and end");
}

/* As a host debugger does that sets a breakpoint */
static void test_debugged(void)
{
    ok(td_build(&td, 0, 1, TD_ATTR_DEBUG, run_for_ever),
       "a TD is built that can be debugged");
    expect(CODE, 1, "it runs code");
    ok(!td_call(TDH_MEM_WR, (uintptr_t)code, td.tdr, CODE_OF(2)),
       "its host changes that");
    expect(CODE, 2, "it runs what is there now");
    ok(td_end(&td), "and ends");
}

static void test_blocked(void)
{
    uint64_t gpa = (uintptr_t)page;

    build(&td, 0, read_page);
    expect(READ, VALUE, "a TD reads a page");
    ok(!td_call(TDH_MEM_RANGE_BLOCK, gpa, td.tdr, 0) &&
       !td_call(TDH_MEM_TRACK, td.tdr, 0, 0), "the host blocks it");
    expect_exit(X86_VMX_EXIT_REASON_EPT_VIOLATION, QUAL_READ, gpa,
                "which takes it from the TD");
    ok(!td_call(TDH_MEM_RANGE_UNBLOCK, gpa, td.tdr, 0), "and unblocks it");
    expect(READ, VALUE, "with its content");
    ok(!td_call(TDH_MEM_RANGE_BLOCK, TD_2M, td.tdr, 0) &&
       !td_call(TDH_MEM_TRACK, td.tdr, 0, 0), "it blocks all of 2 MiB");
    ok(td_enter(&td, 0, &regs) &&
       regs.rax == X86_VMX_EXIT_REASON_EPT_VIOLATION && !regs.rdx,
       "where the TD's code is as well");
    ok(!td_call(TDH_MEM_RANGE_UNBLOCK, TD_2M, td.tdr, 0),
       "and unblocks them");
    expect(READ, VALUE, "the TD goes on");
    ok(td_end(&td), "and ends");
}

static void map(uint64_t bits)
{
    ept1[(uintptr_t)shared / PAGE_SIZE % 512] = bits;
}

static void forget(uint64_t type, uint64_t eptp)
{
    struct {
        uint64_t eptp, zero;
    } desc = { eptp, 0 };

    asm volatile("invept %0, %1" : : "m"(desc), "r"(type) : "cc", "memory");
}

static void test_shared(void)
{
    uint64_t gpa = TD_SHARED + (uintptr_t)shared;
    uint64_t gla = SHARED_VA + (uintptr_t)shared;
    uint64_t partition = rdmsr(X86_MSR_MKTME_KEYID_PARTITIONING);
    unsigned bits = rdmsr(X86_MSR_TME_ACTIVATE) >> 32 & 0xf;
    uint64_t tdx_keyid = ((uint32_t)partition + 1ull) << (52 - bits);
    uint64_t eptp = (uintptr_t)ept4 | X86_MEM_TYPE_WB |
                    3 << X86_EPTP_WALK_SHIFT;

    ept4[gpa >> 39 & 511] = (uintptr_t)ept3 | TABLE;
    ept3[0] = (uintptr_t)ept2 | TABLE;
    ept2[0] = (uintptr_t)ept1 | TABLE;
    put((uintptr_t)shared, ~VALUE);
    put((uintptr_t)elsewhere, 1);
    build(&td, 0, shared_memory);
    expect_ve(QUAL_READ, gla, gpa, "shared memory without an EPT is a #VE");
    ok(!td_call4(TDH_VP_WR, td.vcpu[0], X86_VMCS_SHARED_EPT_POINTER,
                 (uintptr_t)ept4, UINT64_MAX << 12), "the host has an EPT");
    map(X86_EPT_READ | X86_MEM_TYPE_WB << X86_EPT_MEM_TYPE_SHIFT |
        (uintptr_t)shared);
    expect_ve(QUAL_WRITE | X86_EPT_READ << 3, gla, gpa,
              "a page that must not be written as well");
    expect(WANTS_MAP, 0, "the TD goes on");
    map(PAGE | (uintptr_t)shared);
    forget(1, eptp);
    expect(READ, ~VALUE, "it reads the host's memory");
    expect(WROTE, 0, "and writes to it");
    ok(get((uintptr_t)shared) == VALUE, "which the host sees");

    put((uintptr_t)shared, 2);
    expect(READ, 2, "and the other way round");
    map(PAGE | (uintptr_t)elsewhere);
    forget(1, eptp);
    expect(READ, 1, "the page is another one");
    map(X86_EPT_SUPPRESS_VE);
    forget(2, 0);
    expect_exit(X86_VMX_EXIT_REASON_EPT_VIOLATION, QUAL_READ,
                gpa & -PAGE_SIZE, "an entry can ask for an exit");
    map(X86_EPT_WRITE | (uintptr_t)shared);
    expect_exit(X86_VMX_EXIT_REASON_EPT_MISCONFIG, 0, gpa & -PAGE_SIZE,
                "or be misconfigured");
    map(PAGE | (uintptr_t)shared | tdx_keyid);
    expect_exit(X86_VMX_EXIT_REASON_EPT_MISCONFIG, 0, gpa & -PAGE_SIZE,
                "as is one with a KeyID of TDs");
    map(PAGE | (uintptr_t)shared | X86_EPT_SUPPRESS_VE);
    expect(READ, 2, "and lead to memory again");
    ok(td_end(&td), "the TD ends");
}

static void no_others(void)
{
}

int main(void)
{
    guest_init();
    ok(td_bring_up(no_others), "the module is ready");
#ifdef HOLD
    hold();
#else
    (void)hold;
#endif
    test_own();
    test_debugged();
    test_blocked();
    test_shared();
    return test_end();
}
