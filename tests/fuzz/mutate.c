/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Changing fuzz programs record by record.
 */

#include <string.h>

#include "fuzz.h"

/* Pseudo-random numbers: a counter, well mixed */
uint64_t fuzz_random(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15ULL;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
    return x ^ x >> 31;
}

static unsigned below(uint64_t *random, unsigned n)
{
    return (fuzz_random(random) >> 32) % n;
}

/* A program as it is being changed */
typedef struct Program {
    FuzzHeader header;
    FuzzRecord rec[FUZZ_MAX_RECORDS];
    unsigned n;
} Program;

static uint8_t random_leaf(uint64_t *random)
{
    size_t n;
    const TdxLeaf *const *table = tdx_leaf_table(&n);
    const TdxLeaf *leaf;

    switch (below(random, 32)) {
    case 0:
        return FUZZ_WRITE;
    case 1:
        return below(random, 4) ? FUZZ_KNOB :
               below(random, 2) ? FUZZ_INSTALL : FUZZ_RESET;
    case 2:
        return FUZZ_RAW;
    case 3:
        return below(random, 2) ? FUZZ_POISON : below(random, 256);
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
        return FUZZ_TDCALL;
    case 9:
    case 10:
        return FUZZ_EXIT;
    }
    do {
        leaf = table[below(random, n)];
    } while (!leaf->handler || leaf->number >= FUZZ_WRITE);
    return leaf->number;
}

static void random_operand(FuzzOperand *op, uint64_t *random)
{
    unsigned v = below(random, 0x10000);

    op->how = FUZZ_NATURAL;
    if (below(random, 6) == 0) {
        op->how = below(random, 256);
    } else if (below(random, 8) == 0) {
        op->how |= FUZZ_INCREMENT;
    }
    switch (below(random, 4)) {
    case 0:
        v &= 0xfff;
        break;
    case 1: /* of some range, level or region the first few */
        v &= 0xfc7;
        break;
    default:
        v &= 7;
        break;
    }
    op->value[0] = v;
    op->value[1] = v >> 8;
}

static void random_record(FuzzRecord *rec, uint64_t *random)
{
    int i;

    *rec = (FuzzRecord) { .leaf = random_leaf(random) };
    if (below(random, 4) == 0) {
        rec->lp = below(random, 4);
    }
    if (below(random, 4) == 0) {
        rec->flags = below(random, 32);
    }
    if (below(random, 16) == 0) {
        rec->repeat = FUZZ_REPEAT | below(random, 8);
    }
    for (i = 0; i < FUZZ_OPERANDS; i++) {
        random_operand(&rec->op[i], random);
    }
}

static void change_record(FuzzRecord *rec, uint64_t *random)
{
    FuzzOperand *op = &rec->op[below(random, below(random, 2)
                                             ? 3 : FUZZ_OPERANDS)];

    switch (below(random, 8)) {
    case 0:
        rec->leaf = random_leaf(random);
        break;
    case 1:
        rec->lp = below(random, 4);
        break;
    case 2:
        rec->flags ^= 1u << below(random, 5);
        break;
    case 3:
        rec->repeat = FUZZ_REPEAT | below(random, 8);
        break;
    case 4:
        rec->repeat = 0;
        break;
    case 5:
        op->value[0] += below(random, 2) ? 1 : -1;
        break;
    default:
        random_operand(op, random);
        break;
    }
}

/* Make room for @n records at @at; those beyond the end fall off */
static unsigned open_gap(Program *p, unsigned at, unsigned n)
{
    unsigned moved;

    n = MIN(n, FUZZ_MAX_RECORDS - at);
    moved = MIN(p->n - at, FUZZ_MAX_RECORDS - at - n);
    memmove(&p->rec[at + n], &p->rec[at], moved * sizeof(p->rec[0]));
    p->n = at + n + moved;
    return n;
}

/* Some records of a scenario, in their order */
static void splice(Program *p, uint64_t *random)
{
    size_t num_seeds;
    const FuzzSeed *seeds = fuzz_seeds(&num_seeds);
    const FuzzSeed *seed = &seeds[below(random, num_seeds)];
    unsigned first = below(random, seed->n);
    unsigned n = 1 + below(random, 16);
    unsigned at = below(random, p->n + 1);

    n = open_gap(p, at, MIN(n, seed->n - first));
    memcpy(&p->rec[at], &seed->rec[first], n * sizeof(p->rec[0]));
}

static void change(Program *p, uint64_t *random)
{
    unsigned at = p->n ? below(random, p->n) : 0;
    FuzzRecord rec;

    switch (p->n ? below(random, 12) : 10) {
    case 0:
    case 1:
        if (open_gap(p, at, 1)) {
            random_record(&p->rec[at], random);
        }
        break;
    case 2:
        memmove(&p->rec[at], &p->rec[at + 1],
                (p->n - at - 1) * sizeof(p->rec[0]));
        p->n--;
        break;
    case 3: /* copy one to somewhere else */
        rec = p->rec[at];
        at = below(random, p->n);
        if (open_gap(p, at, 1)) {
            p->rec[at] = rec;
        }
        break;
    case 4:
        p->n = at + 1;
        break;
    case 5:
        if (below(random, 4) == 0) {
            p->header.machine = below(random, 256);
        } else {
            p->header.machine ^= 1u << below(random, 8);
        }
        break;
    case 6:
        p->header.prologue = below(random, FUZZ_NUM_PROLOGUES);
        break;
    case 10:
        splice(p, random);
        break;
    default:
        change_record(&p->rec[at], random);
        break;
    }
}

size_t fuzz_mutate(uint8_t *data, size_t size, size_t max, uint64_t *random)
{
    Program p = { 0 };
    size_t n;

    memcpy(&p.header, data, MIN(size, sizeof(p.header)));
    if (size > sizeof(p.header)) {
        p.n = MIN((size - sizeof(p.header)) / sizeof(p.rec[0]),
                  FUZZ_MAX_RECORDS);
        memcpy(p.rec, data + sizeof(p.header), p.n * sizeof(p.rec[0]));
    }
    for (n = 1 + below(random, 4); n; n--) {
        change(&p, random);
    }
    if (max < sizeof(p.header)) {
        return size;
    }
    memcpy(data, &p.header, sizeof(p.header));
    n = MIN(p.n * sizeof(p.rec[0]), max - sizeof(p.header));
    memcpy(data + sizeof(p.header), p.rec, n);
    return sizeof(p.header) + n;
}
