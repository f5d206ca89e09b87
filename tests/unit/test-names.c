/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * States and page types in words: numbers of the TDX module ABI (PAMT 2.3,
 * life cycle 2, TD life cycle 1) against names.
 */

#include <glib.h>

#include "abi/states.h"

typedef const char *NameOf(uint64_t value);

static void test_known(void)
{
    static const struct {
        NameOf *name_of;
        uint64_t value;
        const char *name;
    } known[] = {
        { tdx_sys_state_name, 0, "SYSINIT_PENDING" },
        { tdx_sys_state_name, 1, "SYSINIT_DONE" },
        { tdx_sys_state_name, 2, "SYSCONFIG_DONE" },
        { tdx_sys_state_name, 3, "SYS_READY" },
        { tdx_sys_state_name, 4, "SYS_SHUTDOWN" },
        { tdx_lifecycle_name, 0, "TD_HKID_ASSIGNED" },
        { tdx_lifecycle_name, 1, "TD_KEYS_CONFIGURED" },
        { tdx_lifecycle_name, 2, "TD_BLOCKED" },
        { tdx_lifecycle_name, 3, "TD_TEARDOWN" },
        { tdx_op_state_name, 0, "UNINITIALIZED" },
        { tdx_op_state_name, 1, "INITIALIZED" },
        { tdx_op_state_name, 2, "RUNNABLE" },
        { tdx_op_state_name, 6, "MEMORY_IMPORT" },
        { tdx_vcpu_state_name, 2, "VCPU_READY" },
        { tdx_vcpu_state_name, 8, "VCPU_DISABLED" },
        { tdx_page_type_name, 0, "PT_NDA" },
        { tdx_page_type_name, 1, "PT_RSVD" },
        { tdx_page_type_name, 3, "PT_REG" },
        { tdx_page_type_name, 4, "PT_TDR" },
        { tdx_page_type_name, 5, "PT_TDCX" },
        { tdx_page_type_name, 6, "PT_TDVPR" },
        { tdx_page_type_name, 8, "PT_EPT" },
        { tdx_page_type_name, 15, "PT_PAMT" },
        { tdx_level_name, 0, "4K" },
        { tdx_level_name, 1, "2M" },
        { tdx_level_name, 2, "1G" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        g_assert_cmpstr(known[i].name_of(known[i].value), ==, known[i].name);
    }
}

static void test_unknown(void)
{
    g_assert_cmpstr(tdx_sys_state_name(6), ==, "unknown");
    g_assert_cmpstr(tdx_lifecycle_name(4), ==, "unknown");
    g_assert_cmpstr(tdx_op_state_name(UINT64_MAX), ==, "unknown");
    /* A hole in the numbers */
    g_assert_cmpstr(tdx_vcpu_state_name(3), ==, "unknown");
    g_assert_cmpstr(tdx_page_type_name(2), ==, "unknown");
    g_assert_cmpstr(tdx_level_name(3), ==, "unknown");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/names/known", test_known);
    g_test_add_func("/names/unknown", test_unknown);
    return g_test_run();
}
