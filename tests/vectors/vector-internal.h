/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files that replay a recorded conversation share.
 */

#ifndef VECTOR_INTERNAL_H
#define VECTOR_INTERNAL_H

#include "sim-run.h"
#include "vector-json.h"
#include "vector-replay.h"

typedef struct Replay {
    SimPlatform *sim;
    GString *why;
    guint step;
    /*
     * With "repeat", every call must give what is expected.  Otherwise all
     * but the last must only succeed.
     */
    bool repeats_alike;
} Replay;

/** malformed: the step makes no sense; returns VECTOR_MALFORMED */
VectorResult malformed(Replay *r, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

/**
 * differs: note that @what of the step is not what is expected, unless it is.
 * Returns whether it differs.
 */
bool differs(Replay *r, const char *what, uint64_t expected, uint64_t actual);

/** parse_lp: the logical processor of @step */
bool parse_lp(Replay *r, JsonObject *step, uint64_t *lp);

/* --- vector-seamcall.c ---------------------------------------------------- */

VectorResult step_seamcall(Replay *r, JsonObject *step);

/** parse_gprs: registers by name; @listed: set for each of them, or NULL */
bool parse_gprs(JsonObject *o, uint64_t *values, bool *listed);

/** parse_ignore: a list of registers, each perhaps as "regs.NAME" */
bool parse_ignore(JsonArray *names, bool *ignore);

/* --- vector-td.c: steps of a TD that runs --------------------------------- */

VectorResult step_td_exit(Replay *r, JsonObject *step);

/** set_live_msr: an MSR of @lp where it is now, whoever runs there */
void set_live_msr(SimPlatform *sim, unsigned lp, uint32_t msr, uint64_t value);

/** cpu_register: of whoever runs on an LP; NULL: there is none of that name */
uint64_t *cpu_register(SimLp *l, const char *name);

/** parse_msrs: [[msr, value], ...], each handed to @set */
bool parse_msrs(JsonArray *list, Replay *r, unsigned lp,
                void (*set)(SimPlatform *sim, unsigned lp, uint32_t msr,
                            uint64_t value));

/** parse_xmms: 32 words, as of XMM0 to XMM15 */
bool parse_xmms(JsonArray *list, TdxXmm xmm[TDX_NUM_XMMS]);

/**
 * check_entered: does the TD that runs on @lp stand as @expect says: RIP,
 * XMM registers, event to inject and #VE information?
 */
VectorResult check_entered(Replay *r, unsigned lp, JsonObject *expect);

/* --- vector-machine.c: steps between its exits ---------------------------- */

VectorResult step_sim(Replay *r, JsonObject *step);
VectorResult step_host_state(Replay *r, JsonObject *step);
VectorResult step_vmcs(Replay *r, JsonObject *step);
VectorResult step_msr_native(Replay *r, JsonObject *step);
VectorResult step_peek64(Replay *r, JsonObject *step);
VectorResult step_poke64(Replay *r, JsonObject *step);

#endif /* VECTOR_INTERNAL_H */
