/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The machines that fuzz programs run on, and the values of operands there.
 */

#include <string.h>

#include "abi/field-id.h"
#include "fuzz.h"
#include "sim-boot.h"
#include "metadata/td-fields.h"
#include "td/td-params.h"

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

#define TDMR0 (4 * GIB)
#define TDMR1 (6 * GIB)
#define NUM_TDMRS 2

/* In TDMR 0: a range of which some pages are reserved */
#define RESERVED_RANGE (256 * MIB)

/* Memory of the host's own */
#define TDMR_INFO  (256 * MIB)
#define TD_PARAMS  (257 * MIB)
#define BUFFERS    (258 * MIB)
#define NUM_PARAMS 4

#define CACHE_LINE     64
#define LINES_PER_PAGE (TDX_PAGE_4K / CACHE_LINE)

static const TdxTdmrInfo tdmr_info[NUM_TDMRS] = {
    {
        .base = TDMR0,
        .size = GIB,
        .pamt_1g = { 512 * MIB, MIB },
        .pamt_2m = { 513 * MIB, MIB },
        .pamt_4k = { 514 * MIB, 4 * MIB },
        .rsvd = {
            { RESERVED_RANGE + 64 * 1024, 64 * 1024 },
            { 512 * MIB, 2 * MIB },
        },
    },
    {
        .base = TDMR1,
        .size = GIB,
        .pamt_1g = { 520 * MIB, MIB },
        .pamt_2m = { 521 * MIB, MIB },
        .pamt_4k = { 522 * MIB, 4 * MIB },
    },
};

/* Four TDs: usual; debug; wide guest addresses; one L2 VM */
static const struct {
    uint64_t attributes;
    uint64_t vcpus_vms;
    uint64_t eptp;
    uint64_t config;
} params[NUM_PARAMS] = {
    { 0, 3, 0x1e, 0 },
    { TDX_ATTR_DEBUG, 3, 0x1e, 0 },
    { 0, 3, 0x26, TDX_CONFIG_GPAW },
    { 0, 3 | 1 << 16, 0x1e, 0 },
};

static unsigned num_tdmrs(const FuzzMachine *fm)
{
    return fm->header.machine & FUZZ_TDMRS ? NUM_TDMRS : 1;
}

void fuzz_machine_fill(FuzzMachine *fm)
{
    unsigned i;

    sim_write_tdmrs(fm->sim, TDMR_INFO, tdmr_info, NUM_TDMRS);
    for (i = 0; i < NUM_PARAMS; i++) {
        uint64_t hpa = TD_PARAMS + i * TDX_TD_PARAMS_SIZE;

        sim_write64(fm->sim, hpa, params[i].attributes);
        sim_write64(fm->sim, hpa + 8, 3);   /* XFAM: x87 and SSE */
        sim_write64(fm->sim, hpa + 16, params[i].vcpus_vms);
        sim_write64(fm->sim, hpa + 24, params[i].eptp);
        sim_write64(fm->sim, hpa + 32, params[i].config);
        sim_write64(fm->sim, hpa + 40, 40); /* 1 GHz */
    }
}

void fuzz_machine_init(FuzzMachine *fm, const FuzzHeader *header)
{
    static const unsigned lps[] = { 1, 2, 4, 4 };
    unsigned flags = header->machine;
    SimPlatform *sim = sim_new();
    TdxPlatformInfo *info = &sim->info;

    *fm = (FuzzMachine) {
        .sim = sim,
        .header = *header,
        .trace = g_getenv("FUZZ_TRACE"),
    };
    info->max_pa = flags & FUZZ_WIDE ? 52 : 46;
    info->keyid_bits = flags & FUZZ_WIDE ? 6 : 3;
    info->mktme_keyids = flags & FUZZ_WIDE ? 15 : 3;
    info->tdx_keyids = flags & FUZZ_WIDE ? 48 : 4;
    info->num_lps = lps[flags >> FUZZ_LPS_SHIFT & FUZZ_LPS_MASK];
    info->num_pkgs = flags & FUZZ_PKGS && info->num_lps > 1 ? 2 : 1;
    info->cmr[0] = (TdxRange) { MIB, GIB - MIB };
    info->cmr[1] = (TdxRange) { TDMR0, GIB };
    info->cmr[2] = (TdxRange) { TDMR1, GIB };
    info->seamrr = (TdxRange) { GIB, 64 * MIB };
    if (flags & FUZZ_OLD_MODULE) {
        sim->cfg.features0 &= ~TDX_FEATURES0_DYNAMIC_PAMT;
    }
    sim->cfg.sys_disable = flags & FUZZ_SYS_DISABLE;
    fuzz_machine_fill(fm);
    sim_start(sim);
}

void fuzz_machine_end(FuzzMachine *fm)
{
    sim_free(fm->sim);
}

/* --- operands -------------------------------------------------------------- */

/* Bits 8:0 of the number choose a page in the range that 11:9 choose */
static uint64_t page_value(unsigned v, unsigned i)
{
    static const uint64_t range[] = {
        TDMR0, TDMR0 + 2 * MIB, TDMR0 + 4 * MIB, TDMR0 + 6 * MIB,
        TDMR0 + 8 * MIB, TDMR0 + RESERVED_RANGE, TDMR0 + GIB - 2 * MIB, TDMR1,
    };

    return range[v >> 9 & 7] + ((v & 511) + i) * TDX_PAGE_4K;
}

/* Below 512, and from 512 to 1023, ranges of the two TDMRs */
static uint64_t range_value(unsigned v, unsigned i)
{
    uint64_t base = v & 512 ? TDMR1 : TDMR0;

    return base + ((v & 511) + i) * TDX_PAGE_2M;
}

/* Bits 11:9 are the level, 8:6 choose a region, 5:0 a page in it */
static uint64_t gpa_value(unsigned v, unsigned i)
{
    static const uint64_t region[] = {
        0, 2 * MIB, 4 * MIB, GIB, GIB + 2 * MIB, 512 * GIB, 1ULL << 47,
        1ULL << 51,
    };
    unsigned level = v >> 9 & 7;
    uint64_t size = TDX_PAGE_4K << 9 * MIN(level, 4u);
    uint64_t gpa = region[v >> 6 & 7] + (v & 63) * TDX_PAGE_4K;

    return ((gpa & ~(size - 1)) + i * size) | level;
}

static uint64_t bits_value(unsigned v)
{
    uint64_t bit = 1ULL << (v & 63);

    switch (v >> 6 & 3) {
    case 0:
        return bit;
    case 1:
        return bit - 1;
    case 2:
        return -bit;
    default:
        return ~bit;
    }
}

static uint64_t pool_value(const FuzzPool *pool, unsigned v)
{
    return pool->n ? pool->hpa[v % MIN(pool->n, FUZZ_POOL)] : TDMR0;
}

static uint64_t field_value(unsigned leaf, unsigned v)
{
    const TdxFieldTable *table = &tdx_td_fields;

    switch (leaf) {
    case TDH_SYS_RD:
    case TDH_SYS_RDALL:
    case FUZZ_IN_TD | TDG_SYS_RD:
    case FUZZ_IN_TD | TDG_SYS_RDALL:
        table = &tdx_sys_fields;
        break;
    case TDH_VP_RD:
    case TDH_VP_WR:
    case FUZZ_IN_TD | TDG_VP_RD:
    case FUZZ_IN_TD | TDG_VP_WR:
        table = &tdx_vp_fields;
        break;
    }
    if (v == 0) {
        return TDX_FIELD_ID_NONE;
    }
    if (v & 2048) { /* CPUID_VALUES */
        return 0x9410000300000000ULL | (v & 0x7ff) << 4;
    }
    return table->row[(v - 1) % table->rows].id + (v >> 9);
}

/* What a leaf expects of an operand, by its name in the leaf table */
typedef enum Natural {
    NAT_NUMBER, /* the number, changed by a base */
    NAT_PAGE,
    NAT_TDR,
    NAT_TDVPR,
    NAT_GPA,
    NAT_RANGE,
    NAT_HKID,
    NAT_PARAMS,
    NAT_TDMR,
    NAT_TDMR_INFO,
    NAT_NUM_TDMRS,
    NAT_HKID_FLAGS,
    NAT_FIELD,
    NAT_BUFFER,
} Natural;

static const struct {
    const char *name;
    Natural natural;
    uint64_t base;
} naturals[] = {
    { "page", NAT_PAGE },
    { "sept_page", NAT_PAGE },
    { "l2_page1", NAT_PAGE },
    { "l2_page2", NAT_PAGE },
    { "l2_page3", NAT_PAGE },
    { "pamt_page0", NAT_PAGE },
    { "pamt_page1", NAT_PAGE },
    { "tdr", NAT_TDR },
    { "tdvpr", NAT_TDVPR },
    { "tdvpr_flags", NAT_TDVPR },
    { "gpa", NAT_GPA },
    { "range", NAT_RANGE },
    { "hkid", NAT_HKID },
    { "td_params", NAT_PARAMS },
    { "tdmr_base", NAT_TDMR },
    { "tdmr_info_array", NAT_TDMR_INFO },
    { "num_tdmrs", NAT_NUM_TDMRS },
    { "hkid_flags", NAT_HKID_FLAGS },
    { "field", NAT_FIELD },
    { "source", NAT_BUFFER },
    { "buffer", NAT_BUFFER },
    { "tdsysinfo", NAT_BUFFER },
    { "cmr_info", NAT_BUFFER },
    { "event_filters", NAT_BUFFER },
    { "report", NAT_GPA },
    { "data", NAT_GPA },
    { "gpa_level", NAT_GPA },
    { "reportmacstruct", NAT_GPA },
    { "mask", NAT_NUMBER, UINT64_MAX },
    { "handoff_version", NAT_NUMBER, 1 },
    { "tdsysinfo_size", NAT_NUMBER, 1024 },
    { "num_cmrs", NAT_NUMBER, 32 },
};

static uint64_t natural_value(FuzzMachine *fm, unsigned leaf,
                              const char *name, unsigned v, unsigned i)
{
    const TdxModule *m = fm->sim->module;
    Natural natural = NAT_NUMBER;
    uint64_t base = 0;
    size_t n;

    for (n = 0; name && n < G_N_ELEMENTS(naturals); n++) {
        if (!strcmp(naturals[n].name, name)) {
            natural = naturals[n].natural;
            base = naturals[n].base;
        }
    }
    /* A guest names memory of its own */
    if (leaf & FUZZ_IN_TD && natural == NAT_BUFFER) {
        natural = NAT_GPA;
    }
    switch (natural) {
    case NAT_PAGE:
        return page_value(v, i);
    case NAT_TDR:
        return pool_value(&fm->tdr, v + i);
    case NAT_TDVPR:
        return pool_value(&fm->tdvpr, v + i);
    case NAT_GPA:
        return gpa_value(v, i);
    case NAT_RANGE:
        return range_value(v, i) | TDX_LEVEL_2M;
    case NAT_HKID:
        return m->private_hkid_min + v + i;
    case NAT_PARAMS:
        return TD_PARAMS + v % NUM_PARAMS * TDX_TD_PARAMS_SIZE;
    case NAT_TDMR:
        return tdmr_info[v % NUM_TDMRS].base;
    case NAT_TDMR_INFO:
        return TDMR_INFO;
    case NAT_NUM_TDMRS:
        return v ? v : num_tdmrs(fm);
    case NAT_HKID_FLAGS:
        return (m->private_hkid_min + (v & 7)) |
               (fm->header.machine & FUZZ_DYNAMIC ? SIM_BOOT_DYNAMIC : 0);
    case NAT_FIELD:
        return field_value(leaf, v + i);
    case NAT_BUFFER:
        return BUFFERS + (v & 63) * TDX_PAGE_4K + (v >> 6);
    case NAT_NUMBER:
        break;
    }
    return (base ^ v) + i;
}

static uint64_t tweak(FuzzMachine *fm, uint64_t value, unsigned how,
                      unsigned v)
{
    switch (how >> FUZZ_TWEAK_SHIFT) {
    case FUZZ_KEYID:
        return value | (uint64_t)fm->sim->module->private_hkid_min <<
               fm->sim->module->hkid_start_bit;
    case FUZZ_MISALIGN:
        return value + 0x800;
    case FUZZ_LOW_BIT:
        return value | 1;
    case FUZZ_TOP_BIT:
        return value | 1ULL << 63;
    case FUZZ_FLIP:
        return value ^ 1ULL << (v >> 4 & 63);
    default:
        return value;
    }
}

uint64_t fuzz_operand(FuzzMachine *fm, unsigned leaf, const char *name,
                      const FuzzOperand *op, unsigned i)
{
    unsigned v = (op->value[0] | op->value[1] << 8) & 0xfff;
    uint64_t value;

    if (!(op->how & FUZZ_INCREMENT)) {
        i = 0;
    }
    switch (op->how & FUZZ_KIND_MASK) {
    case FUZZ_RANGE:
        value = range_value(v, i);
        break;
    case FUZZ_TDR:
        value = pool_value(&fm->tdr, v + i);
        break;
    case FUZZ_TDVPR:
        value = pool_value(&fm->tdvpr, v + i);
        break;
    case FUZZ_PAGE:
        value = page_value(v, i);
        break;
    case FUZZ_GPA:
        value = gpa_value(v, i);
        break;
    case FUZZ_NUMBER:
        value = v + i;
        break;
    case FUZZ_BITS:
        value = bits_value(v);
        break;
    case FUZZ_RESULT:
        value = fm->last[v % TDX_NUM_GPRS];
        break;
    default:
        value = natural_value(fm, leaf, name, v, i);
        break;
    }
    return tweak(fm, value, op->how, v);
}

/*
 * Operand 0: bits 11:10 choose a structure, 9:0 a byte in it.  Operand 1: the
 * word to write there, operand 2: one to be xored with what is there.
 */
void fuzz_write(FuzzMachine *fm, const FuzzRecord *rec)
{
    static const uint64_t structure[] = {
        TDMR_INFO + TDX_TDMR_INFO_ALIGN, TDMR_INFO, TD_PARAMS, BUFFERS,
    };
    unsigned v = rec->op[0].value[0] | rec->op[0].value[1] << 8;
    uint64_t hpa = structure[v >> 10 & 3] + (v & 1016);
    uint64_t value = fuzz_operand(fm, rec->leaf, NULL, &rec->op[1], 0);

    if (rec->op[2].how) {
        value = sim_read64(fm->sim, hpa) ^
                fuzz_operand(fm, rec->leaf, NULL, &rec->op[2], 0);
    }
    sim_write64(fm->sim, hpa, value);
}

/*
 * Operand 0: a page, or with operand 1 of 1 to 3 a place in the PAMT area of
 * that level's number less one; operand 2: which cache line of it, 64 and more
 * for all of the page.
 */
void fuzz_poison(FuzzMachine *fm, const FuzzRecord *rec)
{
    uint64_t hpa = fuzz_operand(fm, rec->leaf, "page", &rec->op[0], 0);
    unsigned level = rec->op[1].value[0];
    unsigned line = rec->op[2].value[0];

    if (level >= 1 && level <= TDX_NUM_PAMT_LEVELS) {
        const TdxRange *pamt[] = {
            &tdmr_info[0].pamt_4k, &tdmr_info[0].pamt_2m,
            &tdmr_info[0].pamt_1g,
        };

        hpa = pamt[level - 1]->base + (hpa & (64 * 1024 - 1));
    }
    hpa &= (TDX_HPA_LIMIT - 1) & ~(TDX_PAGE_4K - 1);
    if (line < LINES_PER_PAGE) {
        sim_poison(fm->sim, hpa + line * CACHE_LINE, CACHE_LINE);
    } else {
        sim_poison(fm->sim, hpa, TDX_PAGE_4K);
    }
    fm->poisoned = true;
}
