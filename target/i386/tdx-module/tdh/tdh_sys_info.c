/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.INFO: describe the module in the form older hosts know.
 */

#include <glib.h>
#include <string.h>

#include "../core/call.h"
#include "../metadata/engine.h"
#include "../sys/cpuid.h"
#include "answers.h"

#define TDSYSINFO_SIZE 1024
#define CMR_INFO_ALIGN 512

/* Parts of TDSYSINFO_STRUCT that are metadata fields too (SYS.INFO) */
static const struct {
    uint16_t offset;
    uint16_t size;
    uint64_t field;
} info_fields[] = {
    { 0, 4, 0x0a00000200000000 },  /* SYS_ATTRIBUTES */
    { 4, 4, 0x0800000200000000 },  /* VENDOR_ID */
    { 8, 4, 0x8800000200000001 },  /* BUILD_DATE */
    { 12, 2, 0x8800000100000002 }, /* BUILD_NUM */
    { 14, 2, 0x0800000100000003 }, /* MINOR_VERSION */
    { 16, 2, 0x0800000100000004 }, /* MAJOR_VERSION */
    { 32, 2, 0x9100000100000008 }, /* MAX_TDMRS */
    { 34, 2, 0x9100000100000009 }, /* MAX_RESERVED_PER_TDMR */
    { 36, 2, 0x9100000100000010 }, /* PAMT_4K_ENTRY_SIZE */
    { 48, 2, 0x9800000100000100 }, /* TDCS_BASE_SIZE */
    { 52, 2, 0x9800000100000200 }, /* TDVPS_BASE_SIZE */
    { 64, 8, 0x1900000300000000 }, /* ATTRIBUTES_FIXED0 */
    { 72, 8, 0x1900000300000001 }, /* ATTRIBUTES_FIXED1 */
    { 80, 8, 0x1900000300000002 }, /* XFAM_FIXED0 */
    { 88, 8, 0x1900000300000003 }, /* XFAM_FIXED1 */
    { 128, 4, 0x9900000100000004 }, /* NUM_CPUID_CONFIG */
};

/* TDH.SYS.RD is there */
#define INFO_SYS_RD 18

/* CPUID_CONFIG entries: leaf, subleaf, EAX, EBX, ECX, EDX */
#define INFO_CPUID_CONFIG 132
#define INFO_CPUID_CONFIG_SIZE 24

G_STATIC_ASSERT(INFO_CPUID_CONFIG +
                TDX_NUM_CPUID_CONFIG * INFO_CPUID_CONFIG_SIZE
                <= TDSYSINFO_SIZE);

static void put_le(uint8_t *at, uint64_t value, size_t size)
{
    value = GUINT64_TO_LE(value);
    memcpy(at, &value, size);
}

static void fill_info(const TdxModule *m, uint8_t info[TDSYSINFO_SIZE])
{
    unsigned i, reg;

    memset(info, 0, TDSYSINFO_SIZE);
    for (i = 0; i < G_N_ELEMENTS(info_fields); i++) {
        unsigned index;
        const TdxField *f = tdx_field_find(&tdx_sys_fields,
                                           tdx_field_features(m),
                                           info_fields[i].field, &index);

        put_le(info + info_fields[i].offset, tdx_field_value(f, m, index),
               info_fields[i].size);
    }
    info[INFO_SYS_RD] = !m->cfg.first_generation;
    for (i = 0; i < TDX_NUM_CPUID_CONFIG; i++) {
        uint8_t *entry = info + INFO_CPUID_CONFIG + i * INFO_CPUID_CONFIG_SIZE;

        put_le(entry, tdx_cpuid_config[i].leaf, 4);
        put_le(entry + 4, tdx_cpuid_config[i].subleaf, 4);
        for (reg = 0; reg < TDX_NUM_CPUID_REGS; reg++) {
            put_le(entry + 8 + reg * 4, tdx_cpuid_config_mask(m, i, reg), 4);
        }
    }
}

static void fill_cmrs(const TdxModule *m, uint64_t cmrs[2 * TDX_MAX_CMRS])
{
    unsigned i;

    for (i = 0; i < TDX_MAX_CMRS; i++) {
        cmrs[2 * i] = GUINT64_TO_LE(m->plat.cmr[i].base);
        cmrs[2 * i + 1] = GUINT64_TO_LE(m->plat.cmr[i].size);
    }
}

/* SYS.INFO, life cycle 5 */
static TdxStatus tdh_sys_info(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t info_hpa = c->gpr[TDX_RCX];
    uint64_t info_size = c->gpr[TDX_RDX];
    uint64_t cmrs_hpa = c->gpr[TDX_R8];
    uint64_t num_cmrs = c->gpr[TDX_R9];
    uint8_t info[TDSYSINFO_SIZE] = { 0 };
    uint64_t cmrs[2 * TDX_MAX_CMRS];
    TdxStatus status;

    c->gpr[TDX_RDX] = 0;
    c->gpr[TDX_R9] = 0;

    status = tdx_check_lp_init(c) ?:
             tdx_check_shared_hpa(m, info_hpa, sizeof(info), sizeof(info),
                                  TDX_RCX) ?:
             tdx_require(info_size >= sizeof(info),
                         tdx_bad_operand(m, TDX_RDX, info_size, TDX_CAUSE_TOO_LOW,
                                         sizeof(info)));
    if (status) {
        return status;
    }
    /* Cleared this early: the host sees it when a later check fails */
    tdx_write_shared(m, info_hpa, info, sizeof(info));

    status = tdx_check_shared_hpa(m, cmrs_hpa, sizeof(cmrs), CMR_INFO_ALIGN,
                                  TDX_R8) ?:
             tdx_require(num_cmrs >= TDX_MAX_CMRS,
                         tdx_bad_operand(m, TDX_R9, num_cmrs, TDX_CAUSE_TOO_LOW,
                                         TDX_MAX_CMRS));
    if (status) {
        return status;
    }
    fill_info(m, info);
    tdx_write_shared(m, info_hpa, info, sizeof(info));
    fill_cmrs(m, cmrs);
    tdx_write_shared(m, cmrs_hpa, cmrs, sizeof(cmrs));
    c->gpr[TDX_RDX] = sizeof(info);
    c->gpr[TDX_R9] = TDX_MAX_CMRS;
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_SYS_INFO = {
    TDX_LEAF_ID(TDH_SYS_INFO),
    .what = "Describe the module and convertible memory",
    .states = TDX_WHEN_UP,
    .in = { { TDX_RCX, "tdsysinfo" }, { TDX_RDX, "tdsysinfo_size" },
            { TDX_R8, "cmr_info" }, { TDX_R9, "num_cmrs" } },
    .out = { { TDX_RDX, "tdsysinfo_size", TDX_ZERO },
             { TDX_R9, "num_cmrs", TDX_ZERO } },
    .handler = tdh_sys_info,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_LP_INIT,
        { TDX_OPERAND_INVALID,
          "an address cannot be used, or a buffer is too small" }
    ),
};
