/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * VMCS fields: their encodings, and the rules of VMREAD and VMWRITE.
 */

#include <string.h>

#include "vmx-config.h"
#include "vmx/vmcs.h"
#include "x86-defs/vcpu-state.h"
#include "x86-defs/vmx-qual.h"

static void init_all(X86VmxCaps *caps)
{
    X86VmxConfig config = test_config();

    config.seam = true;
    x86_vmx_caps_init(caps, &config);
    x86_vmx_caps_offer_all(caps);
}

static unsigned width_bytes(uint32_t encoding)
{
    static const uint8_t bytes[] = { 2, 8, 4, 8 };

    return bytes[encoding >> 13];
}

/* No two fields share an encoding or a byte; all lie behind the header */
static void test_layout(void)
{
    g_autofree uint8_t *used = g_malloc0(X86_VMCS_SIZE);
    g_autofree uint8_t *seen = g_malloc0(0x8000);
    const X86VmcsFieldInfo *field;
    unsigned n;

    for (n = 0; (field = x86_vmcs_field_at(n)); n++) {
        g_assert_true(x86_vmcs_field(field->encoding) == field);
        g_assert_true(x86_vmcs_field(field->encoding | 1) == field);
        g_assert_cmpuint(seen[field->encoding], ==, 0);
        seen[field->encoding] = 1;
        g_assert_cmpuint(field->offset, >=, 64);
        g_assert_cmpuint(field->offset % width_bytes(field->encoding), ==, 0);
        for (unsigned i = 0; i < width_bytes(field->encoding); i++) {
            g_assert_cmpuint(used[field->offset + i]++, ==, 0);
        }
    }
    g_assert_cmpuint(n, ==, 200);
}

/* The frozen places: a snapshot of an older build must still be read */
static void test_frozen(void)
{
    g_assert_cmpuint(offsetof(X86Vmcs, io_bitmap_a), ==, 64);
    g_assert_cmpuint(offsetof(X86Vmcs, ept_pointer), ==, 168);
    g_assert_cmpuint(offsetof(X86Vmcs, host_fred_ssp3), ==, 640);
    g_assert_cmpuint(offsetof(X86Vmcs, cr0_mask), ==, 1024);
    g_assert_cmpuint(offsetof(X86Vmcs, guest_rip), ==, 1256);
    g_assert_cmpuint(offsetof(X86Vmcs, host_intr_ssp_table), ==, 1432);
    g_assert_cmpuint(offsetof(X86Vmcs, pin_controls), ==, 1600);
    g_assert_cmpuint(offsetof(X86Vmcs, host_sysenter_cs), ==, 1804);
    g_assert_cmpuint(offsetof(X86Vmcs, vpid), ==, 1920);
    g_assert_cmpuint(offsetof(X86Vmcs, host_tr_selector), ==, 1964);
}

/* Numbers from SDM appendix B, some of each width and kind */
static void test_encodings(void)
{
    static const struct {
        uint32_t encoding;
        const char *name;
    } some[] = {
        { 0x0000, "VPID" }, { 0x0810, "GUEST_INTR_STATUS" },
        { 0x0c0c, "HOST_TR_SELECTOR" }, { 0x2004, "MSR_BITMAP" },
        { 0x201a, "EPT_POINTER" }, { 0x2032, "TSC_MULTIPLIER" },
        { 0x2400, "GUEST_PHYSICAL_ADDRESS" }, { 0x2800, "VMCS_LINK_POINTER" },
        { 0x2806, "GUEST_EFER" }, { 0x2c04, "HOST_PERF_GLOBAL_CTRL" },
        { 0x4000, "PIN_CONTROLS" }, { 0x4016, "ENTRY_INTR_INFO" },
        { 0x401e, "PROC2_CONTROLS" }, { 0x4402, "EXIT_REASON" },
        { 0x440e, "EXIT_INSTR_INFO" }, { 0x4814, "GUEST_ES_AR" },
        { 0x4826, "GUEST_ACTIVITY" }, { 0x482e, "PREEMPTION_TIMER" },
        { 0x4c00, "HOST_SYSENTER_CS" }, { 0x6000, "CR0_MASK" },
        { 0x6400, "EXIT_QUALIFICATION" }, { 0x640a, "GUEST_LINEAR_ADDRESS" },
        { 0x681e, "GUEST_RIP" }, { 0x6c16, "HOST_RIP" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(some); i++) {
        g_assert_nonnull(x86_vmcs_field(some[i].encoding));
        g_assert_cmpstr(x86_vmcs_field(some[i].encoding)->name, ==,
                        some[i].name);
    }
}

/* Each field holds what is written, and no other one changes */
static void test_round_trip(void)
{
    g_autofree X86Vmcs *vmcs = g_malloc0(sizeof(*vmcs));
    g_autofree X86Vmcs *before = g_malloc0(sizeof(*vmcs));
    const X86VmcsFieldInfo *field;
    X86VmxCaps caps;
    unsigned dirty;

    init_all(&caps);
    for (unsigned n = 0; (field = x86_vmcs_field_at(n)); n++) {
        unsigned size = width_bytes(field->encoding);
        uint64_t val = 0x1122334455667788ULL * (n + 1);
        uint64_t mask = UINT64_MAX >> (64 - 8 * size);
        uint64_t got = 0;

        memset(vmcs, 0xa5, sizeof(*vmcs));
        memcpy(before, vmcs, sizeof(*vmcs));
        dirty = 0;
        g_assert_cmpint(x86_vmcs_write(&caps, vmcs, field->encoding, val,
                                       &dirty), ==, 0);
        g_assert_cmpuint(dirty, ==, field->group);
        g_assert_cmpint(x86_vmcs_read(&caps, vmcs, field->encoding, &got),
                        ==, 0);
        g_assert_cmphex(got, ==, val & mask);
        memcpy((char *)before + field->offset,
               (char *)vmcs + field->offset, size);
        g_assert_cmpmem(vmcs, sizeof(*vmcs), before, sizeof(*before));
        if (field->encoding >> 13 == 1) {
            g_assert_cmpint(x86_vmcs_read(&caps, vmcs, field->encoding | 1,
                                          &got), ==, 0);
            g_assert_cmphex(got, ==, val >> 32);
            /* The upper half alone; the operand's own is ignored */
            g_assert_cmpint(x86_vmcs_write(&caps, vmcs, field->encoding | 1,
                                           0xffffffff12345678, &dirty),
                            ==, 0);
            g_assert_cmpint(x86_vmcs_read(&caps, vmcs, field->encoding, &got),
                            ==, 0);
            g_assert_cmphex(got, ==, 0x1234567800000000 | (uint32_t)val);
        } else {
            g_assert_cmpint(x86_vmcs_read(&caps, vmcs, field->encoding | 1,
                                          &got), ==, 12);
            g_assert_cmpint(x86_vmcs_write(&caps, vmcs, field->encoding | 1,
                                           0, &dirty), ==, 12);
        }
    }
}

/* Every encoding that is nobody's fails with 12 and changes nothing */
static void test_unsupported(void)
{
    g_autofree X86Vmcs *vmcs = g_malloc0(sizeof(*vmcs));
    g_autofree X86Vmcs *before = g_malloc0(sizeof(*vmcs));
    unsigned dirty = 0, found = 0;
    X86VmxCaps caps;
    uint64_t got = 0x77;

    init_all(&caps);
    for (uint64_t encoding = 0; encoding < 0x20000; encoding++) {
        if (x86_vmcs_read(&caps, before, encoding, &got) == 0) {
            g_assert_cmphex(encoding & 0xffff9000, ==, 0);
            found++;
            continue;
        }
        got = 0x77;
        g_assert_cmpint(x86_vmcs_read(&caps, vmcs, encoding, &got), ==, 12);
        g_assert_cmphex(got, ==, 0x77);
        g_assert_cmpint(x86_vmcs_write(&caps, vmcs, encoding, 1, &dirty), ==,
                        12);
    }
    g_assert_cmpuint(found, ==, 200 + 73); /* the latter by upper halves */
    g_assert_cmpint(x86_vmcs_read(&caps, vmcs, 0x10000681eULL, &got), ==, 12);
    g_assert_cmpint(x86_vmcs_read(&caps, vmcs, UINT64_MAX, &got), ==, 12);
    g_assert_cmpuint(dirty, ==, 0);
    g_assert_cmpmem(vmcs, sizeof(*vmcs), before, sizeof(*before));
}

/* Exit information can be written only where VMX_MISC says so */
static void test_read_only(void)
{
    g_autofree X86Vmcs *vmcs = g_malloc0(sizeof(*vmcs));
    const X86VmcsFieldInfo *field;
    unsigned dirty = 0, found = 0;
    X86VmxCaps caps;

    init_all(&caps);
    x86_vmx_caps_offer_bit(&caps, X86_VMX_CAPS_MISC, 29, false);
    for (unsigned n = 0; (field = x86_vmcs_field_at(n)); n++) {
        bool read_only = (field->encoding >> 10 & 3) == 1;

        g_assert_cmpint(x86_vmcs_write(&caps, vmcs, field->encoding, 1,
                                       &dirty), ==, read_only ? 13 : 0);
        g_assert_cmphex(x86_vmcs_get(vmcs, field), ==, !read_only);
        found += read_only;
    }
    g_assert_cmpuint(found, ==, 16);
    /* A field that does not exist is that first */
    x86_vmx_caps_offer(&caps, X86_VMX_CTL_PROC2_EPT, false);
    g_assert_cmpint(x86_vmcs_write(&caps, vmcs, 0x2400, 1, &dirty), ==, 12);
}

/* Fields come and go with the control that they serve */
static void test_conditions(void)
{
    static const struct {
        uint32_t encoding;
        X86VmxControl control;
        X86VmxControl other;
    } some[] = {
        { 0x0000, X86_VMX_CTL_PROC2_VPID },
        { 0x0002, X86_VMX_CTL_PIN_POSTED_INTERRUPTS },
        { 0x0812, X86_VMX_CTL_PROC2_PML },
        { 0x2000, X86_VMX_CTL_PROC_IO_BITMAPS },
        { 0x2004, X86_VMX_CTL_PROC_MSR_BITMAPS },
        { 0x201a, X86_VMX_CTL_PROC2_EPT },
        { 0x201c, X86_VMX_CTL_PROC2_VIRTUAL_INTR_DELIVERY },
        { 0x2024, X86_VMX_CTL_FUNC_EPTP_SWITCHING },
        { 0x2024, X86_VMX_CTL_PROC2_VM_FUNCTIONS },
        { 0x2034, X86_VMX_CTL_PROC_TERTIARY },
        { 0x401c, X86_VMX_CTL_PROC_TPR_SHADOW },
        { 0x401e, X86_VMX_CTL_PROC_SECONDARY },
        { 0x482e, X86_VMX_CTL_PIN_PREEMPTION_TIMER },
        { 0x2c00, X86_VMX_CTL_EXIT_LOAD_PAT },
        { 0x2804, X86_VMX_CTL_ENTRY_LOAD_PAT, X86_VMX_CTL_EXIT_SAVE_PAT },
        { 0x2806, X86_VMX_CTL_EXIT_SAVE_EFER, X86_VMX_CTL_ENTRY_LOAD_EFER },
        { 0x2812, X86_VMX_CTL_ENTRY_LOAD_BNDCFGS,
          X86_VMX_CTL_EXIT_CLEAR_BNDCFGS },
    };
    g_autofree X86Vmcs *vmcs = g_malloc0(sizeof(*vmcs));
    uint64_t val;

    for (unsigned i = 0; i < G_N_ELEMENTS(some); i++) {
        X86VmxCaps caps;

        init_all(&caps);
        g_assert_cmpint(x86_vmcs_read(&caps, vmcs, some[i].encoding, &val),
                        ==, 0);
        x86_vmx_caps_offer(&caps, some[i].control, false);
        if (some[i].other) {
            g_assert_cmpint(x86_vmcs_read(&caps, vmcs, some[i].encoding,
                                          &val), ==, 0);
            x86_vmx_caps_offer(&caps, some[i].other, false);
        }
        g_assert_cmpint(x86_vmcs_read(&caps, vmcs, some[i].encoding, &val),
                        ==, 12);
    }
}

/* TDX's own fields are not for software outside SEAM */
static void test_seam(void)
{
    g_autofree X86Vmcs *vmcs = g_malloc0(sizeof(*vmcs));
    X86VmxConfig config = test_config();
    X86VmxCaps caps;
    uint64_t val;

    x86_vmx_caps_init(&caps, &config);
    x86_vmx_caps_offer_all(&caps);
    g_assert_cmpint(x86_vmcs_read(&caps, vmcs, 0x203c, &val), ==, 12);
    g_assert_cmpint(x86_vmcs_read(&caps, vmcs, 0x4026, &val), ==, 12);
    config.seam = true;
    x86_vmx_caps_init(&caps, &config);
    g_assert_cmpint(x86_vmcs_read(&caps, vmcs, 0x203c, &val), ==, 0);
    g_assert_cmpint(x86_vmcs_read(&caps, vmcs, 0x4026, &val), ==, 0);
}

/* SDM A.9: the highest index of a field that exists */
static void test_enum(void)
{
    X86VmxConfig config = test_config();
    X86VmxCaps caps;

    x86_vmx_caps_init(&caps, &config);
    x86_vmx_caps_offer(&caps, X86_VMX_CTL_PROC2_TSC_SCALING, false);
    x86_vmx_caps_offer(&caps, X86_VMX_CTL_PIN_PREEMPTION_TIMER, false);
    g_assert_cmphex(caps.vmcs_enum, ==, 0x2a); /* 482aH */
    x86_vmx_caps_offer(&caps, X86_VMX_CTL_PIN_PREEMPTION_TIMER, true);
    g_assert_cmphex(caps.vmcs_enum, ==, 0x2e); /* 482eH */
    x86_vmx_caps_offer_all(&caps);
    g_assert_cmphex(caps.vmcs_enum, ==, 0x52); /* 2052H */
}

static void test_segments(void)
{
    g_autofree X86Vmcs *vmcs = g_malloc0(sizeof(*vmcs));

    for (unsigned i = X86_VMCS_ES; i < X86_VMCS_SEGS; i++) {
        X86VmcsSegment seg = {
            .base = 0x1000 + i, .limit = 0x2000 + i, .ar = 0x3000 + i,
            .selector = (uint16_t)(0x4000 + i),
        };

        x86_vmcs_set_segment(vmcs, i, seg);
    }
    for (unsigned i = X86_VMCS_ES; i < X86_VMCS_SEGS; i++) {
        X86VmcsSegment seg = x86_vmcs_get_segment(vmcs, i);

        g_assert_cmphex(seg.base, ==, 0x1000 + i);
        g_assert_cmphex(seg.limit, ==, 0x2000 + i);
        g_assert_cmphex(seg.ar, ==, 0x3000 + i);
        g_assert_cmphex(seg.selector, ==, 0x4000 + i);
        /* SDM appendix B: two apart, from ES */
        g_assert_cmphex(x86_vmcs_get(vmcs, x86_vmcs_field(0x800 + 2 * i)),
                        ==, 0x4000 + i);
        g_assert_cmphex(x86_vmcs_get(vmcs, x86_vmcs_field(0x6806 + 2 * i)),
                        ==, 0x1000 + i);
        g_assert_cmphex(x86_vmcs_get(vmcs, x86_vmcs_field(0x4800 + 2 * i)),
                        ==, 0x2000 + i);
        g_assert_cmphex(x86_vmcs_get(vmcs, x86_vmcs_field(0x4814 + 2 * i)),
                        ==, 0x3000 + i);
    }
}

/* Qualifications and interruption information, with numbers by hand */
static void test_qualifications(void)
{
    X86VmxIoQual io = x86_vmx_io_qual_decode(0x03f80079);
    X86VmxCrQual cr = x86_vmx_cr_qual_decode(0x318);
    X86VmcsEvent nmi = x86_vmcs_event(0x80000202);
    X86VmcsEvent pf = x86_vmcs_event(0x80000b0e);
    X86VmxEptQual ept = x86_vmx_ept_qual_decode(0x182);

    g_assert_cmphex(io.port, ==, 0x3f8);
    g_assert_cmpuint(io.size, ==, 2);
    g_assert_true(io.in && io.string && io.rep && io.immediate);
    g_assert_cmphex(x86_vmx_io_qual(io), ==, 0x03f80079);
    g_assert_cmpuint(cr.cr, ==, 8);
    g_assert_cmpint(cr.access, ==, X86_VMX_CR_MOV_FROM);
    g_assert_cmpuint(cr.gpr, ==, X86_GPR_RBX);
    g_assert_cmphex(x86_vmx_cr_qual(cr), ==, 0x318);
    g_assert_cmphex(x86_vmx_cr_qual((X86VmxCrQual) {
        .access = X86_VMX_CR_LMSW, .lmsw_source = 0xfff0, .lmsw_memory = true,
    }), ==, 0xfff00070);
    g_assert_cmphex(x86_vmx_dr_qual((X86VmxDrQual) {
        .dr = 7, .from = true, .gpr = 2,
    }), ==, 0x217);
    g_assert_cmpuint(x86_vmx_dr_qual_decode(0x217).gpr, ==, 2);
    g_assert_cmphex(x86_vmx_task_qual((X86VmxTaskQual) {
        .selector = 0x28, .source = X86_VMX_TASK_GATE,
    }), ==, 0xc0000028);
    g_assert_cmpint(x86_vmx_task_qual_decode(0x40000028).source, ==,
                    X86_VMX_TASK_IRET);
    g_assert_cmphex(x86_vmx_apic_qual((X86VmxApicQual) {
        .offset = 0x300, .access = X86_VMX_APIC_WRITE,
    }), ==, 0x1300);
    g_assert_cmphex(x86_vmx_apic_qual_decode(0x1300).offset, ==, 0x300);
    g_assert_true(nmi.valid && nmi.type == X86_VMCS_EVENT_NMI &&
                  nmi.vector == 2 && !nmi.error_code);
    g_assert_cmphex(x86_vmcs_event_info(nmi), ==, 0x80000202);
    g_assert_true(pf.valid && pf.type == X86_VMCS_EVENT_HW_EXCEPTION &&
                  pf.vector == 14 && pf.error_code);
    g_assert_cmphex(x86_vmcs_event_info(pf), ==, 0x80000b0e);
    g_assert_true(ept.write && ept.gla_valid && ept.gla_access &&
                  !ept.read && !ept.readable);
    g_assert_cmphex(x86_vmx_ept_qual(&ept), ==, 0x182);
}

static void count_line(void *opaque, const char *text)
{
    g_assert_null(strchr(text, '\n'));
    if (!strcmp(text, "681e GUEST_RIP                0000000012345678") ||
        !strcmp(text, "0802 GUEST_CS_SELECTOR        0008")) {
        *(unsigned *)opaque += 1000;
    }
    ++*(unsigned *)opaque;
}

static void test_dump(void)
{
    g_autofree X86Vmcs *vmcs = g_malloc0(sizeof(*vmcs));
    unsigned lines = 0;
    X86VmxCaps caps;

    init_all(&caps);
    vmcs->guest_rip = 0x12345678;
    vmcs->guest_cs_selector = 8;
    x86_vmcs_dump(&caps, vmcs, count_line, &lines);
    g_assert_cmpuint(lines, ==, 2200);
    x86_vmx_caps_offer(&caps, X86_VMX_CTL_PROC2_VPID, false);
    lines = 0;
    x86_vmcs_dump(&caps, vmcs, count_line, &lines);
    g_assert_cmpuint(lines, ==, 2199);
}

static void test_words(void)
{
    g_assert_cmpstr(x86_vmx_exit_name(0x80000021), ==,
                    "INVALID_GUEST_STATE");
    g_assert_cmpstr(x86_vmx_exit_name(77), ==, "TDCALL");
    g_assert_cmpstr(x86_vmx_exit_name(35), ==, "?");
    g_assert_cmpstr(x86_vmx_error_text(12), ==,
                    "VMREAD/VMWRITE of unsupported component");
    g_assert_cmpstr(x86_vmx_error_text(14), ==, "?");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vmx/vmcs/layout", test_layout);
    g_test_add_func("/vmx/vmcs/frozen", test_frozen);
    g_test_add_func("/vmx/vmcs/encodings", test_encodings);
    g_test_add_func("/vmx/vmcs/round-trip", test_round_trip);
    g_test_add_func("/vmx/vmcs/unsupported", test_unsupported);
    g_test_add_func("/vmx/vmcs/read-only", test_read_only);
    g_test_add_func("/vmx/vmcs/conditions", test_conditions);
    g_test_add_func("/vmx/vmcs/seam", test_seam);
    g_test_add_func("/vmx/vmcs/enum", test_enum);
    g_test_add_func("/vmx/vmcs/segments", test_segments);
    g_test_add_func("/vmx/vmcs/qualifications", test_qualifications);
    g_test_add_func("/vmx/vmcs/dump", test_dump);
    g_test_add_func("/vmx/vmcs/words", test_words);
    return g_test_run();
}
