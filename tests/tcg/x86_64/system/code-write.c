/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A processor changes code that others execute, as Linux patches its text.
 *
 * The code returns a number. The writer changes the number several times, with
 * the readers executing it, and tells them only the last one; a reader that
 * has been told, and has serialized (SDM Vol. 3A, "Handling Self- and
 * Cross-Modifying Code"), must get that number and not one before it.
 *
 * Link: seam-guest.c seam-guest-entry.S
 * QEMU: -cpu TDXHost -smp 2
 * QEMU: -cpu TDXHost -smp 3
 */

#include "seam-guest.h"

/* By two processors; with more of them than the host has, each is slow. */
#define ROUNDS 800
#define STORES 3        /* of a round; the last one counts */
#define MAX_PAUSE 64

#define MOV_EAX_IMM32 0xb8
#define RET 0xc3

static uint8_t pages[2][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static uint8_t *site;           /* "mov $number, %eax; ret" */
static bool locked;             /* is the number written by XCHG? */
static uint32_t told, seen, stale, ready, readers;

static void call(const uint8_t *code, uint32_t *val)
{
    asm volatile("call *%1" : "=a"(*val) : "r"(code) : "memory");
}

static void serialize(void)
{
    uint32_t regs[4];

    cpuid(0, 0, regs);
}

static uint32_t read_number(const uint32_t *number)
{
    return __atomic_load_n(number, __ATOMIC_SEQ_CST);
}

static void reader(void)
{
    uint32_t val, round = 0;
    uint8_t *code;

    __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
    for (;;) {
        while (read_number(&told) == round) {
            code = __atomic_load_n(&site, __ATOMIC_SEQ_CST);
            if (code) {
                call(code, &val);
            }
        }
        round = read_number(&told);
        serialize();
        code = __atomic_load_n(&site, __ATOMIC_SEQ_CST);
        if (code) {
            call(code, &val);
            if (val != round) {
                __atomic_add_fetch(&stale, 1, __ATOMIC_SEQ_CST);
            }
        }
        __atomic_add_fetch(&seen, 1, __ATOMIC_SEQ_CST);
    }
}

/* Tell the readers of @round, and wait until all have taken notice. */
static void tell(uint32_t round)
{
    __atomic_store_n(&seen, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&told, round, __ATOMIC_SEQ_CST);
    while (read_number(&seen) < readers) {
        asm volatile("pause");
    }
}

static void store(uint32_t *number, uint32_t val)
{
    if (locked) {
        asm volatile("xchg %0, %1" : "+r"(val), "+m"(*number));
    } else {
        asm volatile("movl %1, %0" : "=m"(*number) : "r"(val));
    }
}

static void wait(uint32_t *random)
{
    *random = *random * 1103515245 + 12345;
    for (uint32_t i = *random >> 16 & (MAX_PAUSE - 1); i; i--) {
        asm volatile("" : : : "memory");
    }
}

/* Change the number of the code at @addr again and again; were all right? */
static bool change(uint8_t *addr, uint32_t *round)
{
    uint32_t *number = (uint32_t *)(addr + 1), random = 1;
    unsigned rounds = ROUNDS / (readers * readers * readers);

    stale = 0;
    addr[0] = MOV_EAX_IMM32;
    addr[5] = RET;
    __atomic_store_n(&site, addr, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < rounds; i++) {
        ++*round;
        for (unsigned j = STORES; j--; ) {
            store(number, *round | j << 24);
            wait(&random);
        }
        tell(*round);
    }
    __atomic_store_n(&site, NULL, __ATOMIC_SEQ_CST);
    tell(++*round);
    if (stale) {
        ml_printf("# old code was executed %u times of %u\n", stale,
                  rounds * readers);
    }
    return !stale;
}

/* Much translated code in a page: each byte of it is a function. */
static void crowd(uint8_t *page)
{
    uint32_t val;

    for (unsigned i = 0; i < PAGE_SIZE; i++) {
        page[i] = RET;
    }
    for (unsigned i = 0; i < PAGE_SIZE; i++) {
        call(page + i, &val);
    }
}

int main(void)
{
    uint32_t round = 0;

    guest_init();
    readers = num_processors() - 1;
    for (uint32_t i = 1; i <= readers; i++) {
        ap_start(i, reader);
    }
    while (read_number(&ready) < readers) {
        asm volatile("pause");
    }
    for (unsigned i = 0; i < 2; i++) {
        locked = i;
        ok(change(pages[0] + 0x7f, &round), "the only code of its page");
        crowd(pages[1]);
        ok(change(pages[1] + 0x7f, &round), "code in a page with much code");
    }
    locked = false;
    crowd(pages[1]);
    ok(change(pages[0] + PAGE_SIZE - 3, &round), "code across two pages");
    return test_end();
}
