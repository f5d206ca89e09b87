/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The qtest commands "seamcall", SEAMCALLs without a guest, and
 * "tdx-platform", the machine as the module was told.
 */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "system/qtest.h"
#include "testing.h"
#include "target/i386/tdx-module/include/query.h"

/* Order of registers on the command line and in the answer */
static const TdxGpr gpr_order[] = {
    TDX_RAX, TDX_RCX, TDX_RDX, TDX_R8, TDX_R9, TDX_R10, TDX_R11, TDX_R12,
    TDX_R13, TDX_R14, TDX_R15, TDX_RBX, TDX_RSI, TDX_RDI, TDX_RBP,
};

static bool fail(CharFrontend *chr, const char *why)
{
    qtest_sendf(chr, "FAIL %s\n", why);
    return true;
}

/*
 * "LP", one that the module counts and whose processor is there, or "cpuINDEX",
 * any processor that is; NULL: neither
 */
static X86CPU *find_cpu(const TdxModuleDevice *s, const char *word)
{
    uint64_t number;

    if (g_str_has_prefix(word, "cpu")) {
        CPUState *cs = qemu_strtou64(word + 3, NULL, 10, &number) ||
                       number > INT_MAX ? NULL : qemu_get_cpu(number);

        return cs ? X86_CPU(cs) : NULL;
    }
    return qemu_strtou64(word, NULL, 0, &number) ||
           number >= s->plat.num_lps || !seam_lp_is_there(s, number)
           ? NULL : s->found.lp[number].cpu;
}

/* seamcall LP|cpuINDEX RAX [RCX [RDX [R8 ...]]] */
static bool seamcall_command(CharFrontend *chr, gchar **words)
{
    TdxModuleDevice *s = seam_device();
    uint64_t gpr[TDX_NUM_GPRS] = { 0 };
    g_autoptr(GString) reply = NULL;
    unsigned n = g_strv_length(words);
    X86CPU *cpu;

    if (n < 3 || n > 2 + ARRAY_SIZE(gpr_order)) {
        return fail(chr, "usage: seamcall LP|cpuINDEX RAX [RCX [RDX [R8 ... R15 "
                    "[RBX [RSI [RDI [RBP]]]]]]]");
    }
    cpu = find_cpu(s, words[1]);
    if (!cpu) {
        return fail(chr, "no such LP");
    }
    for (unsigned i = 2; words[i]; i++) {
        if (qemu_strtou64(words[i], NULL, 0, &gpr[gpr_order[i - 2]])) {
            return fail(chr, "a register is no 64-bit number");
        }
    }

    reply = g_string_new("OK ");
    g_string_append(reply, seam_seamcall(cpu, gpr, NULL) ==
                           TDX_SEAMCALL_DONE ? "vmsucceed" : "vmfail");
    for (unsigned i = 0; i < ARRAY_SIZE(gpr_order); i++) {
        g_string_append_printf(reply, " 0x%" PRIx64, gpr[gpr_order[i]]);
    }
    qtest_sendf(chr, "%s\n", reply->str);
    return true;
}

static void add_word(GString *reply, const char *name, uint64_t value)
{
    g_string_append_printf(reply, " %s=0x%" PRIx64, name, value);
}

static void add_ranges(GString *reply, const TdxPlatformInfo *plat)
{
    g_string_append_printf(reply, " seamrr=0x%" PRIx64 ",0x%" PRIx64,
                           plat->seamrr.base, plat->seamrr.size);
    for (int i = 0; i < TDX_MAX_CMRS && plat->cmr[i].size; i++) {
        g_string_append_printf(reply, " cmr=0x%" PRIx64 ",0x%" PRIx64,
                               plat->cmr[i].base, plat->cmr[i].size);
    }
}

/* What the module will look at when TDH.SYS.INIT comes */
static void add_cpuid(GString *reply, TdxModuleDevice *s)
{
    uint32_t leaf, subleaf, regs[4], range[4];

    for (unsigned i = 0; tdx_query_cpuid_leaf(s->module, i, &leaf, &subleaf);
         i++) {
        s->ops.cpuid(s, 0, leaf & 0x80000000, 0, range);
        if (leaf > range[0]) {
            continue;
        }
        s->ops.cpuid(s, 0, leaf, subleaf == TDX_CPUID_NO_SUBLEAF
                                            ? 0 : subleaf, regs);
        g_string_append_printf(reply, " cpuid=0x%x,0x%x,0x%x,0x%x,0x%x,0x%x",
                               leaf, subleaf, regs[0], regs[1], regs[2],
                               regs[3]);
    }
}

/* tdx-platform */
static bool platform_command(CharFrontend *chr, gchar **words)
{
    TdxModuleDevice *s = seam_device();
    const TdxPlatformInfo *plat = &s->plat;
    g_autoptr(GString) reply = g_string_new("OK");

    if (words[1]) {
        return fail(chr, "usage: tdx-platform");
    }
    add_word(reply, "max_pa", plat->max_pa);
    add_word(reply, "keyid_bits", plat->keyid_bits);
    add_word(reply, "mktme_keyids", plat->mktme_keyids);
    add_word(reply, "tdx_keyids", plat->tdx_keyids);
    add_word(reply, "lps", plat->num_lps);
    add_word(reply, "packages", plat->num_pkgs);
    add_word(reply, "major", s->cfg.major);
    add_word(reply, "minor", s->cfg.minor);
    add_word(reply, "update", s->cfg.update);
    add_word(reply, "internal", s->cfg.internal);
    add_word(reply, "build_num", s->cfg.build_num);
    add_word(reply, "build_date", s->cfg.build_date);
    add_word(reply, "features0", s->cfg.features0);
    add_word(reply, "max_tdmrs", s->cfg.max_tdmrs);
    add_word(reply, "max_rsvd_per_tdmr", s->cfg.max_rsvd_per_tdmr);
    add_word(reply, "num_handoff_pages", s->cfg.num_handoff_pages);
    add_word(reply, "sys_disable", s->cfg.sys_disable);
    add_word(reply, "seamverifyreport", plat->seamverifyreport);
    add_ranges(reply, plat);
    add_cpuid(reply, s);
    qtest_sendf(chr, "%s\n", reply->str);
    return true;
}

static bool command(CharFrontend *chr, gchar **words)
{
    if (!strcmp(words[0], "seamcall")) {
        return seamcall_command(chr, words);
    }
    if (!strcmp(words[0], "tdx-platform")) {
        return platform_command(chr, words);
    }
    return false;
}

void seam_qtest_init(void)
{
    if (qtest_enabled()) {
        qtest_set_command_cb(command);
    }
}
