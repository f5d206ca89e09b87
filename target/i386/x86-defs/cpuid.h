/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * CPUID leaves and bits: SDM Vol. 2, instruction CPUID.
 */

#ifndef X86_CPUID_H
#define X86_CPUID_H

/* Leaves; those of the extended range begin with the highest of it, too */
#define X86_CPUID_MAX_LEAF      0x0
#define X86_CPUID_FMS           0x1 /* family, model, stepping; features */
#define X86_CPUID_TLBS          0x2
#define X86_CPUID_SERIAL        0x3
#define X86_CPUID_CACHE         0x4
#define X86_CPUID_MONITOR       0x5
#define X86_CPUID_THERMAL       0x6
#define X86_CPUID_FEATURES      0x7
#define X86_CPUID_PERFMON       0xa
#define X86_CPUID_TOPOLOGY_0B   0xb
#define X86_CPUID_XSAVE         0xd
#define X86_CPUID_SGX           0x12
#define X86_CPUID_PT            0x14
#define X86_CPUID_TSC           0x15
#define X86_CPUID_TRANSLATION   0x18
#define X86_CPUID_KEY_LOCKER    0x19
#define X86_CPUID_NATIVE_MODEL  0x1a
#define X86_CPUID_LBR           0x1c
#define X86_CPUID_TILES         0x1d
#define X86_CPUID_TMUL          0x1e
#define X86_CPUID_TOPOLOGY      0x1f
#define X86_CPUID_HRESET        0x20
#define X86_CPUID_TDX           0x21
#define X86_CPUID_PERFMON_EXT   0x23
#define X86_CPUID_EXTENDED      0x80000000u
#define X86_CPUID_EXT_FEATURES  0x80000001u
#define X86_CPUID_BRAND         0x80000002u
#define X86_CPUID_EXT_CACHE     0x80000006u
#define X86_CPUID_INVARIANT_TSC 0x80000007u
#define X86_CPUID_PA_BITS       0x80000008u

/* Features */
#define X86_CPUID_1_ECX_MONITOR       (1u << 3)
#define X86_CPUID_7_0_EBX_HLE         (1u << 4)
#define X86_CPUID_7_0_EBX_RTM         (1u << 11)
#define X86_CPUID_7_0_ECX_TME         (1u << 13)
#define X86_CPUID_7_0_ECX_LA57        (1u << 16)
#define X86_CPUID_7_0_ECX_KEY_LOCKER  (1u << 23)
#define X86_CPUID_7_0_ECX_PKS         (1u << 31)
#define X86_CPUID_7_2_EDX_DDPD        (1u << 3)
#define X86_CPUID_7_1_EAX_LASS        (1u << 6)
#define X86_CPUID_7_1_EAX_PERFMON_EXT (1u << 8)
#define X86_CPUID_D_1_EAX_XFD         (1u << 4)
#define X86_CPUID_D_N_ECX_ALIGNED     (1u << 1)
#define X86_CPUID_D_N_ECX_XFD         (1u << 2)

/* FMS: the stepping */
#define X86_CPUID_FMS_STEPPING  0xfu

/* TOPOLOGY: ECX is the level's number, then its type; the last type is DIE */
#define X86_CPUID_LEVEL(ecx)      ((ecx) & 0xff)
#define X86_CPUID_LEVEL_TYPE(ecx) (((ecx) >> 8) & 0xff)
#define X86_CPUID_LEVEL_ECX_TYPE(type) ((uint32_t)(type) << 8)
#define X86_CPUID_LEVEL_NONE  0
#define X86_CPUID_LEVEL_SMT   1
#define X86_CPUID_LEVEL_CORE  2
#define X86_CPUID_LEVEL_DIE   5
/* and EAX[4:0] how far to shift an x2APIC ID to leave it out */
#define X86_CPUID_LEVEL_SHIFT 0x1fu

/* PA_BITS, EAX: widths of physical, linear and guest physical addresses */
#define X86_CPUID_PA_BITS_MASK   0xffu
#define X86_CPUID_LA_BITS_MASK   0xff00u
#define X86_CPUID_LA_BITS_SHIFT  8
#define X86_CPUID_GPA_BITS_MASK  0xff0000u
#define X86_CPUID_GPA_BITS_SHIFT 16

#endif /* X86_CPUID_H */
