/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Steps of recorded conversations between a TD's VM exits: what changes in the
 * machine, and what can be seen of it and of the TD.
 */

#include <inttypes.h>
#include <string.h>

#include "core/address.h"
#include "vector-internal.h"
#include "vp/tdvps.h"
#include "vp/vmcs-field.h"

/* --- the machine ---------------------------------------------------------- */

static bool set_vmm(Replay *r, unsigned lp, JsonObject *host)
{
    SimLp *l = sim_lp(r->sim, lp);
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;

    json_object_iter_init_ordered(&iter, host);
    while (json_object_iter_next_ordered(&iter, &name, &node)) {
        uint64_t *cpu = !strcmp(name, "debugctl") ? &l->debugctl
                      : !strcmp(name, "rflags") ? &l->rflags
                      : !strcmp(name, "dr7") ? &l->dr7
                      : cpu_register(l, name);
        uint64_t value;

        if (!strcmp(name, "msrs")) {
            if (!parse_msrs(node_array(node), r, lp, set_live_msr)) {
                return false;
            }
        } else if (!node_u64(node, &value)) {
            return false;
        } else if (cpu) {
            *cpu = value;
        } else if (!strcmp(name, "interruptibility")) {
            l->interruptibility = value;
        } else {
            return false;
        }
    }
    return true;
}

/* What SEAMVERIFYREPORT answers, by its numbers in the recordings */
static const TdxReportResult *report_result(uint64_t number)
{
    static const TdxReportResult ok = TDX_REPORT_OK;
    static const TdxReportResult cpusvn = TDX_REPORT_CPUSVN;
    static const TdxReportResult mac = TDX_REPORT_MAC;

    return number == 0 ? &ok : number == 4 ? &cpusvn
         : number == 5 ? &mac : NULL;
}

VectorResult step_sim(Replay *r, JsonObject *step)
{
    uint64_t value, lp, msr[2];

    if (json_object_has_member(step, "lp") && !parse_lp(r, step, &lp)) {
        return malformed(r, "sim: no such lp");
    }
    if (json_object_has_member(step, "host")) {
        return set_vmm(r, lp, member_object(step, "host"))
               ? VECTOR_PASSED : malformed(r, "sim: host");
    }
    if (json_object_has_member(step, "msr")) {
        if (!array_u64(member_array(step, "msr"), UINT64_MAX, msr, 2)) {
            return malformed(r, "sim: msr must be [number, value]");
        }
        set_live_msr(r->sim, lp, msr[0], msr[1]);
        return VECTOR_PASSED;
    }
    if (member_u64(step, "tsc", UINT64_MAX, &value)) {
        r->sim->tsc_offset += value;
        return VECTOR_PASSED;
    }
    if (member_u64(step, "seamreport", UINT32_MAX, &value)) {
        r->sim->report_fails = value;
        return VECTOR_PASSED;
    }
    if (member_u64(step, "seamverify", UINT32_MAX, &value)) {
        r->sim->verify = report_result(value);
        return r->sim->verify ? VECTOR_PASSED
                              : malformed(r, "sim: seamverify");
    }
    return malformed(r, "sim: nothing that is known");
}

VectorResult step_host_state(Replay *r, JsonObject *step)
{
    JsonObject *expect = member_object(step, "expect");
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;
    bool wrong = false;
    uint64_t lp;
    SimLp *l;

    if (!expect || !parse_lp(r, step, &lp)) {
        return malformed(r, "host_state needs lp and expect");
    }
    l = sim_lp(r->sim, lp);
    json_object_iter_init_ordered(&iter, expect);
    while (json_object_iter_next_ordered(&iter, &name, &node)) {
        const uint64_t *cpu = cpu_register(l, name);
        uint64_t expected, msr, value;

        if (!node_u64(node, &expected)) {
            return malformed(r, "host_state: %s", name);
        }
        if (cpu) {
            value = *cpu;
        } else if (g_str_has_prefix(name, "msr_0x")) {
            msr = g_ascii_strtoull(name + strlen("msr_0x"), NULL, 16);
            cpu = sim_cpu_msr(l, msr);
            cpu = cpu ? cpu : sim_lp_msr(r->sim, lp, msr);
            value = cpu ? *cpu : 0;
        } else {
            value = !strcmp(name, "dr7") ? l->dr7
                  : !strcmp(name, "debugctl") ? l->debugctl
                  : !strcmp(name, "interruptibility") ? l->interruptibility
                  : !strcmp(name, "pending_dbg") ? l->pending_debug : 0;
        }
        wrong |= differs(r, name, expected, value);
    }
    return wrong ? VECTOR_FAILED : VECTOR_PASSED;
}

/* --- memory and structures that the host cannot see ----------------------- */

static X86Vmcs *vmcs_of(Replay *r, uint64_t tdvpr)
{
    const TdxTdvps *tdvps =
        (TdxTdvps *)sim_memory_page(&r->sim->private, tdvpr, true);

    return (X86Vmcs *)sim_memory_page(&r->sim->private,
                                      tdvps->page[TDX_TDVPS_VMCS], true);
}

VectorResult step_vmcs(Replay *r, JsonObject *step)
{
    JsonObject *expect = member_object(step, "expect");
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;
    bool wrong = false;
    uint64_t tdvpr;
    X86Vmcs *v;

    if (!expect || !member_u64(step, "tdvpr", UINT64_MAX, &tdvpr)) {
        return malformed(r, "vmcs needs tdvpr and expect");
    }
    v = vmcs_of(r, tdvpr);
    json_object_iter_init_ordered(&iter, expect);
    while (json_object_iter_next_ordered(&iter, &name, &node)) {
        uint32_t encoding = g_ascii_strtoull(name, NULL, 0);
        g_autofree char *what = g_strdup_printf("VMCS field 0x%x", encoding);
        uint64_t expected, value = 0;

        if (!node_u64(node, &expected) ||
            !tdx_vmcs_read(v, encoding, &value)) {
            return malformed(r, "vmcs: %s", name);
        }
        wrong |= differs(r, what, expected, value);
    }
    return wrong ? VECTOR_FAILED : VECTOR_PASSED;
}

static bool listed(JsonArray *ranges, uint32_t msr)
{
    for (guint i = 0; ranges && i < json_array_get_length(ranges); i++) {
        uint64_t range[2];

        if (array_u64(node_array(json_array_get_element(ranges, i)),
                      UINT32_MAX, range, 2) &&
            msr >= range[0] && msr <= range[1]) {
            return true;
        }
    }
    return false;
}

VectorResult step_msr_native(Replay *r, JsonObject *step)
{
    static const uint32_t bases[] = { 0, 0xc0000000 };
    JsonObject *expect = member_object(step, "expect");
    bool wrong = false;
    uint64_t bitmap;

    if (!expect || !member_u64(step, "bitmap", UINT64_MAX, &bitmap)) {
        return malformed(r, "msr_native needs bitmap and expect");
    }
    for (guint i = 0; i < 2 * 2 * 0x2000; i++) {
        bool write = i & 1;
        uint32_t msr = bases[i / 0x4000] + i / 2 % 0x2000;
        g_autofree char *what = g_strdup_printf(
            "exit by %s 0x%x", write ? "WRMSR" : "RDMSR", msr);

        wrong |= differs(r, what,
                         !listed(member_array(expect,
                                              write ? "write" : "read"), msr),
                         sim_msr_exits(r->sim, bitmap, msr, write));
    }
    return wrong ? VECTOR_FAILED : VECTOR_PASSED;
}

VectorResult step_peek64(Replay *r, JsonObject *step)
{
    JsonArray *words = member_array(step, "v");
    bool wrong = false;
    uint64_t pa, expected;

    if (!words || !member_u64(step, "pa", UINT64_MAX, &pa)) {
        return malformed(r, "peek64 needs pa and v");
    }
    for (guint i = 0; i < json_array_get_length(words); i++) {
        if (node_u64(json_array_get_element(words, i), &expected)) {
            wrong |= differs(r, "a word of private memory", expected,
                             sim_private64(r->sim, pa + 8 * i));
        }
    }
    return wrong ? VECTOR_FAILED : VECTOR_PASSED;
}

VectorResult step_poke64(Replay *r, JsonObject *step)
{
    JsonArray *words = member_array(step, "v");
    uint64_t pa, value;

    if (!words || !member_u64(step, "pa", UINT64_MAX, &pa)) {
        return malformed(r, "poke64 needs pa and v");
    }
    for (guint i = 0; i < json_array_get_length(words); i++) {
        uint64_t at = pa + 8 * i;

        if (!node_u64(json_array_get_element(words, i), &value)) {
            return malformed(r, "word %u of v is not hexadecimal", i);
        }
        memcpy(sim_memory_page(&r->sim->private, at, true) +
               (at & SIM_PAGE_MASK), &value, sizeof(value));
    }
    return VECTOR_PASSED;
}
