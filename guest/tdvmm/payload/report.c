/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reports that a TD takes before and after what the host does to its module:
 * the measurements stay, both are genuine, and it says which modules there are.
 */

#include "td.h"

#define RTMR 2

/* TDREPORT, by offset; the TDINFO is its second half */
enum { TCB_SVN = 264, TCB_SVN2 = 384, TDINFO = 512, SIZE = 1024 };

static uint8_t report[2][SIZE] __attribute__((aligned(SIZE)));
static uint8_t data[64] __attribute__((aligned(64))) = "what is reported";

/* Its status, in words unless it succeeds */
static bool call(const char *what, unsigned leaf, void *rcx, uint64_t rdx)
{
    struct tdcall regs = {
        .rax = leaf, .rcx = (uint64_t)rcx, .rdx = rdx,
    };

    tdcall(&regs);
    if (regs.rax) {
        print(what);
        print(": ");
        print_hex(regs.rax);
        print("\n");
    }
    return !regs.rax;
}

static bool take(unsigned n)
{
    return call("report", TDG_MR_REPORT, report[n], (uint64_t)data);
}

static bool genuine(unsigned n)
{
    return call("verify", TDG_MR_VERIFYREPORT, report[n], 0);
}

static bool same_measurements(void)
{
    for (unsigned i = TDINFO; i < SIZE; i++) {
        if (report[0][i] != report[1][i]) {
            print("measurements differ\n");
            return false;
        }
    }
    return true;
}

/* Minor versions of the module that made the TD, and of the one that runs */
static void print_modules(unsigned n)
{
    print("svn ");
    print_hex(report[n][TCB_SVN]);
    print(", now ");
    print_hex(report[n][TCB_SVN2]);
    print("\n");
}

int payload_main(unsigned vcpu, uint64_t argument, unsigned width)
{
    bool good = call("extend", TDG_MR_RTMR_EXTEND, data, RTMR) &&
                take(0) && genuine(0);

    print_modules(0);
    print("report begins\n");
    while (in(TDVMM_GO_ON, 4)) {
        out(TDVMM_SLEEP, 1, 20);
    }
    good = good && take(1) && genuine(0) && genuine(1) && same_measurements();
    print_modules(1);
    print(good ? "ok report\n" : "not ok report\n");
    return !good;
}
