/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Steps of recorded conversations with a TD that runs: its VM exits.
 */

#include <inttypes.h>
#include <string.h>

#include "core/address.h"
#include "vector-internal.h"
#include "vp/tdvps.h"
#include "vp/vmcs-field.h"

/* Fields of the event to inject have expectations of their own */
static bool is_event(uint32_t encoding)
{
    return encoding == X86_VMCS_ENTRY_INTR_INFO ||
           encoding == X86_VMCS_ENTRY_ERROR_CODE ||
           encoding == X86_VMCS_ENTRY_INSTR_LENGTH;
}

static bool is_watched(uint32_t encoding)
{
    X86VmcsKind kind = x86_vmcs_enc_kind(encoding);

    return (kind == X86_VMCS_KIND_CONTROL || kind == X86_VMCS_KIND_GUEST) &&
           encoding != X86_VMCS_GUEST_RIP && !is_event(encoding);
}

/* --- what a step gives ---------------------------------------------------- */

bool parse_msrs(JsonArray *list, Replay *r, unsigned lp,
                void (*set)(SimPlatform *sim, unsigned lp, uint32_t msr,
                            uint64_t value))
{
    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        uint64_t pair[2];

        if (!array_u64(node_array(json_array_get_element(list, i)),
                       UINT64_MAX, pair, 2)) {
            return false;
        }
        set(r->sim, lp, pair[0], pair[1]);
    }
    return list;
}

void set_live_msr(SimPlatform *sim, unsigned lp, uint32_t msr, uint64_t value)
{
    uint64_t *live = sim_cpu_msr(sim_lp(sim, lp), msr);

    if (live) {
        *live = value;
    } else {
        sim_set_lp_msr(sim, lp, msr, value);
    }
}

bool parse_xmms(JsonArray *list, TdxXmm xmm[TDX_NUM_XMMS])
{
    uint64_t words[2 * TDX_NUM_XMMS];

    if (!array_u64(list, UINT64_MAX, words, G_N_ELEMENTS(words))) {
        return false;
    }
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        xmm[i / 2].half[i % 2] = words[i];
    }
    return true;
}

/* Guest state that is in the VMCS, by its names in the recordings */
static uint32_t guest_field(const char *name)
{
    static const struct {
        const char *name;
        uint32_t encoding;
    } fields[] = {
        { "rip", X86_VMCS_GUEST_RIP },
        { "rflags", X86_VMCS_GUEST_RFLAGS },
        { "rsp", X86_VMCS_GUEST_RSP },
        { "cr0", X86_VMCS_GUEST_CR0 },
        { "cr3", X86_VMCS_GUEST_CR3 },
        { "cr4", X86_VMCS_GUEST_CR4 },
        { "efer", X86_VMCS_GUEST_EFER },
        { "cs_sel", X86_VMCS_GUEST_CS_SELECTOR },
        { "cs_ar", X86_VMCS_GUEST_CS_AR },
        { "cs_base", X86_VMCS_GUEST_CS_BASE },
        { "cs_limit", X86_VMCS_GUEST_CS_LIMIT },
        { "ss_ar", X86_VMCS_GUEST_SS_AR },
        { "interruptibility", X86_VMCS_GUEST_INTERRUPTIBILITY },
        { "activity", X86_VMCS_GUEST_ACTIVITY },
        { "pending_dbg", X86_VMCS_GUEST_PENDING_DEBUG },
        { "dr7", X86_VMCS_GUEST_DR7 },
        { "pat", X86_VMCS_GUEST_PAT },
        { "debugctl", X86_VMCS_GUEST_DEBUGCTL },
        { "sysenter_cs", X86_VMCS_GUEST_SYSENTER_CS },
    };

    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (!strcmp(fields[i].name, name)) {
            return fields[i].encoding;
        }
    }
    return UINT32_MAX;
}

uint64_t *cpu_register(SimLp *l, const char *name)
{
    return !strcmp(name, "cr2") ? &l->regs.cr2
         : !strcmp(name, "xcr0") ? &l->regs.xcr0
         : !strcmp(name, "xss") ? &l->regs.xss
         : !strcmp(name, "dr0") ? &l->regs.dr[0]
         : !strcmp(name, "dr3") ? &l->regs.dr[3]
         : !strcmp(name, "dr6") ? &l->regs.dr6 : NULL;
}

static bool apply_guest(Replay *r, unsigned lp, JsonObject *guest)
{
    SimLp *l = sim_lp(r->sim, lp);
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;

    json_object_iter_init_ordered(&iter, guest);
    while (json_object_iter_next_ordered(&iter, &name, &node)) {
        uint64_t *cpu = cpu_register(l, name), value;

        if (!strcmp(name, "msrs")) {
            if (!parse_msrs(node_array(node), r, lp, set_live_msr)) {
                return false;
            }
            continue;
        }
        if (!node_u64(node, &value) ||
            !(cpu || tdx_vmcs_write(l->run.vmcs, guest_field(name), value))) {
            return false;
        }
        if (cpu) {
            *cpu = value;
        }
    }
    return true;
}

static bool load_exit_information(X86Vmcs *v, JsonObject *step)
{
    static const struct {
        const char *name;
        uint32_t encoding;
    } fields[] = {
        { "reason", X86_VMCS_EXIT_REASON },
        { "qualification", X86_VMCS_EXIT_QUALIFICATION },
        { "gpa", X86_VMCS_GUEST_PHYSICAL_ADDRESS },
        { "gla", X86_VMCS_GUEST_LINEAR_ADDRESS },
        { "insn_info", X86_VMCS_EXIT_INSTR_INFO },
        { "insn_len", X86_VMCS_EXIT_INSTR_LENGTH },
        { "intr_info", X86_VMCS_EXIT_INTR_INFO },
        { "intr_error", X86_VMCS_EXIT_INTR_ERROR_CODE },
        { "idt_info", X86_VMCS_IDT_VECTORING_INFO },
        { "idt_error", X86_VMCS_IDT_VECTORING_ERROR_CODE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        uint64_t value = 0;

        if (json_object_has_member(step, fields[i].name) &&
            !member_u64(step, fields[i].name, UINT64_MAX, &value)) {
            return false;
        }
        tdx_vmcs_write(v, fields[i].encoding, value);
    }
    return true;
}

/* --- what must come of it ------------------------------------------------- */

static uint64_t member_or(JsonObject *o, const char *name, uint64_t value)
{
    if (json_object_has_member(o, name)) {
        member_u64(o, name, UINT64_MAX, &value);
    }
    return value;
}

static bool event_differs(Replay *r, const X86Vmcs *v, JsonObject *inject)
{
    uint64_t info = v->entry_intr_info & X86_VMCS_EVENT_VALID
                    ? v->entry_intr_info : 0;
    bool wrong;

    if (!inject) {
        return differs(r, "event to inject", 0, info);
    }
    wrong = differs(r, "event to inject", member_or(inject, "info", 0), info);
    if (json_object_has_member(inject, "error")) {
        wrong |= differs(r, "its error code", member_or(inject, "error", 0),
                         v->entry_error_code);
    }
    if (json_object_has_member(inject, "insn_len")) {
        wrong |= differs(r, "its instruction length",
                         member_or(inject, "insn_len", 0),
                         v->entry_instr_length);
    }
    return wrong;
}

/* TD running 5.1: members of VE_INFO, which lies where the VMCS says */
static bool ve_info_differs(Replay *r, const X86Vmcs *v, JsonObject *expect)
{
    static const struct {
        const char *name;
        unsigned offset;
        unsigned size;
    } members[] = {
        { "exit_reason", 0, 4 }, { "valid", 4, 4 },
        { "exit_qualification", 8, 8 }, { "gla", 16, 8 }, { "gpa", 24, 8 },
        { "eptp_index", 32, 2 }, { "insn_len", 36, 4 },
        { "insn_info", 40, 4 }, { "category", 44, 1 },
        { "interruptibility", 56, 4 },
    };
    uint64_t hpa = tdx_without_hkid(r->sim->module, v->ve_info_addr);
    const uint8_t *area = sim_memory_page(&r->sim->private, hpa, true);
    bool wrong = false;

    for (guint i = 0; i < G_N_ELEMENTS(members); i++) {
        uint64_t value = 0;

        memcpy(&value, area + members[i].offset, members[i].size);
        wrong |= differs(r, members[i].name,
                         member_or(expect, members[i].name, 0), value);
    }
    return wrong;
}

static bool xmms_differ(Replay *r, unsigned lp, JsonArray *expect)
{
    const TdxXmm *xmm = sim_lp(r->sim, lp)->xmm;
    TdxXmm expected[TDX_NUM_XMMS];
    bool wrong = !parse_xmms(expect, expected);

    for (guint i = 0; i < TDX_NUM_XMMS; i++) {
        for (guint half = 0; half < 2; half++) {
            wrong |= differs(r, "a half of an XMM register",
                             expected[i].half[half], xmm[i].half[half]);
        }
    }
    return wrong;
}

VectorResult check_entered(Replay *r, unsigned lp, JsonObject *expect)
{
    const X86Vmcs *v = sim_lp(r->sim, lp)->run.vmcs;
    bool wrong = event_differs(r, v, member_object(expect, "inject"));

    if (json_object_has_member(expect, "rip")) {
        wrong |= differs(r, "guest RIP", member_or(expect, "rip", 0),
                         v->guest_rip);
    }
    if (json_object_has_member(expect, "ve_info")) {
        wrong |= ve_info_differs(r, v, member_object(expect, "ve_info"));
    }
    if (json_object_has_member(expect, "xmm")) {
        wrong |= xmms_differ(r, lp, member_array(expect, "xmm"));
    }
    return wrong ? VECTOR_FAILED : VECTOR_PASSED;
}

/* Guest state and controls: only what is listed may have changed */
static bool vmcs_differs(Replay *r, const X86Vmcs *before, const X86Vmcs *v,
                         JsonObject *changes)
{
    bool wrong = false;

#define COMPARE(name, encoding, member, ...) \
    if (is_watched(encoding)) { \
        g_autofree char *key = g_strdup_printf("0x%x", encoding); \
        uint64_t want = changes ? member_or(changes, key, before->member) \
                                : before->member; \
        \
        wrong |= differs(r, "VMCS field " #name, want, v->member); \
    }
    X86_VMCS_FIELD_LIST(COMPARE)
#undef COMPARE
    return wrong;
}

static bool gprs_differ(Replay *r, const uint64_t *before, const uint64_t *now,
                        JsonObject *regs, const bool *ignore)
{
    uint64_t expected[TDX_NUM_GPRS];
    bool wrong = false;

    memcpy(expected, before, sizeof(expected));
    if (!parse_gprs(regs, expected, NULL)) {
        return true;
    }
    for (int i = 0; i < TDX_NUM_GPRS; i++) {
        if (i != TDX_RSP && !ignore[i]) {
            wrong |= differs(r, tdx_operand_name(i), expected[i], now[i]);
        }
    }
    return wrong;
}

static const char *const outcome_name[] = {
    [TDX_TD_RESUME] = "resume",
    [TDX_TD_LEAVE] = "host",
    [TDX_TD_GONE] = "fatal",
};

static void describe_exit(Replay *r, unsigned lp, const X86Vmcs *v,
                          const uint64_t *gpr, uint64_t rip)
{
    g_string_append_printf(r->why, "  step %u: exit %u on LP %u,"
                           " qualification 0x%" PRIx64 ", RIP 0x%" PRIx64 "\n"
                           "   ", r->step, v->exit_reason, lp,
                           v->exit_qualification, rip);
    for (int i = 0; i < TDX_NUM_GPRS; i++) {
        if (i != TDX_RSP && gpr[i]) {
            g_string_append_printf(r->why, " %s=0x%" PRIx64,
                                   tdx_operand_name(i), gpr[i]);
        }
    }
    g_string_append_c(r->why, '\n');
}

static VectorResult check_exit(Replay *r, unsigned lp, JsonObject *step,
                               JsonObject *expect)
{
    SimLp *l = sim_lp(r->sim, lp);
    X86Vmcs *v = l->run.vmcs;
    bool ignore[TDX_NUM_GPRS] = { false };
    uint64_t gpr[TDX_NUM_GPRS], xcr0 = l->regs.xcr0;
    X86Vmcs before = *v;
    TdxTdVerdict verdict;
    bool wrong;

    if (json_object_has_member(step, "ignore") &&
        !parse_ignore(member_array(step, "ignore"), ignore)) {
        return malformed(r, "ignore must be a list of registers");
    }
    memcpy(gpr, l->gpr, sizeof(gpr));
    describe_exit(r, lp, &before, gpr, before.guest_rip);
    verdict = sim_td_exit(r->sim, lp);
    if (g_strcmp0(outcome_name[verdict], member_string(expect, "outcome"))) {
        g_string_append_printf(r->why, "    ends in %s%s%s, expected %s\n",
                               outcome_name[verdict],
                               verdict == TDX_TD_GONE ? ": " : "",
                               verdict == TDX_TD_GONE ? r->sim->fatal_reason
                                                      : "",
                               member_string(expect, "outcome"));
        return VECTOR_FAILED;
    }
    if (verdict == TDX_TD_GONE) {
        return VECTOR_PASSED;
    }
    wrong = gprs_differ(r, gpr, l->gpr, member_object(expect, "regs"),
                        ignore);
    wrong |= differs(r, "advance of RIP", member_or(expect, "rip_advance", 0),
                     v->guest_rip - before.guest_rip);
    wrong |= vmcs_differs(r, &before, v,
                          member_object(expect, "vmcs_changes"));
    if (verdict == TDX_TD_RESUME) {
        wrong |= differs(r, "XCR0", member_or(expect, "xcr0", xcr0),
                         l->regs.xcr0);
    }
    wrong |= check_entered(r, lp, expect) != VECTOR_PASSED;
    return wrong ? VECTOR_FAILED : VECTOR_PASSED;
}

VectorResult step_td_exit(Replay *r, JsonObject *step)
{
    static const char *const known[] = {
        "op", "lp", "reason", "qualification", "gpa", "gla", "insn_info",
        "intr_info", "intr_error", "idt_info", "idt_error", "insn_len",
        "regs", "guest", "inst_retired", "intr_after", "xmm", "expect",
        "ignore", NULL
    };
    const char *unknown = unknown_member(step, known);
    JsonObject *expect = member_object(step, "expect");
    size_t told = r->why->len;
    VectorResult result;
    uint64_t lp, polls;
    SimLp *l;

    if (unknown || !expect || !parse_lp(r, step, &lp)) {
        return malformed(r, "td_exit: %s", unknown ? unknown : "no expect");
    }
    l = sim_lp(r->sim, lp);
    if (!l->in_td) {
        g_string_append_printf(r->why, "  step %u: no TD runs on LP %" PRIu64
                               "\n", r->step, lp);
        return VECTOR_FAILED;
    }
    if ((json_object_has_member(step, "regs") &&
         !parse_gprs(member_object(step, "regs"), l->gpr, NULL)) ||
        (json_object_has_member(step, "guest") &&
         !apply_guest(r, lp, member_object(step, "guest"))) ||
        (json_object_has_member(step, "xmm") &&
         !parse_xmms(member_array(step, "xmm"), l->xmm)) ||
        !load_exit_information(l->run.vmcs, step)) {
        return malformed(r, "td_exit: a value makes no sense");
    }
    if (sim_would_exit(r->sim, lp) ==
        !g_strcmp0(member_string(expect, "outcome"), "no_exit")) {
        describe_exit(r, lp, l->run.vmcs, l->gpr, l->run.vmcs->guest_rip);
        g_string_append(r->why, "    is an exit by the VMCS, or is none, "
                        "against what is expected\n");
        return VECTOR_FAILED;
    }
    if (!sim_would_exit(r->sim, lp)) {
        return VECTOR_PASSED;
    }
    l->no_events = !member_u64(step, "intr_after", UINT32_MAX, &polls);
    l->polls = l->no_events ? 0 : polls;
    result = check_exit(r, lp, step, expect);
    l->no_events = true;
    if (result == VECTOR_PASSED) {
        g_string_truncate(r->why, told);
    }
    return result;
}
