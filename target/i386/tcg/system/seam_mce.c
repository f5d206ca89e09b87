/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The partial write erratum on the side of the processor: writes that pass
 * the cache, and the machine check of whoever reads poison.
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "cpu.h"
#include "exec/qemu-compat-tcg.h"
#include "exec/helper-proto.h"
#include "hw/i386/apic_internal.h"
#include "system/runstate.h"
#include "tcg/helper-tcg.h"
#include "trace.h"
#include CONFIG_DEVICES
#ifdef CONFIG_SEAM
#include "hw/i386/seam.h"
#endif

#if defined(TARGET_X86_64) && defined(CONFIG_SEAM)

/* --- machine checks ------------------------------------------------------- */

/* The units that consume what is read, and how each calls the error */
typedef struct PoisonConsumer {
    unsigned bank;
    uint64_t mcacod;
} PoisonConsumer;

static const PoisonConsumer data_cache = { .bank = 1, .mcacod = 0x134 };
static const PoisonConsumer fetch_unit = { .bank = 0, .mcacod = 0x150 };

/* Address LSB: what MCi_ADDR has is good down to the line */
#define LINE_BITS 6

/* Software recoverable, action required: SDM vol. 3, "SRAR errors" */
#define STATUS_SRAR                                                     \
    (MCI_STATUS_VAL | MCI_STATUS_UC | MCI_STATUS_MISCV |                \
     MCI_STATUS_ADDRV | MCI_STATUS_S | MCI_STATUS_AR)

/* QEMU has one bit for all errors of a bank, as well as for all banks */
static bool reporting_enabled(const CPUX86State *env, const uint64_t *bank)
{
    return (!(env->mcg_cap & MCG_CTL_P) || env->mcg_ctl == UINT64_MAX) &&
           bank[0] == UINT64_MAX;
}

static void log_error(CPUX86State *env, const PoisonConsumer *by,
                      uint64_t line)
{
    uint64_t *bank = &env->mce_banks[4 * by->bank]; /* CTL, STATUS, ADDR, MISC */

    /* The first of two uncorrected errors stays */
    if ((bank[1] & MCI_STATUS_VAL) && (bank[1] & MCI_STATUS_UC)) {
        bank[1] |= MCI_STATUS_OVER;
        return;
    }
    bank[1] = STATUS_SRAR | by->mcacod | (bank[1] & MCI_STATUS_VAL
                                          ? MCI_STATUS_OVER : 0) |
              (reporting_enabled(env, bank) ? MCI_STATUS_EN : 0);
    bank[2] = line;
    bank[3] = MCM_ADDR_PHYS << 6 | LINE_BITS;
}

/* A machine check for which a processor is not ready shuts it down */
static bool ready_for_mce(CPUX86State *env)
{
    if ((env->cr[4] & CR4_MCE_MASK) && !(env->mcg_status & MCG_STATUS_MCIP)) {
        return true;
    }
    qemu_log_mask(CPU_LOG_RESET, "CPU %d: machine check %s\n",
                  env_cpu(env)->cpu_index, env->cr[4] & CR4_MCE_MASK
                  ? "in a machine check" : "while CR4.MCE is 0");
    qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    return false;
}

static G_NORETURN void shut_down(CPUState *cs, uintptr_t ra)
{
    cs->halted = 1;
    cs->exception_index = EXCP_HLT;
    cpu_loop_exit_restore(cs, ra);
}

/*
 * Without local machine checks each one comes to all processors, which find
 * nothing in their banks. One that is in a machine check takes part already;
 * one that waits for its first STARTUP signal does not listen.
 */
static void take_part(CPUState *cs, run_on_cpu_data unused)
{
    X86CPU *cpu = X86_CPU(cs);
    CPUX86State *env = &cpu->env;

    if ((env->mcg_status & MCG_STATUS_MCIP) ||
        (cpu->apic_state && APIC_COMMON(cpu->apic_state)->wait_for_sipi)) {
        return;
    }
    if (ready_for_mce(env)) {
        env->mcg_status = MCG_STATUS_MCIP | MCG_STATUS_RIPV;
        cpu_interrupt(cs, CPU_INTERRUPT_MCE);
    }
}

/* Returns if the processor does not report such errors. */
static void consume_poison(CPUX86State *env, const PoisonConsumer *by,
                           uint64_t line, uintptr_t ra)
{
    CPUState *cs = env_cpu(env), *other;

    if (by->bank >= (env->mcg_cap & MCG_CAP_BANKS_MASK)) {
        return; /* a CPU without machine checks */
    }
    log_error(env, by, line);
    trace_x86_machine_check(cs->cpu_index, line, by->bank,
                            env->mce_banks[4 * by->bank + 1]);
    if (!reporting_enabled(env, &env->mce_banks[4 * by->bank])) {
        return;
    }
    if (!ready_for_mce(env)) {
        shut_down(cs, ra);
    }
    /* The instruction did nothing, and can be started again */
    env->mcg_status = MCG_STATUS_MCIP | MCG_STATUS_EIPV | MCG_STATUS_RIPV;
    CPU_FOREACH(other) {
        if (other != cs) {
            async_run_on_cpu(other, take_part, RUN_ON_CPU_NULL);
        }
    }
    raise_exception_ra(env, EXCP12_MCHK, ra);
}

/*
 * Stores are merged into the poisoned line, in the cache. Page walks probe
 * for a store.
 */
bool x86_seam_check_poison(CPUX86State *env, hwaddr paddr, int size,
                           MMUAccessType access_type, bool probe,
                           uintptr_t ra)
{
    uint64_t line;

    if (!seam_find_poison(paddr & TARGET_PAGE_MASK, TARGET_PAGE_SIZE, &line)) {
        return false;
    }
    if (!probe && access_type != MMU_DATA_STORE &&
        seam_find_poison(paddr, MAX(size, 0), &line)) {
        consume_poison(env, access_type == MMU_INST_FETCH ? &fetch_unit
                                                          : &data_cache,
                       line, ra);
    }
    return true;
}

/* --- integrity of a TD's memory ------------------------------------------- */

/*
 * A TD's own machine check: it comes to this processor alone, as a local one,
 * and it comes whatever is enabled, for the TD must not go on.  An event whose
 * delivery has met it is lost with the TD.
 */
void x86_seam_integrity_mce(CPUX86State *env, uint64_t hpa, bool fetch,
                            uintptr_t ra)
{
    CPUState *cs = env_cpu(env);
    const PoisonConsumer *by = fetch ? &fetch_unit : &data_cache;
    uint64_t line = hpa & -(1ULL << LINE_BITS);

    if (by->bank < (env->mcg_cap & MCG_CAP_BANKS_MASK)) {
        log_error(env, by, line);
        trace_x86_machine_check(cs->cpu_index, line, by->bank,
                                env->mce_banks[4 * by->bank + 1]);
    }
    if (!ready_for_mce(env)) {
        shut_down(cs, ra);
    }
    env->mcg_status = MCG_STATUS_MCIP | MCG_STATUS_EIPV | MCG_STATUS_RIPV |
                      MCG_STATUS_LMCE;
    env_archcpu(env)->vmx->vectoring.info = 0;
    raise_exception_ra(env, EXCP12_MCHK, ra);
}

vaddr x86_seam_private_size(CPUX86State *env, hwaddr paddr, vaddr page_size,
                            int size, MMUAccessType access_type, bool probe,
                            uintptr_t ra)
{
    int room = -(paddr | TARGET_PAGE_MASK);
    hwaddr last = paddr + MAX(MIN(size, room), 1) - 1;

    if (likely(seam_td_page_is_whole(paddr))) {
        return page_size;
    }
    /* No access is longer than a line */
    if (!probe && (!seam_td_memory(paddr, 1) || !seam_td_memory(last, 1))) {
        x86_seam_integrity_mce(env, seam_td_memory(paddr, 1) ? last : paddr,
                               access_type == MMU_INST_FETCH, ra);
    }
    return 1; /* less than a page: good for this access only */
}

/* --- partial writes ------------------------------------------------------- */

/*
 * Where the processor has just been able to store; false: nowhere, or in
 * private memory, which has no poison of writes with its own key
 */
static bool address_in_memory(CPUX86State *env, target_ulong addr,
                              uint64_t *hpa)
{
    MemTxAttrs attrs;
    hwaddr page = cpu_page_for_debug(env_cpu(env), addr, &attrs);

    *hpa = x86_seam_strip_keyid(env_archcpu(env), page) |
           (addr & ~TARGET_PAGE_MASK);
    return page != -1 && attrs.space != X86_SPACE_PRIVATE;
}

static void partial_write(CPUX86State *env, target_ulong addr, unsigned size,
                          uintptr_t ra)
{
    CPUState *cs = env_cpu(env);
    uint64_t hpa;

    /* All faults of the store come first, before anything has happened */
    probe_access(env, addr, 0, MMU_DATA_STORE, cpu_mmu_index(cs, false), ra);
    if (address_in_memory(env, addr, &hpa) && seam_partial_write(hpa, size)) {
        tlb_flush(cs);
    }
}

void x86_seam_line_stored(CPUX86State *env, target_ulong addr)
{
    uint64_t hpa;

    if (address_in_memory(env, addr, &hpa)) {
        seam_whole_write(hpa);
    }
}

void helper_partial_write(CPUX86State *env, target_ulong addr, uint32_t size)
{
    uintptr_t ra = GETPC();
    unsigned room = -(addr | TARGET_PAGE_MASK);

    if (size > room) {
        probe_access(env, addr + room, 0, MMU_DATA_STORE,
                     cpu_mmu_index(env_cpu(env), false), ra);
        partial_write(env, addr, room, ra);
        partial_write(env, addr + room, size - room, ra);
    } else {
        partial_write(env, addr, size, ra);
    }
}

/* MASKMOVQ, MASKMOVDQU: one byte after the other, as they are emulated */
void helper_partial_write_mask(CPUX86State *env, target_ulong addr,
                               void *mask, uint32_t size)
{
    const ZMMReg *reg = mask;
    const MMXReg *mmx = mask;

    for (unsigned i = 0; i < size; i++) {
        if ((size == sizeof(MMXReg) ? mmx->MMX_B(i) : reg->ZMM_B(i)) & 0x80) {
            partial_write(env, addr + i, 1, GETPC());
        }
    }
}

#else

bool x86_seam_check_poison(CPUX86State *env, hwaddr paddr, int size,
                           MMUAccessType access_type, bool probe,
                           uintptr_t ra)
{
    return false;
}

vaddr x86_seam_private_size(CPUX86State *env, hwaddr paddr, vaddr page_size,
                            int size, MMUAccessType access_type, bool probe,
                            uintptr_t ra)
{
    return page_size;
}

/* Nobody runs a TD */
void x86_seam_integrity_mce(CPUX86State *env, uint64_t hpa, bool fetch,
                            uintptr_t ra)
{
    g_assert_not_reached();
}

void x86_seam_line_stored(CPUX86State *env, target_ulong addr)
{
}

#ifdef TARGET_X86_64
void helper_partial_write(CPUX86State *env, target_ulong addr, uint32_t size)
{
}

void helper_partial_write_mask(CPUX86State *env, target_ulong addr,
                               void *mask, uint32_t size)
{
}
#endif

#endif
