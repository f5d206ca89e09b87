/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A VM entry that succeeds, and changes to it that break one rule.
 */

#ifndef TESTS_VMX_ENTRY_FIXTURE_H
#define TESTS_VMX_ENTRY_FIXTURE_H

#include "vmx/entry-checks.h"
#include "vmx-config.h"

/** EntryEdit: field = (field & keep) | set */
typedef struct EntryEdit {
    uint32_t field;
    bool used;
    uint64_t keep;
    uint64_t set;
} EntryEdit;

#define SET(f, val)    { X86_VMCS_##f, true, 0, (val) }
#define BITS(f, bits)  { X86_VMCS_##f, true, UINT64_MAX, (bits) }
#define CLEAR(f, bits) { X86_VMCS_##f, true, ~(uint64_t)(bits), 0 }

/** EntryCpu: what else may differ */
enum EntryCpu {
    CPU_SMM         = 1 << 0,
    CPU_NOT_LONG    = 1 << 1,
    CPU_RESUME      = 1 << 2,
    CPU_MOV_SS      = 1 << 3,
    CPU_NO_MTF      = 1 << 4,
    CPU_NO_AD       = 1 << 5,
    CPU_NO_SSS      = 1 << 6,
    CPU_NO_LEVELS_5 = 1 << 7,
    CPU_NO_UC       = 1 << 8,
    CPU_NO_ZERO_LEN = 1 << 9,
    CPU_NO_HLT      = 1 << 10,
    CPU_NO_RTM      = 1 << 11,
    CPU_NO_SGX      = 1 << 12,
    CPU_NO_BUS_LOCK = 1 << 13,
    CPU_LAM         = 1 << 14,
    CPU_ANY_ERROR   = 1 << 15,
};

/**
 * EntryCase: an entry
 * @rule: that does not hold; X86_VMX_RULE_NONE: all do
 * @field: that the failure is about, or 0: the rule's own
 */
typedef struct EntryCase {
    X86VmxRule rule;
    EntryEdit edit[24];
    unsigned cpu;
    uint32_t field;
} EntryCase;

/* Memory of the fixture: what lies where */
#define ENTRY_CURRENT    0x10000    /* the VMCS itself */
#define ENTRY_APIC       0x20000    /* virtual-APIC page, TPR 50H */
#define ENTRY_VMCS       0x30000    /* another VMCS */
#define ENTRY_SHADOW     0x31000    /* a shadow VMCS */
#define ENTRY_BAD_PDPTES 0x40000    /* entry 3 has a reserved bit */

/** entry_init_vmcs: that of an entry that succeeds */
void entry_init_vmcs(X86Vmcs *vmcs);

/** entry_init_caps: a CPU that offers all but what @cpu, an EntryCpu, says */
void entry_init_caps(X86VmxCaps *caps, unsigned cpu);

/** entry_read: read the fixture's memory, as X86VmxEntry wants it */
bool entry_read(void *opaque, uint64_t addr, void *buf, size_t size);

/** entry_run: check case @c; @dirty as in x86_vmx_entry_check() */
X86VmxEntryOutcome entry_run(const EntryCase *c, unsigned dirty);

/** entry_run_all: each case must break its rule, and say so as it should */
void entry_run_all(const EntryCase *cases, size_t n);

/** entry_covered: every rule from @first to @last has a case */
void entry_covered(const EntryCase *cases, size_t n, X86VmxRule first,
                   X86VmxRule last);

/** LLVMFuzzerTestOneInput: vmx-fuzz.c as a target of libFuzzer */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* TESTS_VMX_ENTRY_FIXTURE_H */
