/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One processor at a time is in the P-SEAMLDR: who comes meanwhile is answered
 * VMfailInvalid, at once, and nothing comes of its call (P-SEAMLDR 1.1).  All
 * of them call until each has been turned away, which takes as many threads of
 * the host; with fewer CPUs of its own it just takes longer.
 *
 * Link: seam-guest.c seam-host.c
 * Link: seam-guest-entry.S seam-host-call.S
 * QEMU: -cpu TDXHost -device tdx-module -m 4G -smp 2
 * QEMU: -cpu TDXHost -device tdx-module -m 4G -smp 4
 */

#include "seam-update.h"

#define CANARY 0x5a

static SeamldrInfo buffers[HOST_MAX_CPUS] __attribute__((aligned(256)));
static uint32_t num_cpus, mistakes, turned_away, answered;

static void must(bool good)
{
    if (!good) {
        __atomic_add_fetch(&mistakes, 1, __ATOMIC_SEQ_CST);
    }
}

static bool all_are(const SeamldrInfo *info, uint8_t value)
{
    for (unsigned i = 0; i < sizeof(*info); i++) {
        if (((const uint8_t *)info)[i] != value) {
            return false;
        }
    }
    return true;
}

/* One call, which tells all about the loader or does nothing at all */
static bool info(uint32_t cpu)
{
    SeamldrInfo *buffer = &buffers[cpu];
    struct seam_regs r = {
        .rax = LOADER(LDR_INFO), .rcx = (uintptr_t)buffer, .rdx = 7, .r8 = 8,
    };
    bool in;

    for (unsigned i = 0; i < sizeof(*buffer); i++) {
        ((uint8_t *)buffer)[i] = CANARY;
    }
    in = seamcall_regs(&r);
    must(r.rcx == (uintptr_t)buffer && r.rdx == 7 && r.r8 == 8);
    if (in) {
        must(r.rax == SEAMLDR_SUCCESS);
        must(buffer->vendor_id == SEAMLDR_VENDOR_INTEL &&
             buffer->seam.valid == SEAM_EXTEND_VALID &&
             buffer->seam.p_seamldr_ready == 1 &&
             buffer->reserved[sizeof(buffer->reserved) - 1] == 0);
    } else {
        must(r.rax == LOADER(LDR_INFO));
        must(all_are(buffer, CANARY));
    }
    return in;
}

static void work(uint32_t cpu)
{
    bool in = false, out = false;

    while (__atomic_load_n(&turned_away, __ATOMIC_SEQ_CST) < num_cpus ||
           __atomic_load_n(&answered, __ATOMIC_SEQ_CST) < num_cpus) {
        if (info(cpu)) {
            if (!in) {
                __atomic_add_fetch(&answered, 1, __ATOMIC_SEQ_CST);
            }
            in = true;
        } else {
            if (!out) {
                __atomic_add_fetch(&turned_away, 1, __ATOMIC_SEQ_CST);
            }
            out = true;
        }
    }
    host_barrier();
    if (cpu == 0) {
        ok(!mistakes, "whoever is in is alone");
        ok(info(0), "and then it is free");
    }
    host_barrier();
}

int main(void)
{
    guest_init();
    num_cpus = num_processors();
    ok(host_run(num_cpus, work), "the host comes up");
    return test_end();
}
