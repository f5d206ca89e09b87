/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * VMX operation on the TDXHost CPU: the faults and failures of VMXON, VMXOFF
 * and the other VMX instructions, CR0 and CR4 while it lasts, the MSRs.
 *
 * Link: seam-guest.c seam-guest-entry.S
 * QEMU: -cpu TDXHost
 * QEMU: -cpu TDXHost,phys-bits=46,keyid-bits=3,tdx-keyids=2
 */

#include "seam-guest.h"

#define FEATURE_CONTROL_LOCKED_VMX 5
#define MTRRCAP_SEAMRR (1 << 15)

static uint32_t region[PAGE_SIZE / 4] __attribute__((aligned(PAGE_SIZE)));
static uint32_t other[PAGE_SIZE / 4] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pointer;
static uint64_t *unmapped = (uint64_t *)(600ull << 30);
static unsigned phys_bits, keyid_bits;
static uint32_t revision;

DEFINE_INSN(insn_invvpid_99, "mov $99, %%eax\n\tinvvpid (%%rdx), %%rax")

static void do_write_cr0(void *val)
{
    write_cr0((uintptr_t)val);
}

static void do_write_cr4(void *val)
{
    write_cr4((uintptr_t)val);
}

static void do_rdmsr(void *msr)
{
    rdmsr((uintptr_t)msr);
}

struct msr_value {
    uint32_t msr;
    uint64_t val;
};

static void do_wrmsr(void *arg)
{
    struct msr_value *m = arg;

    wrmsr(m->msr, m->val);
}

/* Does @fn(@arg) raise @vector with error code 0 at its instruction? */
static void faults(int vector, void (*fn)(void *), void *arg,
                   const char *title)
{
    int got = catch_fault(fn, arg);

    ok(got == vector && fault.error == 0 && fault.rip == insn_rip, title);
}

static void faults_user(int vector, void (*fn)(void *), void *arg,
                        const char *title)
{
    int got = catch_fault_user(fn, arg);

    ok(got == vector && fault.error == 0 && fault.rip == insn_rip, title);
}

/* Does @fn(@arg) complete with status flags @flags? */
static void completes(uint64_t flags, void (*fn)(void *), void *arg,
                      const char *title)
{
    int got = catch_fault(fn, arg);

    ok(got == NONE && status_flags() == flags, title);
}

/* Does VMXON with operand @addr fail with VMfailInvalid? */
static void vmxon_fails(uint64_t addr, const char *title)
{
    pointer = addr;
    completes(RFLAGS_CF, insn_vmxon, &pointer, title);
    pointer = (uintptr_t)region;
}

COMPAT(compat_vmxon, "mov $pointer, %edx; vmxon (%edx)")
COMPAT(compat_vmxoff, "vmxoff")
COMPAT(compat_vmcall, "vmcall")
COMPAT(compat_seamcall, ".byte 0x66, 0x0f, 0x01, 0xcf")
COMPAT(compat_nop, "nop")

static void test_outside(void)
{
    uint64_t cr0 = read_cr0(), cr4 = read_cr4();

    faults(EXC_UD, insn_vmxon, &pointer, "VMXON with CR4.VMXE clear");
    faults(EXC_UD, insn_vmxoff, NULL, "VMXOFF outside VMX operation");
    faults_user(EXC_UD, insn_vmxoff, NULL, "VMXOFF outside at CPL 3");
    faults(EXC_UD, insn_vmcall, NULL, "VMCALL outside VMX operation");
    faults(EXC_UD, insn_vmlaunch, NULL, "VMLAUNCH outside VMX operation");
    faults(EXC_UD, insn_vmresume, NULL, "VMRESUME outside VMX operation");
    faults(EXC_UD, insn_vmread, NULL, "VMREAD outside VMX operation");
    faults(EXC_UD, insn_vmwrite, NULL, "VMWRITE outside VMX operation");
    faults(EXC_UD, insn_vmptrld, &pointer, "VMPTRLD outside VMX operation");
    faults(EXC_UD, insn_vmptrst, &pointer, "VMPTRST outside VMX operation");
    faults(EXC_UD, insn_vmclear, &pointer, "VMCLEAR outside VMX operation");
    faults(EXC_UD, insn_seamcall, NULL, "SEAMCALL outside VMX operation");
    faults_user(EXC_UD, insn_seamcall, NULL, "SEAMCALL outside at CPL 3");
    faults(EXC_UD, insn_tdcall, NULL, "TDCALL outside VMX operation");

    ok(catch_fault(do_write_cr4, (void *)(cr4 | CR4_SMXE)) == EXC_GP,
       "CR4.SMXE is reserved");
    ok(catch_fault(do_write_cr4, (void *)(cr4 | 1ull << 40)) == EXC_GP,
       "CR4 bit 40 is reserved");
    ok(catch_fault(do_write_cr4, (void *)(cr4 | CR4_VMXE)) == NONE &&
       read_cr4() == (cr4 | CR4_VMXE), "CR4.VMXE can be set");

    ok(!(cr0 & CR0_NE), "the test starts with CR0.NE clear");
    faults(EXC_GP, insn_vmxon, &pointer, "VMXON with CR0.NE clear");
    write_cr0(cr0 | CR0_NE);
    faults_user(EXC_GP, insn_vmxon, &pointer, "VMXON at CPL 3");
    ok(catch_fault_compat(compat_nop) == NONE, "compatibility mode works");
    ok(catch_fault_compat(compat_vmxon) == EXC_UD,
       "VMXON in compatibility mode");
    ok(catch_fault_compat(compat_vmxoff) == EXC_UD,
       "VMXOFF in compatibility mode, outside VMX operation");
    ok(catch_fault(insn_vmxon, unmapped) == EXC_PF &&
       fault.cr2 == (uintptr_t)unmapped && fault.error == 0,
       "VMXON reads its operand: page fault");
    faults(EXC_GP, insn_vmxon, (void *)(1ull << 62),
           "VMXON with a non-canonical operand");

    vmxon_fails((uintptr_t)region + 8, "VMXON: region is not aligned");
    vmxon_fails(1ull << phys_bits, "VMXON: beyond the physical addresses");
    vmxon_fails((uintptr_t)region | 1ull << (phys_bits - 1),
                "VMXON: region with a TDX KeyID");
    region[0] = revision + 1;
    vmxon_fails((uintptr_t)region, "VMXON: wrong revision identifier");
    region[0] = revision | 1u << 31;
    vmxon_fails((uintptr_t)region, "VMXON: shadow-VMCS indicator");
    region[0] = revision;
    faults(EXC_UD, insn_vmxoff, NULL, "no failed VMXON entered VMX operation");
}

static void cr0_fixed(uint64_t val, const char *title)
{
    ok(catch_fault(do_write_cr0, (void *)val) == EXC_GP && fault.error == 0,
       title);
}

static void test_root(void)
{
    uint64_t cr0, cr4, stored = 0;

    completes(0, insn_vmxon, &pointer, "VMXON");
    cr0 = read_cr0();
    cr4 = read_cr4();
    completes(RFLAGS_CF, insn_vmxon, &pointer, "VMXON in VMX operation");
    completes(RFLAGS_CF, insn_vmxon, unmapped,
              "VMXON in VMX operation does not read its operand");
    faults_user(EXC_GP, insn_vmxon, &pointer, "VMXON in it at CPL 3");
    ok(catch_fault_compat(compat_vmxon) == EXC_UD,
       "VMXON in it in compatibility mode");

    cr0_fixed(cr0 & ~CR0_NE, "CR0.NE is fixed");
    cr0_fixed(cr0 & ~CR0_PG, "CR0.PG is fixed");
    cr0_fixed(cr0 & ~(CR0_PE | CR0_PG), "CR0.PE is fixed");
    cr0_fixed(cr0 | 1ull << 32, "CR0 bit 32 is fixed");
    ok(read_cr0() == cr0, "CR0 did not change");
    ok(catch_fault(do_write_cr0, (void *)(cr0 ^ (1 << 16))) == NONE,
       "CR0.WP is not fixed");
    write_cr0(cr0);
    ok(catch_fault(do_write_cr4, (void *)(cr4 & ~CR4_VMXE)) == EXC_GP &&
       read_cr4() == cr4, "CR4.VMXE is fixed");
    ok(catch_fault(do_write_cr4, (void *)(cr4 ^ (1 << 9))) == NONE,
       "CR4.OSFXSR is not fixed");
    write_cr4(cr4);

    completes(RFLAGS_CF, insn_vmread, NULL, "VMREAD without a VMCS");
    completes(RFLAGS_CF, insn_vmwrite, NULL, "VMWRITE without a VMCS");
    completes(RFLAGS_CF, insn_vmlaunch, NULL, "VMLAUNCH without a VMCS");
    completes(RFLAGS_CF, insn_vmresume, NULL, "VMRESUME without a VMCS");
    completes(RFLAGS_CF, insn_vmcall, NULL, "VMCALL in VMX root operation");
    faults_user(EXC_GP, insn_vmcall, NULL, "VMCALL at CPL 3");
    ok(catch_fault_compat(compat_vmcall) == EXC_UD,
       "VMCALL in compatibility mode");
    completes(0, insn_vmptrst, &stored, "VMPTRST");
    ok(stored == UINT64_MAX, "VMPTRST stores the invalid pointer");
    ok(catch_fault(insn_vmptrst, unmapped) == EXC_PF && fault.error == PF_W,
       "VMPTRST writes its operand: page fault");

    completes(RFLAGS_CF, insn_vmclear, &pointer, "VMCLEAR of the region");
    completes(RFLAGS_CF, insn_vmptrld, &pointer, "VMPTRLD of the region");
    pointer = (uintptr_t)other + 1;
    completes(RFLAGS_CF, insn_vmclear, &pointer, "VMCLEAR: not aligned");
    pointer = (uintptr_t)other;
    completes(0, insn_vmclear, &pointer, "VMCLEAR");
    completes(RFLAGS_CF, insn_vmptrld, &pointer, "VMPTRLD: wrong revision");
    pointer = (uintptr_t)region;

    ok(rdmsr(0x48c) >> 32 & 1, "IA32_VMX_EPT_VPID_CAP: INVVPID");
    completes(RFLAGS_CF, insn_invvpid_99, unmapped,
              "INVVPID of no type does not read its operand");
    ok(catch_fault_user(insn_invvpid_99, &pointer) == EXC_GP,
       "INVVPID at CPL 3");
    faults(EXC_UD, insn_vmfunc, NULL, "VMFUNC outside a guest");
    faults(EXC_UD, insn_tdcall, NULL, "TDCALL in VMX root operation");
    faults(EXC_UD, insn_seamret, NULL, "SEAMRET outside SEAM");
    faults(EXC_UD, insn_seamops, NULL, "SEAMOPS outside SEAM");

    faults_user(EXC_GP, insn_vmxoff, NULL, "VMXOFF at CPL 3");
    ok(catch_fault_compat(compat_vmxoff) == EXC_UD,
       "VMXOFF in compatibility mode");
    ok(catch_fault_compat(compat_seamcall) == EXC_UD,
       "SEAMCALL in compatibility mode");
    completes(0, insn_vmxoff, NULL, "VMXOFF");
    faults(EXC_UD, insn_vmxoff, NULL, "VMXOFF twice");
    ok(catch_fault(do_write_cr0, (void *)(cr0 & ~CR0_NE)) == NONE,
       "CR0.NE is free after VMXOFF");
    write_cr0(cr0);

    pointer |= 1ull << (phys_bits - keyid_bits);
    completes(0, insn_vmxon, &pointer, "VMXON: region with an MKTME KeyID");
    completes(0, insn_vmxoff, NULL, "VMXOFF after it");
    pointer = (uintptr_t)region;
    ok(catch_fault(do_write_cr4, (void *)(cr4 & ~CR4_VMXE)) == NONE,
       "CR4.VMXE is free after VMXOFF");
    write_cr0(cr0 & ~CR0_NE);
}

static void reads(uint32_t msr, uint64_t val, const char *title)
{
    ok(catch_fault(do_rdmsr, (void *)(uintptr_t)msr) == NONE &&
       rdmsr(msr) == val, title);
}

static void test_msrs(void)
{
    /* Reserved bits that VMX wants set, from the SDM's appendix A */
    static const struct msr_value controls[] = {
        { 0x481, 0x00000016 }, { 0x482, 0x0401e172 }, { 0x483, 0x00036dff },
        { 0x484, 0x000011ff }, { 0x48d, 0x00000016 }, { 0x48e, 0x04006172 },
        { 0x48f, 0x00036dfb }, { 0x490, 0x000011fb }, { 0x48b, 0 },
    };
    static const struct msr_value fixed[] = {
        { 0x486, 0x80000021 }, { 0x487, 0xffffffff }, { 0x488, CR4_VMXE },
    };
    static const uint32_t absent[] = { 0x491, 0x492, 0x493 };
    static const uint32_t read_only[] = {
        X86_MSR_FEATURE_CONTROL, X86_MSR_MKTME_KEYID_PARTITIONING,
        X86_MSR_MTRRCAP, X86_MSR_ARCH_CAPABILITIES, X86_MSR_VMX_BASIC,
        X86_MSR_VMX_PINBASED_CTLS, X86_MSR_VMX_CR4_FIXED1,
        X86_MSR_VMX_PROCBASED_CTLS2, X86_MSR_VMX_TRUE_ENTRY_CTLS,
        X86_MSR_TME_CAPABILITY, X86_MSR_TME_ACTIVATE,
        X86_MSR_SEAMRR_PHYS_BASE, X86_MSR_SEAMRR_PHYS_MASK,
    };
    uint64_t basic = rdmsr(X86_MSR_VMX_BASIC);
    uint64_t tme = rdmsr(X86_MSR_TME_ACTIVATE);
    uint64_t keyids = rdmsr(X86_MSR_MKTME_KEYID_PARTITIONING);
    unsigned tdx_bits = tme >> 36 & 0xf;

    reads(X86_MSR_FEATURE_CONTROL, FEATURE_CONTROL_LOCKED_VMX,
          "firmware locked feature control with VMX on");
    ok((basic >> 32 & 0x1fff) <= PAGE_SIZE && (basic >> 50 & 0xf) == 6 &&
       (basic & 0x7fffffff) && !(basic & 1u << 31) && (basic >> 55 & 1),
       "VMX_BASIC: region size, write-back, revision, TRUE controls");
    /* Without it Linux does not offer updates of the TDX module */
    ok(basic >> 60 & 1, "VMX_BASIC: the P-SEAMLDR keeps the current VMCS");
    for (unsigned i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
        uint64_t val = rdmsr(controls[i].msr);

        ok((uint32_t)val == controls[i].val, "controls that must be one");
        ok(!((uint32_t)val & ~(val >> 32)), "they may be one as well");
    }
    for (unsigned i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        reads(fixed[i].msr, fixed[i].val, "bits that VMX operation fixes");
    }
    ok((rdmsr(0x489) & CR4_VMXE) && !(rdmsr(0x489) & CR4_SMXE),
       "CR4_FIXED1 has VMXE and not SMXE");
    for (unsigned i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        ok(catch_fault(do_rdmsr, (void *)(uintptr_t)absent[i]) == EXC_GP,
           "MSR of controls that do not exist");
    }
    for (unsigned i = 0; i < sizeof(read_only) / sizeof(read_only[0]); i++) {
        struct msr_value m = { read_only[i], 0 };

        ok(catch_fault(do_wrmsr, &m) == EXC_GP, "MSR is locked or read-only");
    }

    ok((tme & 3) == 3 && (tme >> 32 & 0xf) == keyid_bits,
       "TME is locked and enabled");
    ok((rdmsr(0x981) >> 32 & 0xf) >= keyid_bits &&
       (rdmsr(0x981) & tme >> 48 & 0xf), "TME capability covers activation");
    ok((uint32_t)keyids + (keyids >> 32) < 1u << keyid_bits &&
       (uint32_t)keyids + 1 == 1u << (keyid_bits - tdx_bits),
       "KeyID partitioning agrees with the KeyID bits");
    ok(rdmsr(X86_MSR_MTRRCAP) & MTRRCAP_SEAMRR, "MTRRcap tells of SEAMRR");
    ok((rdmsr(0x1400) & 1 << 3) && (rdmsr(0x1401) & 3 << 10) == 3 << 10 &&
       !(rdmsr(0x1400) >> (phys_bits - keyid_bits)) &&
       !(rdmsr(0x1400) & 0x1fffff7), "SEAMRR is configured, locked, valid");
    ok(rdmsr(0x10a) & 1, "ARCH_CAPABILITIES has RDCL_NO");
}

static void test_cpuid(void)
{
    uint32_t r[4], top[4];

    cpuid(0, 0, top);
    cpuid(1, 0, r);
    ok(r[2] & 1 << 5 && r[2] & 1 << 21 && r[2] & 1 << 26 && r[3] & 1 << 27,
       "CPUID: VMX, X2APIC, XSAVE, SS");
    ok((r[0] & 0x0fff0ff0) == 0x000a06d0, "CPUID: family 6, model 0xad");
    cpuid(7, 0, r);
    ok(r[2] & 1 << 13 && r[2] & 1 << 27 && r[2] & 1 << 28 && r[3] & 1 << 29,
       "CPUID: TME, MOVDIRI, MOVDIR64B, ARCH_CAPABILITIES");
    cpuid(0x80000001, 0, r);
    ok(!(r[2] & 1 << 2), "CPUID: no SVM");
    cpuid(0x15, 0, r);
    ok(top[0] >= 0x1f && r[1], "CPUID: leaf 15H");
    cpuid(0x1f, 0, r);
    ok((r[2] >> 8 & 0xff) == 1 && r[1], "CPUID: leaf 1FH, threads");
    cpuid(0x1f, 1, r);
    ok((r[2] >> 8 & 0xff) == 2 && r[1], "CPUID: leaf 1FH, cores");
    cpuid(0x80000008, 0, r);
    phys_bits = r[0] & 0xff;
    keyid_bits = rdmsr(X86_MSR_TME_ACTIVATE) >> 32 & 0xf;
}

int main(void)
{
    guest_init();
    revision = rdmsr(X86_MSR_VMX_BASIC) & 0x7fffffff;
    region[0] = revision;
    pointer = (uintptr_t)region;
    test_cpuid();
    test_msrs();
    test_outside();
    test_root();
    return test_end();
}
