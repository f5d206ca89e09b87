/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A small decoder for the instruction that causes a VM exit: SDM Vol. 3,
 * section "VM-Exit Instruction Information".  It only runs on exits that
 * report such information.
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/qemu-compat-tcg.h"
#include "engine.h"

typedef struct Reader {
    CPUX86State *env;
    uint64_t pc;
    unsigned pos;
} Reader;

static uint8_t next8(Reader *r)
{
    /* An instruction has at most 15 bytes: what was executed, has. */
    if (r->pos >= 15) {
        return 0;
    }
    return cpu_ldb_code_mmu(r->env, r->pc + r->pos++, make_memop_idx(
                                MO_UB, cpu_mmu_index(env_cpu(r->env), true)),
                            0);
}

static int64_t next_signed(Reader *r, unsigned size)
{
    uint64_t val = 0;

    for (unsigned i = 0; i < size; i++) {
        val |= (uint64_t)next8(r) << (8 * i);
    }
    return sextract64(val, 0, size * 8);
}

/* Legacy and REX prefixes; returns the byte after them */
static uint8_t prefixes(Reader *r, VmxInsn *insn, bool code64)
{
    static const int8_t segments[8] = { 0, 1, 2, 3, 4, 5, -1, -1 };
    uint8_t b;

    for (;;) {
        b = next8(r);
        switch (b) {
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
            insn->segment = segments[b >> 3 & 3];
            break;
        case 0x64:
        case 0x65:
            insn->segment = segments[b & 7];
            break;
        case 0x66:
            insn->prefix_66 = true;
            break;
        case 0x67:
            insn->prefix_67 = true;
            break;
        case 0xf0:
        case 0xf2:
        case 0xf3:
            break;
        default:
            if (!code64 || (b & 0xf0) != 0x40) {
                return b;
            }
            insn->rex = b & 0xf;
            continue;
        }
        /* REX counts only just before the opcode. */
        insn->rex = 0;
        if (r->pos >= 15) {
            return b;
        }
    }
}

/* 0: 16 bits, 1: 32, 2: 64 */
static unsigned address_size(CPUX86State *env, const VmxInsn *insn)
{
    if (env->hflags & HF_CS64_MASK) {
        return insn->prefix_67 ? 1 : 2;
    }
    return !!(env->hflags & HF_CS32_MASK) ^ insn->prefix_67;
}

static unsigned operand_size(CPUX86State *env, const VmxInsn *insn)
{
    if (insn->rex & 8) {
        return 2;
    }
    if (env->hflags & HF_CS64_MASK) {
        return insn->prefix_66 ? 0 : 1;
    }
    return !!(env->hflags & HF_CS32_MASK) ^ insn->prefix_66;
}

static void modrm16(Reader *r, VmxInsn *insn)
{
    static const int8_t bases[8] = { R_EBX, R_EBX, R_EBP, R_EBP,
                                     R_ESI, R_EDI, R_EBP, R_EBX };
    static const int8_t indexes[8] = { R_ESI, R_EDI, R_ESI, R_EDI,
                                       -1, -1, -1, -1 };
    unsigned mod = insn->modrm >> 6;
    unsigned rm = insn->modrm & 7;

    if (mod == 0 && rm == 6) {
        insn->disp = next_signed(r, 2);
        return;
    }
    insn->base = bases[rm];
    insn->index = indexes[rm];
    if (mod) {
        insn->disp = next_signed(r, mod == 1 ? 1 : 2);
    }
}

static void modrm32(Reader *r, VmxInsn *insn, bool code64)
{
    unsigned mod = insn->modrm >> 6;
    unsigned rm = insn->modrm & 7;

    if (rm == 4) {
        uint8_t sib = next8(r);
        unsigned index = (sib >> 3 & 7) | (insn->rex & 2) << 2;

        insn->scale = sib >> 6;
        insn->index = index == 4 ? -1 : (int8_t)index;
        rm = sib & 7;
        if (mod == 0 && rm == 5) {
            insn->disp = next_signed(r, 4);
            return;
        }
    } else if (mod == 0 && rm == 5) {
        insn->disp = next_signed(r, 4);
        insn->rip_relative = code64;
        return;
    }
    insn->base = rm | (insn->rex & 1) << 3;
    if (mod) {
        insn->disp = next_signed(r, mod == 1 ? 1 : 4);
    }
}

VmxInsn vmx_insn_decode(CPUX86State *env)
{
    VmxInsn insn = { .base = -1, .index = -1, .segment = 0xff };
    bool code64 = env->hflags & HF_CS64_MASK;
    Reader r = { .env = env, .pc = env->eip };
    uint8_t b;

    if (!code64) {
        r.pc = (uint32_t)(r.pc + env->segs[R_CS].base);
    }
    b = prefixes(&r, &insn, code64);
    insn.opcode = b;
    if (b == 0x0f) {
        b = next8(&r);
        insn.opcode = 0x0f00 | b;
        if (b == 0x38) {
            insn.opcode = 0x0f3800 | next8(&r);
        }
        insn.modrm = next8(&r);
        if (vmx_insn_has_mem(&insn)) {
            if (address_size(env, &insn) == 0) {
                modrm16(&r, &insn);
            } else {
                modrm32(&r, &insn, code64);
            }
        }
    }
    if (insn.segment == 0xff) {
        insn.segment = insn.base == R_ESP || insn.base == R_EBP ? R_SS : R_DS;
    }
    insn.length = r.pos;
    return insn;
}

uint64_t vmx_insn_disp(CPUX86State *env, const VmxInsn *insn)
{
    static const unsigned bits[3] = { 16, 32, 64 };
    uint64_t disp = insn->disp;

    if (insn->rip_relative) {
        disp += env->eip + insn->length;
    }
    return extract64(disp, 0, bits[address_size(env, insn)]);
}

/* What all formats with a memory operand share */
static uint32_t memory_info(CPUX86State *env, const VmxInsn *insn)
{
    return insn->scale | address_size(env, insn) << 7 |
           (uint32_t)insn->segment << 15 |
           (insn->index < 0 ? 1u << 22 : (uint32_t)insn->index << 18) |
           (insn->base < 0 ? 1u << 27 : (uint32_t)insn->base << 23);
}

static uint32_t operand_info(CPUX86State *env, const VmxInsn *insn)
{
    if (vmx_insn_has_mem(insn)) {
        return memory_info(env, insn);
    }
    return vmx_insn_rm(insn) << 3 | 1u << 10;
}

uint32_t vmx_insn_info(CPUX86State *env, X86VmxExitReason reason,
                       const VmxInsn *insn)
{
    unsigned op = insn->modrm >> 3 & 7;

    switch (reason) {
    case X86_VMX_EXIT_REASON_VMCLEAR:
    case X86_VMX_EXIT_REASON_VMPTRLD:
    case X86_VMX_EXIT_REASON_VMPTRST:
    case X86_VMX_EXIT_REASON_VMXON:
        return memory_info(env, insn);
    case X86_VMX_EXIT_REASON_VMREAD:
    case X86_VMX_EXIT_REASON_VMWRITE:
    case X86_VMX_EXIT_REASON_INVEPT:
    case X86_VMX_EXIT_REASON_INVVPID:
    case X86_VMX_EXIT_REASON_INVPCID:
        return operand_info(env, insn) | vmx_insn_reg(insn) << 28;
    case X86_VMX_EXIT_REASON_GDTR_IDTR:
        /* 0F 01: SGDT, SIDT, LGDT, LIDT are numbered as here */
        return memory_info(env, insn) | operand_size(env, insn) % 2 << 11 |
               (op & 3) << 28;
    case X86_VMX_EXIT_REASON_LDTR_TR:
        /* 0F 00: SLDT, STR, LLDT, LTR likewise */
        return operand_info(env, insn) | (op & 3) << 28;
    case X86_VMX_EXIT_REASON_RDRAND:
    case X86_VMX_EXIT_REASON_RDSEED:
        return vmx_insn_rm(insn) << 3 | operand_size(env, insn) << 11;
    default:
        return 0;
    }
}
