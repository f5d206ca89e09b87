/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SEAMCALLs that somebody looks at: trace events, and in words what a guest
 * did wrong ("-d guest_errors").
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/cutils.h"
#include "qemu/timer.h"
#include "seam-internal.h"
#include "target/i386/tdx-module/include/query.h"
#include "target/i386/tdx-module/include/text.h"
#include "trace.h"

/**
 * ObservedCall: a SEAMCALL, or what the module does at an exit of a TD.
 * @cause: the last one
 * @gpr: registers before it
 * @why: in words, by the P-SEAMLDR
 */
typedef struct ObservedCall {
    unsigned lp;
    TdxCause cause;
    const uint64_t *gpr;
    char why[SEAMLDR_WHY_SIZE];
} ObservedCall;

/* The one that this thread is in, if it is observed */
static __thread ObservedCall *under_way;

static int lp_here(void)
{
    return under_way ? (int)under_way->lp : -1;
}

static void observe_state(void *opaque, const char *what, uint64_t hpa,
                          const char *before, const char *after)
{
    if (hpa) {
        trace_seam_td_state(lp_here(), what, hpa, before ?: "none", after);
    } else {
        trace_seam_state(lp_here(), before, after);
    }
}

static void observe_pamt(void *opaque, uint64_t hpa, const char *level,
                         uint64_t n, const char *before, const char *after,
                         uint64_t owner)
{
    trace_seam_pamt(lp_here(), hpa, level, n, before ?: "none", after, owner);
}

static void observe_cause(void *opaque, const TdxCause *cause)
{
    if (under_way) {
        under_way->cause = *cause;
    }
}

static void observe_td_exit(void *opaque, unsigned lp, uint64_t tdvpr,
                            uint32_t reason, const char *what,
                            uint64_t qualification)
{
    trace_seam_td_exit(lp, tdvpr, reason, what ?: "unknown", qualification);
}

static void observe_tdcall(void *opaque, unsigned lp, uint64_t tdvpr,
                           const char *name, const uint64_t *gpr,
                           uint64_t status)
{
    char call[TDX_CALL_TEXT_SIZE], outputs[TDX_CALL_TEXT_SIZE], words[128];

    if (!under_way || !trace_event_get_state_backends(TRACE_SEAM_TDCALL)) {
        return;
    }
    tdx_tdcall_format(under_way->gpr, call, sizeof(call));
    tdx_tdcall_outputs_format(under_way->gpr[TDX_RAX], gpr, outputs,
                              sizeof(outputs));
    trace_seam_tdcall(lp, tdvpr, call,
                      tdx_status_format(status, words, sizeof(words)),
                      outputs);
}

static void observe_ve(void *opaque, uint64_t tdvpr, uint32_t reason,
                       uint8_t category)
{
    trace_seam_ve(lp_here(), tdvpr, reason, tdx_ve_category_name(category));
}

void seam_observe_why(const char *why)
{
    if (unlikely(under_way)) {
        pstrcpy(under_way->why, sizeof(under_way->why), why);
    }
}

static const TdxObserver observer = {
    .state = observe_state,
    .pamt = observe_pamt,
    .cause = observe_cause,
    .td_exit = observe_td_exit,
    .tdcall = observe_tdcall,
    .ve = observe_ve,
};

static bool wanted(void)
{
    return trace_event_get_state_backends(TRACE_SEAM_SEAMCALL) ||
           trace_event_get_state_backends(TRACE_SEAM_SEAMRET) ||
           trace_event_get_state_backends(TRACE_SEAM_VMFAILINVALID) ||
           trace_event_get_state_backends(TRACE_SEAM_BUSY) ||
           trace_event_get_state_backends(TRACE_SEAM_STATE) ||
           trace_event_get_state_backends(TRACE_SEAM_TD_STATE) ||
           trace_event_get_state_backends(TRACE_SEAM_PAMT) ||
           trace_event_get_state_backends(TRACE_SEAM_TD_EXIT) ||
           trace_event_get_state_backends(TRACE_SEAM_TDCALL) ||
           trace_event_get_state_backends(TRACE_SEAM_VE) ||
           qemu_loglevel_mask(LOG_GUEST_ERROR);
}

/* What there is to say of a call that was answered by the module */
static void tell_answer(TdxModuleDevice *s, const ObservedCall *o,
                        const char *call, const uint64_t *before,
                        const uint64_t *gpr, uint64_t ns)
{
    uint64_t rax = gpr[TDX_RAX];
    char status[128], text[TDX_CALL_TEXT_SIZE];

    tdx_status_format(rax, status, sizeof(status));
    if (trace_event_get_state_backends(TRACE_SEAM_SEAMRET)) {
        tdx_outputs_format(before[TDX_RAX], gpr, text, sizeof(text));
        trace_seam_seamret(o->lp, call, status, text, ns);
    }
    if (!tdx_answer_is_error(before, rax) && !tdx_status_is_busy(rax)) {
        return;
    }
    tdx_reason_format(before, rax, &o->cause, tdx_query_state(s->module), text,
                      sizeof(text));
    if (tdx_status_is_busy(rax)) {
        trace_seam_busy(o->lp, call, status, text);
    } else {
        qemu_log_mask(LOG_GUEST_ERROR, "SEAMCALL on LP %u: %s: %s%s%s\n",
                      o->lp, call, status, *text ? ": " : "", text);
    }
}

/* The same for the P-SEAMLDR; RDX says whether a failure has cost the module */
static void tell_loader_answer(const ObservedCall *o, const char *call,
                               const uint64_t *before, const uint64_t *gpr,
                               uint64_t ns)
{
    uint64_t rax = gpr[TDX_RAX];
    const char *status = seamldr_status_name(rax) ?: "an unknown status";
    bool gone = rax && gpr[TDX_RDX] == 1 &&
                before[TDX_RAX] == (SEAMLDR_CALL | SEAMLDR_INSTALL);

    trace_seam_seamret(o->lp, call, status, gone ? "unrecoverable" : "", ns);
    if (rax && rax != SEAMLDR_EINTERRUPT) {
        qemu_log_mask(LOG_GUEST_ERROR, "SEAMCALL on LP %u: %s: %s: %s%s\n",
                      o->lp, call, status, o->why,
                      gone ? "; no module is loaded any more" : "");
    }
}

/*
 * In host nanoseconds. With -icount a SEAMCALL is one instruction, and what
 * is traced must not differ from run to run.
 */
static int64_t call_clock(void)
{
    return icount_enabled() ? 0 : get_clock();
}

static void format_call(const uint64_t *gpr, char call[TDX_CALL_TEXT_SIZE])
{
    if (seam_is_loader_call(gpr)) {
        snprintf(call, TDX_CALL_TEXT_SIZE, "%s(RCX=0x%" PRIx64 ")",
                 seamldr_leaf_name(gpr[TDX_RAX]) ?:
                 "unknown leaf of the P-SEAMLDR", gpr[TDX_RCX]);
    } else {
        tdx_call_format(gpr, call, TDX_CALL_TEXT_SIZE);
    }
}

void seam_observe_refusal(unsigned cpu, const uint64_t *gpr, const char *why)
{
    char call[TDX_CALL_TEXT_SIZE];

    if (trace_event_get_state_backends(TRACE_SEAM_REFUSED) ||
        qemu_loglevel_mask(LOG_GUEST_ERROR)) {
        format_call(gpr, call);
        trace_seam_refused(cpu, call, why);
        qemu_log_mask(LOG_GUEST_ERROR, "SEAMCALL on processor %u: %s: "
                      "VMfailInvalid: %s\n", cpu, call, why);
    }
}

TdxSeamcall seam_observed_call(TdxModuleDevice *s, unsigned lp, uint64_t *gpr,
                               TdxTdRun *run, SeamCallFunc *func)
{
    ObservedCall o = { .lp = lp };
    uint64_t before[TDX_NUM_GPRS];
    char call[TDX_CALL_TEXT_SIZE];
    int64_t start;
    uint64_t ns;
    TdxSeamcall result;

    s->entered[lp].known = false;
    if (!wanted()) {
        return func(s, lp, gpr, run);
    }
    o.gpr = before;
    memcpy(before, gpr, sizeof(before));
    format_call(gpr, call);
    trace_seam_seamcall(lp, call);

    tdx_module_observe(s->module, &observer);
    under_way = &o;
    start = call_clock();
    result = func(s, lp, gpr, run);
    ns = call_clock() - start;
    under_way = NULL;

    if (result == TDX_SEAMCALL_RUN_TD) {
        /* The answer comes when the TD is left. */
        s->entered[lp].known = true;
        s->entered[lp].start = start;
        memcpy(s->entered[lp].gpr, before, sizeof(before));
        return result;
    }
    if (result == TDX_SEAMCALL_VMFAIL) {
        char words[TDX_CALL_TEXT_SIZE];

        tdx_cause_format(&o.cause, words, sizeof(words));
        if (*o.why) {
            pstrcpy(words, sizeof(words), o.why);
        }
        trace_seam_vmfailinvalid(lp, call, words);
        qemu_log_mask(LOG_GUEST_ERROR, "SEAMCALL on LP %u: %s: "
                      "VMfailInvalid%s%s\n", lp, call, *words ? ": " : "",
                      words);
    } else if (seam_is_loader_call(before)) {
        tell_loader_answer(&o, call, before, gpr, ns);
    } else {
        tell_answer(s, &o, call, before, gpr, ns);
    }
    return result;
}

/* TDH.VP.ENTER answers, be it that somebody began to look after it was called */
static void tell_leave(TdxModuleDevice *s, const ObservedCall *o,
                       const uint64_t *gpr)
{
    uint64_t unknown[TDX_NUM_GPRS] = { [TDX_RAX] = TDH_VP_ENTER };
    const SeamEntered *entry = &s->entered[o->lp];
    const uint64_t *before = entry->known ? entry->gpr : unknown;
    char call[TDX_CALL_TEXT_SIZE];

    format_call(before, call);
    tell_answer(s, o, call, before, gpr,
                entry->known ? call_clock() - entry->start : 0);
}

TdxTdVerdict seam_observed_td_exit(TdxModuleDevice *s, unsigned lp,
                                   uint64_t *gpr)
{
    uint64_t before[TDX_NUM_GPRS];
    ObservedCall o = { .lp = lp, .gpr = before };
    TdxTdVerdict verdict;

    if (!wanted()) {
        return tdx_module_td_exit(s->module, lp, gpr);
    }
    memcpy(before, gpr, sizeof(before));
    tdx_module_observe(s->module, &observer);
    under_way = &o;
    verdict = tdx_module_td_exit(s->module, lp, gpr);
    under_way = NULL;
    if (verdict == TDX_TD_LEAVE) {
        tell_leave(s, &o, gpr);
    }
    return verdict;
}
