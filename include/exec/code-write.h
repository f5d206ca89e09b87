/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A processor's store to a page with translated code: what has to be done
 * after it.
 *
 * The slow path of a store drops the translations of what it is about to
 * change. Until the bytes are there, another vCPU can translate the old ones
 * again; so the range is noted, and dropped once more when the store is done,
 * unless nobody has begun to read code since.
 */

#ifndef EXEC_CODE_WRITE_H
#define EXEC_CODE_WRITE_H

#include "qemu/atomic.h"

/*
 * How often a vCPU has locked a page to read code from it: counted after it
 * took the lock, before it reads.
 */
extern unsigned long code_reads;

/* A store touches two pages at most. */
#define CODE_WRITE_MAX 2

/**
 * CodeWrite: the ranges of RAM that a thread's store under way changes
 * @num: how many there are, 0 to CODE_WRITE_MAX
 * @range: in order
 * @range.addr: of RAM, in bytes
 * @range.size: in bytes
 * @range.reads: code_reads from before the translations were dropped
 */
typedef struct CodeWrite {
    unsigned num;
    struct {
        uint64_t addr;
        unsigned size;
        unsigned long reads;
    } range[CODE_WRITE_MAX];
} CodeWrite;

/*
 * Note one more range, before the translations are dropped; when there is no
 * place, the oldest one is forgotten.
 */
static inline void code_write_note(CodeWrite *w, uint64_t addr, unsigned size)
{
    if (w->num == CODE_WRITE_MAX) {
        w->range[0] = w->range[1];
        w->num--;
    }
    w->range[w->num].addr = addr;
    w->range[w->num].size = size;
    w->range[w->num].reads = qatomic_read(&code_reads);
    w->num++;
}

#endif /* EXEC_CODE_WRITE_H */
