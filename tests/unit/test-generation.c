/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A TD under a module 1.0: metadata fields and TDCALLs that came with a later
 * feature are as unknown to it as an id and a number that mean nothing.
 */

#include "sim-td.h"
#include "sim-run.h"
#include "../../target/i386/x86-defs/vmx-exit-list.h"
#include "include/update.h"
#include "metadata/td-fields.h"

#define ASSERT_OK(status) g_assert_cmphex(status, ==, 0)
#define UNKNOWN TDX_METADATA_FIELD_ID_INCORRECT
#define NONE UINT64_MAX
/* To a TDCALL that is no leaf (TDCALL 2): operand RAX is invalid */
#define NO_LEAF tdx_op(TDX_OPERAND_INVALID, TDX_RAX)

/* The guest's leaves that came after: VM.WR (8) was the last */
#define LAST_TDCALL TDG_VM_WR
#define PAST_TDCALLS 64

#define EFER_LMA (1 << 10)
#define CS_64BIT 0xa09b

#define CLASS(id) ((id) >> 56 & 0x3f)
#define CODE(id)  ((id) & 0xffffff)

/* Codes of a class that a module 1.0 has */
typedef struct Known {
    unsigned class;
    unsigned first;
    unsigned last;
} Known;

/*
 * Of a TD: its pages, keys, state, TD_PARAMS without flags, measurements,
 * translations; nothing of migration, service TDs, L2 VMs, events, and none of
 * the controls by which a later guest has less #VE
 */
static const Known td_known[] = {
    { 0x00, 0x000, 0x01f }, /* FATAL to TDCX_PA, not TD_UUID */
    { 0x01, 0x000, 0xfff }, /* HKID, PKG_CONFIG_BITMAP */
    { 0x10, 0x000, 0x004 }, /* NUM_VCPUS to OP_STATE, not NUM_L2_VMS */
    { 0x11, 0x000, 0x00c }, /* ATTRIBUTES to TSC_FREQUENCY */
    { 0x11, 0x00e, 0x010 }, /* NUM_CPUID_VALUES to NOTIFY_ENABLES */
    { 0x11, 0x200, 0x812 }, /* CPUID 4 and XBUFF_OFFSETS */
    { 0x12, 0x000, 0xfff }, /* TD_EPOCH and its counts */
    { 0x13, 0x000, 0xfff }, /* MRTD to RTMR */
    { 0x20, 0x000, 0xfff }, /* MSR bitmaps */
    { 0x21, 0x000, 0xfff }, /* the Secure EPT's root, not those of L2 VMs */
};

/* Of a vCPU: the same, registers and VMCS of the TD itself, #VE without class */
static const Known vp_known[] = {
    { 0x00, 0x000, 0xffffff }, /* VMCS */
    { 0x01, 0x000, 0xfff },    /* virtual APIC page */
    { 0x02, 0x000, 0x012 },    /* VE_INFO, not VE_CATEGORY */
    { 0x10, 0x000, 0xfff },    /* GPRs */
    { 0x11, 0x000, 0xfff },    /* other registers */
    { 0x12, 0x000, 0xfff },    /* extended state */
    { 0x13, 0x000, 0xffffff }, /* MSRs */
    { 0x20, 0x000, 0x01f },    /* VCPU_STATE to TDVPS_PAGE_PA */
    { 0x20, 0x044, 0x04b },    /* VM_LAUNCHED, LP_DEPENDENT_HPA_UPDATED */
};

static bool is_known(const Known *known, size_t n, uint64_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (CLASS(id) == known[i].class && CODE(id) >= known[i].first &&
            CODE(id) <= known[i].last) {
            return true;
        }
    }
    return false;
}

static void set_generation(SimTd *td, bool first)
{
    TdxModuleConfig cfg = *tdx_module_config(td->sim->module);

    cfg.first_generation = first;
    cfg.features0 = first ? 0 : td->sim->cfg.features0;
    tdx_module_set_config(td->sim->module, &cfg);
}

/* A call of the host on LP 1 or, with @guest, of the TD that runs on LP 0 */
static uint64_t ask(SimTd *td, bool guest, uint64_t leaf, uint64_t rcx,
                    uint64_t id, uint64_t mask)
{
    SimLp *l = sim_lp(td->sim, 0);
    uint64_t gpr[TDX_NUM_GPRS] = {
        [TDX_RAX] = leaf, [TDX_RCX] = rcx, [TDX_RDX] = id, [TDX_R9] = mask,
    };

    if (!guest) {
        g_assert_true(tdx_module_seamcall(td->sim->module, 1, gpr, NULL));
        return gpr[TDX_RAX];
    }
    l->run.vmcs->guest_efer |= EFER_LMA;
    l->run.vmcs->guest_cs_ar = CS_64BIT;
    l->run.vmcs->exit_instr_length = 4;
    l->run.vmcs->exit_reason = X86_VMX_EXIT_REASON_TDCALL;
    memcpy(l->gpr, gpr, sizeof(gpr));
    g_assert_cmpint(sim_td_exit(td->sim, 0), ==, TDX_TD_RESUME);
    return l->gpr[TDX_RAX];
}

/* Leaves that read and write the fields of one table */
typedef struct Way {
    const TdxFieldTable *table;
    const Known *known;
    size_t n;
    bool guest;
    uint64_t read;
    uint64_t write;
} Way;

#define TD { &tdx_td_fields, td_known, G_N_ELEMENTS(td_known)
#define VP { &tdx_vp_fields, vp_known, G_N_ELEMENTS(vp_known)

static const Way of_host[] = {
    TD, false, TDH_MNG_RD, TDH_MNG_WR },
    VP, false, TDH_VP_RD, TDH_VP_WR },
};

static const Way of_guest[] = {
    TD, true, TDG_VM_RD, TDG_VM_WR },
    VP, true, TDG_VP_RD, TDG_VP_WR },
};

static void check_field(SimTd *td, const Way *way, uint64_t rcx, uint64_t id,
                        const char *name)
{
    bool known = is_known(way->known, way->n, id);
    uint64_t read, write;

    g_test_message("%s 0x%" G_GINT64_MODIFIER "x", name, id);
    /* A mask of nothing writes nothing, whatever the field is */
    set_generation(td, false);
    read = ask(td, way->guest, way->read, rcx, id, 0);
    write = ask(td, way->guest, way->write, rcx, id, 0);
    g_assert_cmphex(read, !=, UNKNOWN);
    g_assert_cmphex(write, !=, UNKNOWN);
    set_generation(td, true);
    read = known ? read : UNKNOWN;
    write = known ? write : UNKNOWN;
    if (way->guest && way->read > LAST_TDCALL) {
        read = NO_LEAF;
        write = NO_LEAF;
    }
    g_assert_cmphex(ask(td, way->guest, way->read, rcx, id, 0), ==, read);
    g_assert_cmphex(ask(td, way->guest, way->write, rcx, id, 0), ==, write);
}

static void check_fields(SimTd *td, const Way *way, uint64_t rcx)
{
    for (size_t i = 0; i < way->table->rows; i++) {
        const TdxField *f = &way->table->row[i];
        unsigned last = f->fields * f->elems - 1;
        uint64_t end = f->id + last * tdx_field_stride(f->id);

        check_field(td, way, rcx, f->id, f->name);
        check_field(td, way, rcx, end, f->name);
    }
}

static SimTd *new_td(void)
{
    SimTd *td = g_new0(SimTd, 1);

    sim_td_build(td, sim_td_machine_static(2), 0);
    ASSERT_OK(sim_td_call(td, TDH_MR_FINALIZE, td->tdr, 0, 0));
    return td;
}

static void test_host(void)
{
    SimTd *td = new_td();

    ASSERT_OK(sim_td_call(td, TDH_VP_FLUSH, td->vcpu, 0, 0));
    check_fields(td, &of_host[0], td->tdr);
    check_fields(td, &of_host[1], td->vcpu);
    /* LP 1 has it now */
    ASSERT_OK(ask(td, false, TDH_VP_FLUSH, td->vcpu, 0, 0));
    ASSERT_OK(sim_td_call(td, TDH_VP_RD, td->vcpu, 0xa020000200000002, 0));
    sim_td_free(td);
}

static void enter(SimTd *td)
{
    uint64_t gpr[TDX_NUM_GPRS] = {
        [TDX_RAX] = TDH_VP_ENTER, [TDX_RCX] = td->vcpu,
    };

    g_assert_cmpint(sim_seamcall(td->sim, 0, gpr), ==, TDX_SEAMCALL_RUN_TD);
}

static void leave(SimTd *td)
{
    X86Vmcs *v = sim_lp(td->sim, 0)->run.vmcs;

    v->exit_reason = X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT;
    g_assert_cmpint(sim_td_exit(td->sim, 0), ==, TDX_TD_LEAVE);
}

static void test_guest(void)
{
    SimTd *td = new_td();

    enter(td);
    check_fields(td, &of_guest[0], 0);
    check_fields(td, &of_guest[1], 0);
    leave(td);
    sim_td_free(td);
}

/* Of all numbers only the first nine mean something; operands are nonsense */
static void test_tdcalls(void)
{
    SimTd *td = new_td();

    enter(td);
    for (unsigned n = 0; n < PAST_TDCALLS; n++) {
        uint64_t status;

        g_test_message("leaf %u", n);
        set_generation(td, false);
        status = ask(td, true, n, NONE, NONE, 0);
        set_generation(td, true);
        g_assert_cmphex(ask(td, true, n, NONE, NONE, 0), ==,
                        n > LAST_TDCALL ? NO_LEAF : status);
        g_assert_true(n > LAST_TDCALL || status != NO_LEAF);
    }
    /* R10[0] of TDG.VP.INFO tells of TDG.SYS.RD and its like (TDCALL 4.2) */
    ASSERT_OK(ask(td, true, TDG_VP_INFO, 0, 0, 0));
    g_assert_cmphex(sim_lp(td->sim, 0)->gpr[TDX_R10], ==, 0);
    set_generation(td, false);
    ASSERT_OK(ask(td, true, TDG_VP_INFO, 0, 0, 0));
    g_assert_cmphex(sim_lp(td->sim, 0)->gpr[TDX_R10], ==, 1);
    leave(td);
    sim_td_free(td);
}

/* From field to field there is none that the module does not have */
static void test_chain(void)
{
    SimTd *td = new_td();
    uint64_t id = NONE, last = 0, status;
    unsigned n = 0;

    set_generation(td, true);
    do {
        SimCall call;

        status = sim_call(td->sim, 0, &call, LEAF_VERSION(TDH_MNG_RD, 1),
                          td->tdr, id, 0);
        g_assert_cmphex(status, ==, n ? TDX_SUCCESS :
                        TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT);
        last = id;
        id = call.gpr[TDX_RDX];
        g_assert_true(id == NONE || CLASS(id) == TD_CLASS_CPUID ||
                      is_known(td_known, G_N_ELEMENTS(td_known), id));
        n++;
    } while (id != NONE);
    /* CPUID_VALUES are what ends it */
    g_assert_cmpuint(CLASS(last), ==, TD_CLASS_CPUID);
    sim_td_free(td);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/generation/host", test_host);
    g_test_add_func("/generation/guest", test_guest);
    g_test_add_func("/generation/tdcalls", test_tdcalls);
    g_test_add_func("/generation/chain", test_chain);
    return g_test_run();
}
