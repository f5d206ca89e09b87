/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * VMX of a CPU without TCG's part: what the capability MSRs say, the state's
 * reset and migration, and INIT.
 */

#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "exec/cputlb.h"
#include "migration/vmstate.h"
#include "system/tcg.h"
#include "vmx.h"

/*
 * VMX controls.  The low half of a capability MSR has the bits that must be
 * one, the high half those that may be one.  Ordinary guests do not exist
 * yet, so that only the reserved bits which the architecture wants set
 * ("default1") may be set: a hypervisor finds no control that it needs and
 * declines.
 */
#define VMX_PINBASED_DEFAULT1   0x00000016u
#define VMX_PROCBASED_DEFAULT1  0x0401e172u
#define VMX_EXIT_DEFAULT1       0x00036dffu
#define VMX_ENTRY_DEFAULT1      0x000011ffu
/* Those of them that the TRUE capability MSRs allow to be zero */
#define VMX_PROCBASED_DEFAULT1_CLEARABLE    0x00018000u
#define VMX_EXIT_DEFAULT1_CLEARABLE         0x00000004u
#define VMX_ENTRY_DEFAULT1_CLEARABLE        0x00000004u

#define VMX_CONTROLS(may, must) (((uint64_t)(may) << 32) | (must))

#define VMX_BASIC_REGION_SIZE           (4096ULL << 32)
#define VMX_BASIC_MEM_TYPE_WB           (6ULL << 50)
/* SEAMRET from the P-SEAMLDR keeps the current VMCS */
#define VMX_BASIC_NO_SEAMRET_INVD_VMCS  (1ULL << 60)

X86VmxFixed x86_vmx_cr0_fixed(const X86CPU *cpu)
{
    return (X86VmxFixed) {
        .fixed0 = CR0_PE_MASK | CR0_NE_MASK | CR0_PG_MASK,
        .fixed1 = UINT32_MAX,
    };
}

X86VmxFixed x86_vmx_cr4_fixed(const X86CPU *cpu)
{
    CPUX86State *env = (CPUX86State *)&cpu->env;
    uint64_t reserved = cr4_reserved_bits(env);

    if (!(env->features[FEAT_1_ECX] & CPUID_EXT_PCID)) {
        reserved |= CR4_PCIDE_MASK;
    }
    return (X86VmxFixed) {
        .fixed0 = CR4_VMXE_MASK,
        .fixed1 = ~reserved,
    };
}

bool x86_vmx_capability(const X86CPU *cpu, uint32_t msr, uint64_t *val)
{
    switch (msr) {
    case MSR_IA32_VMX_BASIC:
        *val = X86_VMX_REVISION_ID | VMX_BASIC_REGION_SIZE |
               VMX_BASIC_MEM_TYPE_WB | MSR_VMX_BASIC_TRUE_CTLS |
               VMX_BASIC_NO_SEAMRET_INVD_VMCS;
        return true;
    case MSR_IA32_VMX_PINBASED_CTLS:
    case MSR_IA32_VMX_TRUE_PINBASED_CTLS:
        *val = VMX_CONTROLS(VMX_PINBASED_DEFAULT1, VMX_PINBASED_DEFAULT1);
        return true;
    case MSR_IA32_VMX_PROCBASED_CTLS:
        *val = VMX_CONTROLS(VMX_PROCBASED_DEFAULT1, VMX_PROCBASED_DEFAULT1);
        return true;
    case MSR_IA32_VMX_TRUE_PROCBASED_CTLS:
        *val = VMX_CONTROLS(VMX_PROCBASED_DEFAULT1,
                            VMX_PROCBASED_DEFAULT1 &
                            ~VMX_PROCBASED_DEFAULT1_CLEARABLE);
        return true;
    case MSR_IA32_VMX_EXIT_CTLS:
        *val = VMX_CONTROLS(VMX_EXIT_DEFAULT1, VMX_EXIT_DEFAULT1);
        return true;
    case MSR_IA32_VMX_TRUE_EXIT_CTLS:
        *val = VMX_CONTROLS(VMX_EXIT_DEFAULT1,
                            VMX_EXIT_DEFAULT1 & ~VMX_EXIT_DEFAULT1_CLEARABLE);
        return true;
    case MSR_IA32_VMX_ENTRY_CTLS:
        *val = VMX_CONTROLS(VMX_ENTRY_DEFAULT1, VMX_ENTRY_DEFAULT1);
        return true;
    case MSR_IA32_VMX_TRUE_ENTRY_CTLS:
        *val = VMX_CONTROLS(VMX_ENTRY_DEFAULT1,
                            VMX_ENTRY_DEFAULT1 &
                            ~VMX_ENTRY_DEFAULT1_CLEARABLE);
        return true;
    case MSR_IA32_VMX_CR0_FIXED0:
        *val = x86_vmx_cr0_fixed(cpu).fixed0;
        return true;
    case MSR_IA32_VMX_CR0_FIXED1:
        *val = x86_vmx_cr0_fixed(cpu).fixed1;
        return true;
    case MSR_IA32_VMX_CR4_FIXED0:
        *val = x86_vmx_cr4_fixed(cpu).fixed0;
        return true;
    case MSR_IA32_VMX_CR4_FIXED1:
        *val = x86_vmx_cr4_fixed(cpu).fixed1;
        return true;
    case MSR_IA32_VMX_MISC:
    case MSR_IA32_VMX_VMCS_ENUM:
        *val = 0;
        return true;
    default:
        /* Secondary and tertiary controls, EPT, VPID, VM functions */
        return false;
    }
}

void x86_vmx_raise_init(X86CPU *cpu)
{
    g_assert(bql_locked());
    if (cpu->vmx && cpu->vmx->vmxon) {
        cpu->vmx->init_pending = true;
    } else {
        cpu_interrupt(CPU(cpu), CPU_INTERRUPT_INIT);
    }
}

void x86_vmx_flush_world(X86CPU *cpu)
{
    if (tcg_enabled() && cpu->vmx && cpu->vmx->mmu.valid) {
        vmx_mmu_flush_world(&cpu->env);
    } else {
        tlb_flush(CPU(cpu));
    }
}

void x86_vmx_flush_page(X86CPU *cpu, vaddr addr)
{
    if (tcg_enabled() && cpu->vmx && cpu->vmx->mmu.valid) {
        vmx_mmu_flush_page(&cpu->env, addr);
    } else {
        tlb_flush_page(CPU(cpu), addr);
    }
}

void x86_vmx_reset(X86CPU *cpu)
{
    *cpu->vmx = (X86VmxState) { 0 };
}

/* --- migration ----------------------------------------------------------- */

static bool vmx_state_needed(void *opaque)
{
    X86VmxState *vmx = opaque;

    return vmx->vmxon;
}

const VMStateDescription vmstate_x86_vmx = {
    .name = "cpu/vmx",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = vmx_state_needed,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(vmxon, X86VmxState),
        VMSTATE_UINT64(vmxon_ptr, X86VmxState),
        VMSTATE_BOOL(init_pending, X86VmxState),
        VMSTATE_UINT64(mov_ss_eip, X86VmxState),
        VMSTATE_END_OF_LIST()
    },
};
