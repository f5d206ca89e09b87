/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every VMCS field, SDM Vol. 3 chapter "Virtual Machine Control
 * Structures" and appendix B; those that only a CPU
 * with SEAM has are from the specification of TDX.
 *
 * X(NAME, encoding, member of X86Vmcs, group, condition, condition)
 *
 * Width, kind and "read only" follow from the encoding.  A field exists if
 * the CPU offers one of the two controls (names of vmx-controls-list.h).
 * The group is what changes when the field is written, see X86VmcsGroup.
 *
 * The lists are the layout of X86Vmcs, which guest memory, snapshots and
 * migration hold: append to a list, never insert, move or remove.
 */

#ifndef X86_VMCS_FIELD_LIST_H
#define X86_VMCS_FIELD_LIST_H

/* 64-bit fields */
#define X86_VMCS_64_LIST(X)                                                  \
    X(IO_BITMAP_A, 0x2000, io_bitmap_a, CONTROLS, PROC_IO_BITMAPS, NONE)     \
    X(IO_BITMAP_B, 0x2002, io_bitmap_b, CONTROLS, PROC_IO_BITMAPS, NONE)     \
    X(MSR_BITMAP, 0x2004, msr_bitmap, CONTROLS, PROC_MSR_BITMAPS, NONE)      \
    X(EXIT_MSR_STORE_ADDR, 0x2006, exit_msr_store_addr, CONTROLS,            \
      ALWAYS, NONE)                                                          \
    X(EXIT_MSR_LOAD_ADDR, 0x2008, exit_msr_load_addr, CONTROLS, ALWAYS, NONE)\
    X(ENTRY_MSR_LOAD_ADDR, 0x200a, entry_msr_load_addr, CONTROLS,            \
      ALWAYS, NONE)                                                          \
    X(EXECUTIVE_VMCS, 0x200c, executive_vmcs, CONTROLS, ALWAYS, NONE)        \
    X(PML_ADDR, 0x200e, pml_addr, CONTROLS, PROC2_PML, NONE)                 \
    X(TSC_OFFSET, 0x2010, tsc_offset, CONTROLS, ALWAYS, NONE)                \
    X(VIRTUAL_APIC_ADDR, 0x2012, virtual_apic_addr, CONTROLS,                \
      PROC_TPR_SHADOW, NONE)                                                 \
    X(APIC_ACCESS_ADDR, 0x2014, apic_access_addr, CONTROLS,                  \
      PROC2_APIC_ACCESSES, NONE)                                             \
    X(POSTED_INTR_DESC_ADDR, 0x2016, posted_intr_desc_addr, CONTROLS,        \
      PIN_POSTED_INTERRUPTS, NONE)                                           \
    X(VMFUNC_CONTROLS, 0x2018, vmfunc_controls, CONTROLS,                    \
      PROC2_VM_FUNCTIONS, NONE)                                              \
    X(EPT_POINTER, 0x201a, ept_pointer, CONTROLS, PROC2_EPT, NONE)           \
    X(EOI_EXIT_BITMAP0, 0x201c, eoi_exit_bitmap0, CONTROLS,                  \
      PROC2_VIRTUAL_INTR_DELIVERY, NONE)                                     \
    X(EOI_EXIT_BITMAP1, 0x201e, eoi_exit_bitmap1, CONTROLS,                  \
      PROC2_VIRTUAL_INTR_DELIVERY, NONE)                                     \
    X(EOI_EXIT_BITMAP2, 0x2020, eoi_exit_bitmap2, CONTROLS,                  \
      PROC2_VIRTUAL_INTR_DELIVERY, NONE)                                     \
    X(EOI_EXIT_BITMAP3, 0x2022, eoi_exit_bitmap3, CONTROLS,                  \
      PROC2_VIRTUAL_INTR_DELIVERY, NONE)                                     \
    X(EPTP_LIST_ADDR, 0x2024, eptp_list_addr, CONTROLS,                      \
      FUNC_EPTP_SWITCHING, NONE)                                             \
    X(VMREAD_BITMAP, 0x2026, vmread_bitmap, CONTROLS,                        \
      PROC2_VMCS_SHADOWING, NONE)                                            \
    X(VMWRITE_BITMAP, 0x2028, vmwrite_bitmap, CONTROLS,                      \
      PROC2_VMCS_SHADOWING, NONE)                                            \
    X(VE_INFO_ADDR, 0x202a, ve_info_addr, CONTROLS,                          \
      PROC2_EPT_VIOLATION_VE, NONE)                                          \
    X(XSS_EXIT_BITMAP, 0x202c, xss_exit_bitmap, CONTROLS, PROC2_XSAVES, NONE)\
    X(ENCLS_EXIT_BITMAP, 0x202e, encls_exit_bitmap, CONTROLS,                \
      PROC2_ENCLS_EXITING, NONE)                                             \
    X(SPP_TABLE_POINTER, 0x2030, spp_table_pointer, CONTROLS,                \
      PROC2_SUB_PAGE_WRITE, NONE)                                            \
    X(TSC_MULTIPLIER, 0x2032, tsc_multiplier, CONTROLS,                      \
      PROC2_TSC_SCALING, NONE)                                               \
    X(PROC3_CONTROLS, 0x2034, proc3_controls, CONTROLS, PROC_TERTIARY, NONE) \
    X(ENCLV_EXIT_BITMAP, 0x2036, enclv_exit_bitmap, CONTROLS,                \
      PROC2_ENCLV_EXITING, NONE)                                             \
    X(LOW_PASID_DIRECTORY, 0x2038, low_pasid_directory, CONTROLS,            \
      PROC2_PASID_TRANSLATION, NONE)                                         \
    X(HIGH_PASID_DIRECTORY, 0x203a, high_pasid_directory, CONTROLS,          \
      PROC2_PASID_TRANSLATION, NONE)                                         \
    X(SHARED_EPT_POINTER, 0x203c, shared_ept_pointer, CONTROLS, SEAM, NONE)  \
    X(PCONFIG_EXIT_BITMAP, 0x203e, pconfig_exit_bitmap, CONTROLS,            \
      PROC2_PCONFIG, NONE)                                                   \
    X(HLAT_POINTER, 0x2040, hlat_pointer, CONTROLS, PROC3_HLAT, NONE)        \
    X(PID_POINTER_TABLE, 0x2042, pid_pointer_table, CONTROLS,                \
      PROC3_IPI_VIRTUALIZATION, NONE)                                        \
    X(EXIT2_CONTROLS, 0x2044, exit2_controls, CONTROLS, EXIT_SECONDARY, NONE)\
    X(SPEC_CTRL_MASK, 0x204a, spec_ctrl_mask, CONTROLS,                      \
      PROC3_VIRTUAL_SPEC_CTRL, NONE)                                         \
    X(SPEC_CTRL_SHADOW, 0x204c, spec_ctrl_shadow, CONTROLS,                  \
      PROC3_VIRTUAL_SPEC_CTRL, NONE)                                         \
    X(INJECTED_EVENT_DATA, 0x2052, injected_event_data, EVENT,               \
      ENTRY_LOAD_FRED, NONE)                                                 \
    X(GUEST_PHYSICAL_ADDRESS, 0x2400, guest_physical_address, NONE,          \
      PROC2_EPT, NONE)                                                       \
    X(ORIGINAL_EVENT_DATA, 0x2404, original_event_data, NONE,                \
      EXIT2_SAVE_FRED, NONE)                                                 \
    X(VMCS_LINK_POINTER, 0x2800, vmcs_link_pointer, GUEST, ALWAYS, NONE)     \
    X(GUEST_DEBUGCTL, 0x2802, guest_debugctl, GUEST, ALWAYS, NONE)           \
    X(GUEST_PAT, 0x2804, guest_pat, GUEST, ENTRY_LOAD_PAT, EXIT_SAVE_PAT)    \
    X(GUEST_EFER, 0x2806, guest_efer, GUEST, ENTRY_LOAD_EFER, EXIT_SAVE_EFER)\
    X(GUEST_PERF_GLOBAL_CTRL, 0x2808, guest_perf_global_ctrl, GUEST,         \
      ENTRY_LOAD_PERF_GLOBAL, EXIT_SAVE_PERF_GLOBAL)                         \
    X(GUEST_PDPTE0, 0x280a, guest_pdpte0, GUEST, PROC2_EPT, NONE)            \
    X(GUEST_PDPTE1, 0x280c, guest_pdpte1, GUEST, PROC2_EPT, NONE)            \
    X(GUEST_PDPTE2, 0x280e, guest_pdpte2, GUEST, PROC2_EPT, NONE)            \
    X(GUEST_PDPTE3, 0x2810, guest_pdpte3, GUEST, PROC2_EPT, NONE)            \
    X(GUEST_BNDCFGS, 0x2812, guest_bndcfgs, GUEST,                           \
      ENTRY_LOAD_BNDCFGS, EXIT_CLEAR_BNDCFGS)                                \
    X(GUEST_RTIT_CTL, 0x2814, guest_rtit_ctl, GUEST,                         \
      ENTRY_LOAD_RTIT_CTL, EXIT_CLEAR_RTIT_CTL)                              \
    X(GUEST_LBR_CTL, 0x2816, guest_lbr_ctl, GUEST,                           \
      ENTRY_LOAD_LBR_CTL, EXIT_CLEAR_LBR_CTL)                                \
    X(GUEST_PKRS, 0x2818, guest_pkrs, GUEST, ENTRY_LOAD_PKRS, NONE)          \
    X(GUEST_FRED_CONFIG, 0x281a, guest_fred_config, GUEST,                   \
      ENTRY_LOAD_FRED, EXIT2_SAVE_FRED)                                      \
    X(GUEST_FRED_RSP1, 0x281c, guest_fred_rsp1, GUEST,                       \
      ENTRY_LOAD_FRED, EXIT2_SAVE_FRED)                                      \
    X(GUEST_FRED_RSP2, 0x281e, guest_fred_rsp2, GUEST,                       \
      ENTRY_LOAD_FRED, EXIT2_SAVE_FRED)                                      \
    X(GUEST_FRED_RSP3, 0x2820, guest_fred_rsp3, GUEST,                       \
      ENTRY_LOAD_FRED, EXIT2_SAVE_FRED)                                      \
    X(GUEST_FRED_STKLVLS, 0x2822, guest_fred_stklvls, GUEST,                 \
      ENTRY_LOAD_FRED, EXIT2_SAVE_FRED)                                      \
    X(GUEST_FRED_SSP1, 0x2824, guest_fred_ssp1, GUEST,                       \
      ENTRY_LOAD_FRED, EXIT2_SAVE_FRED)                                      \
    X(GUEST_FRED_SSP2, 0x2826, guest_fred_ssp2, GUEST,                       \
      ENTRY_LOAD_FRED, EXIT2_SAVE_FRED)                                      \
    X(GUEST_FRED_SSP3, 0x2828, guest_fred_ssp3, GUEST,                       \
      ENTRY_LOAD_FRED, EXIT2_SAVE_FRED)                                      \
    X(HOST_PAT, 0x2c00, host_pat, HOST, EXIT_LOAD_PAT, NONE)                 \
    X(HOST_EFER, 0x2c02, host_efer, HOST, EXIT_LOAD_EFER, NONE)              \
    X(HOST_PERF_GLOBAL_CTRL, 0x2c04, host_perf_global_ctrl, HOST,            \
      EXIT_LOAD_PERF_GLOBAL, NONE)                                           \
    X(HOST_PKRS, 0x2c06, host_pkrs, HOST, EXIT_LOAD_PKRS, NONE)              \
    X(HOST_FRED_CONFIG, 0x2c08, host_fred_config, HOST,                      \
      EXIT2_LOAD_FRED, NONE)                                                 \
    X(HOST_FRED_RSP1, 0x2c0a, host_fred_rsp1, HOST, EXIT2_LOAD_FRED, NONE)   \
    X(HOST_FRED_RSP2, 0x2c0c, host_fred_rsp2, HOST, EXIT2_LOAD_FRED, NONE)   \
    X(HOST_FRED_RSP3, 0x2c0e, host_fred_rsp3, HOST, EXIT2_LOAD_FRED, NONE)   \
    X(HOST_FRED_STKLVLS, 0x2c10, host_fred_stklvls, HOST,                    \
      EXIT2_LOAD_FRED, NONE)                                                 \
    X(HOST_FRED_SSP1, 0x2c12, host_fred_ssp1, HOST, EXIT2_LOAD_FRED, NONE)   \
    X(HOST_FRED_SSP2, 0x2c14, host_fred_ssp2, HOST, EXIT2_LOAD_FRED, NONE)   \
    X(HOST_FRED_SSP3, 0x2c16, host_fred_ssp3, HOST, EXIT2_LOAD_FRED, NONE)

/* Natural-width fields: 64 bits here, 32 for a 32-bit VMREAD or VMWRITE */
#define X86_VMCS_NATURAL_LIST(X)                                             \
    X(CR0_MASK, 0x6000, cr0_mask, CONTROLS, ALWAYS, NONE)                    \
    X(CR4_MASK, 0x6002, cr4_mask, CONTROLS, ALWAYS, NONE)                    \
    X(CR0_SHADOW, 0x6004, cr0_shadow, CONTROLS, ALWAYS, NONE)                \
    X(CR4_SHADOW, 0x6006, cr4_shadow, CONTROLS, ALWAYS, NONE)                \
    X(CR3_TARGET0, 0x6008, cr3_target0, CONTROLS, ALWAYS, NONE)              \
    X(CR3_TARGET1, 0x600a, cr3_target1, CONTROLS, ALWAYS, NONE)              \
    X(CR3_TARGET2, 0x600c, cr3_target2, CONTROLS, ALWAYS, NONE)              \
    X(CR3_TARGET3, 0x600e, cr3_target3, CONTROLS, ALWAYS, NONE)              \
    X(EXIT_QUALIFICATION, 0x6400, exit_qualification, NONE, ALWAYS, NONE)    \
    X(IO_RCX, 0x6402, io_rcx, NONE, ALWAYS, NONE)                            \
    X(IO_RSI, 0x6404, io_rsi, NONE, ALWAYS, NONE)                            \
    X(IO_RDI, 0x6406, io_rdi, NONE, ALWAYS, NONE)                            \
    X(IO_RIP, 0x6408, io_rip, NONE, ALWAYS, NONE)                            \
    X(GUEST_LINEAR_ADDRESS, 0x640a, guest_linear_address, NONE, ALWAYS, NONE)\
    X(GUEST_CR0, 0x6800, guest_cr0, CR, ALWAYS, NONE)                        \
    X(GUEST_CR3, 0x6802, guest_cr3, CR, ALWAYS, NONE)                        \
    X(GUEST_CR4, 0x6804, guest_cr4, CR, ALWAYS, NONE)                        \
    X(GUEST_ES_BASE, 0x6806, guest_es_base, SEGMENTS, ALWAYS, NONE)          \
    X(GUEST_CS_BASE, 0x6808, guest_cs_base, SEGMENTS, ALWAYS, NONE)          \
    X(GUEST_SS_BASE, 0x680a, guest_ss_base, SEGMENTS, ALWAYS, NONE)          \
    X(GUEST_DS_BASE, 0x680c, guest_ds_base, SEGMENTS, ALWAYS, NONE)          \
    X(GUEST_FS_BASE, 0x680e, guest_fs_base, SEGMENTS, ALWAYS, NONE)          \
    X(GUEST_GS_BASE, 0x6810, guest_gs_base, SEGMENTS, ALWAYS, NONE)          \
    X(GUEST_LDTR_BASE, 0x6812, guest_ldtr_base, SEGMENTS, ALWAYS, NONE)      \
    X(GUEST_TR_BASE, 0x6814, guest_tr_base, SEGMENTS, ALWAYS, NONE)          \
    X(GUEST_GDTR_BASE, 0x6816, guest_gdtr_base, SEGMENTS, ALWAYS, NONE)      \
    X(GUEST_IDTR_BASE, 0x6818, guest_idtr_base, SEGMENTS, ALWAYS, NONE)      \
    X(GUEST_DR7, 0x681a, guest_dr7, GUEST, ALWAYS, NONE)                     \
    X(GUEST_RSP, 0x681c, guest_rsp, NONE, ALWAYS, NONE)                      \
    X(GUEST_RIP, 0x681e, guest_rip, NONE, ALWAYS, NONE)                      \
    X(GUEST_RFLAGS, 0x6820, guest_rflags, SEGMENTS, ALWAYS, NONE)            \
    X(GUEST_PENDING_DEBUG, 0x6822, guest_pending_debug, NONE, ALWAYS, NONE)  \
    X(GUEST_SYSENTER_ESP, 0x6824, guest_sysenter_esp, GUEST, ALWAYS, NONE)   \
    X(GUEST_SYSENTER_EIP, 0x6826, guest_sysenter_eip, GUEST, ALWAYS, NONE)   \
    X(GUEST_S_CET, 0x6828, guest_s_cet, GUEST, ENTRY_LOAD_CET, NONE)         \
    X(GUEST_SSP, 0x682a, guest_ssp, GUEST, ENTRY_LOAD_CET, NONE)             \
    X(GUEST_INTR_SSP_TABLE, 0x682c, guest_intr_ssp_table, GUEST,             \
      ENTRY_LOAD_CET, NONE)                                                  \
    X(HOST_CR0, 0x6c00, host_cr0, HOST, ALWAYS, NONE)                        \
    X(HOST_CR3, 0x6c02, host_cr3, HOST, ALWAYS, NONE)                        \
    X(HOST_CR4, 0x6c04, host_cr4, HOST, ALWAYS, NONE)                        \
    X(HOST_FS_BASE, 0x6c06, host_fs_base, HOST, ALWAYS, NONE)                \
    X(HOST_GS_BASE, 0x6c08, host_gs_base, HOST, ALWAYS, NONE)                \
    X(HOST_TR_BASE, 0x6c0a, host_tr_base, HOST, ALWAYS, NONE)                \
    X(HOST_GDTR_BASE, 0x6c0c, host_gdtr_base, HOST, ALWAYS, NONE)            \
    X(HOST_IDTR_BASE, 0x6c0e, host_idtr_base, HOST, ALWAYS, NONE)            \
    X(HOST_SYSENTER_ESP, 0x6c10, host_sysenter_esp, HOST, ALWAYS, NONE)      \
    X(HOST_SYSENTER_EIP, 0x6c12, host_sysenter_eip, HOST, ALWAYS, NONE)      \
    X(HOST_RSP, 0x6c14, host_rsp, HOST, ALWAYS, NONE)                        \
    X(HOST_RIP, 0x6c16, host_rip, HOST, ALWAYS, NONE)                        \
    X(HOST_S_CET, 0x6c18, host_s_cet, HOST, EXIT_LOAD_CET, NONE)             \
    X(HOST_SSP, 0x6c1a, host_ssp, HOST, EXIT_LOAD_CET, NONE)                 \
    X(HOST_INTR_SSP_TABLE, 0x6c1c, host_intr_ssp_table, HOST,                \
      EXIT_LOAD_CET, NONE)

/* 32-bit fields */
#define X86_VMCS_32_LIST(X)                                                  \
    X(PIN_CONTROLS, 0x4000, pin_controls, CONTROLS, ALWAYS, NONE)            \
    X(PROC_CONTROLS, 0x4002, proc_controls, CONTROLS, ALWAYS, NONE)          \
    X(EXCEPTION_BITMAP, 0x4004, exception_bitmap, CONTROLS, ALWAYS, NONE)    \
    X(PF_ERROR_MASK, 0x4006, pf_error_mask, CONTROLS, ALWAYS, NONE)          \
    X(PF_ERROR_MATCH, 0x4008, pf_error_match, CONTROLS, ALWAYS, NONE)        \
    X(CR3_TARGET_COUNT, 0x400a, cr3_target_count, CONTROLS, ALWAYS, NONE)    \
    X(EXIT_CONTROLS, 0x400c, exit_controls, CONTROLS, ALWAYS, NONE)          \
    X(EXIT_MSR_STORE_COUNT, 0x400e, exit_msr_store_count, CONTROLS,          \
      ALWAYS, NONE)                                                          \
    X(EXIT_MSR_LOAD_COUNT, 0x4010, exit_msr_load_count, CONTROLS,            \
      ALWAYS, NONE)                                                          \
    X(ENTRY_CONTROLS, 0x4012, entry_controls, CONTROLS, ALWAYS, NONE)        \
    X(ENTRY_MSR_LOAD_COUNT, 0x4014, entry_msr_load_count, CONTROLS,          \
      ALWAYS, NONE)                                                          \
    X(ENTRY_INTR_INFO, 0x4016, entry_intr_info, EVENT, ALWAYS, NONE)         \
    X(ENTRY_ERROR_CODE, 0x4018, entry_error_code, EVENT, ALWAYS, NONE)       \
    X(ENTRY_INSTR_LENGTH, 0x401a, entry_instr_length, EVENT, ALWAYS, NONE)   \
    X(TPR_THRESHOLD, 0x401c, tpr_threshold, CONTROLS, PROC_TPR_SHADOW, NONE) \
    X(PROC2_CONTROLS, 0x401e, proc2_controls, CONTROLS, PROC_SECONDARY, NONE)\
    X(PLE_GAP, 0x4020, ple_gap, CONTROLS, PROC2_PAUSE_LOOP_EXITING, NONE)    \
    X(PLE_WINDOW, 0x4022, ple_window, CONTROLS,                              \
      PROC2_PAUSE_LOOP_EXITING, NONE)                                        \
    X(NOTIFY_WINDOW, 0x4024, notify_window, CONTROLS,                        \
      PROC2_INSTRUCTION_TIMEOUT, NONE)                                       \
    X(TD_HKID, 0x4026, td_hkid, CONTROLS, SEAM, NONE)                        \
    X(INSTRUCTION_ERROR, 0x4400, instruction_error, NONE, ALWAYS, NONE)      \
    X(EXIT_REASON, 0x4402, exit_reason, NONE, ALWAYS, NONE)                  \
    X(EXIT_INTR_INFO, 0x4404, exit_intr_info, NONE, ALWAYS, NONE)            \
    X(EXIT_INTR_ERROR_CODE, 0x4406, exit_intr_error_code, NONE, ALWAYS, NONE)\
    X(IDT_VECTORING_INFO, 0x4408, idt_vectoring_info, NONE, ALWAYS, NONE)    \
    X(IDT_VECTORING_ERROR_CODE, 0x440a, idt_vectoring_error_code, NONE,      \
      ALWAYS, NONE)                                                          \
    X(EXIT_INSTR_LENGTH, 0x440c, exit_instr_length, NONE, ALWAYS, NONE)      \
    X(EXIT_INSTR_INFO, 0x440e, exit_instr_info, NONE, ALWAYS, NONE)          \
    X(GUEST_ES_LIMIT, 0x4800, guest_es_limit, SEGMENTS, ALWAYS, NONE)        \
    X(GUEST_CS_LIMIT, 0x4802, guest_cs_limit, SEGMENTS, ALWAYS, NONE)        \
    X(GUEST_SS_LIMIT, 0x4804, guest_ss_limit, SEGMENTS, ALWAYS, NONE)        \
    X(GUEST_DS_LIMIT, 0x4806, guest_ds_limit, SEGMENTS, ALWAYS, NONE)        \
    X(GUEST_FS_LIMIT, 0x4808, guest_fs_limit, SEGMENTS, ALWAYS, NONE)        \
    X(GUEST_GS_LIMIT, 0x480a, guest_gs_limit, SEGMENTS, ALWAYS, NONE)        \
    X(GUEST_LDTR_LIMIT, 0x480c, guest_ldtr_limit, SEGMENTS, ALWAYS, NONE)    \
    X(GUEST_TR_LIMIT, 0x480e, guest_tr_limit, SEGMENTS, ALWAYS, NONE)        \
    X(GUEST_GDTR_LIMIT, 0x4810, guest_gdtr_limit, SEGMENTS, ALWAYS, NONE)    \
    X(GUEST_IDTR_LIMIT, 0x4812, guest_idtr_limit, SEGMENTS, ALWAYS, NONE)    \
    X(GUEST_ES_AR, 0x4814, guest_es_ar, SEGMENTS, ALWAYS, NONE)              \
    X(GUEST_CS_AR, 0x4816, guest_cs_ar, SEGMENTS, ALWAYS, NONE)              \
    X(GUEST_SS_AR, 0x4818, guest_ss_ar, SEGMENTS, ALWAYS, NONE)              \
    X(GUEST_DS_AR, 0x481a, guest_ds_ar, SEGMENTS, ALWAYS, NONE)              \
    X(GUEST_FS_AR, 0x481c, guest_fs_ar, SEGMENTS, ALWAYS, NONE)              \
    X(GUEST_GS_AR, 0x481e, guest_gs_ar, SEGMENTS, ALWAYS, NONE)              \
    X(GUEST_LDTR_AR, 0x4820, guest_ldtr_ar, SEGMENTS, ALWAYS, NONE)          \
    X(GUEST_TR_AR, 0x4822, guest_tr_ar, SEGMENTS, ALWAYS, NONE)              \
    X(GUEST_INTERRUPTIBILITY, 0x4824, guest_interruptibility, NONE,          \
      ALWAYS, NONE)                                                          \
    X(GUEST_ACTIVITY, 0x4826, guest_activity, NONE, ALWAYS, NONE)            \
    X(GUEST_SMBASE, 0x4828, guest_smbase, GUEST, ALWAYS, NONE)               \
    X(GUEST_SYSENTER_CS, 0x482a, guest_sysenter_cs, GUEST, ALWAYS, NONE)     \
    X(PREEMPTION_TIMER, 0x482e, preemption_timer, NONE,                      \
      PIN_PREEMPTION_TIMER, NONE)                                            \
    X(HOST_SYSENTER_CS, 0x4c00, host_sysenter_cs, HOST, ALWAYS, NONE)

/* 16-bit fields */
#define X86_VMCS_16_LIST(X)                                                  \
    X(VPID, 0x0000, vpid, CONTROLS, PROC2_VPID, NONE)                        \
    X(POSTED_INTR_VECTOR, 0x0002, posted_intr_vector, CONTROLS,              \
      PIN_POSTED_INTERRUPTS, NONE)                                           \
    X(EPTP_INDEX, 0x0004, eptp_index, CONTROLS, PROC2_EPT_VIOLATION_VE, NONE)\
    X(HLAT_PREFIX_SIZE, 0x0006, hlat_prefix_size, CONTROLS, PROC3_HLAT, NONE)\
    X(LAST_PID_POINTER_INDEX, 0x0008, last_pid_pointer_index, CONTROLS,      \
      PROC3_IPI_VIRTUALIZATION, NONE)                                        \
    X(GUEST_ES_SELECTOR, 0x0800, guest_es_selector, SEGMENTS, ALWAYS, NONE)  \
    X(GUEST_CS_SELECTOR, 0x0802, guest_cs_selector, SEGMENTS, ALWAYS, NONE)  \
    X(GUEST_SS_SELECTOR, 0x0804, guest_ss_selector, SEGMENTS, ALWAYS, NONE)  \
    X(GUEST_DS_SELECTOR, 0x0806, guest_ds_selector, SEGMENTS, ALWAYS, NONE)  \
    X(GUEST_FS_SELECTOR, 0x0808, guest_fs_selector, SEGMENTS, ALWAYS, NONE)  \
    X(GUEST_GS_SELECTOR, 0x080a, guest_gs_selector, SEGMENTS, ALWAYS, NONE)  \
    X(GUEST_LDTR_SELECTOR, 0x080c, guest_ldtr_selector, SEGMENTS,            \
      ALWAYS, NONE)                                                          \
    X(GUEST_TR_SELECTOR, 0x080e, guest_tr_selector, SEGMENTS, ALWAYS, NONE)  \
    X(GUEST_INTR_STATUS, 0x0810, guest_intr_status, NONE,                    \
      PROC2_VIRTUAL_INTR_DELIVERY, NONE)                                     \
    X(PML_INDEX, 0x0812, pml_index, NONE, PROC2_PML, NONE)                   \
    X(GUEST_UINV, 0x0814, guest_uinv, GUEST,                                 \
      ENTRY_LOAD_UINV, EXIT_CLEAR_UINV)                                      \
    X(HOST_ES_SELECTOR, 0x0c00, host_es_selector, HOST, ALWAYS, NONE)        \
    X(HOST_CS_SELECTOR, 0x0c02, host_cs_selector, HOST, ALWAYS, NONE)        \
    X(HOST_SS_SELECTOR, 0x0c04, host_ss_selector, HOST, ALWAYS, NONE)        \
    X(HOST_DS_SELECTOR, 0x0c06, host_ds_selector, HOST, ALWAYS, NONE)        \
    X(HOST_FS_SELECTOR, 0x0c08, host_fs_selector, HOST, ALWAYS, NONE)        \
    X(HOST_GS_SELECTOR, 0x0c0a, host_gs_selector, HOST, ALWAYS, NONE)        \
    X(HOST_TR_SELECTOR, 0x0c0c, host_tr_selector, HOST, ALWAYS, NONE)

#define X86_VMCS_FIELD_LIST(X) \
    X86_VMCS_64_LIST(X)        \
    X86_VMCS_NATURAL_LIST(X)   \
    X86_VMCS_32_LIST(X)        \
    X86_VMCS_16_LIST(X)

/** X86VmcsField: X86_VMCS_NAME is the encoding of a field */
#define X86_VMCS_ENUM(name, encoding, member, group, a, b) \
    X86_VMCS_##name = (encoding),
typedef enum X86VmcsField { X86_VMCS_FIELD_LIST(X86_VMCS_ENUM) } X86VmcsField;
#undef X86_VMCS_ENUM

#endif /* X86_VMCS_FIELD_LIST_H */
