/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of the VMX engine share among themselves.
 */

#ifndef TARGET_I386_TCG_VMX_ENGINE_H
#define TARGET_I386_TCG_VMX_ENGINE_H

#include "target/i386/vmx.h"

/* --- insn.c ------------------------------------------------------------- */

/**
 * vmx_check_insn: what starts each VMX instruction but VMXON and VMCALL:
 * #UD outside VMX operation or in the wrong mode, VM exit with @reason in
 * non-root operation, #GP(0) at CPL > 0.
 */
void vmx_check_insn(CPUX86State *env, const char *insn,
                    X86VmxExitReason reason, uintptr_t ra);

/**
 * vmx_fail: end an instruction with VM-instruction error @error.
 * Returns the arithmetic flags of RFLAGS.
 */
target_ulong vmx_fail(CPUX86State *env, const char *insn, X86VmxError error);

/** vmx_fail_invalid: end an instruction where there is no VMCS to write to */
target_ulong vmx_fail_invalid(const char *insn, const char *why);

/** vmx_valid_eptp: may @eptp be an EPT pointer? */
bool vmx_valid_eptp(CPUX86State *env, uint64_t eptp);

/* --- event.c ------------------------------------------------------------ */

/** vmx_attention: what vmx_pending() looks at has changed.  BQL not needed. */
void vmx_attention(CPUX86State *env);

/** vmx_timer_start: the preemption timer runs from @value down to 0 */
void vmx_timer_start(CPUX86State *env, uint32_t value);

/** vmx_timer_stop: stop it.  Returns what is left of the value. */
uint32_t vmx_timer_stop(CPUX86State *env);

/** vmx_inject: deliver the event that VM entry asks for; may exit */
void vmx_inject(CPUX86State *env, uint32_t info, uint32_t error,
                uint32_t insn_len);

/* --- vapic.c ------------------------------------------------------------ */

/**
 * vmx_vapic_begin: non-root operation begins with a TPR shadow; the virtual
 * APIC's memory is known
 * @intr_status: guest interrupt status, SVI above RVI
 */
void vmx_vapic_begin(CPUX86State *env, uint16_t intr_status);

/** vmx_vapic_end: it ends.  Returns the guest interrupt status. */
uint16_t vmx_vapic_end(CPUX86State *env);

/**
 * vmx_vapic_deliver: the virtual interrupt that is pending is taken.
 * Returns its vector.
 */
uint8_t vmx_vapic_deliver(CPUX86State *env);

/**
 * vmx_vapic_notified: the CPU has acknowledged external interrupt @vector.
 * Returns whether that was the notification of posted interrupts, which are
 * in the virtual APIC then, and no exit.  BQL held.
 */
bool vmx_vapic_notified(CPUX86State *env, int vector);

/** vmx_vapic_cr8: MOV from CR8 by a guest with TPR shadow */
uint8_t vmx_vapic_cr8(CPUX86State *env);

/** vmx_vapic_rdmsr: RDMSR of an x2APIC MSR, of a virtual APIC or not */
X86VmxMsr vmx_vapic_rdmsr(CPUX86State *env, uint32_t msr, uint64_t *val);

/** vmx_vapic_wrmsr: WRMSR, likewise */
X86VmxMsr vmx_vapic_wrmsr(CPUX86State *env, uint32_t msr, uint64_t val);

/* --- x2apic.c ----------------------------------------------------------- */

/** vmx_is_x2apic: is @msr in the range of the x2APIC? */
bool vmx_is_x2apic(uint32_t msr);

/** vmx_x2apic_exists: can it be written, or else read? */
bool vmx_x2apic_exists(uint32_t msr, bool write);

/** vmx_x2apic_takes: are the reserved bits of @val clear? */
bool vmx_x2apic_takes(uint32_t msr, uint64_t val);

/* --- exit.c ------------------------------------------------------------- */

/**
 * vmx_switch_to_host: VM exit.  env has the guest's state of an instruction
 * boundary, then that of the host.
 */
void vmx_switch_to_host(CPUX86State *env, const VmxExit *exit);

/**
 * vmx_exit_td: the same where a TD runs.
 * Returns whether anything has changed but general purpose registers and EIP;
 * if not, the TD just goes on.
 */
bool vmx_exit_td(CPUX86State *env, const VmxExit *exit);

/**
 * vmx_save_td_rest: write to the VMCS what vmx_exit_td() has left out, as few
 * exits need it
 */
void vmx_save_td_rest(CPUX86State *env);

/**
 * vmx_load_host: load the host's state as a VM exit does, MSR list included
 * @nmi_blocked: NMIs are blocked afterwards
 */
void vmx_load_host(CPUX86State *env, bool nmi_blocked);

/**
 * vmx_leave_non_root: the last step to the host, whose registers are loaded:
 * what is not in registers, and the host's translations
 */
void vmx_leave_non_root(CPUX86State *env, bool nmi_blocked);

/** VmxMsrFail: entry @index, from 1, of an MSR list failed; 0 if none did */
typedef struct VmxMsrFail {
    uint32_t index;
} VmxMsrFail;

/** vmx_load_msrs: load @count MSRs from the list at @addr */
VmxMsrFail vmx_load_msrs(CPUX86State *env, uint64_t addr, uint32_t count,
                         bool entry);

/* --- memory.c ----------------------------------------------------------- */

/**
 * vmx_may_ask_device: may a device be read or written just now?  Not in the
 * middle of a block while instructions are counted: it may ask for the time.
 */
bool vmx_may_ask_device(CPUX86State *env);

/**
 * vmx_phys_read, vmx_phys_write: memory of the machine, by physical address;
 * false if there is nothing at @addr
 */
bool vmx_phys_read(CPUX86State *env, uint64_t addr, void *buf, size_t size);
bool vmx_phys_write(CPUX86State *env, uint64_t addr, const void *buf,
                    size_t size);

/** vmx_read_descriptor: the operand in memory of INVEPT and INVVPID */
void vmx_read_descriptor(CPUX86State *env, uint64_t ea, uint64_t desc[2],
                         uintptr_t ra);

/* --- entry.c ------------------------------------------------------------ */

/** vmx_load_blocking: what blocks events in the guest, from @run */
void vmx_load_blocking(CPUX86State *env);

/** vmx_load_guest: load the guest's state from @run, whose @ctl is decoded */
void vmx_load_guest(CPUX86State *env);

/**
 * vmx_run_guest: non-root operation begins, all registers being loaded.
 * Delivers the event that the VMCS injects, in which case it may not return.
 */
void vmx_run_guest(CPUX86State *env);

/** vmx_loaded_cr0: CR0 when a world switch loads @cr0 */
uint64_t vmx_loaded_cr0(CPUX86State *env, uint64_t cr0);

/* --- state.c: registers of either world --------------------------------- */

/**
 * vmx_set_crs: load control registers and IA32_EFER without the checks and
 * flushes of MOV CR; vmx_update_hflags() must follow
 */
void vmx_set_crs(CPUX86State *env, uint64_t cr0, uint64_t cr3, uint64_t cr4,
                 uint64_t efer);

/** vmx_update_hflags: derive what hflags has from the state just loaded */
void vmx_update_hflags(CPUX86State *env);

/* Access rights of a VMCS are bits 55:40 of a descriptor. */
#define VMX_AR_SHIFT 8
#define VMX_AR_MASK  0xf0ffu

/** vmx_segment: the register that a VMCS knows as @reg */
static inline SegmentCache *vmx_segment(CPUX86State *env, X86VmcsSegReg reg)
{
    return reg == X86_VMCS_LDTR ? &env->ldt :
           reg == X86_VMCS_TR ? &env->tr : &env->segs[reg];
}

/*
 * Both worlds' segments are most of a switch: what follows is inline, with
 * constant registers, so that no structure goes through memory on its way.
 */

/**
 * vmx_load_segment: access rights as in a VMCS.  A segment register that is
 * not usable is not present here; SS keeps its DPL, which is the CPL.
 */
static inline void vmx_load_segment(SegmentCache *sc, X86VmcsSegment seg,
                                    bool ss)
{
    sc->selector = seg.selector;
    sc->base = seg.base;
    sc->limit = seg.limit;
    sc->flags = (seg.ar & VMX_AR_MASK) << VMX_AR_SHIFT;
    if (seg.ar & X86_VMCS_AR_UNUSABLE) {
        sc->flags &= ss ? DESC_DPL_MASK | DESC_B_MASK : 0;
    }
}

/** vmx_save_ar: access rights as in a VMCS */
static inline uint32_t vmx_save_ar(const SegmentCache *sc)
{
    uint32_t ar = sc->flags >> VMX_AR_SHIFT & VMX_AR_MASK;

    return ar & X86_VMCS_AR_P ? ar : ar | X86_VMCS_AR_UNUSABLE;
}

/**
 * vmx_canonical: is @addr a canonical linear address on this CPU, whatever
 * CR4.LA57 says?  That is how MSRs and INVVPID take one.
 */
bool vmx_canonical(CPUX86State *env, uint64_t addr);

/* --- intercept.c -------------------------------------------------------- */

/**
 * vmx_exit_insn: VM exit by an instruction of which nothing was executed,
 * with the information that @reason has
 */
G_NORETURN void vmx_exit_insn(CPUX86State *env, X86VmxExitReason reason,
                              uintptr_t ra);

/** vmx_exit_qual: the same with a qualification */
G_NORETURN void vmx_exit_qual(CPUX86State *env, X86VmxExitReason reason,
                              uint64_t qualification, uintptr_t ra);

/* --- insn-info.c -------------------------------------------------------- */

/**
 * VmxInsn: an instruction, decoded as far as exit information wants.
 * @opcode: with 0f and 0f38 as its upper bytes
 * @rex, @prefix_66, @prefix_67: prefixes
 * @segment: of a memory operand, in the order of instructions' encoding
 * @base, @index: registers, -1: none
 */
typedef struct VmxInsn {
    uint32_t opcode;
    uint8_t length;
    uint8_t rex;
    bool prefix_66;
    bool prefix_67;
    uint8_t modrm;
    uint8_t segment;
    int8_t base;
    int8_t index;
    uint8_t scale;
    bool rip_relative;
    int64_t disp;
} VmxInsn;

static inline bool vmx_insn_has_mem(const VmxInsn *insn)
{
    return insn->modrm < 0xc0;
}

/** vmx_insn_reg, vmx_insn_rm: register numbers in the ModRM byte */
static inline unsigned vmx_insn_reg(const VmxInsn *insn)
{
    return (insn->modrm >> 3 & 7) | (insn->rex & 4) << 1;
}

static inline unsigned vmx_insn_rm(const VmxInsn *insn)
{
    return (insn->modrm & 7) | (insn->rex & 1) << 3;
}

/** vmx_insn_decode: the instruction at EIP, which env has */
VmxInsn vmx_insn_decode(CPUX86State *env);

/** vmx_insn_info: VM-exit instruction information for @reason; 0: none */
uint32_t vmx_insn_info(CPUX86State *env, X86VmxExitReason reason,
                       const VmxInsn *insn);

/** vmx_insn_disp: displacement, as exit qualifications have it */
uint64_t vmx_insn_disp(CPUX86State *env, const VmxInsn *insn);

#endif /* TARGET_I386_TCG_VMX_ENGINE_H */
