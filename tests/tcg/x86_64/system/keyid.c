/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * KeyIDs in page tables and in CR3: a TDX KeyID is a reserved bit, an MKTME
 * KeyID addresses the memory of KeyID 0.
 *
 * Link: seam-guest.c seam-guest-entry.S
 * QEMU: -cpu TDXHost
 * QEMU: -cpu TDXHost,tdx-keyids=1
 * QEMU: -cpu TDXHost,keyid-bits=1
 * QEMU: -cpu TDXHost,phys-bits=46,keyid-bits=4,tdx-keyids=12
 */

#include "seam-guest.h"

#define PTE_P 1
#define PTE_RW 2
#define PTE_US 4
#define PTE_PS 0x80
#define TABLE (PTE_P | PTE_RW | PTE_US)
/* What is mapped here is under test: one entry of each level. */
#define WINDOW (1ull << 39)
#define VALUE 0x0123456789abcdefull
#define PF_US 4

/* One entry of a table per level: pml4[1], pdpt[0], pd[0], pt[0] */
static uint64_t pml4[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pdpt[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pd[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pt[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t page[512] __attribute__((aligned(PAGE_SIZE)));
static unsigned shift, keyids, mktme, tdx;
static uint64_t seen;

static void do_read(void *addr)
{
    asm volatile("lea 1f(%%rip), %%rcx\n\t"
                 "mov %%rcx, insn_rip(%%rip)\n\t"
                 "1: mov (%1), %0"
                 : "=r"(seen) : "r"(addr) : "rcx");
}

static void do_write(void *addr)
{
    asm volatile("lea 1f(%%rip), %%rcx\n\t"
                 "mov %%rcx, insn_rip(%%rip)\n\t"
                 "1: mov %1, (%0)"
                 : : "r"(addr), "r"(VALUE) : "rcx", "memory");
}

static void do_write_cr3(void *val)
{
    write_cr3((uintptr_t)val);
}

static void map_all(void)
{
    pml4[1] = (uintptr_t)pdpt | TABLE;
    pdpt[0] = (uintptr_t)pd | TABLE;
    pd[0] = (uintptr_t)pt | TABLE;
    pt[0] = (uintptr_t)page | TABLE;
    write_cr3(read_cr3());
}

static void put(uint64_t *entry, uint64_t val)
{
    *entry = val;
    asm volatile("" : : : "memory");
    write_cr3(read_cr3());
}

static void reserved(uint64_t addr, const char *title)
{
    bool read_ok, write_ok, user_ok;

    read_ok = catch_fault(do_read, (void *)addr) == EXC_PF &&
              fault.error == (PF_P | PF_RSVD) && fault.cr2 == addr &&
              fault.rip == insn_rip;
    write_ok = catch_fault(do_write, (void *)addr) == EXC_PF &&
               fault.error == (PF_P | PF_RSVD | PF_W) && fault.cr2 == addr;
    user_ok = catch_fault_user(do_read, (void *)addr) == EXC_PF &&
              fault.error == (PF_P | PF_RSVD | PF_US);
    ok(read_ok && write_ok && user_ok, title);
}

static void aliases(uint64_t addr, const uint64_t *target, const char *title)
{
    bool read_ok, write_ok;
    uint64_t *at = (uint64_t *)target;

    *at = ~VALUE;
    seen = 0;
    read_ok = catch_fault(do_read, (void *)addr) == NONE && seen == ~VALUE;
    write_ok = catch_fault(do_write, (void *)addr) == NONE;
    asm volatile("" : : : "memory");
    ok(read_ok && write_ok && *at == VALUE, title);
}

static void test_keyid(uint64_t id, bool is_tdx)
{
    static const struct {
        uint64_t *entry;
        const char *title;
    } levels[] = {
        { &pml4[1], "in a PML4 entry" }, { &pdpt[0], "in a PDPT entry" },
        { &pd[0], "in a page directory entry" },
        { &pt[0], "in a page table entry" },
    };
    uint64_t bits = id << shift, base = (uintptr_t)page;

    ml_printf("# KeyID %lu is for %s\n", id, is_tdx ? "TDX" : "MKTME");
    for (unsigned i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        map_all();
        put(levels[i].entry, *levels[i].entry | bits);
        if (is_tdx) {
            reserved(WINDOW, levels[i].title);
        } else {
            aliases(WINDOW, page, levels[i].title);
        }
    }
    map_all();
    put(&pd[0], (base & -(2ull << 20)) | bits | TABLE | PTE_PS);
    if (is_tdx) {
        reserved(WINDOW + (base & ((2ull << 20) - 1)), "in a 2 MiB page");
    } else {
        aliases(WINDOW + (base & ((2ull << 20) - 1)), page,
                "in a 2 MiB page");
    }
    map_all();
    put(&pdpt[0], bits | TABLE | PTE_PS);
    if (is_tdx) {
        reserved(WINDOW + base, "in a 1 GiB page");
        ok(catch_fault(do_write_cr3, (void *)(read_cr3() | bits)) == EXC_GP,
           "in CR3");
    } else {
        aliases(WINDOW + base, page, "in a 1 GiB page");
        map_all();
        ok(catch_fault(do_write_cr3, (void *)(read_cr3() | bits)) == NONE &&
           read_cr3() == ((uintptr_t)pml4 | bits), "in CR3");
        aliases(WINDOW, page, "in CR3: the tables are those of KeyID 0");
        write_cr3((uintptr_t)pml4);
    }
    map_all();
}

int main(void)
{
    uint64_t partition, tme;
    uint32_t r[4];

    guest_init();
    cpuid(0x80000008, 0, r);
    tme = rdmsr(X86_MSR_TME_ACTIVATE);
    partition = rdmsr(X86_MSR_MKTME_KEYID_PARTITIONING);
    keyids = 1u << (tme >> 32 & 0xf);
    shift = (r[0] & 0xff) - (tme >> 32 & 0xf);
    mktme = partition;
    tdx = partition >> 32;

    pml4[0] = *(uint64_t *)read_cr3();
    map_all();
    write_cr3((uintptr_t)pml4);
    aliases(WINDOW, page, "KeyID 0");
    /* The first and the last of each kind; those of nobody are TDX's too. */
    for (unsigned id = 1; id < keyids; id++) {
        if (id == 1 || id == mktme || id == mktme + 1 || id == mktme + tdx ||
            id == keyids - 1) {
            test_keyid(id, id > mktme);
        }
    }
    if (shift + (tme >> 32 & 0xf) < 52) {
        put(&pt[0], (uintptr_t)page | 1ull << 51 | TABLE);
        reserved(WINDOW, "beyond the physical addresses");
    }
    return test_end();
}
