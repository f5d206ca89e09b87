/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A VM entry that succeeds, and changes to it that break one rule.
 */

#include <string.h>

#include "entry-fixture.h"
#include "vmx/vmcs.h"

bool entry_read(void *opaque, uint64_t addr, void *buf, size_t size)
{
    static const uint32_t revision = X86_VMCS_REVISION;
    static const uint32_t shadow = X86_VMCS_REVISION | 1U << 31;
    static const uint64_t bad_pdptes[4] = { 0x1001, 0, 0, 3 };

    g_assert_cmphex(addr >> TEST_PHYS_BITS, ==, 0);
    memset(buf, 0, size);
    switch (addr) {
    case ENTRY_APIC + 0x80:
        *(uint8_t *)buf = 0x50;
        return true;
    case ENTRY_CURRENT:
    case ENTRY_VMCS:
        memcpy(buf, &revision, size);
        return true;
    case ENTRY_SHADOW:
        memcpy(buf, &shadow, size);
        return true;
    case ENTRY_BAD_PDPTES:
        memcpy(buf, bad_pdptes, size);
        return true;
    default:
        return false;
    }
}

/* A 64-bit host that enters a 64-bit guest with EPT */
void entry_init_vmcs(X86Vmcs *v)
{
    static const X86VmcsSegment data = {
        .limit = UINT32_MAX, .ar = 0xc093, .selector = 0x10,
    };

    memset(v, 0, sizeof(*v));
    v->revision = X86_VMCS_REVISION;
    v->pin_controls = 0x16;
    v->proc_controls = 0x84026172;  /* with further words */
    v->proc2_controls = 2;
    v->exit_controls = 0x80036fff;  /* 64-bit host, further word */
    v->entry_controls = 0x13ff;     /* IA-32e guest */
    v->ept_pointer = 0x5000 | 6 | 3 << 3;

    v->host_cr0 = 0x80010031;
    v->host_cr3 = 0x1000;
    v->host_cr4 = 0x2020;
    v->host_cs_selector = 8;
    v->host_ss_selector = 0x10;
    v->host_tr_selector = 0x18;
    v->host_rip = 0xffffffff81000000;
    v->host_rsp = 0xffffffff82000000;

    v->guest_cr0 = 0x80010031;
    v->guest_cr3 = 0x2000;
    v->guest_cr4 = 0x2020;
    v->guest_dr7 = 0x400;
    v->guest_efer = 0xd01;
    v->guest_rflags = 2;
    v->guest_rip = 0xffffffff81000000;
    v->vmcs_link_pointer = UINT64_MAX;
    for (int i = X86_VMCS_ES; i <= X86_VMCS_GS; i++) {
        x86_vmcs_set_segment(v, i, data);
    }
    x86_vmcs_set_segment(v, X86_VMCS_CS, (X86VmcsSegment) {
        .limit = UINT32_MAX, .ar = 0xa09b, .selector = 8,
    });
    x86_vmcs_set_segment(v, X86_VMCS_TR, (X86VmcsSegment) {
        .limit = 0x67, .ar = 0x8b, .selector = 0x18,
    });
    x86_vmcs_set_segment(v, X86_VMCS_LDTR, (X86VmcsSegment) {
        .ar = 0x10000,
    });
    v->guest_gdtr_limit = v->guest_idtr_limit = 0xffff;
}

void entry_init_caps(X86VmxCaps *caps, unsigned cpu)
{
    X86VmxConfig config = test_config();

    config.rtm = !(cpu & CPU_NO_RTM);
    config.sgx = !(cpu & CPU_NO_SGX);
    config.cr3_lam = cpu & CPU_LAM ? 3ULL << 61 : 0;
    x86_vmx_caps_init(caps, &config);
    x86_vmx_caps_offer_all(caps);
    if (cpu & CPU_NO_MTF) {
        x86_vmx_caps_offer(caps, X86_VMX_CTL_PROC_MONITOR_TRAP, false);
    }
    if (cpu & CPU_NO_BUS_LOCK) {
        x86_vmx_caps_offer(caps, X86_VMX_CTL_PROC2_BUS_LOCK_DETECTION, false);
    }
    if (cpu & CPU_NO_AD) {
        x86_vmx_caps_offer_bit(caps, X86_VMX_CAPS_EPT_VPID, 21, false);
    }
    if (cpu & CPU_NO_SSS) {
        x86_vmx_caps_offer_bit(caps, X86_VMX_CAPS_EPT_VPID, 23, false);
    }
    if (cpu & CPU_NO_LEVELS_5) {
        x86_vmx_caps_offer_bit(caps, X86_VMX_CAPS_EPT_VPID, 7, false);
    }
    if (cpu & CPU_NO_UC) {
        x86_vmx_caps_offer_bit(caps, X86_VMX_CAPS_EPT_VPID, 8, false);
    }
    if (cpu & CPU_NO_ZERO_LEN) {
        x86_vmx_caps_offer_bit(caps, X86_VMX_CAPS_MISC, 30, false);
    }
    if (cpu & CPU_NO_HLT) {
        x86_vmx_caps_offer_bit(caps, X86_VMX_CAPS_MISC, 6, false);
    }
    x86_vmx_caps_offer_bit(caps, X86_VMX_CAPS_BASIC, 56,
                           cpu & CPU_ANY_ERROR);
}

X86VmxEntryOutcome entry_run(const EntryCase *c, unsigned dirty)
{
    g_autofree X86Vmcs *vmcs = g_new(X86Vmcs, 1);
    X86VmxCaps caps;
    X86VmxEntry e = {
        .caps = &caps,
        .vmcs = vmcs,
        .resume = c->cpu & CPU_RESUME,
        .mov_ss = c->cpu & CPU_MOV_SS,
        .smm = c->cpu & CPU_SMM,
        .long_mode = !(c->cpu & CPU_NOT_LONG),
        .current = ENTRY_CURRENT,
        .read = entry_read,
    };

    entry_init_caps(&caps, c->cpu);
    entry_init_vmcs(vmcs);
    for (unsigned i = 0; i < G_N_ELEMENTS(c->edit) && c->edit[i].used; i++) {
        const X86VmcsFieldInfo *field = x86_vmcs_field(c->edit[i].field);

        x86_vmcs_set(vmcs, field, (x86_vmcs_get(vmcs, field) &
                                   c->edit[i].keep) | c->edit[i].set);
    }
    return x86_vmx_entry_check(&e, dirty);
}

/* What software sees: from the SDM, by the place of the rule in the list */
static void check_outcome(const X86VmxEntryOutcome *out)
{
    X86VmxRule rule = out->broken.rule;
    unsigned error = 0;
    uint64_t qualification = 0;

    if (rule == X86_VMX_RULE_MOV_SS) {
        error = 26;
    } else if (rule == X86_VMX_RULE_LAUNCH_STATE_CLEAR) {
        error = 4;
    } else if (rule == X86_VMX_RULE_LAUNCH_STATE_LAUNCHED) {
        error = 5;
    } else if (rule < X86_VMX_RULE_HOST_CR0_FIXED) {
        error = 7;
    } else if (rule < X86_VMX_RULE_CR0_FIXED) {
        error = 8;
    } else if (rule >= X86_VMX_RULE_PDPTE0_RESERVED) {
        qualification = 2;
    } else if (rule >= X86_VMX_RULE_LINK_PAGE) {
        qualification = 4;
    }
    g_assert_cmpuint(out->error, ==, error);
    g_assert_cmphex(out->exit_reason, ==, error ? 0 : 0x80000021);
    g_assert_cmphex(out->qualification, ==, qualification);
}

void entry_run_all(const EntryCase *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const EntryCase *c = &cases[i];
        X86VmxEntryOutcome out = entry_run(c, X86_VMCS_GROUPS);

        if (out.broken.rule != c->rule) {
            g_test_message("case %zu: %s broken, %s wanted", i,
                           x86_vmx_rule_name(out.broken.rule),
                           x86_vmx_rule_name(c->rule));
            g_test_fail();
            continue;
        }
        if (c->rule == X86_VMX_RULE_NONE) {
            g_assert_cmpuint(out.error, ==, 0);
            g_assert_cmphex(out.exit_reason, ==, 0);
            continue;
        }
        check_outcome(&out);
        g_assert_cmphex(out.broken.field, ==,
                        c->field ?: x86_vmx_rule_field(c->rule));
    }
}

void entry_covered(const EntryCase *cases, size_t n, X86VmxRule first,
                   X86VmxRule last)
{
    for (unsigned rule = first; rule <= last; rule++) {
        bool found = false;

        for (size_t i = 0; i < n; i++) {
            found |= cases[i].rule == rule;
        }
        if (!found) {
            g_test_message("no case breaks %s", x86_vmx_rule_name(rule));
            g_test_fail();
        }
    }
}
