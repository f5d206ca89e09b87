/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every SEAMCALL leaf of the host interface, declared once, in ascending
 * order.  A leaf without a handler is not modelled: the module answers as one
 * that lacks the feature, that is, as to an unknown leaf.
 */

#include "leaf.h"
#include "../tdx-internal.h"

static const TdxLeaf leaf_table[] = {
    {
        .number = 0,
        .name = "TDH.VP.ENTER",
        .states = TDX_WHEN_READY,
        .handler = tdh_vp_enter,
    },
    {
        .number = 1,
        .name = "TDH.MNG.ADDCX",
        .states = TDX_WHEN_READY,
        .handler = tdh_mng_addcx,
        .in = { { TDX_RCX, "page" }, { TDX_RDX, "tdr" } },
    },
    {
        .number = 2,
        .name = "TDH.MEM.PAGE.ADD",
        .states = TDX_WHEN_READY,
        .handler = tdh_mem_page_add,
        .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" }, { TDX_R8, "page" },
                { TDX_R9, "source" } },
        .out = { { TDX_RCX, "ext_err" }, { TDX_RDX, "ext_level" } },
    },
    {
        .number = 3,
        .name = "TDH.MEM.SEPT.ADD",
        .max_version = 1,
        .states = TDX_WHEN_READY,
        .handler = tdh_mem_sept_add,
        .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" }, { TDX_R8, "page" },
                { TDX_R9, "l2_page1" }, { TDX_R10, "l2_page2" },
                { TDX_R11, "l2_page3" } },
        .out = { { TDX_RCX, "ext_err" }, { TDX_RDX, "ext_level" } },
    },
    {
        .number = 4,
        .name = "TDH.VP.ADDCX",
        .states = TDX_WHEN_READY,
        .handler = tdh_vp_addcx,
        .in = { { TDX_RCX, "page" }, { TDX_RDX, "tdvpr" } },
    },
    {
        .number = 5,
        .name = "TDH.MEM.PAGE.RELOCATE",
        .states = TDX_WHEN_READY,
        .handler = tdh_mem_page_relocate,
        .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" }, { TDX_R8, "page" } },
        .out = { { TDX_RCX, "old_page" }, { TDX_RDX, "ext_level" } },
    },
    {
        .number = 6,
        .name = "TDH.MEM.PAGE.AUG",
        .states = TDX_WHEN_READY,
        .handler = tdh_mem_page_aug,
        .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" }, { TDX_R8, "page" } },
        .out = { { TDX_RCX, "ext_err" }, { TDX_RDX, "ext_level" } },
    },
    {
        .number = 7,
        .name = "TDH.MEM.RANGE.BLOCK",
        .states = TDX_WHEN_READY,
        .handler = tdh_mem_range_block,
        .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" } },
        .out = { { TDX_RCX, "ext_err" }, { TDX_RDX, "ext_level" } },
    },
    {
        .number = 8,
        .name = "TDH.MNG.KEY.CONFIG",
        .states = TDX_WHEN_READY,
        .handler = tdh_mng_key_config,
        .in = { { TDX_RCX, "tdr" } },
    },
    {
        .number = 9,
        .name = "TDH.MNG.CREATE",
        .states = TDX_WHEN_READY,
        .handler = tdh_mng_create,
        .in = { { TDX_RCX, "page" }, { TDX_RDX, "hkid" } },
    },
    {
        .number = 10,
        .name = "TDH.VP.CREATE",
        .states = TDX_WHEN_READY,
        .handler = tdh_vp_create,
        .in = { { TDX_RCX, "page" }, { TDX_RDX, "tdr" } },
    },
    {
        .number = 11,
        .name = "TDH.MNG.RD",
        .max_version = 1,
        .states = TDX_WHEN_READY,
        .handler = tdh_mng_rd,
        .in = { { TDX_RCX, "tdr" }, { TDX_RDX, "field" } },
        .out = { { TDX_RDX, "next_field" }, { TDX_R8, "value" } },
    },
    {
        .number = 12,
        .name = "TDH.MEM.RD",
        .states = TDX_WHEN_READY,
        .handler = tdh_mem_rd,
        .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" } },
        .out = { { TDX_RCX, "ext_err" }, { TDX_RDX, "ext_level" },
                { TDX_R8, "value" } },
    },
    {
        .number = 13,
        .name = "TDH.MNG.WR",
        .states = TDX_WHEN_READY,
        .handler = tdh_mng_wr,
        .in = { { TDX_RCX, "tdr" }, { TDX_RDX, "field" }, { TDX_R8, "value" },
                { TDX_R9, "mask" } },
        .out = { { TDX_R8, "old_value" } },
    },
    {
        .number = 14,
        .name = "TDH.MEM.WR",
        .states = TDX_WHEN_READY,
        .handler = tdh_mem_wr,
        .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" }, { TDX_R8, "value" } },
        .out = { { TDX_RCX, "ext_err" }, { TDX_RDX, "ext_level" },
                { TDX_R8, "old_value" } },
    },
    {
        .number = 15,
        .name = "TDH.MEM.PAGE.DEMOTE",
        .states = TDX_WHEN_READY,
        .handler = tdh_mem_page_demote,
        .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" },
                { TDX_R8, "sept_page" }, { TDX_R9, "l2_page1" },
                { TDX_R10, "l2_page2" }, { TDX_R11, "l2_page3" },
                { TDX_R12, "pamt_page0" }, { TDX_R13, "pamt_page1" } },
        .out = { { TDX_RCX, "ext_err" }, { TDX_RDX, "ext_level" } },
    },
    {
        .number = 16,
        .name = "TDH.MR.EXTEND",
        .states = TDX_WHEN_READY,
        .handler = tdh_mr_extend,
        .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" } },
        .out = { { TDX_RCX, "ext_err" }, { TDX_RDX, "ext_level" } },
    },
    {
        .number = 17,
        .name = "TDH.MR.FINALIZE",
        .states = TDX_WHEN_READY,
        .handler = tdh_mr_finalize,
        .in = { { TDX_RCX, "tdr" } },
    },
    {
        .number = 18,
        .name = "TDH.VP.FLUSH",
        .states = TDX_WHEN_READY,
        .handler = tdh_vp_flush,
        .in = { { TDX_RCX, "tdvpr" } },
    },
    {
        .number = 19,
        .name = "TDH.MNG.VPFLUSHDONE",
        .states = TDX_WHEN_READY,
        .handler = tdh_mng_vpflushdone,
        .in = { { TDX_RCX, "tdr" } },
    },
    {
        .number = 20,
        .name = "TDH.MNG.KEY.FREEID",
        .states = TDX_WHEN_READY,
        .handler = tdh_mng_key_freeid,
        .in = { { TDX_RCX, "tdr" } },
    },
    {
        .number = 21,
        .name = "TDH.MNG.INIT",
        .states = TDX_WHEN_READY,
        .handler = tdh_mng_init,
        .in = { { TDX_RCX, "tdr" }, { TDX_RDX, "td_params" },
                { TDX_R8, "event_filters" } },
        .out = { { TDX_RCX, "cpuid_leaf" } },
    },
    {
        .number = 22,
        .name = "TDH.VP.INIT",
        .max_version = 1,
        .states = TDX_WHEN_READY,
        .handler = tdh_vp_init,
        .in = { { TDX_RCX, "tdvpr" }, { TDX_RDX, "initial_rcx" },
                { TDX_R8, "x2apic_id" } },
    },
    {
        .number = 23,
        .name = "TDH.MEM.PAGE.PROMOTE",
        .max_version = 1,
        .states = TDX_WHEN_READY,
        .handler = tdh_mem_page_promote,
        .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" } },
        .out = { { TDX_RCX, "sept_page" }, { TDX_RDX, "ext_level" },
                { TDX_R9, "l2_page1" }, { TDX_R10, "l2_page2" },
                { TDX_R11, "l2_page3" }, { TDX_R12, "pamt_page0" },
                { TDX_R13, "pamt_page1" } },
    },
    {
        .number = 24,
        .name = "TDH.PHYMEM.PAGE.RDMD",
        .states = TDX_WHEN_READY,
        .handler = tdh_phymem_page_rdmd,
        .in = { { TDX_RCX, "page" } },
        .out = { { TDX_RCX, "type" }, { TDX_RDX, "owner" },
                { TDX_R8, "level" }, { TDX_R9, "bepoch" },
                { TDX_R10, "pamt_page0" }, { TDX_R11, "pamt_page1" } },
    },
    {
        .number = 25,
        .name = "TDH.MEM.SEPT.RD",
        .states = TDX_WHEN_READY,
        .handler = tdh_mem_sept_rd,
        .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" } },
        .out = { { TDX_RCX, "entry" }, { TDX_RDX, "level_state" } },
    },
    {
        .number = 26,
        .name = "TDH.VP.RD",
        .max_version = 1,
        .states = TDX_WHEN_READY,
        .handler = tdh_vp_rd,
        .in = { { TDX_RCX, "tdvpr" }, { TDX_RDX, "field" } },
        .out = { { TDX_RDX, "next_field" }, { TDX_R8, "value" } },
    },
    {
        .number = 27,
        .name = "TDH.MNG.KEY.RECLAIMID",
        .states = TDX_WHEN_READY,
        .handler = tdh_mng_key_reclaimid,
        .in = { { TDX_RCX, "tdr" } },
    },
    {
        .number = 28,
        .name = "TDH.PHYMEM.PAGE.RECLAIM",
        .states = TDX_WHEN_READY,
        .handler = tdh_phymem_page_reclaim,
        .in = { { TDX_RCX, "page" } },
        .out = { { TDX_RCX, "type" }, { TDX_RDX, "owner" },
                { TDX_R8, "level" }, { TDX_R9, "hint" }, { TDX_R10, "zero" },
                { TDX_R11, "zero" } },
    },
    {
        .number = 29,
        .name = "TDH.MEM.PAGE.REMOVE",
        .states = TDX_WHEN_READY,
        .handler = tdh_mem_page_remove,
        .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" } },
        .out = { { TDX_RCX, "page" }, { TDX_RDX, "ext_level" } },
    },
    {
        .number = 30,
        .name = "TDH.MEM.SEPT.REMOVE",
        .max_version = 1,
        .states = TDX_WHEN_READY,
        .handler = tdh_mem_sept_remove,
        .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" } },
        .out = { { TDX_RCX, "page" }, { TDX_RDX, "ext_level" },
                { TDX_R9, "l2_page1" }, { TDX_R10, "l2_page2" },
                { TDX_R11, "l2_page3" } },
    },
    {
        .number = 31,
        .name = "TDH.SYS.KEY.CONFIG",
        .states = TDX_WHEN_UP,
        .handler = tdh_sys_key_config,
    },
    {
        .number = 32,
        .name = "TDH.SYS.INFO",
        .states = TDX_WHEN_UP,
        .handler = tdh_sys_info,
        .in = { { TDX_RCX, "tdsysinfo" }, { TDX_RDX, "tdsysinfo_size" },
                { TDX_R8, "cmr_info" }, { TDX_R9, "num_cmrs" } },
        .out = { { TDX_RDX, "tdsysinfo_size" }, { TDX_R9, "num_cmrs" } },
    },
    {
        .number = 33,
        .name = "TDH.SYS.INIT",
        .max_version = 1,
        .states = TDX_WHEN_UP,
        .handler = tdh_sys_init,
        .in = { { TDX_RCX, "reserved" }, { TDX_R8, "diagnostics" } },
        .out = { { TDX_RCX, "cpuid_leaf" }, { TDX_RDX, "mask_low" },
                { TDX_R8, "mask_high" }, { TDX_R9, "expected_low" },
                { TDX_R10, "expected_high" } },
    },
    {
        .number = 34,
        .name = "TDH.SYS.RD",
        .states = TDX_WHEN_UP,
        .handler = tdh_sys_rd,
        .in = { { TDX_RDX, "field" } },
        .out = { { TDX_RDX, "next_field" }, { TDX_R8, "value" } },
    },
    {
        .number = 35,
        .name = "TDH.SYS.LP.INIT",
        .states = TDX_WHEN_UP,
        .handler = tdh_sys_lp_init,
        .out = { { TDX_RCX, "cpuid_leaf" }, { TDX_RDX, "mask_low" },
                { TDX_R8, "mask_high" } },
    },
    {
        .number = 36,
        .name = "TDH.SYS.TDMR.INIT",
        .states = TDX_WHEN_READY,
        .handler = tdh_sys_tdmr_init,
        .in = { { TDX_RCX, "tdmr_base" } },
        .out = { { TDX_RDX, "next" } },
    },
    {
        .number = 37,
        .name = "TDH.SYS.RDALL",
        .states = TDX_WHEN_UP,
        .handler = tdh_sys_rdall,
        .in = { { TDX_RDX, "buffer" }, { TDX_R8, "field" } },
        .out = { { TDX_R8, "next_field" } },
    },
    {
        .number = 38,
        .name = "TDH.MEM.TRACK",
        .states = TDX_WHEN_READY,
        .handler = tdh_mem_track,
        .in = { { TDX_RCX, "tdr" } },
    },
    {
        .number = 39,
        .name = "TDH.MEM.RANGE.UNBLOCK",
        .states = TDX_WHEN_READY,
        .handler = tdh_mem_range_unblock,
        .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" } },
        .out = { { TDX_RCX, "ext_err" }, { TDX_RDX, "ext_level" } },
    },
    {
        .number = 40,
        .name = "TDH.PHYMEM.CACHE.WB",
        .states = TDX_WHEN_READY,
        .handler = tdh_phymem_cache_wb,
        .in = { { TDX_RCX, "resume" } },
    },
    {
        .number = 41,
        .name = "TDH.PHYMEM.PAGE.WBINVD",
        .states = TDX_WHEN_READY,
        .handler = tdh_phymem_page_wbinvd,
        .in = { { TDX_RCX, "page" } },
    },
    {
        .number = 43,
        .name = "TDH.VP.WR",
        .states = TDX_WHEN_READY,
        .handler = tdh_vp_wr,
        .in = { { TDX_RCX, "tdvpr" }, { TDX_RDX, "field" },
                { TDX_R8, "value" }, { TDX_R9, "mask" } },
        .out = { { TDX_R8, "old_value" } },
    },
    {
        .number = 44,
        .name = "TDH.SYS.LP.SHUTDOWN",
        .states = TDX_WHEN_ANY,
        .handler = tdh_sys_lp_shutdown,
    },
    {
        .number = 45,
        .name = "TDH.SYS.CONFIG",
        .states = TDX_WHEN_UP,
        .handler = tdh_sys_config,
        .in = { { TDX_RCX, "tdmr_info_array" }, { TDX_RDX, "num_tdmrs" },
                { TDX_R8, "hkid_flags" } },
    },
    {
        .number = 48,
        .name = "TDH.SERVTD.BIND",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 49,
        .name = "TDH.SERVTD.PREBIND",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 52,
        .name = "TDH.SYS.SHUTDOWN",
        .states = TDX_WHEN_READY,
        .handler = tdh_sys_shutdown,
        .in = { { TDX_RCX, "handoff_version" } },
    },
    {
        .number = 53,
        .name = "TDH.SYS.UPDATE",
        .max_version = 1,
        .states = TDX_WHEN_UP,
        .handler = tdh_sys_update,
        .in = { { TDX_R9, "features" }, { TDX_R10, "reserved" } },
    },
    {
        .number = 58,
        .name = "TDH.PHYMEM.PAMT.ADD",
        .states = TDX_WHEN_READY,
        .needs = TDX_NEEDS_DYNAMIC_PAMT,
        .handler = tdh_phymem_pamt_add,
        .in = { { TDX_RCX, "range" }, { TDX_RDX, "pamt_page0" },
                { TDX_R8, "pamt_page1" } },
    },
    {
        .number = 59,
        .name = "TDH.PHYMEM.PAMT.REMOVE",
        .states = TDX_WHEN_READY,
        .needs = TDX_NEEDS_DYNAMIC_PAMT,
        .handler = tdh_phymem_pamt_remove,
        .in = { { TDX_RCX, "range" } },
        .out = { { TDX_RDX, "pamt_page0" }, { TDX_R8, "pamt_page1" } },
    },
    {
        .number = 64,
        .name = "TDH.EXPORT.ABORT",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 65,
        .name = "TDH.EXPORT.BLOCKW",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 66,
        .name = "TDH.EXPORT.RESTORE",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 68,
        .name = "TDH.EXPORT.MEM",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 69,
        .name = "TDH.SYS.DISABLE",
        .states = TDX_WHEN_UP | TDX_WHEN_DISABLING,
        .needs = TDX_NEEDS_SYS_DISABLE,
        .handler = tdh_sys_disable,
    },
    {
        .number = 70,
        .name = "TDH.EXPORT.PAUSE",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 71,
        .name = "TDH.EXPORT.TRACK",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 72,
        .name = "TDH.EXPORT.STATE.IMMUTABLE",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 73,
        .name = "TDH.EXPORT.STATE.TD",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 74,
        .name = "TDH.EXPORT.STATE.VP",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 75,
        .name = "TDH.EXPORT.UNBLOCKW",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 80,
        .name = "TDH.IMPORT.ABORT",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 81,
        .name = "TDH.IMPORT.END",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 82,
        .name = "TDH.IMPORT.COMMIT",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 83,
        .name = "TDH.IMPORT.MEM",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 84,
        .name = "TDH.IMPORT.TRACK",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 85,
        .name = "TDH.IMPORT.STATE.IMMUTABLE",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 86,
        .name = "TDH.IMPORT.STATE.TD",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 87,
        .name = "TDH.IMPORT.STATE.VP",
        .states = TDX_WHEN_READY,
    },
    {
        .number = 96,
        .name = "TDH.MIG.STREAM.CREATE",
        .states = TDX_WHEN_READY,
    },
};

#define NUM_LEAVES (sizeof(leaf_table) / sizeof(leaf_table[0]))

const TdxLeaf *tdx_leaf_table(size_t *n)
{
    *n = NUM_LEAVES;
    return leaf_table;
}

const TdxLeaf *tdx_leaf_find(uint16_t number)
{
    size_t low = 0, high = NUM_LEAVES;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (leaf_table[mid].number == number) {
            return &leaf_table[mid];
        }
        if (leaf_table[mid].number < number) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}
