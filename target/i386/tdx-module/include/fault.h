/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fault injection: make calls of a leaf answer what only a busy, unlucky or
 * refusing module would, so that a host's way with that can be tested.
 */

#ifndef TDX_INCLUDE_FAULT_H
#define TDX_INCLUDE_FAULT_H

#include "leaf.h"

typedef struct TdxFault TdxFault;


/**
 * TdxFault: calls of one leaf that get an injected status.
 * @leaf, @status, @point: as set by tdx_fault_parse()
 * @output, @has_output: as set by tdx_fault_parse_outputs(): what the leaf's
 *   i-th output holds, where bit i says so
 * @nth: the first call that may be hit, from 1, counted since the fault was
 *   added
 * @count: how many calls are hit at most, 0 for no limit
 * @percent: the probability that a call from the @nth on is hit, 0 to 100
 * @seed: of these chances: what becomes of a call depends on nothing but
 *   @seed and the number of the call
 * @on_hit: told of each hit, on the thread of the call; @call is its number
 * @calls: calls of the leaf so far; atomic
 * @hits: how many of them were hit; atomic
 * @next: the module's own; atomic
 */
struct TdxFault {
    const TdxLeaf *leaf;
    TdxStatus status;
    TdxFaultPoint point;
    uint64_t output[TDX_LEAF_MAX_OPERANDS];
    uint32_t has_output;
    uint64_t nth;
    uint64_t count;
    unsigned percent;
    uint32_t seed;
    void (*on_hit)(TdxFault *f, unsigned lp, uint64_t call);
    uint64_t calls;
    uint64_t hits;
    TdxFault *next;
};

/**
 * tdx_fault_parse: set what @f injects into which leaf.
 * @leaf: such as "tdh.sys.init"
 * @status: such as "TDX_OPERAND_BUSY", with or without "TDX_"; or
 *   "interrupted", for what the leaf answers to a host event
 * @operand: what bits 31:0 name, such as "RCX" or "0x3b"; NULL for nothing
 *
 * No name distinguishes upper from lower case.
 * Returns NULL, or one line on why that cannot be, to be freed.
 */
char *tdx_fault_parse(TdxFault *f, const char *leaf, const char *status,
                      const char *operand);

/**
 * tdx_fault_parse_outputs: set what a call that @f hits has in its outputs.
 * @outputs: such as "cpuid_leaf=0x7 mask_low=1", by the leaf's own names or
 *   by registers; those not named hold what the leaf leaves when it fails
 *
 * After tdx_fault_parse().  Returns NULL, or one line on why that cannot be,
 * to be freed.
 */
char *tdx_fault_parse_outputs(TdxFault *f, const char *outputs);

/**
 * tdx_fault_add: let @f strike from now on, after those added before.
 * Only one thread may add and remove at a time; SEAMCALLs may be under way.
 * Returns NULL, or one line on why @m cannot have it, to be freed.
 */
char *tdx_fault_add(TdxModule *m, TdxFault *f);

/**
 * tdx_fault_remove: no call that begins after this is hit by @f.  SEAMCALLs
 * that are under way may still use it.
 */
void tdx_fault_remove(TdxModule *m, TdxFault *f);

#endif /* TDX_INCLUDE_FAULT_H */
