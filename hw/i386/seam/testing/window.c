/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A window of registers for tests that know devices by their memory regions
 * alone, QEMU's generic fuzzer above all: x-seamcall-window=ADDRESS puts one
 * into memory.  No such thing exists on a machine that runs.
 *
 * Each LP has SEAM_WINDOW_SIZE bytes: its general purpose registers in
 * encoding order, in whatever size they are accessed, then SEAM_WINDOW_CALL.
 * A write there executes SEAMCALL with the value as RAX, a read tells whether
 * the last one ended in VMsucceed.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "exec/qemu-compat.h"
#include "system/qtest.h"
#include "testing.h"
#include "target/i386/tdx-module/include/check.h"

#define SEAM_WINDOW_SIZE 0x100
#define SEAM_WINDOW_CALL 0x80

QEMU_BUILD_BUG_ON(TDX_NUM_GPRS * sizeof(uint64_t) != SEAM_WINDOW_CALL);

struct SeamWindow {
    TdxModuleDevice *s;
    MemoryRegion mr;
    struct {
        uint8_t gpr[SEAM_WINDOW_CALL]; /* little endian */
        bool succeeded;
    } lp[];
};

static void execute(SeamWindow *w, unsigned lp, uint64_t rax)
{
    g_autofree char *problem = NULL;
    uint64_t gpr[TDX_NUM_GPRS];

    for (unsigned i = 0; i < TDX_NUM_GPRS; i++) {
        gpr[i] = ldq_le_p(&w->lp[lp].gpr[i * sizeof(gpr[0])]);
    }
    gpr[TDX_RAX] = rax;
    w->lp[lp].succeeded = seam_seamcall(w->s->found.lp[lp].cpu, gpr, NULL) ==
                         TDX_SEAMCALL_DONE;
    for (unsigned i = 0; i < TDX_NUM_GPRS; i++) {
        stq_le_p(&w->lp[lp].gpr[i * sizeof(gpr[0])], gpr[i]);
    }
    /* Whoever comes this way looks for faults, and sees those that crash */
    problem = tdx_module_check(w->s->module);
    if (problem) {
        error_report("tdx-module: %s", problem);
        abort();
    }
}

/* An LP's part of the window; NULL: the module does not have the LP */
static uint8_t *registers(SeamWindow *w, hwaddr addr, unsigned *lp)
{
    *lp = addr / SEAM_WINDOW_SIZE;
    return seam_lp_is_there(w->s, *lp) ? w->lp[*lp].gpr : NULL;
}

static uint64_t window_read(void *opaque, hwaddr addr, unsigned size)
{
    SeamWindow *w = opaque;
    unsigned lp;
    uint8_t *gpr = registers(w, addr, &lp);

    addr %= SEAM_WINDOW_SIZE;
    if (!gpr) {
        return 0;
    }
    return addr + size <= SEAM_WINDOW_CALL ? ldn_le_p(gpr + addr, size)
                                           : w->lp[lp].succeeded;
}

static void window_write(void *opaque, hwaddr addr, uint64_t value,
                         unsigned size)
{
    SeamWindow *w = opaque;
    unsigned lp;
    uint8_t *gpr = registers(w, addr, &lp);

    addr %= SEAM_WINDOW_SIZE;
    if (!gpr) {
        return;
    }
    if (addr + size <= SEAM_WINDOW_CALL) {
        stn_le_p(gpr + addr, size, value);
    } else {
        execute(w, lp, value);
    }
}

static const MemoryRegionOps window_ops = {
    .read = window_read,
    .write = window_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

bool seam_window_realize(TdxModuleDevice *s, Error **errp)
{
    unsigned lps = MACHINE(qdev_get_machine())->smp.max_cpus;
    uint64_t size = (uint64_t)lps * SEAM_WINDOW_SIZE;

    if (!s->window_addr) {
        return true;
    }
    if (!qtest_enabled()) {
        error_setg(errp, "x-seamcall-window is for tests without a guest; "
                   "use -accel qtest, or leave it out");
        return false;
    }
    s->window = g_malloc0(sizeof(*s->window) + lps * sizeof(s->window->lp[0]));
    s->window->s = s;
    memory_region_init_io(&s->window->mr, OBJECT(s), &window_ops, s->window,
                          "seamcall-window", size);
    memory_region_add_subregion_overlap(get_system_memory(), s->window_addr,
                                        &s->window->mr, 1);
    return true;
}
