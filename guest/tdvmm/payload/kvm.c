/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The behaviours of a TD on KVM; the payload's argument says which: the low
 * byte is the number, what is above it the test's own. Ends with 1 if
 * something was not as expected.
 */

#include "kvm.h"

static const struct {
    const char *name;
    void (*run)(const struct test *t);
} tests[] = {
    { },
    { "lifecycle", test_lifecycle },
    { "fatal error", test_fatal_error },
    { "port", test_port },
    { "CPUID", test_cpuid },
    { "GetTdVmCallInfo", test_call_info },
    { "port writes", test_port_writes },
    { "port reads", test_port_reads },
    { "MSR read", test_msr_read },
    { "MSR write", test_msr_write },
    { "HLT", test_halt },
    { "MMIO reads", test_mmio_reads },
    { "MMIO writes", test_mmio_writes },
    { "CPUID by TDVMCALL", test_cpuid_call },
    { "private page", test_secret },
    { "VP.INFO", test_info },
    { "shared page", test_shared },
    { "MapGPA", test_map_gpa },
    { "implicit conversion", test_implicit },
    { "dirty log", test_dirty },
};

unsigned failures;

void expect_at(const char *what, uint64_t got, uint64_t wanted)
{
    if (got != wanted) {
        print("# ");
        print(what);
        print(" is ");
        print_hex(got);
        print(", not ");
        print_hex(wanted);
        print("\n");
        failures++;
    }
}

int payload_main(unsigned vcpu, uint64_t argument, unsigned width)
{
    struct test t = { vcpu, width, argument >> 8 };
    unsigned n = argument & 0xff;

    /* Others wait for the end */
    while (vcpu) {
        out(TDVMM_SLEEP, 1, 100);
    }
    if (!n || n >= sizeof(tests) / sizeof(tests[0])) {
        print("no such test\n");
        return 2;
    }
    take_exceptions();
    tests[n].run(&t);
    print(failures ? "not ok " : "ok ");
    print(tests[n].name);
    print("\n");
    return failures != 0;
}
