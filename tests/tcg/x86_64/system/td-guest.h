/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDs of a bare-metal TDX host.  A TD's memory begins as a copy of the host's
 * program at the same addresses, so that a function of the program is what
 * runs in it: with the tables and handlers of guest_init(), and variables of
 * its own.
 */

#ifndef TD_GUEST_H
#define TD_GUEST_H

#include "seam-td.h"
#include "seam-host.h"
#include "../../../../target/i386/x86-defs/vmx-exit-list.h"

#define TD_MAX_VCPUS 4
/* What the program ends below, and a TD's first Secure EPT page maps */
#define TD_IMAGE_END 0x200000ull
/* The page that a vCPU starts in */
#define TD_RESET_PAGE 0xfffff000ull
/* GPA bit of shared memory, with 48 bits of GPA */
#define TD_SHARED (1ull << 47)

#define TD_ATTR_DEBUG 1

/* Levels of the Secure EPT, as in operands */
enum { TD_4K, TD_2M, TD_1G, TD_512G };

/* What SGDT and SIDT store */
struct td_table {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

/**
 * struct td: a TD and its pages.
 * @next: the next page of its pool that it does not have yet
 */
struct td {
    uint64_t tdr;
    uint64_t vcpu[TD_MAX_VCPUS];
    unsigned vcpus;
    uint64_t base, next;
};

extern char td_reset_page[]; /* of td-guest-entry.S */
extern char __load_st[], __bss_en[]; /* of the linker: the program */

/* Registers of a vCPU's call of its VMM; others are not passed */
#define TD_CALL_MASK 0xfc0c /* RDX, RBX, R10 to R15 */

/* A SEAMCALL with four operands; RAX, all ones for VMfailInvalid */
uint64_t td_call4(uint64_t leaf, uint64_t rcx, uint64_t rdx, uint64_t r8,
                  uint64_t r9);

/**
 * td_build: TD number @n, from 0, with @vcpus vCPUs that run @fn(vcpu), ready
 * to be entered.  td_bring_up() has been called.
 */
bool td_build(struct td *td, unsigned n, unsigned vcpus, uint64_t attributes,
              void (*fn)(unsigned vcpu));

/* TDH.MEM.PAGE.AUG of a new page at @gpa; RAX */
uint64_t td_aug(struct td *td, uint64_t gpa);

/* End the TD, whose vCPUs are on this processor, and reclaim its pages */
bool td_end(struct td *td);

/* TDH.VP.ENTER with these registers; false for VMfailInvalid */
bool td_enter(struct td *td, unsigned vcpu, struct seam_regs *regs);

/* --- in a TD ------------------------------------------------------------- */

/* TDCALL; @regs as for seamcall_regs() */
bool tdcall_regs(struct seam_regs *regs);

/* TDG.VP.VMCALL with a number in R11 and a value in R12; the VMM's R12 */
uint64_t td_tell(uint64_t what, uint64_t value);

/*
 * Tell of the latest exception, which should be #VE: by number @vector its
 * vector, by the two that follow its reason, all ones if there was no #VE,
 * and qualification.  Returns what TDG.VP.VEINFO.GET said.
 */
struct seam_regs td_tell_ve(uint64_t vector);

#endif /* TD_GUEST_H */
