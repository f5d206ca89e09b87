/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Prototypes of the leaf handlers: TDX_HANDLER(function).
 */

TDX_HANDLER(tdh_mem_track)
TDX_HANDLER(tdh_mng_addcx)
TDX_HANDLER(tdh_mng_create)
TDX_HANDLER(tdh_mng_init)
TDX_HANDLER(tdh_mng_key_config)
TDX_HANDLER(tdh_mng_key_freeid)
TDX_HANDLER(tdh_mng_key_reclaimid)
TDX_HANDLER(tdh_mng_vpflushdone)
TDX_HANDLER(tdh_mr_finalize)
TDX_HANDLER(tdh_phymem_cache_wb)
TDX_HANDLER(tdh_phymem_page_rdmd)
TDX_HANDLER(tdh_phymem_page_reclaim)
TDX_HANDLER(tdh_phymem_page_wbinvd)
TDX_HANDLER(tdh_phymem_pamt_add)
TDX_HANDLER(tdh_phymem_pamt_remove)
TDX_HANDLER(tdh_sys_config)
TDX_HANDLER(tdh_sys_info)
TDX_HANDLER(tdh_sys_init)
TDX_HANDLER(tdh_sys_key_config)
TDX_HANDLER(tdh_sys_lp_init)
TDX_HANDLER(tdh_sys_lp_shutdown)
TDX_HANDLER(tdh_sys_rd)
TDX_HANDLER(tdh_sys_rdall)
TDX_HANDLER(tdh_sys_tdmr_init)
TDX_HANDLER(tdh_vp_addcx)
TDX_HANDLER(tdh_vp_create)
TDX_HANDLER(tdh_vp_flush)
TDX_HANDLER(tdh_vp_init)
