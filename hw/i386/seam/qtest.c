/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The qtest command "seamcall": SEAMCALLs without a guest.
 */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "system/qtest.h"
#include "seam-internal.h"

/* Order of registers on the command line and in the answer */
static const TdxGpr gpr_order[] = {
    TDX_RAX, TDX_RCX, TDX_RDX, TDX_R8, TDX_R9, TDX_R10, TDX_R11, TDX_R12,
    TDX_R13, TDX_R14, TDX_R15, TDX_RBX, TDX_RSI, TDX_RDI, TDX_RBP,
};

static bool fail(CharBackend *chr, const char *why)
{
    qtest_sendf(chr, "FAIL %s\n", why);
    return true;
}

/* seamcall LP RAX [RCX [RDX [R8 ...]]] */
static bool seamcall_command(CharBackend *chr, gchar **words)
{
    TdxModuleDevice *s = seam_device();
    uint64_t gpr[TDX_NUM_GPRS] = { 0 };
    g_autoptr(GString) reply = NULL;
    unsigned n = g_strv_length(words);
    uint64_t lp;

    if (strcmp(words[0], "seamcall")) {
        return false;
    }
    if (n < 3 || n > 2 + ARRAY_SIZE(gpr_order)) {
        return fail(chr, "usage: seamcall LP RAX [RCX [RDX [R8 ... R15 "
                    "[RBX [RSI [RDI [RBP]]]]]]]");
    }
    if (qemu_strtou64(words[1], NULL, 0, &lp) || lp >= s->plat.num_lps) {
        return fail(chr, "no such LP");
    }
    for (unsigned i = 2; words[i]; i++) {
        if (qemu_strtou64(words[i], NULL, 0, &gpr[gpr_order[i - 2]])) {
            return fail(chr, "a register is no 64-bit number");
        }
    }

    reply = g_string_new("OK ");
    g_string_append(reply, seam_seamcall(s->lps[lp], gpr) ? "vmsucceed"
                                                          : "vmfail");
    for (unsigned i = 0; i < ARRAY_SIZE(gpr_order); i++) {
        g_string_append_printf(reply, " 0x%" PRIx64, gpr[gpr_order[i]]);
    }
    qtest_sendf(chr, "%s\n", reply->str);
    return true;
}

void seam_qtest_init(void)
{
    if (qtest_enabled()) {
        qtest_set_command_cb(seamcall_command);
    }
}
