/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checks on the host-state area: SDM Vol. 3, sections "Checks on Host Control
 * Registers, MSRs, and SSP" to "Checks Related to Address-Space Size".
 */

#include "entry-internal.h"

/* RPL and table indicator */
static bool selector_plain(uint16_t selector)
{
    return !(selector & 7);
}

static X86VmxBroken check_registers(const X86VmxEntry *e)
{
    const X86VmxConfig *c = &e->caps->config;
    const X86Vmcs *v = e->vmcs;
    bool host_64 = on_exit_do(e, X86_VMX_EXIT_HOST_64);

    REQUIRE(cr_fixed(v->host_cr0, c->cr0_fixed0, c->cr0_fixed1),
            HOST_CR0_FIXED);
    REQUIRE(cr_fixed(v->host_cr4, c->cr4_fixed0, c->cr4_fixed1),
            HOST_CR4_FIXED);
    REQUIRE(implies(v->host_cr4 & CR4_CET, v->host_cr0 & CR0_WP),
            HOST_CET_WP);
    REQUIRE(cr3_width(e, v->host_cr3), HOST_CR3_WIDTH);
    REQUIRE(canonical(e, v->host_sysenter_esp), HOST_SYSENTER_ESP_CANONICAL);
    REQUIRE(canonical(e, v->host_sysenter_eip), HOST_SYSENTER_EIP_CANONICAL);
    if (on_exit_do(e, X86_VMX_EXIT_LOAD_PERF_GLOBAL)) {
        REQUIRE(!(v->host_perf_global_ctrl & ~c->perf_global_ctrl),
                HOST_PERF_RESERVED);
    }
    if (on_exit_do(e, X86_VMX_EXIT_LOAD_PAT)) {
        REQUIRE(pat_types(v->host_pat), HOST_PAT_TYPES);
    }
    if (on_exit_do(e, X86_VMX_EXIT_LOAD_EFER)) {
        REQUIRE(!(v->host_efer & ~c->efer), HOST_EFER_RESERVED);
        REQUIRE(!!(v->host_efer & EFER_LMA) == host_64, HOST_EFER_LMA);
        REQUIRE(!!(v->host_efer & EFER_LME) == host_64, HOST_EFER_LME);
    }
    if (on_exit_do(e, X86_VMX_EXIT_LOAD_CET)) {
        REQUIRE(s_cet(e, v->host_s_cet), HOST_S_CET_RESERVED);
        REQUIRE(!(v->host_ssp & 3) && canonical(e, v->host_ssp),
                HOST_SSP_ALIGN);
        REQUIRE(canonical(e, v->host_intr_ssp_table),
                HOST_SSP_TABLE_CANONICAL);
    }
    if (on_exit_do(e, X86_VMX_EXIT_LOAD_PKRS)) {
        REQUIRE(!(v->host_pkrs >> 32), HOST_PKRS_RESERVED);
    }
    return HOLDS;
}

static X86VmxBroken check_segments(const X86VmxEntry *e)
{
    const X86Vmcs *v = e->vmcs;
    bool host_64 = on_exit_do(e, X86_VMX_EXIT_HOST_64);

    REQUIRE(selector_plain(v->host_cs_selector), HOST_CS_RPL);
    REQUIRE(selector_plain(v->host_ss_selector), HOST_SS_RPL);
    REQUIRE(selector_plain(v->host_ds_selector), HOST_DS_RPL);
    REQUIRE(selector_plain(v->host_es_selector), HOST_ES_RPL);
    REQUIRE(selector_plain(v->host_fs_selector), HOST_FS_RPL);
    REQUIRE(selector_plain(v->host_gs_selector), HOST_GS_RPL);
    REQUIRE(selector_plain(v->host_tr_selector), HOST_TR_RPL);
    REQUIRE(v->host_cs_selector != 0, HOST_CS_NULL);
    REQUIRE(v->host_tr_selector != 0, HOST_TR_NULL);
    REQUIRE(host_64 || v->host_ss_selector != 0, HOST_SS_NULL);
    REQUIRE(canonical(e, v->host_fs_base), HOST_FS_CANONICAL);
    REQUIRE(canonical(e, v->host_gs_base), HOST_GS_CANONICAL);
    REQUIRE(canonical(e, v->host_gdtr_base), HOST_GDTR_CANONICAL);
    REQUIRE(canonical(e, v->host_idtr_base), HOST_IDTR_CANONICAL);
    REQUIRE(canonical(e, v->host_tr_base), HOST_TR_CANONICAL);
    return HOLDS;
}

X86VmxBroken x86_vmx_check_host(const X86VmxEntry *e)
{
    REQUIRE_ALL(check_registers(e));
    REQUIRE_ALL(check_segments(e));
    return HOLDS;
}

X86VmxBroken x86_vmx_check_address_space(const X86VmxEntry *e)
{
    const X86Vmcs *v = e->vmcs;
    bool host_64 = on_exit_do(e, X86_VMX_EXIT_HOST_64);

    REQUIRE(implies(!e->long_mode, !ia32e_guest(e)), HOST_LMA_GUEST);
    REQUIRE(e->long_mode == host_64, HOST_LMA_SIZE);
    if (!host_64) {
        /* That the guest is no IA-32e one either follows from the above */
        REQUIRE(!(v->host_cr4 & CR4_PCIDE), HOST_32_PCIDE);
        REQUIRE(!(v->host_rip >> 32), HOST_32_RIP);
    } else {
        REQUIRE(v->host_cr4 & CR4_PAE, HOST_64_PAE);
        REQUIRE(canonical(e, v->host_rip), HOST_64_RIP);
    }
    return HOLDS;
}
