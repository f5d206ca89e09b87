/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A guest without a kernel that makes the module work, for scripts/bench.
 *
 * BENCH_CALLS: prints the least TSC ticks of a run of CPUID and of a run of
 * TDH.SYS.RD SEAMCALLs. BENCH_TDMR: configures one TDMR of TDMR_GIB GiB from
 * 4 GiB on (DYNAMIC: with Dynamic PAMT) and, with TDMR_INIT, initialises it.
 */
#include <stdint.h>
#include <minilib.h>

#include "../../target/i386/tdx-module/abi/leaf-number.h"
#include "../../target/i386/x86-defs/msr-list.h"

#define GIB (1ull << 30)
#define CR0_NE (1ull << 5)
#define CR4_VMXE (1ull << 13)
#define FIELD_TDX_FEATURES0 0x0a00000300000008ull

/* What TDH.SYS.CONFIG reads of each TDMR. */
struct tdmr_info {
    uint64_t base, size;
    uint64_t pamt_1g_base, pamt_1g_size;
    uint64_t pamt_2m_base, pamt_2m_size;
    uint64_t pamt_4k_base, pamt_4k_size;
    uint64_t reserved[32];
} __attribute__((aligned(512)));

static uint32_t vmxon_region[1024] __attribute__((aligned(4096)));

static uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;

    asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return (uint64_t)hi << 32 | lo;
}

static uint64_t seamcall(uint64_t leaf, uint64_t rcx, uint64_t *rdx,
                         uint64_t r8)
{
    register uint64_t r8_ asm("r8") = r8;

    asm volatile(".byte 0x66, 0x0f, 0x01, 0xcf"
                 : "+a"(leaf), "+c"(rcx), "+d"(*rdx), "+r"(r8_)
                 : : "r9", "r10", "r11", "cc", "memory");
    return leaf;
}

/* One call that must succeed; says which one did not. */
static int call(const char *name, uint64_t leaf, uint64_t rcx, uint64_t *rdx,
                uint64_t r8)
{
    uint64_t status = seamcall(leaf, rcx, rdx, r8);

    if (status) {
        ml_printf("%s: %lx\n", name, status);
    }
    return status != 0;
}

static int start(void)
{
    uint64_t cr, zero = 0, region = (uintptr_t)vmxon_region;
    uint8_t failed;

    asm volatile("mov %%cr0, %0" : "=r"(cr));
    asm volatile("mov %0, %%cr0" : : "r"(cr | CR0_NE));
    asm volatile("mov %%cr4, %0" : "=r"(cr));
    asm volatile("mov %0, %%cr4" : : "r"(cr | CR4_VMXE));
    vmxon_region[0] = rdmsr(X86_MSR_VMX_BASIC) & 0x7fffffff;
    asm volatile("vmxon %1; setna %0" : "=qm"(failed) : "m"(region) : "cc");
    if (failed) {
        ml_printf("VMXON failed\n");
        return 1;
    }
    return call("TDH.SYS.INIT", TDH_SYS_INIT, 0, &zero, 0) ||
           call("TDH.SYS.LP.INIT", TDH_SYS_LP_INIT, 0, &zero, 0);
}

#ifdef BENCH_CALLS
#define RUNS 200
#define CALLS 4000

static uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return (uint64_t)hi << 32 | lo;
}

/* Ticks of a loop around one instruction; both loops are alike. */
#define LOOP(insn)                                                      \
    ({                                                                  \
        uint64_t n_ = CALLS, began_ = rdtsc();                          \
                                                                        \
        asm volatile("1: mov %[leaf], %%rax\n"                          \
                     "mov %[field], %%rdx\n"                            \
                     "xor %%ecx, %%ecx\n"                               \
                     insn "\n"                                          \
                     "dec %[n]\n"                                       \
                     "jnz 1b"                                           \
                     : [n] "+S"(n_)                                     \
                     : [leaf] "D"(leaf), [field] "r"(field)             \
                     : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10",   \
                       "r11", "cc", "memory");                          \
        rdtsc() - began_;                                               \
    })

static void bench_calls(void)
{
    register uint64_t field asm("r12") = FIELD_TDX_FEATURES0;
    uint64_t least[2] = { -1, -1 };

    for (int run = 0; run < 2 * RUNS; run++) {
        uint64_t leaf = run & 1 ? TDH_SYS_RD : 0, ticks;

        if (run & 1) {
            ticks = LOOP(".byte 0x66, 0x0f, 0x01, 0xcf");
        } else {
            ticks = LOOP("cpuid");
        }
        if (ticks < least[run & 1]) {
            least[run & 1] = ticks;
        }
    }
    ml_printf("cpuid %lu sys_rd %lu\n", least[0], least[1]);
}
#endif

#ifdef BENCH_TDMR
static int bench_tdmr(void)
{
    static struct tdmr_info tdmr;
    static uint64_t tdmrs[64] __attribute__((aligned(512)));
    uint64_t hkid = (rdmsr(X86_MSR_MKTME_KEYID_PARTITIONING) & 0xffffffff) + 1;
    uint64_t n = 1, end;

    tdmr.base = 4 * GIB;
    tdmr.size = TDMR_GIB * GIB;
    end = tdmr.base + tdmr.size;
    /* The PAMT lies behind the TDMR: 16 bytes a page of each level. */
    tdmr.pamt_1g_base = end;
    tdmr.pamt_1g_size = (TDMR_GIB * 16 + 4095) & ~4095ull;
    tdmr.pamt_2m_base = tdmr.pamt_1g_base + tdmr.pamt_1g_size;
    tdmr.pamt_2m_size = TDMR_GIB * 512 * 16;
    tdmr.pamt_4k_base = tdmr.pamt_2m_base + tdmr.pamt_2m_size;
    tdmr.pamt_4k_size = TDMR_GIB * 512 * 512 * 16;
    if (DYNAMIC) {
        tdmr.pamt_4k_size = TDMR_GIB * 512 * 512 / 8;
    }
    tdmrs[0] = (uintptr_t)&tdmr;

    if (call("TDH.SYS.CONFIG", TDH_SYS_CONFIG, (uintptr_t)tdmrs, &n,
             hkid | (uint64_t)DYNAMIC << 16) ||
        call("TDH.SYS.KEY.CONFIG", TDH_SYS_KEY_CONFIG, 0, &n, 0)) {
        return 1;
    }
    for (uint64_t next = 0; TDMR_INIT && next < end;) {
        if (call("TDH.SYS.TDMR.INIT", TDH_SYS_TDMR_INIT, tdmr.base, &next,
                 0)) {
            return 1;
        }
    }
    ml_printf("tdmr done\n");
    return 0;
}
#endif

int main(void)
{
    if (start()) {
        return 1;
    }
#ifdef BENCH_CALLS
    bench_calls();
#endif
#ifdef BENCH_TDMR
    return bench_tdmr();
#endif
    return 0;
}
