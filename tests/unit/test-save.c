/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of saving and restoring the module's state field by field.
 */

#include <string.h>

#include "core/lp.h"
#include "include/check.h"
#include "include/save.h"
#include "sim-run.h"
#include "sim-td.h"
#include "vp/run.h"
#include "../../target/i386/x86-defs/vmx-exit-list.h"

/* --- a stream -------------------------------------------------------- */

static void put(void *opaque, const void *data, size_t len)
{
    g_byte_array_append(opaque, data, len);
}

typedef struct Source {
    const uint8_t *data;
    size_t len;
} Source;

static bool get(void *opaque, void *data, size_t len)
{
    Source *s = opaque;

    if (len > s->len) {
        return false;
    }
    memcpy(data, s->data, len);
    s->data += len;
    s->len -= len;
    return true;
}

static GByteArray *save(SimPlatform *sim)
{
    GByteArray *stream = g_byte_array_new();

    tdx_module_save(sim->module, put, stream);
    return stream;
}

static char *load(SimPlatform *sim, const GByteArray *stream, size_t len)
{
    Source s = { stream->data, len };
    char *why = tdx_module_load(sim->module, get, &s);

    g_assert_true(why || s.len == 0);
    return why;
}

/* Loading fails, in one line with @word, and leaves nothing behind */
static void assert_refused(SimPlatform *sim, const GByteArray *stream,
                           size_t len, const char *word)
{
    g_autofree char *why = load(sim, stream, len);

    g_assert_nonnull(why);
    g_assert_null(strchr(why, '\n'));
    if (!strstr(why, word)) {
        g_error("'%s' does not say '%s'", why, word);
    }
    g_assert_cmpuint(sim->module->st.sys_state, ==, TDX_SYSINIT_PENDING);
    g_assert_cmpuint(sim->module->st.num_tdmrs, ==, 0);
    g_assert_false(sim->module->lps[0].init);
}

/* Where the values of a field begin */
static size_t find(const GByteArray *stream, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i + len < stream->len; i++) {
        if (stream->data[i] == len && !memcmp(&stream->data[i + 1], name, len)) {
            return i + 1 + len + 1 + 4;
        }
    }
    g_error("no field '%s'", name);
}

/* --- tests ----------------------------------------------------------- */

static void test_round_trip(void)
{
    SimPlatform *sim = sim_td_machine(2);
    g_autoptr(GByteArray) first = NULL, second = NULL;
    g_autofree TdxState *before = g_new(TdxState, 1);
    g_autofree char *problem = NULL;
    SimTd td;

    sim_td_build(&td, sim, 0);
    sim->module->st.update_compatibility = true;
    tdx_lock_mark_host(&sim->module->st.kot_lock);
    *before = sim->module->st;
    first = save(sim);
    g_assert_null(load(sim, first, first->len));
    /* Padding is not saved; in a state that was never but zero it is zero */
    g_assert_cmpmem(&sim->module->st, sizeof(*before), before,
                    sizeof(*before));
    g_assert_true(sim->module->lps[0].init && sim->module->lps[1].init);
    second = save(sim);
    g_assert_cmpmem(first->data, first->len, second->data, second->len);
    problem = tdx_module_check(sim->module);
    g_assert_cmpstr(problem, ==, NULL);
    g_assert_cmphex(sim_td_call(&td, TDH_MR_FINALIZE, td.tdr, 0, 0), ==, 0);
    g_array_free(td.pages, true);
    sim_free(sim);
}

/* --- TDs that run ---------------------------------------------------- */

static SimPlatform *running_td(SimTd *td)
{
    SimPlatform *sim = sim_td_machine(2);
    uint64_t gpr[TDX_NUM_GPRS] = { [TDX_RAX] = TDH_VP_ENTER };

    sim_td_build(td, sim, 0);
    g_assert_cmphex(sim_td_call(td, TDH_MR_FINALIZE, td->tdr, 0, 0), ==, 0);
    gpr[TDX_RCX] = td->vcpu;
    g_assert_cmpint(sim_seamcall(sim, 0, gpr), ==, TDX_SEAMCALL_RUN_TD);
    return sim;
}

static void assert_sound(SimPlatform *sim)
{
    g_autofree char *problem = tdx_module_check(sim->module);

    g_assert_cmpstr(problem, ==, NULL);
}

/* The TD goes on where it was, and its VMM after it */
static void test_running(void)
{
    g_autoptr(GByteArray) first = NULL, second = NULL;
    const uint64_t lstar = 0x1234, dr0 = 0x5678;
    SimTd td;
    SimPlatform *sim = running_td(&td);
    SimLp *lp = sim_lp(sim, 0);
    TdxRunning *r = tdx_vp_running(sim->module, 0);
    TdxTdRun run, before = lp->run;

    r->vmm.regs.cstar = lstar;
    r->vmm.regs.umwait_control = dr0;
    first = save(sim);
    g_assert_null(load(sim, first, first->len));
    g_assert_false(tdx_module_running(sim->module, 0, &run));
    g_assert_null(tdx_module_load_tds(sim->module));
    g_assert_false(tdx_module_running(sim->module, 1, &run));
    g_assert_true(tdx_module_running(sim->module, 0, &run));
    g_assert_true(run.vmcs == before.vmcs && run.state == before.state);
    g_assert_cmphex(run.shared, ==, before.shared);
    g_assert_cmphex(run.hkid, ==, before.hkid);
    assert_sound(sim);
    second = save(sim);
    g_assert_cmpmem(first->data, first->len, second->data, second->len);

    run.vmcs->exit_reason = X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT;
    g_assert_cmpint(sim_td_exit(sim, 0), ==, TDX_TD_LEAVE);
    g_assert_cmphex(lp->regs.cstar, ==, lstar);
    g_assert_cmphex(lp->regs.umwait_control, ==, dr0);
    assert_sound(sim);
    sim_td_destroy(&td);
    sim_free(sim);
}

/* Which vCPU ran last on an LP is known: another one flushes translations */
static void test_last_tdvpr(void)
{
    SimTd td;
    SimPlatform *sim = running_td(&td);
    g_autoptr(GByteArray) stream = NULL;

    sim_lp(sim, 0)->run.vmcs->exit_reason =
        X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT;
    g_assert_cmpint(sim_td_exit(sim, 0), ==, TDX_TD_LEAVE);
    stream = save(sim);
    g_assert_null(load(sim, stream, stream->len));
    g_assert_null(tdx_module_load_tds(sim->module));
    g_assert_cmphex(tdx_vp_running(sim->module, 0)->last_tdvpr, ==, td.vcpu);
    g_assert_null(tdx_vp_running(sim->module, 1));
    sim_td_destroy(&td);
    sim_free(sim);
}

/* A dead TD may still have vCPUs inside */
static void test_running_dead(void)
{
    g_autoptr(GByteArray) stream = NULL;
    SimTd td;
    SimPlatform *sim = running_td(&td);

    tdx_td_kill(tdx_tdr(sim->module, td.tdr));
    stream = save(sim);
    g_assert_null(load(sim, stream, stream->len));
    g_assert_null(tdx_module_load_tds(sim->module));
    assert_sound(sim);
    g_array_free(td.pages, true);
    sim_free(sim);
}

/* A stream, or memory, in which no such TD can run */
static void assert_cannot_run(SimPlatform *sim, const GByteArray *stream)
{
    g_autofree char *why = NULL;

    g_assert_null(load(sim, stream, stream->len));
    why = tdx_module_load_tds(sim->module);
    g_assert_nonnull(why);
    g_assert_nonnull(strstr(why, "cannot run there"));
    g_assert_cmpuint(sim->module->st.sys_state, ==, TDX_SYSINIT_PENDING);
}

static void test_running_refused(void)
{
    g_autoptr(GByteArray) stream = NULL;
    g_autofree char *why = NULL;
    SimTd td;
    SimPlatform *sim = running_td(&td);
    TdxPamtRef page = { 0 };
    TdxTdvps *tdvps = tdx_vp_running(sim->module, 0)->vp.tdvps;
    size_t at;

    stream = save(sim);
    at = find(stream, "run-lp");
    stream->data[at] = 2;
    assert_refused(sim, stream, stream->len, "LP 2 of 2");
    /* The vCPU is associated with the other one */
    stream->data[at] = 1;
    assert_cannot_run(sim, stream);
    stream->data[at] = 0;
    /* It is another page of the TD */
    stream->data[find(stream, "run-tdvpr") + 1] ^= 0x10;
    assert_cannot_run(sim, stream);
    stream->data[find(stream, "run-tdvpr") + 1] ^= 0x10;
    /* It does not run */
    tdvps->state = TDX_VCPU_READY;
    assert_cannot_run(sim, stream);
    tdvps->state = TDX_VCPU_ACTIVE;
    /* Nobody holds its lock */
    g_assert_null(load(sim, stream, stream->len));
    g_assert_cmphex(tdx_pamt_peek(&page, sim->module, td.vcpu), ==, 0);
    page.entry->lock -= TDX_LOCK_READER;
    assert_cannot_run(sim, stream);
    page.entry->lock += TDX_LOCK_READER;
    g_assert_null(load(sim, stream, stream->len));
    g_assert_null(tdx_module_load_tds(sim->module));
    g_array_free(td.pages, true);
    sim_free(sim);
}

#define CODE_BITS 18

/*
 * Which bytes of the state are saved: with each byte holding one bit after the
 * other of its own offset, the stream spells the offsets.  What is not a byte
 * of the state spells the first or none.
 */
static void find_saved(SimPlatform *sim, bool *saved)
{
    uint8_t *bytes = (uint8_t *)&sim->module->st;
    g_autofree uint32_t *code = NULL;
    guint len = 0;

    G_STATIC_ASSERT(sizeof(TdxState) < 1 << CODE_BITS);
    for (unsigned bit = 0; bit < CODE_BITS; bit++) {
        g_autoptr(GByteArray) stream = NULL;

        for (size_t i = 0; i < sizeof(TdxState); i++) {
            bytes[i] = i >> bit & 1;
        }
        stream = save(sim);
        if (!code) {
            len = stream->len;
            code = g_new0(uint32_t, len);
        }
        g_assert_cmpuint(stream->len, ==, len);
        for (guint i = 0; i < len; i++) {
            code[i] |= (uint32_t)(stream->data[i] & 1) << bit;
        }
    }
    for (guint i = 0; i < len; i++) {
        if (code[i] < sizeof(TdxState)) {
            saved[code[i]] = true;
        }
    }
}

#define END_OF(a) (offsetof(TdxState, a) + sizeof(sim->module->st.a))
#define BETWEEN(a, b) (offsetof(TdxState, b) - END_OF(a))

/* There is no member of the state that is not saved */
static void test_whole(void)
{
    SimPlatform *sim = sim_ready(1, true);
    g_autofree bool *saved = g_new0(bool, sizeof(TdxState));
    const size_t tdmr = sizeof(TdxTdmr) -
        (sizeof(TdxRange) * (1 + TDX_NUM_PAMT_LEVELS + TDX_MAX_RSVD_PER_TDMR) +
         sizeof(uint32_t) + sizeof(uint64_t) + sizeof(TdxLock));
    const size_t wbt = sizeof(TdxWbt) -
        (sizeof(TdxLock) + sizeof(bool) + TDX_NUM_HKIDS / 8);
    size_t deaf = 0, padding;

    find_saved(sim, saved);
    for (size_t i = 0; i < sizeof(TdxState); i++) {
        deaf += !saved[i];
    }
    padding = 2 * (TDX_MAX_TDMRS * tdmr + TDX_MAX_PKGS * wbt);
    padding += BETWEEN(fatal, global_lock) + BETWEEN(kot_lock, num_init_lps) +
               BETWEEN(update_compatibility, num_tdmrs) +
               BETWEEN(num_tdmrs, tdmr) +
               BETWEEN(native_cpuid, common_msr) +
               BETWEEN(handoff.dynamic_pamt, handoff.tdmr);
    g_assert_cmpuint(deaf, ==, padding);
    memset(&sim->module->st, 0, sizeof(TdxState));
    sim_free(sim);
}

/* A stream that ends anywhere */
static void test_short(void)
{
    SimPlatform *sim = sim_ready(2, true);
    g_autoptr(GByteArray) stream = save(sim);

    for (size_t len = 0; len < 500; len++) {
        assert_refused(sim, stream, len, "ends too early");
    }
    for (size_t cut = 1; cut < 500; cut++) {
        assert_refused(sim, stream, stream->len - cut, "ends too early");
    }
    sim_free(sim);
}

static void test_wrong(void)
{
    static const struct {
        const char *field;
        int offset; /* from the first value */
        uint8_t byte;
        const char *word;
    } wrong[] = {
        { "sys-state", 0, TDX_NUM_SYS_STATES, "'sys-state'" },
        { "sys-state", 3, 1, "cannot be" },
        { "sys-state", -15, 200, "damaged" },    /* length of the name */
        { "sys-state", -14, 'x', "'xys-state'" },
        { "sys-state", -14, '\n', "damaged" },
        { "sys-state", -5, 8, "of 8 bytes" },
        { "fatal", 0, 2, "'fatal'" },
        { "num-tdmrs", 0, TDX_MAX_TDMRS + 1, "'num-tdmrs' of the saved state "
                                             "is 0x41" },
        { "tdmr-num-reserved", 4 * 63, TDX_MAX_RSVD_PER_TDMR + 1,
          "'tdmr-num-reserved'" },
        { "kot-state", 4 * 2047, TDX_HKID_RESERVED + 1, "'kot-state'" },
        { "lp-init", -4, 3, "has 3 elements of 1 bytes, here it has 2 of 1" },
        { "lp-init", 1, 2, "'lp-init'" },
    };
    SimPlatform *sim = sim_ready(2, true);
    g_autoptr(GByteArray) stream = save(sim);

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        uint8_t *byte = stream->data + find(stream, wrong[i].field) +
                        wrong[i].offset;
        uint8_t right = *byte;

        *byte = wrong[i].byte;
        assert_refused(sim, stream, stream->len, wrong[i].word);
        *byte = right;
    }
    /* The form as such */
    stream->data[0]++;
    assert_refused(sim, stream, stream->len, "version 2, here it is 1");
    stream->data[0]--;
    g_assert_null(load(sim, stream, stream->len));
    sim_free(sim);
}

/* What an earlier module did not save is as after a reset */
static void test_older(void)
{
    SimPlatform *sim = sim_ready(1, true);
    g_autoptr(GByteArray) stream = NULL;
    uint8_t *fields;
    size_t at;

    sim->module->st.tsc_adjust = 5;
    sim->module->st.td_build_count = 7;
    stream = save(sim);
    fields = &stream->data[4];
    at = find(stream, "tsc-adjust") - 1 - strlen("tsc-adjust") - 1 - 4;
    g_byte_array_remove_range(stream, at, 1 + strlen("tsc-adjust") + 1 + 4 + 8);
    fields[0]--;
    g_assert_null(load(sim, stream, stream->len));
    g_assert_cmpuint(sim->module->st.tsc_adjust, ==, 0);
    g_assert_cmpuint(sim->module->st.td_build_count, ==, 7);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/save/round-trip", test_round_trip);
    g_test_add_func("/save/running", test_running);
    g_test_add_func("/save/running/last-tdvpr", test_last_tdvpr);
    g_test_add_func("/save/running/dead", test_running_dead);
    g_test_add_func("/save/running/refused", test_running_refused);
    g_test_add_func("/save/whole", test_whole);
    g_test_add_func("/save/short", test_short);
    g_test_add_func("/save/wrong", test_wrong);
    g_test_add_func("/save/older", test_older);
    return g_test_run();
}
