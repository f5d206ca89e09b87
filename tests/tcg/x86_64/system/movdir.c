/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MOVDIR64B and MOVDIRI: what they store, and their faults in the order and
 * with the side effects that the SDM gives.
 *
 * Link: seam-guest.c seam-guest-entry.S
 * QEMU: -cpu TDXHost
 * QEMU: -cpu TDXHost,movdiri=off,movdir64b=off
 */

#include "seam-guest.h"

#define LINE 64
#define HOLE (600ull << 30)

static uint8_t from[2 * LINE] __attribute__((aligned(LINE)));
static uint8_t to[3 * LINE] __attribute__((aligned(LINE)));

struct operands {
    void *dest;
    const void *src;
};

#define DEFINE_MOVDIR(name, insn)                                       \
static void name(void *arg)                                             \
{                                                                       \
    struct operands *op = arg;                                          \
                                                                        \
    asm volatile("lea 1f(%%rip), %%rcx\n\t"                             \
                 "mov %%rcx, insn_rip(%%rip)\n\t"                       \
                 "1: " insn                                             \
                 : : "D"(op->dest), "S"(op->src) : "rcx", "memory");    \
}

DEFINE_MOVDIR(movdir64b, ".byte 0x66, 0x0f, 0x38, 0xf8, 0x3e")
/* An address-size prefix: 32-bit address and destination register */
DEFINE_MOVDIR(movdir64b_a32, ".byte 0x67, 0x66, 0x0f, 0x38, 0xf8, 0x3e")
DEFINE_MOVDIR(movdir64b_reg, ".byte 0x66, 0x0f, 0x38, 0xf8, 0xfe")
DEFINE_MOVDIR(movdir64b_lock, ".byte 0xf0, 0x66, 0x0f, 0x38, 0xf8, 0x3e")
DEFINE_MOVDIR(movdir64b_np, ".byte 0x0f, 0x38, 0xf8, 0x3e")
DEFINE_MOVDIR(movdir64b_f2, ".byte 0x66, 0xf2, 0x0f, 0x38, 0xf8, 0x3e")
DEFINE_MOVDIR(movdir64b_f3, ".byte 0x66, 0xf3, 0x0f, 0x38, 0xf8, 0x3e")
/* MOVDIRI stores ESI or RSI at RDI. */
DEFINE_MOVDIR(movdiri32, ".byte 0x0f, 0x38, 0xf9, 0x37")
DEFINE_MOVDIR(movdiri64, ".byte 0x48, 0x0f, 0x38, 0xf9, 0x37")
DEFINE_MOVDIR(movdiri_reg, ".byte 0x0f, 0x38, 0xf9, 0xf7")
DEFINE_MOVDIR(movdiri_lock, ".byte 0xf0, 0x0f, 0x38, 0xf9, 0x37")
DEFINE_MOVDIR(movdiri_66, ".byte 0x66, 0x0f, 0x38, 0xf9, 0x37")
DEFINE_MOVDIR(movdiri_f2, ".byte 0xf2, 0x0f, 0x38, 0xf9, 0x37")
DEFINE_MOVDIR(movdiri_f3, ".byte 0xf3, 0x0f, 0x38, 0xf9, 0x37")

/*
 * Compatibility mode, 16-bit addresses: the upper halves of the registers
 * must not matter. [SI] is ModRM 3c with DI.
 */
#define A16_DEST 0x600
#define A16_SRC 0x700
COMPAT(compat_a16, "mov $0x7fff0600, %edi\n\t"
                   "mov $0x7fff0700, %esi\n\t"
                   ".byte 0x67, 0x66, 0x0f, 0x38, 0xf8, 0x3c")
COMPAT(compat_a32, "mov $to, %edi\n\t"
                   "mov $from + 3, %esi\n\t"
                   ".byte 0x66, 0x0f, 0x38, 0xf8, 0x3e")

static void clear(void)
{
    for (unsigned i = 0; i < sizeof(to); i++) {
        to[i] = 0;
    }
}

/* Is the middle line of "to" equal to 64 bytes at @src, the rest zero? */
static bool stored(const uint8_t *src)
{
    for (unsigned i = 0; i < sizeof(to); i++) {
        uint8_t want = i / LINE == 1 ? src[i - LINE] : 0;

        if (to[i] != want) {
            return false;
        }
    }
    return true;
}

static bool all_zero(void)
{
    for (unsigned i = 0; i < sizeof(to); i++) {
        if (to[i]) {
            return false;
        }
    }
    return true;
}

static void faults(int vector, void (*fn)(void *), void *dest,
                   const void *src, const char *title)
{
    struct operands op = { dest, src };
    int got;

    clear();
    got = catch_fault(fn, &op);
    ok(got == vector && fault.rip == insn_rip && all_zero() &&
       (vector == EXC_PF || fault.error == 0), title);
}

static void test_movdir64b(void)
{
    struct operands op = { to + LINE, from };
    uint8_t *low;
    bool same = true;

    clear();
    ok(catch_fault(movdir64b, &op) == NONE && stored(from), "MOVDIR64B");
    clear();
    op.src = from + 5;
    ok(catch_fault(movdir64b, &op) == NONE && stored(from + 5),
       "MOVDIR64B: the source may be unaligned");
    clear();
    op.dest = (void *)((uintptr_t)op.dest | 1ull << 32);
    op.src = (void *)((uintptr_t)from | 1ull << 32);
    ok(catch_fault(movdir64b_a32, &op) == NONE && stored(from),
       "MOVDIR64B: 32-bit addresses in 64-bit mode");
    clear();
    ok(catch_fault_user(movdir64b, &(struct operands){ to + LINE, from }) ==
       NONE && stored(from), "MOVDIR64B at CPL 3");
    clear();
    ok(catch_fault_compat(compat_a32) == NONE, "MOVDIR64B in 32-bit code");
    asm volatile("" : : : "memory");
    for (unsigned i = 0; i < LINE; i++) {
        same = same && to[i] == from[3 + i];
    }
    ok(same, "MOVDIR64B in 32-bit code stores");
    asm("" : "=r"(low) : "0"((uintptr_t)A16_SRC));
    for (int i = 0; i < LINE; i++) {
        low[i] = 0x55 + i;
        low[i + A16_DEST - A16_SRC] = 0;
    }
    ok(catch_fault_compat(compat_a16) == NONE, "MOVDIR64B, 16-bit addresses");
    same = true;
    for (int i = 0; i < LINE; i++) {
        same = same && low[i + A16_DEST - A16_SRC] == (uint8_t)(0x55 + i);
    }
    ok(same, "MOVDIR64B, 16-bit addresses, stores");

    faults(EXC_GP, movdir64b, to + LINE + 8, from,
           "MOVDIR64B: destination is not aligned");
    faults(EXC_GP, movdir64b, to + 1, (void *)HOLE,
           "MOVDIR64B: alignment comes before a fault of the source");
    faults(EXC_PF, movdir64b, to + LINE, (void *)HOLE,
           "MOVDIR64B: source is not present");
    ok(fault.cr2 == HOLE && fault.error == 0, "its CR2 and error code");
    faults(EXC_PF, movdir64b, (void *)HOLE, from,
           "MOVDIR64B: destination is not present");
    ok(fault.cr2 == HOLE && fault.error == PF_W, "its CR2 and error code");
    faults(EXC_GP, movdir64b, (void *)(1ull << 62), from,
           "MOVDIR64B: destination is not canonical");
    faults(EXC_GP, movdir64b, to + LINE, (void *)(1ull << 62),
           "MOVDIR64B: source is not canonical");
    /* The boot code maps 4 GiB: the source's second half is not there. */
    faults(EXC_PF, movdir64b, to + LINE, (void *)((4ull << 30) - LINE / 2),
           "MOVDIR64B: source crosses into a page that is not present");
    ok(fault.cr2 == 4ull << 30, "its CR2");
    faults(EXC_UD, movdir64b_reg, to + LINE, from,
           "MOVDIR64B: register operand");
    faults(EXC_UD, movdir64b_lock, to + LINE, from, "MOVDIR64B: LOCK");
    faults(EXC_UD, movdir64b_np, to + LINE, from, "0F 38 F8 without 66");
    faults(EXC_UD, movdir64b_f2, to + LINE, from, "0F 38 F8 with F2");
    faults(EXC_UD, movdir64b_f3, to + LINE, from, "0F 38 F8 with F3");
}

static void test_movdiri(void)
{
    uint64_t val = 0x1122334455667788;
    struct operands op = { to, (void *)val };

    clear();
    ok(catch_fault(movdiri32, &op) == NONE &&
       *(uint64_t *)to == (uint32_t)val, "MOVDIRI, 32 bits");
    clear();
    ok(catch_fault(movdiri64, &op) == NONE && *(uint64_t *)to == val,
       "MOVDIRI, 64 bits");
    clear();
    op.dest = to + 3;
    ok(catch_fault(movdiri64, &op) == NONE &&
       *(uint64_t *)(to + 8) == val >> 40, "MOVDIRI: unaligned");
    faults(EXC_PF, movdiri64, (void *)HOLE, (void *)val,
           "MOVDIRI: destination is not present");
    ok(fault.cr2 == HOLE && fault.error == PF_W, "its CR2 and error code");
    faults(EXC_GP, movdiri64, (void *)(1ull << 62), (void *)val,
           "MOVDIRI: destination is not canonical");
    faults(EXC_UD, movdiri_reg, to, (void *)val, "MOVDIRI: register operand");
    faults(EXC_UD, movdiri_lock, to, (void *)val, "MOVDIRI: LOCK");
    faults(EXC_UD, movdiri_66, to, (void *)val, "MOVDIRI: 66");
    faults(EXC_UD, movdiri_f2, to, (void *)val, "MOVDIRI: F2");
    faults(EXC_UD, movdiri_f3, to, (void *)val, "MOVDIRI: F3");
}

int main(void)
{
    uint32_t r[4];

    guest_init();
    for (unsigned i = 0; i < sizeof(from); i++) {
        from[i] = i + 1;
    }
    cpuid(7, 0, r);
    if (r[2] & 1 << 28) {
        test_movdir64b();
        test_movdiri();
    } else {
        faults(EXC_UD, movdir64b, to + LINE, from, "MOVDIR64B not in CPUID");
        faults(EXC_UD, movdiri32, to, from, "MOVDIRI not in CPUID");
    }
    return test_end();
}
