/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The declaration of a leaf: all that there is to say of it, in its own file
 * tdh/tdh_x.c (SEAMCALL) or tdg/tdg_x.c (TDCALL).  Dispatch, traces, faults,
 * statistics, documentation, tests and fuzzing read these.
 */

#ifndef TDX_INCLUDE_LEAF_H
#define TDX_INCLUDE_LEAF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "module.h"
#include "../abi/field.h"
#include "../abi/leaf-number.h"
#include "../abi/states.h"
#include "../abi/status.h"

/* RAX on input: leaf number and version */
#define TDX_RAX_LEAF_MASK     0xffffULL
#define TDX_RAX_VERSION_SHIFT 16
#define TDX_RAX_VERSION_MASK  0xffULL
#define TDX_RAX_RSVD_MASK     (~0xffffffULL)

#define TDX_STATE_BIT(state) (1u << (state))

/* In which states the dispatcher lets a leaf through */
#define TDX_WHEN_READY    TDX_STATE_BIT(TDX_SYS_READY_STATE)
#define TDX_WHEN_UP       (TDX_STATE_BIT(TDX_SYSINIT_PENDING) | \
                           TDX_STATE_BIT(TDX_SYSINIT_DONE) | \
                           TDX_STATE_BIT(TDX_SYSCONFIG_DONE) | \
                           TDX_WHEN_READY)
#define TDX_WHEN_DISABLING TDX_STATE_BIT(TDX_SYS_DISABLING_STATE)
#define TDX_WHEN_ANY      (TDX_WHEN_UP | TDX_WHEN_DISABLING | \
                           TDX_STATE_BIT(TDX_SYS_SHUTDOWN_STATE))

/* Which modules have a leaf; a module without it answers as to any unknown */
typedef enum TdxLeafNeeds {
    TDX_NEEDS_NOTHING,
    TDX_NEEDS_DYNAMIC_PAMT,
    TDX_NEEDS_SYS_DISABLE,
} TdxLeafNeeds;

#define TDX_LEAF_MAX_OPERANDS 14

/* What an output holds after a failure that has nothing to say in it */
typedef enum TdxOnFailure {
    TDX_KEPT,     /* what the caller had there */
    TDX_ZERO,
    TDX_ONES,
    TDX_ONES_V1,  /* all ones, but kept by version 0 */
    TDX_PAGE_V1,  /* the page that was offered, without bit 63; the same */
} TdxOnFailure;

typedef struct TdxLeafOperand {
    TdxGpr reg;
    const char *name; /* NULL ends the list */
    TdxOnFailure on_failure; /* outputs only */
} TdxLeafOperand;

/* Where in a call an injected fault strikes: see fault.h */
typedef enum TdxFaultPoint {
    TDX_FAULT_AT_START,      /* instead of the leaf's handler */
    /* In the handler, if the call comes that far: */
    TDX_FAULT_INTERRUPTION,  /* a host event would end or split the work */
    TDX_FAULT_AT_SEPT_ENTRY, /* the Secure EPT entry is known and reported */
    TDX_FAULT_AT_OWNER,      /* the same of a page to be reclaimed */
    TDX_FAULT_NOWHERE,       /* outputs tell of something: not by a fault */
} TdxFaultPoint;

/**
 * TdxAnswer: a status that a leaf answers.
 * @status: with an operand id only where that matters to @when or @fault_at
 * @when: in words, after "if"; NULL for plain success
 * @fault_at: where a fault that injects it strikes
 * @on_silicon: the model never gives it
 */
typedef struct TdxAnswer {
    TdxStatus status; /* TDX_STATUS_NONE ends the list */
    const char *when;
    TdxFaultPoint fault_at;
    bool on_silicon;
} TdxAnswer;

#define TDX_ANSWERS(...) \
    (const TdxAnswer[]) { __VA_ARGS__, { TDX_STATUS_NONE } }

typedef struct TdxCall TdxCall;

/**
 * TdxLeafHandler: executes one leaf; returns the completion status.
 * Writes only output registers of the leaf.
 */
typedef TdxStatus TdxLeafHandler(TdxCall *c);

/**
 * TdxLeaf: one leaf.
 * @what: in a few words
 * @missing: what of it is not modelled, in sentences; NULL: nothing
 * @states: in which states of the module it is legal, TDX_WHEN_*; a TDCALL
 *   comes from a TD, so that the module is ready
 * @since_1_5: a module 1.0 does not have it
 * @piecewise: TDX_SUCCESS may mean that there is more to do
 * @in, @out: operands; @in is in the order of the ABI's description
 * @fields: of operands "field" and "next_field"
 * @answers: what its handler can answer, in the order of its checks
 */
typedef struct TdxLeaf {
    uint16_t number;
    const char *name;
    const char *what;
    const char *missing;
    uint8_t max_version;
    uint8_t states;
    bool since_1_5;
    bool piecewise;
    TdxLeafNeeds needs;
    TdxLeafHandler *handler; /* NULL: not modelled */
    TdxLeafOperand in[TDX_LEAF_MAX_OPERANDS];
    TdxLeafOperand out[TDX_LEAF_MAX_OPERANDS];
    const TdxFieldTable *fields;
    const TdxAnswer *answers;
} TdxLeaf;

/*
 * A leaf is defined as "const TdxLeaf tdx_leaf_TDH_SYS_RD", which begins with
 * TDX_LEAF_ID(TDH_SYS_RD): its number and name are in leaf-list.h.
 */
#define TDX_LEAF_ID(id) .number = id, .name = tdx_leaf_name_##id

#define TDX_SEAMCALL(number, id, name) \
    extern const TdxLeaf tdx_leaf_##id; \
    extern const char tdx_leaf_name_##id[];
#define TDX_TDCALL TDX_SEAMCALL
#include "../abi/leaf-list.h"

/* --- all of them ------------------------------------------------------------ */

/* More statuses than any leaf has, the dispatcher's included */
#define TDX_LEAF_MAX_STATUSES 32

/** tdx_leaf_find: SEAMCALL leaf @number, NULL if there is none */
const TdxLeaf *tdx_leaf_find(uint16_t number);

/** tdx_leaf_table: all SEAMCALL leaves in ascending order; @n: how many */
const TdxLeaf *const *tdx_leaf_table(size_t *n);

/** tdx_guest_leaf_find: TDCALL leaf @number, NULL if there is none */
const TdxLeaf *tdx_guest_leaf_find(uint16_t number);

/** tdx_guest_leaf_table: all TDCALL leaves in ascending order; @n: how many */
const TdxLeaf *const *tdx_guest_leaf_table(size_t *n);

/**
 * tdx_leaf_answer: the answer of @leaf's handler that @status is: one with
 * the very operand id, else one without or with another; NULL if it is none
 */
const TdxAnswer *tdx_leaf_answer(const TdxLeaf *leaf, TdxStatus status);

/**
 * tdx_leaf_statuses: all that a SEAMCALL of @leaf can answer, the
 * dispatcher's own answers included, ascending and without details.
 * @leaf: NULL for a number that is no leaf
 * Returns how many there are.
 */
size_t tdx_leaf_statuses(const TdxLeaf *leaf,
                         TdxStatus out[TDX_LEAF_MAX_STATUSES]);

/** tdx_leaf_may_return: is @status, whatever its details, one of them? */
bool tdx_leaf_may_return(const TdxLeaf *leaf, uint64_t status);

/** tdx_operand_doc: what an operand name of a leaf means, or NULL */
const char *tdx_operand_doc(const char *name);

#endif /* TDX_INCLUDE_LEAF_H */
