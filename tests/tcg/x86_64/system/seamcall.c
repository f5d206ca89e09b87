/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SEAMCALL as an instruction: its faults in order, VMfailInvalid where no
 * module is loaded, flags and registers, the loader behind RAX[63].
 *
 * Link: seam-guest.c seam-guest-entry.S
 * QEMU: -cpu TDXHost
 * QEMU: -cpu TDXHost -device tdx-module
 * QEMU: -cpu TDXHost -device tdx-module,update=off
 */

#include "seam-guest.h"

#define LOADER (1ull << 63)
#define SEAMLDR_INFO 0
#define SEAMLDR_INSTALL 1
#define SEAMLDR_SHUTDOWN 2
#define LEAF_UNKNOWN 0xffff
#define SEED(n) (0x1111111111111111ull * (n))

static uint32_t region[PAGE_SIZE / 4] __attribute__((aligned(PAGE_SIZE)));
static uint32_t vmcs[PAGE_SIZE / 4] __attribute__((aligned(PAGE_SIZE)));
static uint64_t gpr[16], gpr_out[16], flags_out;

/*
 * SEAMCALL with all general purpose registers but RSP from gpr[], in
 * encoding order, and all status flags set; notes what it leaves. RSP does
 * not change between, or nothing would come back.
 */
static void seamcall_all(void *arg)
{
    asm volatile("push %%rbx; push %%rbp\n\t"
                 "lea 1f(%%rip), %%rax\n\t"
                 "mov %%rax, insn_rip(%%rip)\n\t"
                 "pushq %0; popfq\n\t"
                 "mov gpr+0x00(%%rip), %%rax; mov gpr+0x08(%%rip), %%rcx\n\t"
                 "mov gpr+0x10(%%rip), %%rdx; mov gpr+0x18(%%rip), %%rbx\n\t"
                 "mov gpr+0x28(%%rip), %%rbp; mov gpr+0x30(%%rip), %%rsi\n\t"
                 "mov gpr+0x38(%%rip), %%rdi; mov gpr+0x40(%%rip), %%r8\n\t"
                 "mov gpr+0x48(%%rip), %%r9; mov gpr+0x50(%%rip), %%r10\n\t"
                 "mov gpr+0x58(%%rip), %%r11; mov gpr+0x60(%%rip), %%r12\n\t"
                 "mov gpr+0x68(%%rip), %%r13; mov gpr+0x70(%%rip), %%r14\n\t"
                 "mov gpr+0x78(%%rip), %%r15\n\t"
                 "1: .byte 0x66, 0x0f, 0x01, 0xcf\n\t"
                 "pushfq; popq flags_out(%%rip)\n\t"
                 "mov %%rax, gpr_out+0x00(%%rip)\n\t"
                 "mov %%rcx, gpr_out+0x08(%%rip)\n\t"
                 "mov %%rdx, gpr_out+0x10(%%rip)\n\t"
                 "mov %%rbx, gpr_out+0x18(%%rip)\n\t"
                 "mov %%rbp, gpr_out+0x28(%%rip)\n\t"
                 "mov %%rsi, gpr_out+0x30(%%rip)\n\t"
                 "mov %%rdi, gpr_out+0x38(%%rip)\n\t"
                 "mov %%r8, gpr_out+0x40(%%rip)\n\t"
                 "mov %%r9, gpr_out+0x48(%%rip)\n\t"
                 "mov %%r10, gpr_out+0x50(%%rip)\n\t"
                 "mov %%r11, gpr_out+0x58(%%rip)\n\t"
                 "mov %%r12, gpr_out+0x60(%%rip)\n\t"
                 "mov %%r13, gpr_out+0x68(%%rip)\n\t"
                 "mov %%r14, gpr_out+0x70(%%rip)\n\t"
                 "mov %%r15, gpr_out+0x78(%%rip)\n\t"
                 "pop %%rbp; pop %%rbx"
                 : : "i"(RFLAGS_STATUS | 2)
                 : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10",
                   "r11", "r12", "r13", "r14", "r15", "cc", "memory");
}

/* One SEAMCALL directly behind another instruction */
#define DEFINE_AFTER(name, before)                                      \
static void name(void *arg)                                             \
{                                                                       \
    asm volatile("lea 1f(%%rip), %%rcx\n\t"                             \
                 "mov %%rcx, insn_rip(%%rip)\n\t"                       \
                 "mov $0x10, %%ecx\n\t"                                 \
                 "pushq $0x10\n\t"                                      \
                 before "\n\t"                                          \
                 "1: .byte 0x66, 0x0f, 0x01, 0xcf\n\t"                  \
                 "cli\n\t"                                              \
                 : : "a"(LEAF_UNKNOWN)                                  \
                 : "rcx", "rdx", "r8", "r9", "r10", "r11", "cc",        \
                   "memory");                                           \
}

DEFINE_AFTER(after_mov_ss, "pop %%rdx; mov %%ecx, %%ss")
DEFINE_AFTER(after_sti, "pop %%rdx; sti")
DEFINE_AFTER(after_mov_ss_nop, "pop %%rdx; mov %%ecx, %%ss; nop")
DEFINE_AFTER(after_mov_ss_sti, "pop %%rdx; mov %%ecx, %%ss; sti")
DEFINE_AFTER(after_mov_ds, "pop %%rdx; mov %%ecx, %%ds")

DEFINE_INSN(seamcall_np, ".byte 0x0f, 0x01, 0xcf")
DEFINE_INSN(seamcall_f3, ".byte 0xf3, 0x66, 0x0f, 0x01, 0xcf")
DEFINE_INSN(seamcall_f2, ".byte 0xf2, 0x66, 0x0f, 0x01, 0xcf")
DEFINE_INSN(seamcall_lock, ".byte 0xf0, 0x66, 0x0f, 0x01, 0xcf")
DEFINE_INSN(seamcall_rex, ".byte 0x66, 0x48, 0x0f, 0x01, 0xcf")
COMPAT(compat_seamcall, ".byte 0x66, 0x0f, 0x01, 0xcf")

static void faults(int vector, void (*fn)(void *), const char *title)
{
    int got = catch_fault(fn, (void *)0);

    ok(got == vector && fault.error == 0 && fault.rip == insn_rip, title);
}

/* All registers in but RSP; @same: nothing but RAX may come out changed */
static bool call(uint64_t leaf, bool *same)
{
    for (unsigned i = 0; i < 16; i++) {
        gpr[i] = gpr_out[i] = SEED(i);
    }
    gpr[0] = leaf;
    if (catch_fault(seamcall_all, NULL) != NONE) {
        return false;
    }
    *same = true;
    for (unsigned i = 1; i < 16; i++) {
        *same = *same && gpr_out[i] == gpr[i];
    }
    return true;
}

static void fails(uint64_t leaf, const char *title)
{
    bool same = false;

    ok(call(leaf, &same) && same && gpr_out[0] == leaf &&
       (flags_out & RFLAGS_STATUS) == RFLAGS_CF, title);
}

static void returns(uint64_t leaf, uint64_t status, const char *title)
{
    bool same = false;

    ok(call(leaf, &same) && same && gpr_out[0] == status &&
       (flags_out & RFLAGS_STATUS) == 0, title);
}

/* Whoever answers a SEAMCALL leaves the current VMCS: VMX_BASIC[60] */
static void keeps_vmcs(uint64_t leaf, const char *title)
{
    uint64_t pointer = (uintptr_t)vmcs, after = 0;
    bool same;

    vmcs[0] = region[0];
    catch_fault(insn_vmclear, &pointer);
    ok(catch_fault(insn_vmptrld, &pointer) == NONE && status_flags() == 0 &&
       call(leaf, &same) && catch_fault(insn_vmptrst, &after) == NONE &&
       after == pointer && (rdmsr(X86_MSR_VMX_BASIC) >> 60 & 1), title);
}

int main(void)
{
    uint64_t pointer = (uintptr_t)region;
    struct seamcall info = { .rax = LOADER | SEAMLDR_INFO };
    static uint8_t buffer[256] __attribute__((aligned(256)));
    bool loaded;

    guest_init();
    region[0] = rdmsr(X86_MSR_VMX_BASIC) & 0x7fffffff;
    write_cr0(read_cr0() | CR0_NE);
    write_cr4(read_cr4() | CR4_VMXE);
    faults(EXC_UD, insn_seamcall, "outside VMX operation");
    ok(catch_fault(insn_vmxon, &pointer) == NONE && status_flags() == 0,
       "VMXON");

    ok(catch_fault_user(insn_seamcall, NULL) == EXC_GP && fault.error == 0 &&
       fault.rip == insn_rip, "at CPL 3");
    ok(catch_fault_compat(compat_seamcall) == EXC_UD,
       "in compatibility mode");
    faults(EXC_GP, after_mov_ss, "after MOV SS");
    ok(catch_fault(after_sti, NULL) == NONE, "after STI");
    ok(catch_fault(after_mov_ss_nop, NULL) == NONE, "after MOV SS and NOP");
    ok(catch_fault(after_mov_ss_sti, NULL) == NONE, "after MOV SS and STI");
    ok(catch_fault(after_mov_ds, NULL) == NONE, "after MOV DS");
    faults(EXC_UD, seamcall_np, "0F 01 CF without 66");
    faults(EXC_UD, seamcall_f3, "with F3");
    faults(EXC_UD, seamcall_f2, "with F2");
    faults(EXC_UD, seamcall_lock, "with LOCK");
    ok(catch_fault(seamcall_rex, NULL) == NONE, "with REX.W");

    info.rcx = (uintptr_t)buffer;
    loaded = seamcall(&info);
    if (loaded) {
        /* dispatcher: reserved bits of RAX, then an unknown leaf */
        returns(1ull << 24, 0xc000010000000000, "reserved bits in RAX");
        returns(LEAF_UNKNOWN, 0xc000050500000000,
                "an unknown leaf before TDH.SYS.INIT");
        ok(info.rax == 0 && buffer[4 + 4] == 0x86 && buffer[4 + 5] == 0x80,
           "SEAMLDR.INFO: vendor");
        info = (struct seamcall) { .rax = LOADER | SEAMLDR_INFO,
                                   .rcx = (uintptr_t)buffer + 8 };
        ok(seamcall(&info) && info.rax == 0x8000000000000000,
           "SEAMLDR.INFO: buffer is not aligned");
        keeps_vmcs(LOADER | SEAMLDR_INFO, "the loader keeps the VMCS");
        keeps_vmcs(LEAF_UNKNOWN, "so does the module");
        if (buffer[168]) { /* SEAMLDR.CLEANUP: modules can be updated */
            bool same;

            ok(call(LOADER | SEAMLDR_INSTALL, &same) && !gpr_out[2] &&
               gpr_out[0] == 0x8000000000000000 && gpr_out[1] == gpr[1] &&
               !(flags_out & RFLAGS_STATUS), "SEAMLDR.INSTALL: RDX and flags");
            returns(LOADER | SEAMLDR_SHUTDOWN, 0x8000000000000005,
                    "SEAMLDR.SHUTDOWN wants a CLEANUP");
        } else {
            returns(LOADER | SEAMLDR_INSTALL, 0x8000000000000003,
                    "SEAMLDR.INSTALL is not there");
            returns(LOADER | SEAMLDR_SHUTDOWN, 0x8000000000000003,
                    "SEAMLDR.SHUTDOWN is not there");
        }
    } else {
        fails(TDH_SYS_INIT, "TDH.SYS.INIT without a module");
        fails(LOADER | SEAMLDR_INFO, "SEAMLDR.INFO without a loader");
        fails(UINT64_MAX, "all bits of RAX");
    }
    ok(catch_fault(insn_vmxoff, NULL) == NONE, "VMXOFF");
    faults(EXC_UD, insn_seamcall, "after VMXOFF");
    return test_end();
}
