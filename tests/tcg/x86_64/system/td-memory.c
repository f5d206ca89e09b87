/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Memory of a TD: pages that are missing, pending and accepted, memory that
 * it shares with its VMM, and what of all that is a #VE or an exit.
 * TD running 4, 5.
 *
 * Link: seam-guest.c seam-guest-entry.S seam-td.c seam-host-call.S
 * Link: td-guest.c td-guest-entry.S
 * QEMU: -cpu TDXHost -device tdx-module -m 2G
 */

#include "td-guest.h"
#include "../../../../target/i386/x86-defs/vmcs.h"
#include "../../../../target/i386/x86-defs/ept.h"

#define EXC_VE 20
#define VE_PENDING 1ull /* category */
/* A page of the TD's that its VMM has not given, near the program */
#define MISSING (TD_IMAGE_END - 2 * PAGE_SIZE)
/* Where the TD maps 2 MiB of shared memory: linear, and its GPA */
#define WINDOW 0x80000000ull
#define SHARED_GPA (TD_SHARED | 0x40000000ull)
#define PAGE_SHARED 0
#define PAGE_MMIO 1
#define PAGE_ABSENT 2

#define PDE_LARGE 0x1e7

/* Exit qualification */
#define READ 1
#define WRITE 2
#define EPT_SUPPRESS_VE (1ull << 63)
#define EPT_RWX 7
#define EPT_WB (6 << 3)

static struct td td;
static struct seam_regs regs;

/* The shared EPT of the VMM: one table of each level */
static uint64_t pml4[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pdpt[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pd[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pt[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t shared[512] __attribute__((aligned(PAGE_SIZE)));

/* --- in the TD ----------------------------------------------------------- */

static void store(void *arg)
{
    put((uintptr_t)arg, 1);
}

static void load(void *arg)
{
    get((uintptr_t)arg);
}

/* #VE: reason, qualification, GLA and GPA, each told by itself */
static void tell_ve(int vector)
{
    struct seam_regs ve = { .rax = TDG_VP_VEINFO_GET | 1 << 16 };

    td_tell(vector, 0);
    tdcall_regs(&ve);
    td_tell(1, ve.rax ? UINT64_MAX : ve.rcx);
    td_tell(2, ve.rdx);
    td_tell(3, ve.r8);
    td_tell(4, ve.r9);
}

static uint64_t accept(uint64_t gpa)
{
    struct seam_regs call = { .rax = TDG_MEM_PAGE_ACCEPT, .rcx = gpa };

    tdcall_regs(&call);
    return call.rax;
}

static void map_shared(void)
{
    uint64_t *table = (uint64_t *)(uintptr_t)(read_cr3() & -PAGE_SIZE);

    table = (uint64_t *)(uintptr_t)(table[0] & -PAGE_SIZE);
    table = (uint64_t *)(uintptr_t)(table[WINDOW >> 30 & 511] & -PAGE_SIZE);
    table[WINDOW >> 21 & 511] = SHARED_GPA | PDE_LARGE;
    write_cr3(read_cr3());
}

static void *window(unsigned page)
{
    return (void *)(uintptr_t)(WINDOW + page * PAGE_SIZE);
}

static void guest(unsigned vcpu)
{
    uint64_t *words = window(PAGE_SHARED);

    td_tell(0, 0);
    /* Its VMM has to give the page first, and then it has to be accepted. */
    tell_ve(catch_fault(store, (void *)MISSING));
    td_tell(10, accept(MISSING));
    td_tell(11, catch_fault(load, (void *)MISSING));
    td_tell(12, *(uint64_t *)(uintptr_t)MISSING);
    td_tell(13, accept(MISSING));

    map_shared();
    words[1] = words[0] + 1;
    td_tell(20, words[0]);
    tell_ve(catch_fault(load, window(PAGE_MMIO)));
    tell_ve(catch_fault(store, window(PAGE_MMIO)));
    catch_fault(load, window(PAGE_ABSENT));
    td_tell(21, 0);
}

/* --- its VMM ------------------------------------------------------------- */

static void show(void)
{
    ml_printf("# rax %lx rcx %lx rdx %lx r8 %lx r9 %lx r11 %lx r12 %lx\n",
              regs.rax, regs.rcx, regs.rdx, regs.r8, regs.r9, regs.r11,
              regs.r12);
}

static void expect(uint64_t what, uint64_t value, const char *title)
{
    bool good = td_enter(&td, 0, &regs) &&
                regs.rax == X86_VMX_EXIT_REASON_TDCALL && regs.r11 == what &&
                regs.r12 == value;

    if (!good) {
        show();
    }
    ok(good, title);
}

static void expect_violation(uint64_t qualification, uint64_t gpa,
                             const char *title)
{
    bool good = td_enter(&td, 0, &regs) &&
                regs.rax == X86_VMX_EXIT_REASON_EPT_VIOLATION &&
                regs.rcx == qualification && regs.rdx == 0 &&
                regs.r8 == gpa && regs.r9 == 0;

    if (!good) {
        show();
    }
    ok(good, title);
}

/*
 * @qual without the bits that tell of the guest's own paging.  The category is
 * that of the first: a processor that delivers a #VE writes none.
 */
static void expect_ve(uint64_t qual, uint64_t gla, uint64_t gpa,
                      const char *title)
{
    expect(EXC_VE, 0, title);
    expect(1, X86_VMX_EXIT_REASON_EPT_VIOLATION | VE_PENDING << 32,
           "with reason and category");
    td_enter(&td, 0, &regs);
    ok(regs.r11 == 2 && (regs.r12 & (READ | WRITE)) == qual,
       "the qualification");
    expect(3, gla, "the linear address");
    expect(4, gpa, "and the guest-physical one");
}

static void test_private(void)
{
    expect_violation(WRITE, MISSING, "a missing page is the VMM's affair");
    expect_violation(WRITE, MISSING, "as long as it is missing");
    ok(!td_aug(&td, MISSING), "the VMM gives it");
    expect_ve(WRITE, MISSING, MISSING, "a pending page is a #VE");
    expect(10, 0, "the TD accepts the page");
    expect(11, (uint64_t)NONE, "then it is there");
    expect(12, 0, "and zero");
    expect(13, TDX_PAGE_ALREADY_ACCEPTED, "once is enough");
}

static uint64_t to(const void *at)
{
    return (uintptr_t)at | EPT_RWX;
}

static void build_shared_ept(void)
{
    pml4[SHARED_GPA >> 39 & 511] = to(pdpt);
    pdpt[SHARED_GPA >> 30 & 511] = to(pd);
    pd[SHARED_GPA >> 21 & 511] = to(pt);
    for (unsigned i = 0; i < 512; i++) {
        pt[i] = EPT_SUPPRESS_VE;
    }
    pt[PAGE_SHARED] = to(shared) | EPT_WB;
    pt[PAGE_MMIO] = 0;
}

static void test_shared(void)
{
    build_shared_ept();
    ok(!td_call4(TDH_VP_WR, td.vcpu[0], X86_VMCS_SHARED_EPT_POINTER,
                 (uintptr_t)pml4, UINT64_MAX >> 12 << 12),
       "the TD gets a shared EPT");
    shared[0] = 0x1234;
    expect(20, 0x1234, "the TD reads what the VMM has written");
    ok(shared[1] == 0x1235, "and the other way round");
    expect_ve(READ, WINDOW + PAGE_SIZE, SHARED_GPA + PAGE_SIZE,
              "an entry that does not suppress it: #VE");
    expect_ve(WRITE, WINDOW + PAGE_SIZE, SHARED_GPA + PAGE_SIZE,
              "by stores too");
    expect_violation(READ, SHARED_GPA + PAGE_ABSENT * PAGE_SIZE,
                     "one that does is the VMM's affair");
    pt[PAGE_ABSENT] = to(shared) | EPT_WB;
    expect(21, 0, "which can map the page");
}

static void no_others(void)
{
}

int main(void)
{
    guest_init();
    ok(td_bring_up(no_others), "the module is ready");
    ok(td_build(&td, 0, 1, 0, guest), "a TD is built");
    expect(0, 0, "it runs");
    test_private();
    test_shared();
    ok(td_end(&td), "the TD ends");
    return test_end();
}
