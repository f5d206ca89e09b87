/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Chance, and the memory of a hostile VMX host: what of it the tables, lists
 * and code of vmx-random's guest are made of.
 */

#ifndef VMX_RANDOM_H
#define VMX_RANDOM_H

#include "vmx-guest.h"
#include "../../../../target/i386/x86-defs/ept.h"

#define ARENA_PAGES 512

/* Pages with a purpose; the others are just there. */
enum {
    A_PML4, A_PDPT, A_PD, A_EPT4, A_EPT3, A_EPT2, A_EPT1, A_MSR_BITMAP,
    A_IO_A, A_IO_B, A_VAPIC, A_PI, A_PML, A_MSR_LOAD, A_MSR_STORE, A_GDT,
    A_IDT, A_CODE, A_STACK, A_DATA, A_USED,
};

extern struct vmx_vcpu vcpu; /* whose regions are addresses as well */

/* The same seed, which is not 0, is the same chance. */
void random_seed(uint64_t value);
uint64_t random64(void);
/* A number from 0 to @n - 1 */
uint32_t below(uint32_t n);
/* Once in @n times */
bool rarely(uint32_t n);
/* Numbers that mean something, or nearly do, and addresses */
uint64_t random_value(void);

/* Address of a page of the arena */
uint64_t page(unsigned n);
/* A page of one value, of few set bits, or of anything */
void fill(unsigned n);
/* The guest's page tables and EPT have the arena where it is, and no more. */
void make_tables(void);
/* What an exit stores must be there; what an entry loads may be anything. */
void make_lists(void);
/* A page of instructions that exit, or work otherwise in a guest */
void make_code(void);

#endif /* VMX_RANDOM_H */
