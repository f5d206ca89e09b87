/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Capability MSRs: what hypervisors rely on in each of them.
 */

#include "vmx-config.h"
#include "x86-defs/msr-list.h"

/* SDM A.3 to A.5: bits that software has always found set */
static const struct {
    uint32_t msr;
    uint32_t true_msr;
    uint32_t default1;
} classic[] = {
    { 0x481, 0x48d, 0x00000016 },
    { 0x482, 0x48e, 0x0401e172 },
    { 0x483, 0x48f, 0x00036dff },
    { 0x484, 0x490, 0x000011ff },
};

static uint64_t rdmsr(const X86VmxCaps *caps, uint32_t msr)
{
    uint64_t val;

    g_assert_true(x86_vmx_caps_msr(caps, msr, &val));
    return val;
}

static bool exists(const X86VmxCaps *caps, uint32_t msr)
{
    uint64_t val;

    return x86_vmx_caps_msr(caps, msr, &val);
}

/* Whatever is offered: must be one implies may be one, and TRUE relaxes */
static void check_invariants(const X86VmxCaps *caps)
{
    uint64_t basic = rdmsr(caps, 0x480);

    g_assert_cmphex(basic & 0x80000000, ==, 0);
    g_assert_cmphex(basic & 0x7fffffff, ==, X86_VMCS_REVISION);
    g_assert_cmphex(basic >> 32 & 0x1fff, ==, 4096);
    g_assert_cmphex(basic >> 48 & 1, ==, 0);
    g_assert_cmphex(basic >> 50 & 0xf, ==, 6);
    g_assert_cmphex(basic >> 55 & 1, ==, 1);
    for (unsigned i = 0; i < G_N_ELEMENTS(classic); i++) {
        uint64_t plain = rdmsr(caps, classic[i].msr);
        uint64_t truly = rdmsr(caps, classic[i].true_msr);

        g_assert_cmphex(plain & UINT32_MAX, ==, classic[i].default1);
        g_assert_cmphex(plain & ~(plain >> 32) & UINT32_MAX, ==, 0);
        g_assert_cmphex(truly & ~(truly >> 32) & UINT32_MAX, ==, 0);
        g_assert_cmphex(plain >> 32, ==, truly >> 32);
        g_assert_cmphex(truly & ~plain & UINT32_MAX, ==, 0);
    }
    if (exists(caps, 0x48b)) {
        g_assert_cmphex(rdmsr(caps, 0x48b) & UINT32_MAX, ==, 0);
    }
}

static void test_offered(void)
{
    X86VmxConfig config = test_config();
    X86VmxCaps caps;

    x86_vmx_caps_init(&caps, &config);
    check_invariants(&caps);
    g_assert_cmphex(rdmsr(&caps, 0x486), ==, config.cr0_fixed0);
    g_assert_cmphex(rdmsr(&caps, 0x487), ==, config.cr0_fixed1);
    g_assert_cmphex(rdmsr(&caps, 0x488), ==, config.cr4_fixed0);
    g_assert_cmphex(rdmsr(&caps, 0x489), ==, config.cr4_fixed1);
    g_assert_false(exists(&caps, 0x47f));
    g_assert_false(exists(&caps, 0x494));
    /* kvm-unit-tests wants at least this index */
    g_assert_cmpuint(rdmsr(&caps, 0x48a) >> 1, >=, 0x15);
}

static void test_all(void)
{
    X86VmxConfig config = test_config();
    X86VmxCaps caps;

    x86_vmx_caps_init(&caps, &config);
    x86_vmx_caps_offer_all(&caps);
    check_invariants(&caps);
    /* What KVM needs for ordinary guests and for TDX */
    g_assert_cmphex(rdmsr(&caps, 0x481) >> 32 & 0x89, ==, 0x89);
    g_assert_cmphex(rdmsr(&caps, 0x482) >> 32 & 0xa1b99e8c, ==, 0xa1b99e8c);
    g_assert_cmphex(rdmsr(&caps, 0x48e) & 0x18000, ==, 0);
    g_assert_cmphex(rdmsr(&caps, 0x48b) >> 32 & 0x302, ==, 0x302);
    g_assert_cmphex(rdmsr(&caps, 0x483) >> 32 & 0x8204, ==, 0x8204);
    g_assert_cmphex(rdmsr(&caps, 0x484) >> 32 & 0x0204, ==, 0x0204);
    g_assert_cmphex(rdmsr(&caps, 0x48c) & 0x06334041, ==, 0x06334041);
    g_assert_cmphex(rdmsr(&caps, 0x48c) >> 32 & 0x701, ==, 0x701);
    g_assert_cmphex(rdmsr(&caps, 0x485) & 0x1f, ==, 5);
    g_assert_cmphex(rdmsr(&caps, 0x485) & 0x60, ==, 0x60);
    g_assert_cmphex(rdmsr(&caps, 0x485) >> 16 & 0x1ff, ==, 4);
    g_assert_true(exists(&caps, 0x491));
    g_assert_true(exists(&caps, 0x492));
    g_assert_true(exists(&caps, 0x493));
}

/* A word without the control that activates it does not exist */
static void test_activation(void)
{
    static const struct {
        X86VmxControl control;
        uint32_t msr;
        X86VmxControl inside;
    } words[] = {
        { X86_VMX_CTL_PROC_SECONDARY, 0x48b, X86_VMX_CTL_PROC2_RDTSCP },
        { X86_VMX_CTL_PROC_SECONDARY, 0x491,
          X86_VMX_CTL_FUNC_EPTP_SWITCHING },
        { X86_VMX_CTL_PROC_TERTIARY, 0x492,
          X86_VMX_CTL_PROC3_IPI_VIRTUALIZATION },
        { X86_VMX_CTL_PROC2_VM_FUNCTIONS, 0x491,
          X86_VMX_CTL_FUNC_EPTP_SWITCHING },
        { X86_VMX_CTL_EXIT_SECONDARY, 0x493, X86_VMX_CTL_EXIT2_LOAD_FRED },
    };
    X86VmxConfig config = test_config();
    X86VmxCaps caps;

    x86_vmx_caps_init(&caps, &config);
    x86_vmx_caps_offer_all(&caps);
    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        g_assert_true(x86_vmx_caps_has(&caps, words[i].inside));
        x86_vmx_caps_offer(&caps, words[i].control, false);
        g_assert_false(x86_vmx_caps_has(&caps, words[i].inside));
        g_assert_false(exists(&caps, words[i].msr));
        check_invariants(&caps);
        x86_vmx_caps_offer(&caps, words[i].control, true);
        g_assert_true(exists(&caps, words[i].msr));
    }
}

/* KVM wants the half of 0x48c to be zero whose control does not exist */
static void test_ept_vpid_halves(void)
{
    X86VmxConfig config = test_config();
    X86VmxCaps caps;

    x86_vmx_caps_init(&caps, &config);
    x86_vmx_caps_offer_all(&caps);
    x86_vmx_caps_offer(&caps, X86_VMX_CTL_PROC2_EPT, false);
    g_assert_cmphex(rdmsr(&caps, 0x48c) & UINT32_MAX, ==, 0);
    g_assert_cmphex(rdmsr(&caps, 0x48c) >> 32, !=, 0);
    x86_vmx_caps_offer(&caps, X86_VMX_CTL_PROC2_VPID, false);
    g_assert_false(exists(&caps, 0x48c));
    x86_vmx_caps_offer(&caps, X86_VMX_CTL_PROC2_EPT, true);
    g_assert_cmphex(rdmsr(&caps, 0x48c) & UINT32_MAX, !=, 0);
    g_assert_cmphex(rdmsr(&caps, 0x48c) >> 32, ==, 0);
}

/* One control at a time: its bit, and nothing else, in its MSRs */
static void test_single(void)
{
    X86VmxConfig config = test_config();
    X86VmxCaps caps;

    x86_vmx_caps_init(&caps, &config);
    for (int on = 0; on < 2; on++) {
        x86_vmx_caps_offer(&caps, X86_VMX_CTL_PIN_VIRTUAL_NMIS, on);
        g_assert_cmphex(rdmsr(&caps, 0x481) >> 32 & 0x20, ==, on ? 0x20 : 0);
        g_assert_cmphex(rdmsr(&caps, 0x48d) >> 32 & 0x20, ==, on ? 0x20 : 0);
        /* A default1 control: it may always be one */
        x86_vmx_caps_offer(&caps, X86_VMX_CTL_PROC_CR3_LOAD_EXITING, on);
        g_assert_cmphex(rdmsr(&caps, 0x48e) & 0x8000, ==, on ? 0 : 0x8000);
        g_assert_cmphex(rdmsr(&caps, 0x482) & 0x8000, ==, 0x8000);
        g_assert_cmphex(rdmsr(&caps, 0x48e) >> 32 & 0x8000, ==, 0x8000);
        x86_vmx_caps_offer_bit(&caps, X86_VMX_CAPS_MISC,
                               X86_VMX_MISC_ACTIVITY_HLT, on);
        g_assert_cmphex(rdmsr(&caps, 0x485) & 0x40, ==, on ? 0x40 : 0);
        check_invariants(&caps);
    }
    g_assert_true(x86_vmx_caps_has(&caps, X86_VMX_CTL_ALWAYS));
    g_assert_false(x86_vmx_caps_has(&caps, X86_VMX_CTL_NONE));
    g_assert_false(x86_vmx_caps_has(&caps, X86_VMX_CTL_SEAM));
    /* Not controls: nothing happens */
    x86_vmx_caps_offer(&caps, X86_VMX_CTL_NONE, true);
    x86_vmx_caps_offer(&caps, X86_VMX_CTL_SEAM, true);
    g_assert_false(x86_vmx_caps_has(&caps, X86_VMX_CTL_NONE));
    g_assert_false(x86_vmx_caps_has(&caps, X86_VMX_CTL_SEAM));
}

static void test_allow(void)
{
    X86VmxConfig config = test_config();
    X86VmxCaps caps;

    x86_vmx_caps_init(&caps, &config);
    x86_vmx_caps_offer_all(&caps);
    g_assert_true(x86_vmx_caps_allow(&caps, X86_VMX_WORD_PIN, 0x16));
    g_assert_true(x86_vmx_caps_allow(&caps, X86_VMX_WORD_PIN, 0x3f));
    g_assert_false(x86_vmx_caps_allow(&caps, X86_VMX_WORD_PIN, 0x14));
    g_assert_false(x86_vmx_caps_allow(&caps, X86_VMX_WORD_PIN, 0x116));
    /* By the TRUE MSR */
    g_assert_true(x86_vmx_caps_allow(&caps, X86_VMX_WORD_PROC, 0x04006172));
    g_assert_true(x86_vmx_caps_allow(&caps, X86_VMX_WORD_ENTRY, 0x11fb));
    g_assert_false(x86_vmx_caps_allow(&caps, X86_VMX_WORD_PROC3, 1ULL << 40));
}

static void test_names(void)
{
    g_assert_cmpstr(x86_vmx_control_name(X86_VMX_WORD_PROC2, 1), ==,
                    "PROC2 EPT");
    g_assert_null(x86_vmx_control_name(X86_VMX_WORD_PIN, 1));
    g_assert_null(x86_vmx_control_name(X86_VMX_WORDS, 0));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vmx/caps/offered", test_offered);
    g_test_add_func("/vmx/caps/all", test_all);
    g_test_add_func("/vmx/caps/activation", test_activation);
    g_test_add_func("/vmx/caps/ept-vpid-halves", test_ept_vpid_halves);
    g_test_add_func("/vmx/caps/single", test_single);
    g_test_add_func("/vmx/caps/allow", test_allow);
    g_test_add_func("/vmx/caps/names", test_names);
    return g_test_run();
}
