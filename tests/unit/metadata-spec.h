/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the metadata tests share: the fields of system scope as the ABI lists
 * them (metadata 4), apart from the module's own table, and calls.
 */

#ifndef METADATA_SPEC_H
#define METADATA_SPEC_H

#include "sim-platform.h"
#include "abi/status.h"

#define NULL_ID   UINT64_MAX
#define JUNK      0x5eed5eed5eed5eedULL

#define LEAF_INFO    32
#define LEAF_INIT    33
#define LEAF_RD      34
#define LEAF_LP_INIT 35
#define LEAF_RDALL   37

typedef struct SpecRow {
    uint64_t id;
    unsigned fields;
    unsigned elems;
} SpecRow;

static const SpecRow spec_rows[] = {
    { 0x0000000200000000, 1, 1 },
    { 0x0000000200000001, 8, 1 },
    { 0x0800000200000000, 1, 1 },
    { 0x8800000200000001, 1, 1 },
    { 0x8800000100000002, 1, 1 },
    { 0x0800000100000003, 1, 1 },
    { 0x0800000100000004, 1, 1 },
    { 0x0800000100000005, 1, 1 },
    { 0x0800000100000006, 1, 1 },
    { 0x8900000100000000, 1, 1 },
    { 0x8900000100000001, 1, 1 },
    { 0x8900000000000002, 1, 1 },
    { 0x8900000100000003, 1, 1 },
    { 0x8900000000000004, 1, 1 },
    { 0x8900000100000005, 1, 1 },
    { 0x8900000200000006, 1, 1 },
    { 0x0a00000200000000, 1, 1 },
    { 0x0a00000000000001, 1, 1 },
    { 0x0a00000300000008, 1, 1 },
    { 0x9000000100000000, 1, 1 },
    { 0x9000000300000080, 32, 1 },
    { 0x9000000300000100, 32, 1 },
    { 0x9100000100000008, 1, 1 },
    { 0x9100000100000009, 1, 1 },
    { 0x9100000100000010, 1, 1 },
    { 0x9100000100000011, 1, 1 },
    { 0x9100000100000012, 1, 1 },
    { 0x9100000000000013, 1, 1 },
    { 0x9100000000000014, 1, 1 },
    { 0x9800000100000000, 1, 1 },
    { 0x9800000100000100, 1, 1 },
    { 0x9800000100000101, 1, 1 },
    { 0x9800000100000200, 1, 1 },
    { 0x9800000100000201, 1, 1 },
    { 0x1900000300000000, 1, 1 },
    { 0x1900000300000001, 1, 1 },
    { 0x1900000300000002, 1, 1 },
    { 0x1900000300000003, 1, 1 },
    { 0x9900000100000004, 1, 1 },
    { 0x9900000300000006, 1, 1 },
    { 0x9900000300000007, 1, 1 },
    { 0x9900000100000008, 1, 1 },
    { 0x9900000000000009, 1, 1 },
    { 0x990000010000000a, 1, 1 },
    { 0x9900000300000400, 32, 1 },
    { 0x9900000300000500, 32, 2 },
    { 0x9900000300000600, 1, 1 },
    { 0x9900000100000800, 1, 1 },
    { 0x9900000100000801, 1, 1 },
    { 0x9900000300000810, 64, 1 },
    { 0x9900000300000850, 64, 1 },
    { 0xa000000300000000, 1, 1 },
    { 0x2000000100000001, 1, 1 },
    { 0x2000000100000002, 1, 1 },
    { 0x2000000100000003, 1, 1 },
    { 0x2000000100000004, 1, 1 },
    { 0xa000000100000010, 1, 1 },
    { 0xa000000000000020, 1, 1 },
    { 0xa000000000000021, 1, 1 },
    { 0xa000000000000022, 1, 1 },
    { 0xa100000100000000, 1, 1 },
    { 0xa100000300000001, 1, 1 },
    { 0xa100000300000002, 1, 1 },
    { 0xa200000100000000, 1, 1 },
    { 0xa200000300000001, 1, 1 },
    { 0xa200000300000002, 1, 1 },
    { 0xa200000300000003, 1, 1 },
    { 0xa200000300000004, 1, 1 },
    { 0xa200000300000005, 1, 1 },
    { 0xa200000300000006, 1, 1 },
};

#define SPEC_PAMT_BITMAP_BITS 0x9100000000000013ULL
#define SPEC_PAMT_HKID_BITS   0x9100000000000014ULL

static inline bool spec_has(const SpecRow *row, bool dynamic_pamt)
{
    return dynamic_pamt || (row->id != SPEC_PAMT_BITMAP_BITS &&
                            row->id != SPEC_PAMT_HKID_BITS);
}

static inline unsigned spec_elems(const SpecRow *row)
{
    return row->fields * row->elems;
}

static inline unsigned spec_bits(uint64_t id)
{
    return 8u << (id >> 32 & 3);
}

/* A machine with two LPs, to be varied and given to start() */
static inline SimPlatform *machine(void)
{
    SimPlatform *sim = sim_new();

    sim->info.max_pa = 52;
    sim->info.keyid_bits = 6;
    sim->info.mktme_keyids = 31;
    sim->info.tdx_keyids = 32;
    sim->info.num_lps = 2;
    sim->info.cmr[0] = (TdxRange) { 0x100000, 0x7df00000 };
    sim->info.cmr[1] = (TdxRange) { 0x100000000, 0x180000000 };
    sim->info.seamrr = (TdxRange) { 0x7e000000, 0x2000000 };
    return sim;
}

static inline void call(SimPlatform *sim, unsigned lp,
                        uint64_t gpr[TDX_NUM_GPRS])
{
    uint64_t before[TDX_NUM_GPRS];

    memcpy(before, gpr, sizeof(before));
    g_assert_true(tdx_module_seamcall(sim->module, lp, gpr, NULL));
    /* None of these leaves has an output beyond R9 */
    for (int i = 0; i < TDX_NUM_GPRS; i++) {
        if (i != TDX_RAX && i != TDX_RDX && i != TDX_R8 && i != TDX_R9) {
            g_assert_cmphex(gpr[i], ==, before[i]);
        }
    }
}

/* TDH.SYS.INIT and TDH.SYS.LP.INIT on LP 0 */
static inline void initialise(SimPlatform *sim)
{
    uint64_t init[TDX_NUM_GPRS] = { LEAF_INIT };
    uint64_t lp_init[TDX_NUM_GPRS] = { LEAF_LP_INIT };

    g_assert_true(tdx_module_seamcall(sim->module, 0, init, NULL));
    g_assert_cmphex(init[TDX_RAX], ==, TDX_SUCCESS);
    g_assert_true(tdx_module_seamcall(sim->module, 0, lp_init, NULL));
    g_assert_cmphex(lp_init[TDX_RAX], ==, TDX_SUCCESS);
}

static inline void start(SimPlatform *sim)
{
    sim_start(sim);
    initialise(sim);
}

typedef struct Answer {
    uint64_t status;
    uint64_t next;
    uint64_t value;
} Answer;

static inline Answer rd_on(SimPlatform *sim, unsigned lp, uint64_t id)
{
    uint64_t gpr[TDX_NUM_GPRS];

    for (int i = 0; i < TDX_NUM_GPRS; i++) {
        gpr[i] = JUNK + i;
    }
    gpr[TDX_RAX] = LEAF_RD;
    gpr[TDX_RDX] = id;
    call(sim, lp, gpr);
    g_assert_cmphex(gpr[TDX_R9], ==, JUNK + TDX_R9);
    return (Answer) { gpr[TDX_RAX], gpr[TDX_RDX], gpr[TDX_R8] };
}

static inline Answer rd(SimPlatform *sim, uint64_t id)
{
    return rd_on(sim, 0, id);
}

/* The value of a field that exists */
static inline uint64_t value(SimPlatform *sim, uint64_t id)
{
    Answer a = rd(sim, id);

    g_assert_cmphex(a.status, ==, TDX_SUCCESS);
    return a.value;
}

#endif /* METADATA_SPEC_H */
