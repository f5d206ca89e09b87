/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which pages' stores are told: those with a line that is private or that has
 * poison; and maps of such lines as they are forgotten, saved and loaded.
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/rcu.h"
#include "exec/qemu-compat-tcg.h"
#include "hw/core/cpu.h"
#include "migration/qemu-file-types.h"
#include "system/tcg.h"
#include "../seam-internal.h"

void seam_watch(ram_addr_t addr, uint64_t len)
{
    /* Finding TLB entries is slow; a watched page has no dirty ones */
    if (tcg_enabled() &&
        ((addr ^ (addr + len - 1)) >= SEAM_PAGE_SIZE ||
         physical_memory_get_dirty_flag(addr, DIRTY_MEMORY_CODE))) {
        physical_memory_test_and_clear_dirty(addr, len, DIRTY_MEMORY_CODE,
                                             NULL);
    }
}

bool seam_watched(const TdxModuleDevice *s, uint64_t hpa)
{
    uint64_t *lines = seam_lines_find(&s->lines, hpa);
    uint64_t *poison = seam_lines_find(&s->poison, hpa);

    return (lines && qatomic_read(lines)) || (poison && qatomic_read(poison));
}

/*
 * Stores to the page may be fast again.  Code from it may have come into
 * being meanwhile: first the flag, then all of the code, so that code that
 * comes later clears the flag again.  The page may have been taken anew.
 */
void seam_unwatch(const TdxModuleDevice *s, uint64_t hpa, ram_addr_t addr)
{
    addr &= ~(ram_addr_t)(SEAM_PAGE_SIZE - 1);
    if (tcg_enabled()) {
        physical_memory_set_dirty_flag(addr, DIRTY_MEMORY_CODE);
        tb_invalidate_phys_range(current_cpu, addr, addr + SEAM_PAGE_SIZE - 1);
        smp_mb(); /* whoever takes it sets the lines, then clears the flag */
        if (seam_watched(s, hpa)) {
            seam_watch(addr, SEAM_PAGE_SIZE);
        }
    }
}

void seam_watch_settle(TdxModuleDevice *s, uint64_t hpa)
{
    const SeamRam *ram;

    RCU_READ_LOCK_GUARD();
    ram = seam_ram_by_hpa(s, hpa & -SEAM_PAGE_SIZE);
    if (ram && !seam_watched(s, hpa)) {
        seam_unwatch(s, hpa, ram->base + (hpa - ram->hpa));
    }
}

static void flush_tlb(CPUState *cs, run_on_cpu_data unused)
{
    tlb_flush(cs);
}

/*
 * The calling thread may be a processor in the midst of an access to a device,
 * which uses its TLB: it comes later as well.
 */
void seam_flush_tlbs(void)
{
    CPUState *cs;

    if (tcg_enabled()) {
        CPU_FOREACH(cs) {
            async_run_on_cpu(cs, flush_tlb, RUN_ON_CPU_NULL);
        }
    }
}

/* Lines of @map that were in @ram, which is where it was or not */
static void lose(TdxModuleDevice *s, SeamLineMap *map, const SeamRam *ram)
{
    uint64_t hpa = QEMU_ALIGN_DOWN(ram->hpa, SEAM_PAGE_SIZE);
    uint64_t *lines;

    for (; (lines = seam_lines_next(map, &hpa)) && hpa - ram->hpa < ram->size;
         hpa += SEAM_PAGE_SIZE) {
        const SeamRam *now = seam_ram_by_hpa(s, hpa);
        ram_addr_t addr = ram->base + (hpa - ram->hpa);

        if (!now || now->base + (hpa - now->hpa) != addr) {
            qatomic_set(lines, 0);
            seam_unwatch(s, hpa, addr);
        }
    }
}

void seam_watch_ram_gone(TdxModuleDevice *s, const SeamRam *ram)
{
    lose(s, &s->poison, ram);
    lose(s, &s->lines, ram);
}

void seam_watch_forget(TdxModuleDevice *s, SeamLineMap *map)
{
    uint64_t hpa = 0;
    uint64_t *lines;

    for (; (lines = seam_lines_next(map, &hpa)); hpa += SEAM_PAGE_SIZE) {
        qatomic_set(lines, 0);
        seam_watch_settle(s, hpa);
    }
}

/* --- migration ----------------------------------------------------------- */

#define NO_MORE_PAGES UINT64_MAX

void seam_watch_save(const SeamLineMap *map, QEMUFile *f)
{
    uint64_t hpa = 0;
    uint64_t *lines;

    for (; (lines = seam_lines_next(map, &hpa)); hpa += SEAM_PAGE_SIZE) {
        qemu_put_be64(f, hpa);
        qemu_put_be64(f, *lines);
    }
    qemu_put_be64(f, NO_MORE_PAGES);
}

int seam_watch_load(TdxModuleDevice *s, SeamLineMap *map, QEMUFile *f)
{
    uint64_t hpa;

    while ((hpa = qemu_get_be64(f)) != NO_MORE_PAGES) {
        const SeamRam *ram = seam_ram_by_hpa(s, hpa);

        if (!ram || hpa & (SEAM_PAGE_SIZE - 1)) {
            error_report("tdx-module: the saved state has private lines at "
                         "0x%" PRIx64 ", where this machine has no RAM", hpa);
            return -EINVAL;
        }
        qatomic_set(seam_lines_need(map, hpa), qemu_get_be64(f));
        seam_watch(ram->base + (hpa - ram->hpa), SEAM_PAGE_SIZE);
    }
    return 0;
}

