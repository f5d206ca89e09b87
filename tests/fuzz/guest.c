/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a TD does in a fuzz program: TDCALLs and other VM exits, with whatever
 * registers, and the rules that hold for each of them.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "sim-run.h"
#include "../../target/i386/x86-defs/vmx-exit-list.h"

#define EFER_LMA (1 << 10)
#define CS_64BIT 0xa09b
#define TDCALL_LENGTH 4

/* Operands of FUZZ_EXIT */
enum { OP_REASON, OP_QUALIFICATION, OP_GPA, OP_RAX, OP_RCX, OP_RDX, OP_INTR,
       OP_INFO };

static void G_GNUC_NORETURN broken(const FuzzMachine *fm, const char *what)
{
    fprintf(stderr, "fuzz: call %u: %s\n", fm->calls, what);
    abort();
}

/* By the records' order, one LP after another: the next that runs a TD */
static int find_td(const FuzzMachine *fm, unsigned from)
{
    unsigned n = fm->sim->info.num_lps;

    for (unsigned i = 0; i < n; i++) {
        if (sim_lp(fm->sim, (from + i) % n)->in_td) {
            return (from + i) % n;
        }
    }
    return -1;
}

static void trace_exit(const FuzzMachine *fm, unsigned lp, TdxTdVerdict verdict)
{
    const SimLp *l = sim_lp(fm->sim, lp);

    fprintf(stderr, "%5u LP%u   exit %u, qualification 0x%" G_GINT64_MODIFIER
            "x -> %s, RAX 0x%" G_GINT64_MODIFIER "x\n", fm->calls, lp,
            l->run.vmcs->exit_reason, l->run.vmcs->exit_qualification,
            verdict == TDX_TD_RESUME ? "resume" :
            verdict == TDX_TD_LEAVE ? "leave" : "gone", l->gpr[TDX_RAX]);
}

static TdxTdVerdict td_exit(FuzzMachine *fm, unsigned lp)
{
    SimLp *l = sim_lp(fm->sim, lp);
    TdxTdVerdict verdict;

    fm->calls++;
    __atomic_fetch_add(&fuzz_stats.exits[l->run.vmcs->exit_reason &
                                         (FUZZ_REASONS - 1)], 1,
                       __ATOMIC_RELAXED);
    verdict = sim_td_exit(fm->sim, lp);
    if (fm->trace) {
        trace_exit(fm, lp, verdict);
    }
    switch (verdict) {
    case TDX_TD_GONE:
        if (!fm->sim->fatal_reason || !fm->poisoned) {
            broken(fm, fm->sim->fatal_reason ?: "a TD is gone for nothing");
        }
        break;
    case TDX_TD_LEAVE:
        if (!tdx_status_name(l->gpr[TDX_RAX])) {
            broken(fm, "a TD exit ends in what is no status");
        }
        memcpy(fm->last, l->gpr, sizeof(fm->last));
        break;
    case TDX_TD_RESUME:
        break;
    }
    return verdict;
}

static void set_exit(X86Vmcs *v, uint32_t reason)
{
    v->exit_reason = reason;
    v->exit_qualification = 0;
    v->guest_linear_address = 0;
    v->guest_physical_address = 0;
    v->exit_intr_info = 0;
    v->exit_intr_error_code = 0;
    v->idt_vectoring_info = 0;
    v->exit_instr_length = 0;
    v->exit_instr_info = 0;
}

void fuzz_leave(FuzzMachine *fm, unsigned lp)
{
    SimLp *l = sim_lp(fm->sim, lp);

    if (l->in_td) {
        set_exit(l->run.vmcs, X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT);
        td_exit(fm, lp);
    }
}

/* --- TDCALL ---------------------------------------------------------------- */

static void count_tdcall(uint16_t number, uint64_t status)
{
    __atomic_fetch_add(&fuzz_stats.tdcalls[number], 1, __ATOMIC_RELAXED);
    if (status == TDX_SUCCESS) {
        __atomic_fetch_add(&fuzz_stats.tdcall_successes[number], 1,
                           __ATOMIC_RELAXED);
    }
}

static void check_tdcall(const FuzzMachine *fm, const uint64_t *before,
                         const SimLp *l)
{
    const TdxLeaf *leaf = tdx_guest_leaf_find(before[TDX_RAX] &
                                              TDX_RAX_LEAF_MASK);
    bool output[TDX_NUM_GPRS] = { [TDX_RAX] = true };

    /* An exception is on its way: nothing was done */
    if (l->run.vmcs->entry_intr_info & X86_VMCS_EVENT_VALID) {
        output[TDX_RAX] = false;
        leaf = NULL;
    } else if (!tdx_status_name(l->gpr[TDX_RAX])) {
        broken(fm, "a TDCALL answers what is no status");
    }
    for (int i = 0; leaf && i < TDX_LEAF_MAX_OPERANDS && leaf->out[i].name;
         i++) {
        output[leaf->out[i].reg] = true;
    }
    for (int reg = 0; reg < TDX_NUM_GPRS; reg++) {
        if (reg != TDX_RSP && !output[reg] && before[reg] != l->gpr[reg]) {
            g_autofree char *what = g_strdup_printf(
                "TDCALL %s changed register %d, which is no output",
                leaf ? leaf->name : "?", reg);

            broken(fm, what);
        }
    }
}

/* Returns whether the TD runs on */
static bool tdcall(FuzzMachine *fm, const FuzzRecord *rec, unsigned lp,
                   unsigned i)
{
    uint16_t number = (rec->op[0].value[0] | rec->op[0].value[1] << 8) &
                      (FUZZ_TDCALLS - 1);
    const TdxLeaf *leaf = tdx_guest_leaf_find(number);
    SimLp *l = sim_lp(fm->sim, lp);
    uint64_t before[TDX_NUM_GPRS];
    bool resumed;

    set_exit(l->run.vmcs, X86_VMX_EXIT_REASON_TDCALL);
    l->run.vmcs->exit_instr_length = TDCALL_LENGTH;
    l->run.vmcs->guest_efer |= EFER_LMA;
    l->run.vmcs->guest_cs_ar = CS_64BIT;
    for (int n = 0; n < TDX_NUM_GPRS; n++) {
        l->gpr[n] = rec->flags & FUZZ_JUNK ? 0x0101010101010101ULL * (n + 1)
                                           : 0;
    }
    l->gpr[TDX_RAX] = number | (uint64_t)(rec->flags & FUZZ_VERSION_MASK)
                               << TDX_RAX_VERSION_SHIFT;
    for (int n = 0; leaf && n < FUZZ_OPERANDS - 1 && leaf->in[n].name; n++) {
        l->gpr[leaf->in[n].reg] = fuzz_operand(fm, FUZZ_IN_TD | number,
                                               leaf->in[n].name,
                                               &rec->op[n + 1], i);
    }
    memcpy(before, l->gpr, sizeof(before));
    resumed = td_exit(fm, lp) == TDX_TD_RESUME;
    if (resumed) {
        check_tdcall(fm, before, l);
        memcpy(fm->last, l->gpr, sizeof(fm->last));
    }
    /* Where it leaves, an exit reason is below the status */
    count_tdcall(number, resumed ? l->gpr[TDX_RAX]
                                 : l->gpr[TDX_RAX] & ~(uint64_t)UINT32_MAX);
    return resumed;
}

void fuzz_tdcall(FuzzMachine *fm, const FuzzRecord *rec)
{
    int lp = find_td(fm, rec->lp);
    unsigned n = fuzz_repetitions(rec);

    for (unsigned i = 0; lp >= 0 && i < n; i++) {
        if (!tdcall(fm, rec, lp, i)) {
            break;
        }
    }
}

/* --- other exits ----------------------------------------------------------- */

/* What neither a TD's controls nor its tables ever lead to */
static bool cannot_be(uint32_t reason)
{
    return reason == X86_VMX_EXIT_REASON_PML_FULL ||
           reason == X86_VMX_EXIT_REASON_EPT_MISCONFIG;
}

void fuzz_exit(FuzzMachine *fm, const FuzzRecord *rec)
{
    int lp = find_td(fm, rec->lp);
    uint64_t op[FUZZ_OPERANDS];
    uint32_t reason;
    X86Vmcs *v;
    SimLp *l;

    if (lp < 0) {
        return;
    }
    l = sim_lp(fm->sim, lp);
    v = l->run.vmcs;
    for (int i = 0; i < FUZZ_OPERANDS; i++) {
        op[i] = fuzz_operand(fm, FUZZ_EXIT, i == OP_GPA ? "gpa" : NULL,
                             &rec->op[i], 0);
    }
    reason = op[OP_REASON] & (FUZZ_REASONS - 1);
    if (cannot_be(reason)) {
        return;
    }
    set_exit(v, reason);
    v->exit_qualification = op[OP_QUALIFICATION];
    v->guest_linear_address = op[OP_GPA];
    v->guest_physical_address = op[OP_GPA];
    v->exit_instr_length = 1 + (op[OP_INFO] & 7);
    v->exit_instr_info = op[OP_INFO];
    if (reason == X86_VMX_EXIT_REASON_EXCEPTION_NMI) {
        v->exit_intr_info = (op[OP_INTR] & 0x71f) | X86_VMCS_EVENT_VALID;
    } else if (reason == X86_VMX_EXIT_REASON_EPT_VIOLATION &&
               rec->flags & FUZZ_JUNK) {
        v->idt_vectoring_info = (op[OP_INTR] & 0x71f) | X86_VMCS_EVENT_VALID;
    }
    l->gpr[TDX_RAX] = op[OP_RAX];
    l->gpr[TDX_RCX] = op[OP_RCX];
    l->gpr[TDX_RDX] = op[OP_RDX];
    if (sim_would_exit(fm->sim, lp)) {
        td_exit(fm, lp);
    }
}
