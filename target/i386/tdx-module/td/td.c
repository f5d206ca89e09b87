/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Taking hold of a TD, and the checks that all of its leaves make
 * (TD life cycle 2).
 */

#include "../../x86-defs/msr-bits.h"
#include "../sept/sept.h"
#include "../sys/platform-msr.h"
#include "td.h"

#define TSC_MULTIPLIER_FRACTION 48
#define MICROSECONDS            1000000

void tdx_td_unlock(TdxTdRef *td)
{
    tdx_guard_release(&td->op_state);
    tdx_pamt_unlock(&td->page);
}

static TdxStatus map_tdr(TdxTdRef *td, TdxModule *m, uint64_t hpa)
{
    td->m = m;
    td->hpa = hpa;
    td->tdr = tdx_tdr(m, hpa);
    return td->tdr ? TDX_SUCCESS : TDX_STATUS_NONE;
}

/* Group TDR */
TdxStatus tdx_td_lock(TdxTdRef *td, const TdxCall *c, uint64_t hpa,
                      TdxLockType type, uint32_t op)
{
    return tdx_pamt_get_page(&td->page, c, hpa, TDX_LEVEL_4K,
                        TDX_PT_TDR, type, op) ?:
           map_tdr(td, c->m, hpa);
}

/* Group TDRi */
TdxStatus tdx_td_lock_owner(TdxTdRef *td, const TdxPamtRef *page,
                            TdxLockType type)
{
    uint64_t hpa = tdx_pamt_owner(page->entry);
    return tdx_pamt_lock_implicit(&td->page, page->m, hpa, type,
                             TDX_OPERAND_TDR) ?:
           map_tdr(td, page->m, hpa);
}

void *tdx_td_private(TdxModule *m, TdxTdr *tdr, uint64_t hpa, uint64_t len)
{
    void *content;

    if (tdx_tdr_fatal(tdr)) {
        /* Of a dead TD nothing more can be lost */
        return tdx_private(m, hpa, tdr->hkid);
    }
    content = m->ops->private_intact(m->opaque, hpa, len);
    if (!content && tdx_lost(m, hpa, len)) {
        tdx_cause(m, "page", hpa & ~(TDX_PAGE_4K - 1), TDX_CAUSE_LOST, 0);
        tdx_td_kill(tdr);
    }
    return content;
}

TdxStatus tdx_td_no_content(TdxModule *m, const TdxTdr *tdr, const char *why)
{
    return tdx_tdr_fatal(tdr) ? TDX_TD_FATAL : tdx_fatal(m, why);
}

void *tdx_td_tdcs_page(const TdxTdRef *td, unsigned page)
{
    if (page >= td->tdr->num_tdcx || page >= TDX_MAX_TDCS_PAGES) {
        return NULL;
    }
    return tdx_td_private(td->m, td->tdr, td->tdr->tdcx[page], TDX_PAGE_4K);
}

/* One that knows nothing of it leaves the same as one before 1.5.24 */
void tdx_td_begin_build(TdxTdRef *td)
{
    TdxModule *m = td->m;

    td->tdcs->crypto_context = tdx_has_update_compatibility(m)
                               ? m->cfg.crypto_context : 0;
    __atomic_fetch_add(&m->st.td_build_count, 1, __ATOMIC_SEQ_CST);
}

void tdx_td_end_build(TdxTdRef *td)
{
    td->tdcs->crypto_context = 0;
    __atomic_fetch_sub(&td->m->st.td_build_count, 1, __ATOMIC_SEQ_CST);
}

TdxStatus tdx_td_check_build(const TdxTdRef *td)
{
    const TdxModule *m = td->m;

    return tdx_require(!m->st.update_compatibility ||
                       td->tdcs->crypto_context == m->cfg.crypto_context,
                       TDX_INCOMPATIBLE_MRTD_CONTEXT);
}

TdxStatus tdx_td_intact(const TdxTdRef *td)
{
    return tdx_require(!__atomic_load_n(&td->m->st.fatal, __ATOMIC_SEQ_CST),
                       TDX_STATUS_NONE) ?:
           tdx_require(!tdx_tdr_fatal(td->tdr), TDX_TD_FATAL);
}

uint64_t tdx_td_eptp(const TdxTdRef *td, unsigned vm)
{
    unsigned page = vm ? TDX_TDCS_L2_SEPT_ROOT + vm - 1 : TDX_TDCS_SEPT_ROOT;

    return (td->tdcs->eptp & ~TDX_SEPT_HPA) |
           tdx_with_hkid(td->m, td->tdr->tdcx[page], td->tdr->hkid);
}

TdxStatus tdx_td_map_tdcs(TdxTdRef *td)
{
    td->tdcs = tdx_td_tdcs_page(td, TDX_TDCS_CONTROL);
    return td->tdcs ? TDX_SUCCESS
                    : tdx_td_no_content(td->m, td->tdr,
                                        "a TDCS page has no memory");
}

/* Group B, steps 2 and 3 */
static TdxStatus map_built(TdxTdRef *td)
{
    return tdx_require(td->tdr->lifecycle == TDX_TD_KEYS_CONFIGURED,
                       tdx_fails(td->m, TDX_TD_KEYS_NOT_CONFIGURED, "TD",
                                 td->hpa, TDX_CAUSE_LIFECYCLE,
                                 td->tdr->lifecycle)) ?:
           tdx_require(td->tdr->num_tdcx >= TDX_TDCS_BASE_PAGES,
                       tdx_fails(td->m, TDX_TDCS_NOT_ALLOCATED, "NUM_TDCX",
                                 td->tdr->num_tdcx, TDX_CAUSE_TOO_LOW,
                                 TDX_TDCS_BASE_PAGES)) ?:
           tdx_td_map_tdcs(td);
}

/* Group B, steps 1 to 3 */
static TdxStatus check_built(TdxTdRef *td)
{
    return tdx_require(!tdx_tdr_fatal(td->tdr), TDX_TD_FATAL) ?:
           map_built(td);
}

TdxStatus tdx_td_remap(TdxTdRef *td, TdxModule *m, uint64_t hpa)
{
    return map_tdr(td, m, hpa) ?: map_built(td);
}

void tdx_td_set_op_state(TdxTdRef *td, TdxOpState state)
{
    const TdxObserver *observer = tdx_observer(td->m);

    if (observer) {
        observer->state(td->m->opaque, "OP_STATE", td->hpa,
                        tdx_op_state_name(tdx_op_state(td->tdcs)),
                        tdx_op_state_name(state));
    }
    __atomic_store_n(&td->tdcs->op_state, state, __ATOMIC_SEQ_CST);
}

TdxStatus tdx_td_check_op_state(const TdxTdRef *td, unsigned ops)
{
    TdxOpState state = tdx_op_state(td->tdcs);

    if (state >= TDX_NUM_OP_STATES || !(ops & 1u << state)) {
        return tdx_fails(td->m, tdx_op(TDX_OP_STATE_INCORRECT, state), "TD",
                         td->hpa, TDX_CAUSE_OP_STATE, state);
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_td_check_state_nolock(TdxTdRef *td, unsigned ops)
{
    return check_built(td) ?:
           tdx_td_check_op_state(td, ops);
}

TdxStatus tdx_td_check_state(TdxTdRef *td, unsigned ops)
{
    TdxStatus status = check_built(td);

    if (status) {
        return status;
    }
    if (!tdx_guard_try(&td->op_state, &td->tdcs->op_state_lock,
                       TDX_LOCK_TYPE_SHARED)) {
        return tdx_op(TDX_OPERAND_BUSY, TDX_OPERAND_OP_STATE);
    }
    return tdx_td_check_op_state(td, ops);
}

TdxStatus tdx_td_take_page(TdxModule *m, uint64_t hpa, uint16_t hkid,
                           void **content)
{
    if (!m->ops->private_take(m->opaque, hpa, TDX_PAGE_4K)) {
        return tdx_fatal(m, "a page given to a TD has no memory");
    }
    if (content) {
        *content = tdx_private(m, hpa, hkid);
        if (!*content) {
            return tdx_fatal(m, "a page of a TD has no memory");
        }
    }
    return TDX_SUCCESS;
}

void tdx_td_add_page(TdxTdRef *td, TdxPamtRef *ref, TdxPageType type)
{
    uint64_t pages = tdx_level_size(ref->level) / TDX_PAGE_4K;

    tdx_tdr_add_children(td->tdr, pages);
    tdx_pamt_assign(ref, type, td->hpa);
}

TdxStatus tdx_td_check_cpuid_limit(const TdxCall *c)
{
    return tdx_msr(c, X86_MSR_MISC_ENABLE) & X86_MISC_ENABLE_LIMIT_CPUID
           ? TDX_LIMIT_CPUID_MAXVAL_SET : TDX_SUCCESS;
}

/* TD life cycle 4.4, step 14: the virtual TSC builds on this MSR */
TdxStatus tdx_td_check_tsc_adjust(const TdxCall *c)
{
    return tdx_msr(c, X86_MSR_TSC_ADJUST) == c->m->st.tsc_adjust
           ? TDX_SUCCESS : tdx_op(TDX_INCONSISTENT_MSR, X86_MSR_TSC_ADJUST);
}

/* As VMX scales a TSC */
static uint64_t scale_tsc(uint64_t ticks, uint64_t multiplier)
{
    return (unsigned __int128)ticks * multiplier >> TSC_MULTIPLIER_FRACTION;
}

/* Ticks of the native TSC in a second; @otherwise where CPUID does not tell */
static uint64_t native_tsc_hz(const TdxModule *m, uint64_t otherwise)
{
    const uint32_t *native = tdx_native_cpuid(m, X86_CPUID_TSC,
                                              TDX_CPUID_NO_SUBLEAF);
    uint64_t hz = otherwise;

    if (native[TDX_CPUID_EAX] && native[TDX_CPUID_EBX] &&
        native[TDX_CPUID_ECX]) {
        hz = (uint64_t)native[TDX_CPUID_ECX] * native[TDX_CPUID_EBX] /
             native[TDX_CPUID_EAX];
    }
    return hz ? hz : 1;
}

uint64_t tdx_td_hp_lock_timeout_ticks(const TdxModule *m, const TdxTdcs *tdcs)
{
    uint64_t timeout = __atomic_load_n(&tdcs->hp_lock_timeout,
                                       __ATOMIC_SEQ_CST);
    uint64_t virtual_hz = (uint64_t)tdcs->tsc_frequency * TDX_TSC_UNIT_HZ;

    return (unsigned __int128)timeout * native_tsc_hz(m, virtual_hz) /
           MICROSECONDS;
}

void tdx_td_init_tsc(const TdxCall *c, TdxTdRef *td)
{
    TdxModule *m = c->m;
    uint64_t virtual_hz = (uint64_t)td->tdcs->tsc_frequency * TDX_TSC_UNIT_HZ;
    uint64_t native_hz = native_tsc_hz(m, virtual_hz);

    td->tdcs->tsc_multiplier =
        ((unsigned __int128)virtual_hz << TSC_MULTIPLIER_FRACTION) /
        native_hz;
    td->tdcs->tsc_offset = -scale_tsc(m->ops->tsc(m->opaque, c->lp),
                                      td->tdcs->tsc_multiplier);
}
