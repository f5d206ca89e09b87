/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each processor runs vCPUs, all at once: those of one TD, which shares memory
 * with nobody else, and one of a TD of its own.  Interrupts of the other
 * processors end them now and then.
 *
 * Link: seam-guest.c seam-guest-entry.S seam-td.c seam-host-call.S
 * Link: td-guest.c td-guest-entry.S
 * QEMU: -cpu TDXHost -device tdx-module -m 2G
 * QEMU: -cpu TDXHost -device tdx-module -m 2G -smp 2
 * QEMU: -cpu TDXHost -device tdx-module -m 2G -smp 4
 * Checked: x-tdx-check
 */

#include "td-guest.h"

#ifndef ROUNDS
#define ROUNDS 300
#endif
#define ADDS 500
#define VECTOR 0x61
#define SVR_ENABLED 0x1ff
#define X2APIC_ENABLE (3ull << 10)
#define ICR_ALL_BUT_SELF (3 << 18)

static struct td common, own[TD_MAX_VCPUS];
static uint64_t counter; /* of each TD */
static uint32_t cpus, next_cpu, ready, done;
static uint64_t failures[TD_MAX_VCPUS], interrupts[TD_MAX_VCPUS];
static uint64_t last[TD_MAX_VCPUS], last_own[TD_MAX_VCPUS];

static uint32_t add(uint32_t *to, uint32_t n)
{
    return __atomic_fetch_add(to, n, __ATOMIC_SEQ_CST);
}

static void wait_for(uint32_t *what)
{
    while (__atomic_load_n(what, __ATOMIC_SEQ_CST) < cpus) {
        asm volatile("pause");
    }
}

/* All vCPUs of the TD count. */
static void guest(unsigned vcpu)
{
    for (;;) {
        uint64_t now = 0;

        for (int i = 0; i < ADDS; i++) {
            now = __atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST);
        }
        td_tell(vcpu, now);
    }
}

/* Enter a vCPU until it calls; returns what it tells, 0 after a mistake */
static uint64_t run(struct td *td, unsigned vcpu, unsigned cpu)
{
    struct seam_regs regs = { 0 };

    while (td_enter(td, vcpu, &regs) &&
           regs.rax == X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT) {
        interrupts[cpu]++;
        wrmsr(X86_MSR_X2APIC_EOI, 0);
    }
    if (regs.rax != X86_VMX_EXIT_REASON_TDCALL || regs.r11 != vcpu) {
        failures[cpu]++;
        return 0;
    }
    return regs.r12;
}

static void work(unsigned cpu)
{
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t now = run(&common, cpu, cpu);

        if (now <= last[cpu]) {
            failures[cpu]++;
        }
        last[cpu] = now;
        last_own[cpu] = run(&own[cpu], 0, cpu);
        if (last_own[cpu] != (i + 1ull) * ADDS) {
            failures[cpu]++;
        }
        if (i % 4 == 0) {
            wrmsr(X86_MSR_X2APIC_ICR, ICR_ALL_BUT_SELF | VECTOR);
        }
    }
    if (td_call(TDH_VP_FLUSH, common.vcpu[cpu], 0, 0) ||
        td_call(TDH_VP_FLUSH, own[cpu].vcpu[0], 0, 0)) {
        failures[cpu]++;
    }
    add(&done, 1);
}

static void other_cpu(void)
{
    uint32_t cpu = add(&next_cpu, 1);

    wrmsr(X86_MSR_APIC_BASE, rdmsr(X86_MSR_APIC_BASE) | X2APIC_ENABLE);
    wrmsr(X86_MSR_X2APIC_SIVR, SVR_ENABLED);
    td_enter_vmx(cpu);
    if (td_call(TDH_SYS_LP_INIT, 0, 0, 0)) {
        failures[cpu]++;
    }
    add(&ready, 1);
    while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) <= cpus) {
        asm volatile("pause");
    }
    work(cpu);
}

static void start_others(void)
{
    for (uint32_t id = 1; id < cpus; id++) {
        ap_start(id, other_cpu);
    }
    wait_for(&ready);
}

int main(void)
{
    uint64_t all = 0, most = 0;
    bool good;

    guest_init();
    wrmsr(X86_MSR_X2APIC_SIVR, SVR_ENABLED);
    cpus = num_processors();
    next_cpu = ready = 1;
    ok(td_bring_up(start_others), "the module is ready");
    good = td_build(&common, 0, cpus, 0, guest);
    for (uint32_t i = 0; i < cpus; i++) {
        good = good && td_build(&own[i], i + 1, 1, 0, guest) &&
               /* Another processor is going to run them. */
               !td_call(TDH_VP_FLUSH, common.vcpu[i], 0, 0) &&
               !td_call(TDH_VP_FLUSH, own[i].vcpu[0], 0, 0);
    }
    ok(good, "TDs are built");
#ifdef MIGRATE
    ml_printf("# migrate\n");
#endif
    add(&ready, 1);
    work(0);
    wait_for(&done);
    for (uint32_t i = 0; i < cpus; i++) {
        all += failures[i];
        most = last[i] > most ? last[i] : most;
        ml_printf("# %u: %lu interrupts\n", i, interrupts[i]);
    }
    ok(!all, "no vCPU has seen anything else than it should");
    ok(most == (uint64_t)cpus * ROUNDS * ADDS, "nothing got lost");
    good = td_end(&common);
    for (uint32_t i = 0; i < cpus; i++) {
        good = td_end(&own[i]) && good;
    }
    ok(good, "the TDs end");
    return test_end();
}
