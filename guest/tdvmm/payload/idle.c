/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A TD that does nothing until the host says so: each vCPU leaves and comes
 * back, and after it has said that it is there touches no page for the first
 * time, so that KVM does nothing for it but to enter it.
 */

#include "td.h"

int payload_main(unsigned vcpu, uint64_t argument, unsigned width)
{
    if (!vcpu) {
        print("idle begins\n");
    }
    do {
        out(TDVMM_SLEEP, 1, 20);
    } while (vcpu || in(TDVMM_GO_ON, 4));
    print("ok idle\n");
    return 0;
}
