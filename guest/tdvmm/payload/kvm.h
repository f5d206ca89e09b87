/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a TD on KVM can observe, behaviour by behaviour: kvm-*.c.
 */

#ifndef PAYLOAD_KVM_H
#define PAYLOAD_KVM_H

#include "td.h"

/* What a vCPU was started with, and what the test was given */
struct test {
    unsigned vcpu, width;
    uint64_t argument;          /* above the number of the test */
};

extern unsigned failures;

/* Compare two values; what differs is written, and counted */
void expect_at(const char *what, uint64_t got, uint64_t wanted);
#define expect(got, wanted) expect_at(#got, got, wanted)

/* RAM that nobody has accepted yet, aligned to 2 MiB */
#define FREE_RAM 0x1000000ul

/* kvm-calls.c */
void test_lifecycle(const struct test *t);
void test_fatal_error(const struct test *t);
void test_port(const struct test *t);
void test_call_info(const struct test *t);
void test_port_writes(const struct test *t);
void test_port_reads(const struct test *t);
void test_msr_read(const struct test *t);
void test_msr_write(const struct test *t);
void test_halt(const struct test *t);
void test_mmio_reads(const struct test *t);
void test_mmio_writes(const struct test *t);
void test_cpuid_call(const struct test *t);

/* kvm-cpu.c */
void test_cpuid(const struct test *t);
void test_info(const struct test *t);

/* kvm-memory.c */
void test_secret(const struct test *t);
void test_shared(const struct test *t);
void test_map_gpa(const struct test *t);
void test_implicit(const struct test *t);
void test_dirty(const struct test *t);

#endif
