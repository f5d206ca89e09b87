/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.RDALL, lists that do not fit, and TDH.SYS.INFO.
 */

#include "metadata-spec.h"
#include "abi/field.h"
#include "metadata/engine.h"

#define BUFFER   0x300000ULL
#define PAGE     4096
#define FILLER   0xcccccccccccccccc

#define UNUSED_VALUES     0x9900000300000538ULL
#define UNUSED_VALUES_END 0x9900000300000540ULL

/* --- reading a list ---------------------------------------------------- */

/* Take @list apart; the field ids in it continue @ids, a GArray of uint64_t */
static void parse_list(SimPlatform *sim, const uint64_t *list, size_t room,
                       GArray *ids)
{
    size_t words = (list[0] & 0xffff) / 8, pos = 1;
    unsigned sequences = list[0] >> 16 & 0xffff;

    g_assert_cmphex(list[0] >> 32, ==, 0);
    g_assert_cmphex(list[0] % 8, ==, 0);
    g_assert_cmpuint(words, <=, room);
    while (sequences--) {
        uint64_t header = list[pos++];
        uint64_t id = header & ~(0xfULL << 34 | 0x1ffULL << 38);
        unsigned elems = (header >> 34 & 0xf) + 1;
        unsigned fields = (header >> 38 & 0x1ff) + 1;

        for (unsigned i = 0; i < fields * elems; i++, id++, pos++) {
            g_assert_cmpuint(pos, <, words);
            /* Second elements of unused CPUID_CONFIG_VALUES, as recorded */
            if (id >= UNUSED_VALUES && id < UNUSED_VALUES_END && (id & 1)) {
                g_assert_cmphex(list[pos], ==, FILLER);
            } else {
                g_assert_cmphex(list[pos], ==, value(sim, id));
            }
            g_array_append_val(ids, id);
        }
    }
    g_assert_cmpuint(pos, ==, words);
}

/* All element ids from @first on, as the ABI lists them */
static GArray *spec_ids_from(uint64_t first, bool dynamic_pamt)
{
    GArray *ids = g_array_new(false, false, sizeof(uint64_t));
    bool on = false;

    for (int i = 0; i < G_N_ELEMENTS(spec_rows); i++) {
        const SpecRow *row = &spec_rows[i];

        for (unsigned e = 0; e < spec_elems(row); e++) {
            uint64_t id = row->id + e;

            on = on || id == first;
            if (on && spec_has(row, dynamic_pamt)) {
                g_array_append_val(ids, id);
            }
        }
    }
    return ids;
}

static void assert_same_ids(GArray *a, GArray *b)
{
    g_assert_cmpuint(a->len, ==, b->len);
    /* A sequence has one NON_ARCH bit, that of its first field */
    for (guint i = 0; i < a->len; i++) {
        g_assert_cmphex(g_array_index(a, uint64_t, i) << 1, ==,
                        g_array_index(b, uint64_t, i) << 1);
    }
    g_array_free(a, true);
    g_array_free(b, true);
}

/* --- RDALL ------------------------------------------------------------- */

static uint64_t rdall(SimPlatform *sim, unsigned lp, uint64_t buffer,
                      uint64_t id, uint64_t *next)
{
    uint64_t gpr[TDX_NUM_GPRS];

    for (int i = 0; i < TDX_NUM_GPRS; i++) {
        gpr[i] = JUNK + i;
    }
    gpr[TDX_RAX] = LEAF_RDALL;
    gpr[TDX_RDX] = buffer;
    gpr[TDX_R8] = id;
    call(sim, lp, gpr);
    g_assert_cmphex(gpr[TDX_RDX], ==, buffer);
    g_assert_cmphex(gpr[TDX_R9], ==, JUNK + TDX_R9);
    *next = gpr[TDX_R8];
    return gpr[TDX_RAX];
}

static void fill(SimPlatform *sim, uint64_t hpa, size_t len)
{
    for (size_t i = 0; i < len; i += 8) {
        sim_write64(sim, hpa + i, FILLER);
    }
}

static void check_rdall(SimPlatform *sim, uint64_t id, uint64_t first,
                        bool dynamic_pamt)
{
    GArray *ids = g_array_new(false, false, sizeof(uint64_t));
    uint64_t list[PAGE / 8], next;

    fill(sim, BUFFER, PAGE);
    g_assert_cmphex(rdall(sim, 0, BUFFER, id, &next), ==, TDX_SUCCESS);
    g_assert_cmphex(next, ==, NULL_ID);
    for (int i = 0; i < PAGE / 8; i++) {
        list[i] = sim_read64(sim, BUFFER + 8 * i);
    }
    parse_list(sim, list, PAGE / 8, ids);
    for (int i = (list[0] & 0xffff) / 8; i < PAGE / 8; i++) {
        g_assert_cmphex(list[i], ==, FILLER);
    }
    assert_same_ids(ids, spec_ids_from(first, dynamic_pamt));
}

/* Size of the list and number of sequences, as recorded */
static void test_rdall_from_start(void)
{
    SimPlatform *sim = machine();

    start(sim);
    check_rdall(sim, NULL_ID, spec_rows[0].id, true);
    g_assert_cmphex(sim_read64(sim, BUFFER), ==, 0x280c80);
    check_rdall(sim, NULL_ID & ~(5ULL << 52), spec_rows[0].id, true);
    sim_free(sim);
}

static void test_rdall_no_dynamic_pamt(void)
{
    SimPlatform *sim = machine();
    uint64_t next;

    sim->cfg.features0 &= ~TDX_FEATURES0_DYNAMIC_PAMT;
    start(sim);
    check_rdall(sim, NULL_ID, spec_rows[0].id, false);
    g_assert_cmphex(rdall(sim, 0, BUFFER, SPEC_PAMT_BITMAP_BITS, &next), ==,
                    0xc0000c0000000000);
    sim_free(sim);
}

static void test_rdall_from_each(void)
{
    SimPlatform *sim = machine();
    uint64_t next;

    start(sim);
    for (int i = 0; i < G_N_ELEMENTS(spec_rows); i++) {
        const SpecRow *row = &spec_rows[i];

        for (unsigned e = 0; e < spec_elems(row); e++) {
            uint64_t id = row->id + e;

            if (e % row->elems) {
                g_assert_cmphex(rdall(sim, 0, BUFFER, id, &next), ==,
                                0xc0000c0000000000);
                g_assert_cmphex(next, ==, NULL_ID);
                continue;
            }
            check_rdall(sim, id, id, true);
        }
        /* Only class, code and size count */
        check_rdall(sim, row->id ^ (0xffULL << 24 | 0x1fffULL << 34 |
                                    0xffULL << 47 | 3ULL << 62),
                    row->id, true);
        for (uint64_t size = 1; size < 4; size++) {
            g_assert_cmphex(rdall(sim, 0, BUFFER, row->id ^ size << 32, &next),
                            ==, 0xc0000c0000000000);
        }
    }
    sim_free(sim);
}

static void test_rdall_operands(void)
{
    static const struct {
        uint64_t buffer;
        uint64_t id;
        uint64_t status;
    } bad[] = {
        { BUFFER + 8, NULL_ID, 0xc000010000000002 },
        { BUFFER + 2048, 0x123, 0xc000010000000002 },
        { 1ULL << 52, NULL_ID, 0xc000010000000002 },
        { 0x7e000000, NULL_ID, 0xc000010000000002 },
        { 0x7ffff000, NULL_ID, 0xc000010000000002 },
        { 32ULL << 46 | BUFFER, NULL_ID, 0xc000010000000002 },
        { BUFFER, 0x123, 0xc0000c0000000000 },
    };
    SimPlatform *sim = machine();
    uint64_t next;

    start(sim);
    fill(sim, BUFFER, PAGE);
    for (int i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_cmphex(rdall(sim, 0, bad[i].buffer, bad[i].id, &next), ==,
                        bad[i].status);
        g_assert_cmphex(next, ==, NULL_ID);
    }
    g_assert_cmphex(rdall(sim, 1, BUFFER + 8, 0x123, &next), ==,
                    0xc000050200000000);
    g_assert_cmphex(next, ==, NULL_ID);
    for (int i = 0; i < PAGE; i += 8) {
        g_assert_cmphex(sim_read64(sim, BUFFER + i), ==, FILLER);
    }
    /* A shared KeyID is another name for the same memory */
    g_assert_cmphex(rdall(sim, 0, 31ULL << 46 | BUFFER, NULL_ID, &next), ==,
                    TDX_SUCCESS);
    g_assert_cmphex(sim_read64(sim, BUFFER), ==, 0x280c80);
    sim_free(sim);
}

/* The system's fields fit in a page; those of other tables need not */
static void test_dump_continues(void)
{
    SimPlatform *sim = machine();
    uint64_t features0 = sim->cfg.features0;

    start(sim);
    for (size_t words = 1 + 1 + 2; words < 450; words++) {
        GArray *ids = g_array_new(false, false, sizeof(uint64_t));
        uint64_t next = spec_rows[0].id;

        while (next != NULL_ID) {
            uint64_t *list = g_new(uint64_t, words);
            unsigned index, before = ids->len;
            const TdxField *f = tdx_field_find(&tdx_sys_fields, features0,
                                               next, &index);
            size_t used;

            for (size_t i = 0; i < words; i++) {
                list[i] = FILLER;
            }
            next = tdx_field_dump(&tdx_sys_fields, features0, sim->module, false,
                                  f, index, (uint8_t *)list,
                                  words * sizeof(list[0]), &used);
            for (size_t i = 0; i < words; i++) {
                list[i] = GUINT64_FROM_LE(list[i]);
            }
            g_assert_cmpuint(used, ==, list[0] & 0xffff);
            parse_list(sim, list, words, ids);
            g_assert_cmpuint(ids->len, >, before);
            g_free(list);
        }
        assert_same_ids(ids, spec_ids_from(spec_rows[0].id, true));
    }
    sim_free(sim);
}

/* No room for the first field: nothing is lost */
static void test_dump_no_room(void)
{
    SimPlatform *sim = machine();
    uint64_t list[3] = { FILLER, FILLER, FILLER };
    unsigned index;
    const TdxField *f;
    size_t used;

    start(sim);
    f = tdx_field_find(&tdx_sys_fields, 0, 0x9900000300000502, &index);
    g_assert_cmphex(tdx_field_dump(&tdx_sys_fields, 0, sim->module, false, f, index,
                                   (uint8_t *)list, sizeof(list), &used),
                    ==, 0x9900000300000502);
    g_assert_cmpuint(used, ==, 8);
    g_assert_cmphex(GUINT64_FROM_LE(list[0]), ==, 8);
    g_assert_cmphex(list[1], ==, FILLER);
    sim_free(sim);
}

/* --- INFO ---------------------------------------------------------------- */

#define CMRS 0x311000ULL

static uint64_t info(SimPlatform *sim, unsigned lp, uint64_t rcx, uint64_t rdx,
                     uint64_t r8, uint64_t r9)
{
    uint64_t gpr[TDX_NUM_GPRS] = { LEAF_INFO };
    bool ok;

    gpr[TDX_RCX] = rcx;
    gpr[TDX_RDX] = rdx;
    gpr[TDX_R8] = r8;
    gpr[TDX_R9] = r9;
    call(sim, lp, gpr);
    ok = gpr[TDX_RAX] == TDX_SUCCESS;
    g_assert_cmphex(gpr[TDX_R8], ==, r8);
    g_assert_cmphex(gpr[TDX_RDX], ==, ok ? 1024 : 0);
    g_assert_cmphex(gpr[TDX_R9], ==, ok ? 32 : 0);
    return gpr[TDX_RAX];
}

static uint64_t part(SimPlatform *sim, unsigned offset, unsigned bytes)
{
    uint64_t word = sim_read64(sim, BUFFER + offset / 8 * 8);

    return word >> offset % 8 * 8 & (UINT64_MAX >> (64 - 8 * bytes));
}

static void test_info_content(void)
{
    SimPlatform *sim = machine();

    sim->cfg.max_tdmrs = 60;
    sim->cfg.max_rsvd_per_tdmr = 12;
    sim->cfg.minor = 7;
    start(sim);
    fill(sim, BUFFER, 1024 + 8);
    fill(sim, CMRS, 512 + 8);
    g_assert_cmphex(info(sim, 0, BUFFER, 1024, CMRS, 32), ==, TDX_SUCCESS);
    g_assert_cmphex(part(sim, 0, 4), ==, 0);
    g_assert_cmphex(part(sim, 4, 4), ==, 0x8086);
    g_assert_cmphex(part(sim, 8, 4), ==, sim->cfg.build_date);
    g_assert_cmphex(part(sim, 14, 2), ==, 7);
    g_assert_cmphex(part(sim, 16, 2), ==, 1);
    g_assert_cmphex(part(sim, 18, 1), ==, 1);
    g_assert_cmphex(part(sim, 19, 1), ==, 0);
    g_assert_cmphex(part(sim, 32, 2), ==, 60);
    g_assert_cmphex(part(sim, 34, 2), ==, 12);
    g_assert_cmphex(part(sim, 36, 4), ==, 16);
    g_assert_cmphex(part(sim, 48, 4), ==, 0x6000);
    g_assert_cmphex(part(sim, 52, 4), ==, 0x6000);
    g_assert_cmphex(part(sim, 64, 8), ==, 0x8000000070010001);
    g_assert_cmphex(part(sim, 80, 8), ==, 0x6dbe7);
    g_assert_cmphex(part(sim, 88, 8), ==, 3);
    g_assert_cmphex(part(sim, 128, 4), ==, 28);
    for (int i = 0; i < 28; i++) {
        unsigned at = 132 + 24 * i;

        g_assert_cmphex(part(sim, at + 4, 4) << 32 | part(sim, at, 4), ==,
                        value(sim, 0x9900000300000400 + i));
        g_assert_cmphex(part(sim, at + 12, 4) << 32 | part(sim, at + 8, 4), ==,
                        value(sim, 0x9900000300000500 + 2 * i));
        g_assert_cmphex(part(sim, at + 20, 4) << 32 | part(sim, at + 16, 4),
                        ==, value(sim, 0x9900000300000501 + 2 * i));
    }
    for (int at = 132 + 24 * 28; at < 1024; at += 4) {
        g_assert_cmphex(part(sim, at, 4), ==, 0);
    }
    g_assert_cmphex(sim_read64(sim, BUFFER + 1024), ==, FILLER);

    g_assert_cmphex(sim_read64(sim, CMRS), ==, 0x100000);
    g_assert_cmphex(sim_read64(sim, CMRS + 8), ==, 0x7df00000);
    g_assert_cmphex(sim_read64(sim, CMRS + 16), ==, 0x100000000);
    g_assert_cmphex(sim_read64(sim, CMRS + 24), ==, 0x180000000);
    for (int at = 32; at < 512; at += 8) {
        g_assert_cmphex(sim_read64(sim, CMRS + at), ==, 0);
    }
    g_assert_cmphex(sim_read64(sim, CMRS + 512), ==, FILLER);
    sim_free(sim);
}

static void test_info_operands(void)
{
    static const struct {
        uint64_t rcx, rdx, r8, r9;
        uint64_t status;
        bool cleared;
    } bad[] = {
        { BUFFER + 512, 0, 1, 0, 0xc000010000000001, false },
        { 1ULL << 52, 1024, CMRS, 32, 0xc000010000000001, false },
        { 0x7ffffc00, 1024, CMRS, 32, 0xc000010000000001, false },
        { 32ULL << 46 | BUFFER, 1024, CMRS, 32, 0xc000010000000001, false },
        { BUFFER, 1023, 1, 0, 0xc000010000000002, false },
        { BUFFER, 1024, CMRS + 256, 0, 0xc000010000000008, true },
        { BUFFER, 1024, 0x7ffffe00, 0, 0xc000010000000008, true },
        { BUFFER, 1024, CMRS, 31, 0xc000010000000009, true },
    };
    SimPlatform *sim = machine();

    start(sim);
    for (int i = 0; i < G_N_ELEMENTS(bad); i++) {
        fill(sim, BUFFER, 1024 + 8);
        fill(sim, CMRS, 512);
        g_assert_cmphex(info(sim, 0, bad[i].rcx, bad[i].rdx, bad[i].r8,
                             bad[i].r9), ==, bad[i].status);
        for (int at = 0; at < 1024; at += 8) {
            g_assert_cmphex(sim_read64(sim, BUFFER + at), ==,
                            bad[i].cleared ? 0 : FILLER);
        }
        g_assert_cmphex(sim_read64(sim, BUFFER + 1024), ==, FILLER);
        for (int at = 0; at < 512; at += 8) {
            g_assert_cmphex(sim_read64(sim, CMRS + at), ==, FILLER);
        }
    }
    g_assert_cmphex(info(sim, 1, BUFFER + 512, 0, 1, 0), ==,
                    0xc000050200000000);
    g_assert_cmphex(info(sim, 0, BUFFER, UINT64_MAX, CMRS, UINT64_MAX), ==,
                    TDX_SUCCESS);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/metadata/rdall/start", test_rdall_from_start);
    g_test_add_func("/metadata/rdall/no-dynamic-pamt",
                    test_rdall_no_dynamic_pamt);
    g_test_add_func("/metadata/rdall/each", test_rdall_from_each);
    g_test_add_func("/metadata/rdall/operands", test_rdall_operands);
    g_test_add_func("/metadata/dump/continues", test_dump_continues);
    g_test_add_func("/metadata/dump/no-room", test_dump_no_room);
    g_test_add_func("/metadata/info/content", test_info_content);
    g_test_add_func("/metadata/info/operands", test_info_operands);
    return g_test_run();
}
