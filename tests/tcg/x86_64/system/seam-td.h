/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the bare-metal guests share that look at a TD's pages: the module
 * brought up with one TDMR and a static PAMT, and a TD that has its TDCS.
 *
 * All of it lies in the 2 GiB that the guests' page tables map.
 */

#ifndef SEAM_TD_H
#define SEAM_TD_H

#include "seam-guest.h"

#define LINE 64

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

/* SEAMCALL: RAX, or UINT64_MAX after VMfailInvalid */
uint64_t td_call(uint64_t leaf, uint64_t rcx, uint64_t rdx, uint64_t r8);

/* VMXON by the calling processor; each has a region of its own. */
void td_enter_vmx(unsigned cpu);

/*
 * Make the module ready. @others is called when all other processors shall
 * have entered VMX operation and called TDH.SYS.LP.INIT before it returns.
 */
bool td_bring_up(void (*others)(void));

bool td_create(void);
bool td_destroy(void);

/*
 * The status of a leaf that looks at the first page of the TDCS: the TD is
 * not initialised, TDX_OP_STATE_INCORRECT.
 */
uint64_t td_look(void);

/* What others write too, so that each access is one */
static inline uint64_t get(uint64_t hpa)
{
    return __atomic_load_n((uint64_t *)(uintptr_t)hpa, __ATOMIC_RELAXED);
}

static inline void put(uint64_t hpa, uint64_t value)
{
    __atomic_store_n((uint64_t *)(uintptr_t)hpa, value, __ATOMIC_RELAXED);
}

/* --- stores to the line at @at, of no byte that is not zero --------------- */

static inline void store_byte(void *at)
{
    asm volatile("movb $0, 63(%0)" : : "r"(at) : "memory");
}

static inline void store_locked(void *at)
{
    uint64_t zero = 0;

    asm volatile("lock xaddq %0, 8(%1)" : "+r"(zero) : "r"(at) : "memory");
}

static inline void store_string(void *at)
{
    uint64_t count = LINE;

    asm volatile("rep stosb" : "+D"(at), "+c"(count) : "a"(0) : "memory");
}

static inline void store_movnti(void *at)
{
    asm volatile("movnti %1, 16(%0)" : : "r"(at), "r"(0ull) : "memory");
}

/* MOVDIR64B: all of it at once */
void store_line(void *at);

#endif /* SEAM_TD_H */
