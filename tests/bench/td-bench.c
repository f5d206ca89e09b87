/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A guest without a kernel that runs a TD, for scripts/bench: prints the least
 * TSC ticks of CALLS executions of CPUID in the VMM, of TDG.VP.INFO in the TD,
 * of round trips by TDH.VP.ENTER and TDG.VP.VMCALL, and of CPUID in a function
 * of its own.  With -DBENCH_SIEVE:
 * what a computation costs in the TD and outside.
 *
 * Link: seam-guest.c seam-guest-entry.S seam-td.c seam-host-call.S
 * Link: td-guest.c td-guest-entry.S
 */

#include "td-guest.h"

#define RUNS 100
#define CALLS 1000

static struct td td;

static uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return (uint64_t)hi << 32 | lo;
}

/* @calls times INSN with RAX and RCX loaded */
#define LOOP(insn, calls, rax, rcx)                                     \
    do {                                                                \
        uint64_t n_ = (calls);                                          \
                                                                        \
        asm volatile("1: mov %[a], %%rax\n"                             \
                     "mov %[c], %%rcx\n"                                \
                     insn "\n"                                          \
                     "dec %[n]\n"                                       \
                     "jnz 1b"                                           \
                     : [n] "+S"(n_)                                     \
                     : [a] "D"((uint64_t)(rax)), [c] "m"(rcx)           \
                     : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10",   \
                       "r11", "r12", "r13", "r14", "r15", "cc",         \
                       "memory");                                       \
    } while (0)

#define TDCALL ".byte 0x66, 0x0f, 0x01, 0xcc"

#ifdef BENCH_SIEVE

#include "sieve.h"

static void guest(unsigned vcpu)
{
    for (;;) {
        td_tell(0, 0);
        sieve();
    }
}

#else

/*
 * Each time it is entered: CALLS times TDG.VP.INFO, then a call of the VMM,
 * then one for each round trip.
 */
static void guest(unsigned vcpu)
{
    uint64_t zero = 0;

    for (;;) {
        td_tell(0, 0);
        LOOP(TDCALL, CALLS, TDG_VP_INFO, zero);
        LOOP(TDCALL, CALLS + 1, TDG_VP_VMCALL, zero);
    }
}

#endif

/* SEAMCALL changes all registers but RSP */
static void enter(unsigned times)
{
    uint64_t vcpu = td.vcpu[0];

    while (times--) {
        asm volatile("push %%rbp\n\t"
                     ".byte 0x66, 0x0f, 0x01, 0xcf\n\t"
                     "pop %%rbp"
                     : "+c"(vcpu) : "a"((uint64_t)TDH_VP_ENTER)
                     : "rbx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
                       "r12", "r13", "r14", "r15", "cc", "memory");
        vcpu = td.vcpu[0];
    }
}

static void least(uint64_t *of, uint64_t began)
{
    uint64_t ticks = rdtsc() - began;

    if (ticks < *of) {
        *of = ticks;
    }
}

static void no_others(void)
{
}

#ifdef BENCH_SIEVE

static void measure(void)
{
    uint64_t bare = UINT64_MAX, inside = UINT64_MAX;

    for (int run = 0; run < RUNS; run++) {
        uint64_t began = rdtsc();

        if (sieve() != SIEVE_PRIMES) {
            ml_printf("not as many primes as there are\n");
        }
        least(&bare, began);
        began = rdtsc();
        enter(1);
        least(&inside, began);
    }
    ml_printf("bare %lu td %lu\n", bare, inside);
}

#else

/* As in the other programs, a function of four registers */
static void cpuids(unsigned n)
{
    uint32_t regs[4];

    while (n-- > 0) {
        cpuid(0, 0, regs);
    }
}

static void one_cpuid(void)
{
    uint32_t regs[4];

    cpuid(0, 0, regs);
}

/* As vmexit.flat of kvm-unit-tests counts: a function called by its address */
static void called_cpuids(unsigned n)
{
    void (*fn)(void) = one_cpuid;

    /* The compiler shall not know which one it calls. */
    asm("" : "+r"(fn));

    while (n-- > 0) {
        fn();
    }
}

static void measure(void)
{
    uint64_t cpuid = UINT64_MAX, info = UINT64_MAX, trip = UINT64_MAX;
    uint64_t called = UINT64_MAX;

    for (int run = 0; run < RUNS; run++) {
        uint64_t began = rdtsc();

        cpuids(CALLS);
        least(&cpuid, began);
        began = rdtsc();
        called_cpuids(CALLS);
        least(&called, began);
        began = rdtsc();
        enter(1);
        least(&info, began);
        began = rdtsc();
        enter(CALLS);
        least(&trip, began);
        enter(1);
    }
    ml_printf("cpuid %lu info %lu trip %lu called %lu\n", cpuid, info, trip,
              called);
}

#endif

int main(void)
{
    guest_init();
    if (!td_bring_up(no_others) || !td_build(&td, 0, 1, 0, guest)) {
        ml_printf("no TD\n");
        return 1;
    }
    enter(1);
    measure();
    return 0;
}
