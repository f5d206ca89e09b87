/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The declaration of a SEAMCALL leaf.  One table of these drives dispatch,
 * tracing, statistics, documentation and fuzzing.
 */

#ifndef TDX_ABI_LEAF_H
#define TDX_ABI_LEAF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../include/module.h"
#include "field.h"

/* RAX on input: leaf number and version */
#define TDX_RAX_LEAF_MASK     0xffffULL
#define TDX_RAX_VERSION_SHIFT 16
#define TDX_RAX_VERSION_MASK  0xffULL
#define TDX_RAX_RSVD_MASK     (~0xffffffULL)

/* Global state of the module (life cycle 2) */
typedef enum TdxSysState {
    TDX_SYSINIT_PENDING,
    TDX_SYSINIT_DONE,
    TDX_SYSCONFIG_DONE,
    TDX_SYS_READY_STATE,
    TDX_SYS_SHUTDOWN_STATE,
    TDX_SYS_DISABLING_STATE, /* TDH.SYS.DISABLE waits for other LPs */
    TDX_NUM_SYS_STATES,
} TdxSysState;

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

typedef struct TdxCall TdxCall;

/**
 * TdxLeafHandler: executes one leaf; returns the completion status.
 * Writes only output registers of the leaf.
 */
typedef uint64_t TdxLeafHandler(TdxCall *c);

typedef struct TdxLeaf {
    uint16_t number;
    const char *name;
    uint8_t max_version;
    uint8_t states; /* TDX_WHEN_* */
    bool piecewise; /* TDX_SUCCESS may mean that there is more to do */
    TdxLeafNeeds needs;
    TdxLeafHandler *handler; /* NULL: not modelled, the leaf does not exist */
    TdxLeafOperand in[TDX_LEAF_MAX_OPERANDS];
    TdxLeafOperand out[TDX_LEAF_MAX_OPERANDS];
    const TdxFieldTable *fields; /* of operands "field" and "next_field" */
} TdxLeaf;

/** tdx_leaf_find: declaration of leaf @number, NULL if there is none */
const TdxLeaf *tdx_leaf_find(uint16_t number);

/** tdx_leaf_table: all declarations in ascending order; @n: how many */
const TdxLeaf *tdx_leaf_table(size_t *n);

#endif /* TDX_ABI_LEAF_H */
