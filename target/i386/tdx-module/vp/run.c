/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Loading and storing a vCPU, and what the VMM finds after it (TD running 1).
 */

#include <glib.h>
#include <string.h>

#include "../../x86-defs/ept.h"
#include "../../x86-defs/msr-list.h"
#include "../td/guest-cpuid.h"
#include "run.h"

/* What a VMM keeps of its DEBUGCTL: BTF, and two of freezing counters */
#define VMM_DEBUGCTL    0x5002ULL
/* Counting in the uncore is the host's alone */
#define DEBUGCTL_UNCORE (1ULL << 13)

#define DR6_INIT   0xffff0ff0ULL
#define FMASK_INIT 0x20200ULL

/* The virtual-APIC page */
#define VAPIC_PPR 0xa0
/* An interrupt that the guest is in while SVI is higher than exceptions are */
#define LAST_EXCEPTION_VECTOR 30

/* Of the registers that TDG.VP.VMCALL may pass, those that are passed back */
#define PASSED_IN (TDX_ALL_GPRS & ~(1ULL << TDX_RAX | 1ULL << TDX_RCX | \
                                    1ULL << TDX_RSP))

/* VCPU_STATE_DETAILS, of VM 0 */
#define DETAILS_INTERRUPT (1ULL << 0)
#define DETAILS_SERVICE   (1ULL << 4)
#define DETAILS_NMI       (1ULL << 8)
#define DETAILS_GROUPS    3
#define DETAILS_GROUP_SIZE 4

TdxRunning *tdx_vp_prepare_run(TdxModule *m, unsigned lp)
{
    if (!m->lps[lp].running) {
        m->lps[lp].running = g_new0(TdxRunning, 1);
    }
    return m->lps[lp].running;
}

void tdx_vp_flush_translations(TdxModule *m, unsigned lp, const TdxTdRef *td)
{
    m->ops->ept_flush(m->opaque, lp, tdx_without_hkid(m, td->tdcs->eptp));
}

/* --- extended state ------------------------------------------------------- */

/* In which of its pages a vCPU's extended state goes on at @offset */
static uint8_t *xsave_page(const TdxVpRef *vp, unsigned page)
{
    return tdx_td_private(vp->m, vp->td->tdr,
                      vp->tdvps->page[TDX_TDVPS_XSAVE + page], TDX_PAGE_4K);
}

/* Extended state of more than a page: in one piece while the TD runs */
static bool copy_xsave(TdxRunning *r, const TdxVpRef *vp, bool load)
{
    uint32_t size = MIN(vp->td->tdcs->xsave_size, TDX_XSAVE_SIZE);

    for (unsigned i = 0; i * TDX_PAGE_4K < size; i++) {
        uint8_t *page = xsave_page(vp, i);
        uint8_t *piece = r->xsave + i * TDX_PAGE_4K;
        uint32_t n = MIN(size - i * TDX_PAGE_4K, TDX_PAGE_4K);

        if (!page) {
            return false;
        }
        memcpy(load ? piece : page, load ? page : piece, n);
    }
    return true;
}

/* In @r->area; of one page it is that page itself, which the TD's locks keep */
static bool load_xsave(TdxRunning *r, const TdxVpRef *vp)
{
    if (vp->td->tdcs->xsave_size > TDX_PAGE_4K) {
        r->area = r->xsave;
        return copy_xsave(r, vp, true);
    }
    r->area = xsave_page(vp, 0);
    return r->area;
}

/* The processor has written to @r->area: is the guest's state in its pages? */
static bool store_xsave(TdxRunning *r)
{
    return r->area == r->xsave ? copy_xsave(r, &r->vp, false)
                               : xsave_page(&r->vp, 0) != NULL;
}

static uint64_t get_word(const uint8_t *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof(value));
    return GUINT64_FROM_LE(value);
}

static void put_word(uint8_t *at, uint64_t value)
{
    value = GUINT64_TO_LE(value);
    memcpy(at, &value, sizeof(value));
}

/* 1.4: XMM registers that the VMM gives to a guest that has called it */
static void pass_xmms_in(TdxRunning *r, uint16_t mask)
{
    uint64_t xstate_bv;

    if (!mask) {
        return;
    }
    xstate_bv = get_word(r->area + TDX_XSAVE_XSTATE_BV);
    if (!(xstate_bv & TDX_XSTATE_SSE)) {
        memset(r->area + TDX_XSAVE_XMM, 0, sizeof(r->vmm.xmm));
    }
    for (unsigned i = 0; i < TDX_NUM_XMMS; i++) {
        if (mask >> i & 1) {
            memcpy(r->area + TDX_XSAVE_XMM + i * sizeof(TdxXmm),
                   &r->vmm.xmm[i], sizeof(TdxXmm));
        }
    }
    put_word(r->area + TDX_XSAVE_XSTATE_BV, xstate_bv | TDX_XSTATE_SSE);
}

static void pass_xmms_out(TdxRunning *r, uint16_t mask)
{
    tdx_clear_lines(r->vmm.xmm, sizeof(r->vmm.xmm));
    if (!mask ||
        !(get_word(r->area + TDX_XSAVE_XSTATE_BV) & TDX_XSTATE_SSE)) {
        return;
    }
    for (unsigned i = 0; i < TDX_NUM_XMMS; i++) {
        if (mask >> i & 1) {
            memcpy(&r->vmm.xmm[i],
                   r->area + TDX_XSAVE_XMM + i * sizeof(TdxXmm),
                   sizeof(TdxXmm));
        }
    }
}

/* --- the way in ----------------------------------------------------------- */

TdxStatus tdx_vp_load_xsave(TdxModule *m, unsigned lp, const TdxVpRef *vp)
{
    return load_xsave(tdx_vp_running(m, lp), vp)
           ? TDX_SUCCESS
           : tdx_td_no_content(m, vp->td->tdr,
                               "the extended state of a vCPU has no memory");
}

/* 1.4: what the VMM answers to TDG.VP.VMCALL; the mask is in guest RCX */
static void pass_registers_in(const TdxCall *c, TdxRunning *r)
{
    X86VcpuState *guest = &r->vp.tdvps->guest;
    uint64_t mask = guest->gpr[TDX_RCX];

    for (uint64_t left = mask & PASSED_IN; left; left &= left - 1) {
        unsigned i = __builtin_ctzll(left);

        guest->gpr[i] = c->gpr[i];
    }
    guest->gpr[TDX_RAX] = TDX_SUCCESS;
    pass_xmms_in(r, mask >> TDX_NUM_GPRS);
}

void tdx_vp_load(const TdxCall *c, TdxTdRef *td, TdxVpRef *vp, TdxTdRun *run)
{
    TdxModule *m = c->m;
    TdxRunning *r = tdx_vp_running(m, c->lp);
    X86VcpuState *guest = &vp->tdvps->guest;
    X86Vmcs *v = vp->vmcs;

    tdx_td_move(&r->td, td);
    tdx_vp_move(&r->vp, vp);
    r->vp.td = &r->td;

    m->ops->vmm_save(m->opaque, c->lp, &r->vmm);
    r->vmm.regs.gpr[TDX_RBP] = c->gpr[TDX_RBP];
    guest->xsave = r->area;
    guest->xsave_mask = r->td.tdcs->xfam;
    guest->xsave_size = r->td.tdcs->xsave_size;
    if (r->vp.tdvps->last_td_exit == TDX_LAST_TDVMCALL) {
        pass_registers_in(c, r);
    }
    v->guest_debugctl = (v->guest_debugctl & ~DEBUGCTL_UNCORE) |
                        (r->vmm.debugctl & DEBUGCTL_UNCORE);
    if (r->td.tdcs->xfam & TDX_XFAM_LBR) {
        m->ops->wrmsr(m->opaque, c->lp, X86_MSR_LBR_DEPTH,
                      r->vp.tdvps->lbr_depth);
    }
    tdx_vp_set_gprs(c->gpr, guest->gpr);
    r->rip_at_entry = v->guest_rip;
    r->bus_lock = false;
    tdx_vp_set_state(&r->vp, TDX_VCPU_ACTIVE);
    *run = tdx_vp_td_run(r);
}

TdxTdRun tdx_vp_td_run(const TdxRunning *r)
{
    return (TdxTdRun) {
        .vmcs = r->vp.vmcs,
        .state = &r->vp.tdvps->guest,
        .shared = 1ULL << (tdx_td_gpa_width(r->td.tdcs) - 1),
        .hkid = r->td.tdr->hkid,
        .debug = r->td.tdcs->attributes & TDX_ATTR_DEBUG,
    };
}

/* --- a vCPU that ran here before the state was saved ----------------------- */

static bool map_active(TdxVpRef *vp, TdxTdRef *td, unsigned lp)
{
    return !tdx_td_remap(td, vp->m, tdx_pamt_owner(vp->page.entry)) &&
           !tdx_vp_map(vp, td) &&
           !tdx_vp_check_complete(vp, td) &&
           !tdx_vp_check_state(vp, TDX_VCPU_ACTIVE) &&
           vp->tdvps->assoc_lpid == lp &&
           !tdx_vp_map_vmcs(vp);
}

static bool adopt(TdxModule *m, unsigned lp, TdxVpRef *vp, TdxTdRef *td)
{
    const TdxCall c = { .m = m, .lp = lp };

    vp->m = m;
    if (!tdx_pamt_adopt(&vp->page, &c, vp->hpa, true) ||
        tdx_pamt_type(vp->page.entry) != TDX_PT_TDVPR ||
        !tdx_pamt_adopt(&td->page, &c, tdx_pamt_owner(vp->page.entry),
                        false) ||
        tdx_pamt_type(td->page.entry) != TDX_PT_TDR) {
        return false;
    }
    /* What is lost of it kills the TD, and is no obstacle after that */
    return map_active(vp, td, lp) ||
           (td->tdr && tdx_tdr_fatal(td->tdr) && map_active(vp, td, lp));
}

bool tdx_vp_adopt(TdxModule *m, unsigned lp)
{
    TdxRunning *r = tdx_vp_running(m, lp);
    TdxVpRef vp = { .hpa = r->vp.hpa };
    TdxTdRef td = { 0 };
    X86VcpuState *guest;

    if (!adopt(m, lp, &vp, &td)) {
        return false;
    }
    r->td = td;
    r->vp = vp;
    r->vp.td = &r->td;
    guest = &r->vp.tdvps->guest;
    /* It is written before it is read; what is lost is found at the exit */
    r->area = r->td.tdcs->xsave_size > TDX_PAGE_4K ? NULL
                                                   : xsave_page(&r->vp, 0);
    if (!r->area) {
        r->area = r->xsave;
    }
    guest->xsave = r->area;
    guest->xsave_mask = r->td.tdcs->xfam;
    guest->xsave_size = MIN(r->td.tdcs->xsave_size, TDX_XSAVE_SIZE);
    tdx_announce(m, &m->lps[lp].active, true);
    return true;
}

/* --- the way out ---------------------------------------------------------- */

bool tdx_vp_store(TdxModule *m, unsigned lp)
{
    TdxRunning *r = tdx_vp_running(m, lp);
    bool ok;

    if (m->ops->store) {
        m->ops->store(m->opaque, lp);
    }
    ok = store_xsave(r);
    /* An address of this process has no business in a page of the TD */
    r->vp.tdvps->guest.xsave = NULL;
    return ok;
}

void tdx_vp_scrub_vmm(TdxModule *m, unsigned lp, const TdxTdcs *tdcs,
                  TdxVmmState *vmm)
{
    X86VcpuState *regs = &vmm->regs;

    vmm->debugctl &= VMM_DEBUGCTL;
    regs->cr2 = 0;
    memset(regs->dr, 0, sizeof(regs->dr));
    regs->dr6 = DR6_INIT;
    regs->xcr0 = (tdcs->xfam | TDX_XSTATE_SSE) & TDX_XFAM_IN_XCR0;
    regs->xss = tdcs->xfam & TDX_XFAM_IN_XSS;
    regs->xsave_mask = tdcs->xfam | TDX_XSTATE_SSE;
    regs->star = 0;
    regs->lstar = 0;
    regs->fmask = FMASK_INIT;
    regs->kernel_gs_base = 0;
    regs->tsc_aux = 0;
    regs->uarch_misc_ctl = 0;
    if (tdx_td_flag(tdcs, TDX_FLAG_XFD)) {
        regs->xfd = 0;
        regs->xfd_err = 0;
    }
    if (tdx_td_flag(tdcs, TDX_FLAG_TSX)) {
        regs->tsx_ctrl = 0;
    }
    if (tdcs->attributes & TDX_ATTR_PERFMON) {
        m->ops->wrmsr(m->opaque, lp, X86_MSR_FIXED_CTR_CTRL, 0);
        m->ops->wrmsr(m->opaque, lp, X86_MSR_FIXED_CTR0, 0);
        m->ops->wrmsr(m->opaque, lp, X86_MSR_PERF_GLOBAL_STATUS, 0);
        m->ops->wrmsr(m->opaque, lp, X86_MSR_PERF_GLOBAL_CTRL, 0);
    }
}

void tdx_vp_leave(TdxModule *m, unsigned lp, bool counted, uint16_t xmms)
{
    TdxRunning *r = tdx_vp_running(m, lp);
    TdxTdcs *tdcs = r->td.tdcs;

    pass_xmms_out(r, xmms);
    /* The processor's register still has the guest's: nobody writes it */
    if (tdx_td_flag(tdcs, TDX_FLAG_WAITPKG)) {
        r->vmm.regs.umwait_control = r->vp.tdvps->guest.umwait_control;
    }
    tdx_vp_scrub_vmm(m, lp, tdcs, &r->vmm);
    if (counted) {
        __atomic_fetch_sub(&tdcs->refcount[r->vp.tdvps->vcpu_epoch & 1], 1,
                           __ATOMIC_SEQ_CST);
    }
    tdx_vp_unlock(&r->vp);
    tdx_td_unlock(&r->td);
    r->vp.hpa = 0;
    r->vp.tdvps = NULL;
    r->vp.vmcs = NULL;
    r->td.tdr = NULL;
    r->td.tdcs = NULL;
    m->ops->vmm_load(m->opaque, lp, &r->vmm);
    tdx_retract(&m->lps[lp].active);
}

/* --- what the VMM is told ------------------------------------------------- */

uint64_t tdx_vp_state_details(const TdxVpRef *vp)
{
    const uint8_t *vapic = tdx_td_private(vp->m, vp->td->tdr,
                                      vp->tdvps->page[TDX_TDVPS_VAPIC],
                                      TDX_PAGE_4K);
    uint8_t rvi = vp->vmcs->guest_intr_status;
    uint8_t svi = vp->vmcs->guest_intr_status >> 8;
    uint8_t ppr;

    if (!vapic) {
        tdx_td_no_content(vp->m, vp->td->tdr, "a TDVPS page has no memory");
    }
    ppr = vapic ? vapic[VAPIC_PPR] : UINT8_MAX;

    return (rvi >> 4 > ppr >> 4 ? DETAILS_INTERRUPT : 0) |
           (svi > LAST_EXCEPTION_VECTOR ? DETAILS_SERVICE : 0) |
           (__atomic_load_n(&vp->tdvps->pend_nmi, __ATOMIC_SEQ_CST)
            ? DETAILS_NMI : 0);
}

bool tdx_vp_resume_hint(const TdxTdcs *tdcs, uint64_t details)
{
    uint64_t ctls = __atomic_load_n(&tdcs->vm_ctls[0], __ATOMIC_SEQ_CST);
    uint64_t group = (1ULL << DETAILS_GROUP_SIZE) - 1;

    for (unsigned i = 0; i < DETAILS_GROUPS; i++) {
        if (ctls >> (i + 1) & 1 &&
            details >> (i * DETAILS_GROUP_SIZE) & group) {
            return true;
        }
    }
    return false;
}
