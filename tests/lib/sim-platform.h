/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A simulated machine for the TDX module model: sparse memory, settable
 * CPUID, MSRs and failures.
 */

#ifndef SIM_PLATFORM_H
#define SIM_PLATFORM_H

#include <glib.h>

#include "sim-memory.h"
#include "abi/leaf-number.h"
#include "include/module.h"

#define SIM_NO_SUBLEAF UINT32_MAX

typedef struct SimCpuid {
    uint32_t leaf;
    uint32_t subleaf; /* SIM_NO_SUBLEAF: the leaf has none */
    uint32_t regs[4]; /* EAX, EBX, ECX, EDX */
} SimCpuid;

typedef struct SimPlatform SimPlatform;
typedef struct SimLp SimLp; /* sim-run.h */
typedef struct SimFail SimFail; /* sim-fail.h */

/**
 * SimPlatform: fill @info and what else matters, then sim_start().
 * @cpuid: SimCpuid elements of the native CPUID; others read zero.  The
 *   physical address width in 0x80000008 comes from @info
 * @msr_override: MSR number (GUINT_TO_POINTER) to uint64_t *; the rest has
 *   values that satisfy the module
 * @tsc: what TSCs read; 0: they run
 * @tsc_offset: added to what they read, modulo 2^64
 * @report_key: the processor's, for reports on TDs
 * @report_fails, @verify: make SEAMREPORT fail, or what SEAMVERIFYREPORT says
 * @no_entropy, @key_busy: make random numbers or key programming fail
 * @hook: called once, then forgotten, from inside an operation that a handler
 *   uses (private_take, key_config, tlb_flush, fence_others): what other LPs do
 *   while a SEAMCALL is under way
 * @fences: calls of fence_others so far
 * @hole: here no private memory is, whatever the module was told
 * @fatal_reason: what the module said when it stopped, else NULL
 */
struct SimPlatform {
    TdxModuleConfig cfg;
    TdxPlatformInfo info;
    GArray *cpuid;
    GHashTable *msr_override;
    uint64_t tsc;
    uint64_t tsc_offset;
    uint8_t report_key[TDX_REPORT_KEY_SIZE];
    bool report_fails;
    const TdxReportResult *verify;
    bool no_entropy;
    bool key_busy;
    void (*hook)(SimPlatform *sim);
    TdxRange hole;
    const char *fatal_reason;
    unsigned fences;

    TdxModule *module;
    SimLp *lp; /* num_lps of them */
    TdxPlatformOps ops;
    SimMemory shared;  /* as seen through KeyID 0 */
    SimMemory private; /* one view for all private KeyIDs */
    SimMemory lost;    /* per page, at its start: lines that sim_poison() hit */
    SimFail *fail;     /* NULL: nothing of the kind */
    void *loader;      /* its SimLoader; NULL: it has none */
};

/** sim_new: a machine with module 1.5.25, no memory map, one LP */
SimPlatform *sim_new(void);
void sim_free(SimPlatform *sim);

/** sim_default_cpuid: the native CPUID that sim_new() starts with */
void sim_default_cpuid(SimPlatform *sim);

/** sim_default_msr: a native MSR of every machine; false: none of these */
bool sim_default_msr(SimPlatform *sim, uint32_t msr, uint64_t *value);

/** sim_clear_cpuid: forget all entries of the native CPUID */
void sim_clear_cpuid(SimPlatform *sim);

/** sim_add_cpuid: add or replace one entry of the native CPUID */
void sim_add_cpuid(SimPlatform *sim, uint32_t leaf, uint32_t subleaf,
                   uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx);

/** sim_set_msr: what RDMSR of @msr answers on every LP */
void sim_set_msr(SimPlatform *sim, uint32_t msr, uint64_t value);

/** sim_start: load the module; @sim->cfg and ->info are final from here on */
void sim_start(SimPlatform *sim);

/**
 * sim_fence: from now on the started module can fence_others().
 * False, and nothing has changed: the host offers nothing of the kind.
 */
bool sim_fence(SimPlatform *sim);

/** sim_write64 / sim_read64: ordinary memory, little endian */
void sim_write64(SimPlatform *sim, uint64_t hpa, uint64_t value);
uint64_t sim_read64(SimPlatform *sim, uint64_t hpa);

/** sim_private64: private content, whatever the KeyID; for white-box tests */
uint64_t sim_private64(SimPlatform *sim, uint64_t hpa);

/**
 * sim_poison: the host writes to [@hpa, @hpa + @len), in one page, through
 * KeyID 0, though the memory is private
 */
void sim_poison(SimPlatform *sim, uint64_t hpa, uint64_t len);

#endif /* SIM_PLATFORM_H */
