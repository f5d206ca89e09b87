/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What chance puts into the memory of vmx-random's guest.
 */

#include "vmx-random.h"

#define LARGE (2ull << 20)
#define PAGE_PRESENT 7ull
#define PAGE_LARGE 0x80ull

/* In this order: what seeds of tests/fuzz/vmx-seeds meet lies where it lay */
struct vmx_vcpu vcpu;
static uint8_t arena[ARENA_PAGES][PAGE_SIZE] __attribute__((aligned(LARGE)));
static uint64_t seed;

static const uint32_t msrs[] = {
#define X(name, number) number,
    X86_MSR_LIST(X)
#undef X
};

void random_seed(uint64_t value)
{
    seed = value;
}

uint64_t random64(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * 0x2545f4914f6cdd1d;
}

uint32_t below(uint32_t n)
{
    return (random64() >> 32) % n;
}

bool rarely(uint32_t n)
{
    return !below(n);
}

uint64_t page(unsigned n)
{
    return (uintptr_t)arena[n];
}

/* --- values ------------------------------------------------------------- */

/* Addresses: most of them ours, some of devices, of nothing, of VMX regions */
static uint64_t random_address(void)
{
    switch (below(16)) {
    case 0:
        return 0xfee00000 + (below(2) ? 0 : below(PAGE_SIZE));
    case 1:
        return 0xfec00000;
    case 2:
        return 1ull << below(64);
    case 3:
        return (uintptr_t)vcpu.vmcs;
    case 4:
        return page(below(ARENA_PAGES)) + below(PAGE_SIZE);
    case 5:
        return page(below(ARENA_PAGES)) | random64() << 46;
    case 6:
        return 0x7ffff000 + (uint64_t)below(4) * PAGE_SIZE;
    default:
        return page(below(rarely(4) ? ARENA_PAGES : A_USED));
    }
}

uint64_t random_value(void)
{
    switch (below(8)) {
    case 0:
        return 0;
    case 1:
        return ~0ull;
    case 2:
        return 1ull << below(64);
    case 3:
        return (1ull << below(64)) - 1;
    case 4:
        return below(256);
    case 5:
        return random64();
    default:
        return random_address();
    }
}

void fill(unsigned n)
{
    uint64_t *p = (uint64_t *)arena[n];
    uint64_t value = rarely(2) ? 0 : ~0ull;
    unsigned kind = below(3);

    for (unsigned i = 0; i < PAGE_SIZE / 8; i++) {
        p[i] = kind == 0 ? value : kind == 1 ? random64() :
               rarely(16) ? random_value() : 0;
    }
}

/* --- memory ------------------------------------------------------------- */

void make_tables(void)
{
    uint64_t base = page(0);
    uint64_t *pml4 = (uint64_t *)arena[A_PML4];
    uint64_t *pdpt = (uint64_t *)arena[A_PDPT];
    uint64_t *pd = (uint64_t *)arena[A_PD];
    uint64_t *ept4 = (uint64_t *)arena[A_EPT4];
    uint64_t *ept3 = (uint64_t *)arena[A_EPT3];
    uint64_t *ept2 = (uint64_t *)arena[A_EPT2];
    uint64_t *ept1 = (uint64_t *)arena[A_EPT1];

    for (unsigned i = A_PML4; i <= A_EPT1; i++) {
        for (unsigned j = 0; j < PAGE_SIZE; j++) {
            arena[i][j] = 0;
        }
    }
    pml4[0] = page(A_PDPT) | PAGE_PRESENT;
    pdpt[0] = page(A_PD) | PAGE_PRESENT;
    pd[base / LARGE] = base | PAGE_PRESENT | PAGE_LARGE;
    ept4[0] = page(A_EPT3) | X86_EPT_RWX;
    ept3[0] = page(A_EPT2) | X86_EPT_RWX;
    ept2[base / LARGE] = page(A_EPT1) | X86_EPT_RWX;
    for (unsigned i = 0; i < ARENA_PAGES; i++) {
        ept1[i] = page(i) | X86_EPT_RWX |
                  X86_MEM_TYPE_WB << X86_EPT_MEM_TYPE_SHIFT;
    }
    /* What the walks meet otherwise */
    for (unsigned n = below(8); n-- > 0;) {
        uint64_t *table = (uint64_t *)arena[A_PML4 + below(A_EPT1 + 1)];
        unsigned i = rarely(2) ? below(512) : base / LARGE;

        table[i] = rarely(2) ? table[i] ^ 1ull << below(64) :
                   random_address() | (random64() & 0xfff);
    }
}

void make_lists(void)
{
    static const uint32_t known[] = {
        X86_MSR_TSC, X86_MSR_SYSENTER_EIP, X86_MSR_KERNEL_GS_BASE,
    };
    uint64_t *stored = (uint64_t *)arena[A_MSR_STORE];
    uint64_t *list = (uint64_t *)arena[A_MSR_LOAD];

    for (unsigned i = 0; i < PAGE_SIZE / 8; i += 2) {
        stored[i] = known[below(3)];
        list[i] = rarely(2) ? known[below(3)] : rarely(8) ? random_value() :
                  msrs[below(sizeof(msrs) / 4)];
        list[i + 1] = random_value();
    }
}

/* --- guest code --------------------------------------------------------- */

/* Instructions that exit, or work otherwise in a guest; RDX is the address */
static const char *const insns[] = {
    "\x0f\xa2", "\x0f\x32", "\x0f\x30", "\x0f\x31", "\x0f\x33", "\xf4",
    "\xe4\x80", "\xe6\x80", "\xec", "\xf3\x6c", "\xf3\x6e", "\x6d",
    "\x0f\x20\xc0", "\x0f\x22\xc0", "\x0f\x20\xd8", "\x0f\x22\xd8",
    "\x0f\x22\xe0", "\x44\x0f\x22\xc0", "\x44\x0f\x20\xc0", "\x0f\x06",
    "\x0f\x01\xf0", "\x0f\x01\xe0", "\x0f\x21\xf8", "\x0f\x23\xf8",
    "\x0f\x01\x3a", "\x0f\x01\x12", "\x0f\x01\x1a", "\x0f\x01\x02",
    "\x0f\x01\x0a", "\x0f\x00\xd0", "\x0f\x00\xd8", "\x0f\x00\xc0",
    "\x0f\x01\xc1", "\x0f\x01\xc2", "\x0f\x01\xc3", "\x0f\x01\xc4",
    "\x0f\xc7\x32", "\x66\x0f\xc7\x32", "\xf3\x0f\xc7\x32", "\x0f\x78\x02",
    "\x0f\x79\x02", "\x66\x0f\x38\x80\x02", "\x66\x0f\x38\x81\x02",
    "\x66\x0f\x38\x82\x02", "\x0f\x01\xd1", "\x0f\x01\xd0", "\x0f\x01\xf9",
    "\xf3\x0f\xc7\xf8", "\x0f\xc7\xf0", "\x0f\xc7\xf8", "\x0f\x08", "\x0f\x09",
    "\xf3\x90", "\x0f\x01\xc8", "\x0f\x01\xc9", "\xcc", "\xcd\x20", "\xcd\x80",
    "\xf1", "\x0f\x0b", "\xfa", "\xfb", "\x9d", "\x48\xcf", "\x8e\xd0",
    "\x0f\x05", "\x0f\x34", "\x0f\x07", "\x0f\x35", "\xff\x2a", "\xff\x1a",
    "\x48\x8b\x02", "\x48\x89\x02", "\xf0\x48\x0f\xc1\x02", "\xff\xe2",
    "\x66\x0f\x01\xcc", "\x66\x0f\x01\xcd", "\x66\x0f\x01\xce",
    "\x66\x0f\x01\xcf", "\x0f\xaa", "\xeb\xfe", "\xf3\xa4", "\xf3\xab",
};

static void emit_register(uint8_t **code, unsigned reg, uint64_t value)
{
    *(*code)++ = 0x48;
    *(*code)++ = 0xb8 | reg;
    for (unsigned i = 0; i < 8; i++) {
        *(*code)++ = value >> (8 * i);
    }
}

void make_code(void)
{
    uint8_t *code = arena[A_CODE];
    const char *insn;

    while (code < arena[A_CODE] + PAGE_SIZE - 128) {
        if (rarely(3)) {
            emit_register(&code, 0, random_value());
        }
        if (rarely(3)) {
            emit_register(&code, 1, rarely(3) ? 0x800 + below(0x40) :
                          rarely(8) ? random_value() :
                          msrs[below(sizeof(msrs) / 4)]);
        }
        if (rarely(3)) {
            emit_register(&code, 2, random_value());
        }
        /* Ports from 0x80 on, and those at the end */
        if (rarely(8)) {
            emit_register(&code, 2, rarely(2) ? 0x80 : 0xfffe + below(2));
        }
        if (rarely(8)) {
            emit_register(&code, 6 + below(2), random_value());
        }
        if (rarely(16)) {
            *code++ = random64();
        }
        insn = insns[below(sizeof(insns) / sizeof(insns[0]))];
        /* One opcode ends in a zero byte; none begins so. */
        do {
            *code++ = *insn++;
        } while (*insn);
    }
    *code++ = 0xf4;
}
