/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A host that writes to a TD's memory: the TD dies when it comes to the line,
 * in whatever way, and nobody else does.  TD running 3.3, 7.
 *
 * Link: seam-guest.c seam-guest-entry.S seam-td.c seam-host-call.S
 * Link: td-guest.c td-guest-entry.S
 * QEMU: -cpu TDXHost -device tdx-module -m 2G
 * QEMU: -cpu TDXHost,partial-write-erratum=on -device tdx-module -m 2G
 * QEMU: -cpu TDXHost -device tdx-module -m 2G -accel tcg,one-insn-per-tb=on
 */

#include "td-guest.h"
#include "../../../../target/i386/x86-defs/vmcs.h"

#define VALUE 0x0123456789abcdefull
#define RET 0xc3
#define EXC_MC 18
#define BIT_ADDRESS 0x000ffffffffff000ull

/* Machine checks: SDM Vol. 3, "Machine-Check Architecture" */
enum { MSR_MC0_STATUS = 0x401, MSR_MC0_ADDR = 0x402, MSRS_PER_BANK = 4 };
enum { BANK_FETCH, BANK_DATA };
#define MCG_MCIP 4
#define MCG_LMCES 8
#define MCI_VAL (1ull << 63)

/* The order of pages that td_build() takes: see td-guest.c */
#define PAGES_OF_VCPU 6
#define LEAF_TABLE (1 + TDCS_PAGES + PAGES_OF_VCPU + 2)

enum { READY = 1, DONE };

static struct td td, bystander;
static struct seam_regs regs;
static uint64_t counted;
static uint64_t data[1024] __attribute__((aligned(PAGE_SIZE)));
static uint8_t code[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
/* For 2 MiB of linear addresses that lead to the program once more */
#define ALIAS (1ull << 39)
static uint64_t pdpt[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pd[512] __attribute__((aligned(PAGE_SIZE)));

/* --- in TDs -------------------------------------------------------------- */

static uint64_t at(unsigned word)
{
    return (uintptr_t)&data[word];
}

static void run_code(void)
{
    asm volatile("call *%0" : : "r"(code) : "memory");
}

static void map_alias(void)
{
    uint64_t *pml4 = (uint64_t *)(uintptr_t)read_cr3();

    pd[0] = 0x83;
    pdpt[0] = (uintptr_t)pd | 3;
    pml4[ALIAS >> 39] = (uintptr_t)pdpt | 3;
}

/* All pages are in use, and in the TLB, before the host comes */
static void guest(unsigned vcpu)
{
    code[0] = RET;
    run_code();
    map_alias();
    put(ALIAS + at(0), VALUE);
    for (;;) {
        /* What to do: the host's answer */
        void (*step)(void) = (void (*)(void))(uintptr_t)td_tell(READY, 0);

        step();
        td_tell(DONE, get(at(0)));
    }
}

static void load(void)
{
    get(at(8));
}

static void store(void)
{
    put(at(8), 1);
}

static void store_across(void)
{
    asm volatile("movq $0, %0" : "=m"(*((char *)data + 60)));
}

static void use_beside(void)
{
    get(at(7));
    get(at(16));
    put(at(0), VALUE);
}

static void use_behind(void)
{
    get(at(8));
    put(at(511), VALUE);
}

static void walk(void)
{
    write_cr3(read_cr3());
    get(ALIAS + at(0));
}

static void count(unsigned vcpu)
{
    for (uint64_t n = 0;; n++) {
        put(at(0), n);
        td_tell(DONE, get(at(0)));
    }
}

/* --- the host ------------------------------------------------------------ */

/* Where the TD has its own @page of the program, whose pages it got in order */
static uint64_t hpa_of(const void *page)
{
    struct seam_regs call = {
        .rax = TDH_MEM_SEPT_RD, .rcx = (uintptr_t)page & -PAGE_SIZE,
        .rdx = td.tdr,
    };

    return seamcall_regs(&call) && !call.rax ?
           (call.rcx & BIT_ADDRESS) | ((uintptr_t)page & (PAGE_SIZE - 1)) : 0;
}

static bool enter_for(void (*step)(void))
{
    regs.r12 = (uintptr_t)step;
    return td_enter(&td, 0, &regs);
}

static bool told(uint64_t what)
{
    return regs.rax == X86_VMX_EXIT_REASON_TDCALL && regs.r11 == what;
}

static bool is_dead(void)
{
    return regs.rax == TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE &&
           regs.r9 == (X86_VMCS_EVENT_VALID | X86_VMCS_EVENT_HW_EXCEPTION <<
                       X86_VMCS_EVENT_TYPE_SHIFT | EXC_MC);
}

static uint64_t bank_msr(unsigned bank, unsigned msr)
{
    return rdmsr(msr + bank * MSRS_PER_BANK);
}

/* The host's machine check handler: a local one, of the line at @hpa? */
static bool check_and_clear(unsigned bank, uint64_t hpa)
{
    bool good = rdmsr(X86_MSR_MCG_STATUS) & MCG_MCIP &&
                rdmsr(X86_MSR_MCG_STATUS) & MCG_LMCES &&
                bank_msr(bank, MSR_MC0_STATUS) & MCI_VAL &&
                bank_msr(bank, MSR_MC0_ADDR) == (hpa & -LINE);

    wrmsr(MSR_MC0_STATUS + bank * MSRS_PER_BANK, 0);
    wrmsr(X86_MSR_MCG_STATUS, 0);
    return good;
}

static bool bystander_runs(void)
{
    struct seam_regs r;

    return td_enter(&bystander, 0, &r) && r.r11 == DONE &&
           r.r12 == counted++;
}

/* A TD that has come so far that it asks what to do */
static bool ready(void)
{
    return td_build(&td, 0, 1, 0, guest) && enter_for(NULL) && told(READY);
}

static void test_death(uint64_t (*victim)(void), void (*step)(void),
                       unsigned bank, const char *title)
{
    uint64_t hpa;

    ok(ready(), "a TD is ready");
    hpa = victim();
    put(hpa, 1);
    enter_for(step);
    if (!is_dead()) {
        ml_printf("# rax %lx rcx %lx r9 %lx r11 %lx\n", regs.rax, regs.rcx,
                  regs.r9, regs.r11);
    }
    ok(is_dead(), title);
    ok(check_and_clear(bank, hpa), "which is a machine check of its own");
    enter_for(step);
    ok(regs.rax == (TDX_TD_FATAL | OP_RCX) || regs.rax >> 32 ==
       TDX_TD_FATAL >> 32, "and it stays dead");
    ok(bystander_runs() && td_end(&td), "but nobody else");
}

static uint64_t in_data(void)
{
    return hpa_of(&data[8]);
}

static uint64_t in_first_line(void)
{
    return hpa_of(&data[0]);
}

static uint64_t in_code(void)
{
    return hpa_of(code);
}

static uint64_t in_page_table(void)
{
    return hpa_of(pd);
}

static uint64_t in_secure_ept(void)
{
    return td.base + LEAF_TABLE * PAGE_SIZE +
           (uintptr_t)data / PAGE_SIZE % 512 * 8;
}

/* The TD uses the page, and not the line */
static void test_beside(void)
{
    bool good = ready();
    uint64_t hpa = in_data();

    put(hpa, 1);
    ok(good && enter_for(use_beside) && told(DONE) && regs.r12 == VALUE,
       "lines beside the lost one are there");
    enter_for(NULL);
    ok(told(READY) && enter_for(run_code) && told(DONE), "other pages too");
    enter_for(NULL);
    enter_for(store);
    ok(is_dead() && check_and_clear(BANK_DATA, hpa),
       "until the TD comes to it");
    ok(td_end(&td) && ready(), "it ends, another is ready");

    /* It tells of the first line when it is through. */
    hpa = in_first_line();
    put(hpa, 1);
    enter_for(use_behind);
    ok(is_dead() && check_and_clear(BANK_DATA, hpa), "the first line");
    ok(td_end(&td), "it ends");
}

static void no_others(void)
{
}

int main(void)
{
    guest_init();
    ok(td_bring_up(no_others), "the module is ready");
    ok(td_build(&bystander, 1, 1, 0, count) && bystander_runs(),
       "a TD that nobody harms");
    test_death(in_data, load, BANK_DATA, "a load ends the TD");
    test_death(in_data, store, BANK_DATA, "a store as well");
    test_death(in_data, store_across, BANK_DATA, "one across two lines");
    test_death(in_first_line, store_across, BANK_DATA, "from either side");
    test_death(in_code, run_code, BANK_FETCH, "code");
    test_death(in_page_table, walk, BANK_DATA, "a page table");
    test_death(in_secure_ept, load, BANK_DATA, "a table of the Secure EPT");
    test_beside();
    ok(bystander_runs() && td_end(&bystander), "the other TD ends");
    return test_end();
}
