/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What things cost in a TD, and in an ordinary VM (tdvmm --vm): ticks of the
 * TSC for a CPUID that KVM answers, if this is a VM, and for the first store to
 * a page, which a TD accepts before.  Says "cost: cpuid N touch N".
 */

#include "td.h"

#define BATCHES 200
#define BATCH 50
#define FIRST 0x1000000ul
#define PAGES 4096

static uint64_t ticks_of_cpuid(void)
{
    uint64_t least = -1ul;

    for (unsigned i = 0; i < BATCHES; i++) {
        uint64_t began = rdtsc(), took;

        for (unsigned k = 0; k < BATCH; k++) {
            uint32_t eax = 0, ecx = 0;

            asm volatile("cpuid" : "+a"(eax), "+c"(ecx) : : "rbx", "rdx");
        }
        took = rdtsc() - began;
        least = took < least ? took : least;
    }
    return least / BATCH;
}

static uint64_t ticks_of_touch(void)
{
    uint64_t began = rdtsc();

    for (uint64_t at = FIRST; at < FIRST + PAGES * PAGE; at += PAGE) {
        if (in_td() && accept_page(at, 0)) {
            print("a page is not accepted\n");
            return 0;
        }
        *(volatile uint64_t *)at = at;
    }
    return (rdtsc() - began) / PAGES;
}

int payload_main(unsigned vcpu, uint64_t argument, unsigned width)
{
    print("cost: cpuid ");
    print_hex(ticks_of_cpuid());
    print(" touch ");
    print_hex(ticks_of_touch());
    print("\n");
    return 0;
}
