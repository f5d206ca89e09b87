/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The words that scenario.c is written in: operands, repetitions, and the steps
 * that most programs share.
 */

#ifndef FUZZ_SCENARIO_H
#define FUZZ_SCENARIO_H

#include "fuzz.h"

/* Operands */
#define OPERAND(how, v) { how, { (v) & 0xff, (v) >> 8 } }
#define N(v)       OPERAND(FUZZ_NATURAL, v)
#define N_UP(v)    OPERAND(FUZZ_NATURAL | FUZZ_INCREMENT, v)
#define NUMBER(v)  OPERAND(FUZZ_NUMBER, v)
#define NUMBER_UP(v) OPERAND(FUZZ_NUMBER | FUZZ_INCREMENT, v)
#define RANGE(v)   OPERAND(FUZZ_RANGE, v)
#define RANGE_UP(v) OPERAND(FUZZ_RANGE | FUZZ_INCREMENT, v)
#define PAGE(v)    OPERAND(FUZZ_PAGE, v)
#define NONE       OPERAND(FUZZ_BITS, 128) /* all ones */
#define NEXT_FIELD OPERAND(FUZZ_RESULT, TDX_RDX)

/* Numbers of pages and of guest addresses, see machine.c */
#define P(range, page)        ((range) << 9 | (page))
#define G(level, region, page) ((level) << 9 | (region) << 6 | (page))
#define TDMR1_RANGE 512

/* Repetitions */
#define TWICE     (FUZZ_REPEAT | 0)
#define TIMES_3   (FUZZ_REPEAT | 1)
#define TIMES_5   (FUZZ_REPEAT | 2)
#define TIMES_6   (FUZZ_REPEAT | 3)
#define TIMES_16  (FUZZ_REPEAT | 4)
#define TIMES_64  (FUZZ_REPEAT | 5)
#define TIMES_256 (FUZZ_REPEAT | 6)
#define TIMES_512 (FUZZ_REPEAT | 7)

#define KNOB(v) { .leaf = FUZZ_KNOB, .op = { NUMBER(v) } }

/* An LP of another package, if there is one */
#define OTHER_LP 3

#define BOOT \
    { .leaf = TDH_SYS_INIT }, \
    { .leaf = TDH_SYS_LP_INIT, .repeat = TIMES_5 }, \
    { .leaf = TDH_SYS_CONFIG }, \
    { .leaf = TDH_SYS_KEY_CONFIG }, \
    { .leaf = TDH_SYS_KEY_CONFIG, .lp = OTHER_LP }

/* Range 4 gives the pages of the page pairs for ranges 0, 1, 2 */
#define MEMORY \
    { .leaf = TDH_SYS_TDMR_INIT, .repeat = TIMES_256, .op = { N(0) } }, \
    { .leaf = TDH_SYS_TDMR_INIT, .repeat = TIMES_256, .op = { N(1) } }, \
    { .leaf = TDH_PHYMEM_PAMT_ADD, .repeat = TIMES_3, \
      .op = { N_UP(0), N_UP(P(4, 0)), N_UP(P(4, 16)) } }

/* A TD in range 0 with the TD_PARAMS of number @params */
#define TD_OF(params, pages) \
    { .leaf = TDH_MNG_CREATE, .op = { N(P(0, 0)), N(1) } }, \
    { .leaf = TDH_MNG_KEY_CONFIG }, \
    { .leaf = TDH_MNG_KEY_CONFIG, .lp = OTHER_LP }, \
    { .leaf = TDH_MNG_ADDCX, .repeat = TIMES_6, .op = { N_UP(P(0, 1)) } }, \
    { .leaf = TDH_MNG_ADDCX, .repeat = pages, .op = { N_UP(P(0, 7)) } }, \
    { .leaf = TDH_MNG_INIT, .op = { N(0), N(params) } }

#define VCPU(number, page) \
    { .leaf = TDH_VP_CREATE, .op = { N(P(0, page)) } }, \
    { .leaf = TDH_VP_ADDCX, .repeat = TIMES_5, \
      .op = { N_UP(P(0, page + 1)), N(number) } }, \
    { .leaf = TDH_VP_INIT, .flags = 1, .op = { N(number), N(0), N(number) } }

#define PLAIN_TD TD_OF(0, 0), VCPU(0, 16)

#define TABLES(region, page) \
    { .leaf = TDH_MEM_SEPT_ADD, .op = { N(G(2, region, 0)), N(0), N(page) } }, \
    { .leaf = TDH_MEM_SEPT_ADD, \
      .op = { N(G(1, region, 0)), N(0), N(page + 1) } }

#define CONTENT \
    { .leaf = TDH_MEM_SEPT_ADD, .op = { N(G(3, 0, 0)), N(0), N(P(0, 32)) } }, \
    TABLES(0, P(0, 33)), \
    { .leaf = TDH_MEM_PAGE_ADD, .repeat = TIMES_5, \
      .op = { N_UP(G(0, 0, 0)), N(0), N_UP(P(0, 40)), N(0) } }, \
    { .leaf = TDH_MR_EXTEND, .op = { N(0) } }

#define FINALIZE { .leaf = TDH_MR_FINALIZE }

#endif /* FUZZ_SCENARIO_H */
