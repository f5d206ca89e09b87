/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PAMT page pairs from all processors at once: on ranges of their own all
 * calls succeed, on one range the module's locks answer and nobody waits;
 * in the end each pair that was added has been removed.
 *
 * Link: seam-guest.c seam-host.c seam-guest-entry.S seam-host-call.S
 * Checked: x-tdx-check
 * QEMU: -cpu TDXHost -device tdx-module -m 4G -smp 4
 * QEMU: -cpu TDXHost -device tdx-module -m 4G -smp 4 -accel tcg,thread=single
 */

#include "seam-host.h"

#define PAIRS 500
#define TRIES 20000
#define RANGES_EACH 4
#define SHARED_RANGE (HOST_TDMR + 300 * HOST_RANGE)

struct cpu {
    uint64_t adds, removes, busy, not_free, none, wrong, last_wrong;
};
static struct cpu cpus[HOST_MAX_CPUS];
static uint32_t num_cpus;
static uint64_t own_wrong, own_adds, late_wrong, shared_pages_seen;

/* Pages of a processor for its pairs: a 2 MiB range that nobody else uses */
static uint64_t pair_page(uint32_t cpu)
{
    return HOST_TDMR + (400 + cpu) * HOST_RANGE;
}

static void wrong(struct cpu *c, uint64_t status)
{
    c->wrong++;
    c->last_wrong = status;
}

static bool remove_pair(uint64_t range, struct seamcall *regs)
{
    *regs = (struct seamcall) { .rax = TDH_PHYMEM_PAMT_REMOVE,
                                .rcx = range | 1 };
    return seamcall(regs) && !regs->rax;
}

/* Ranges of this processor alone: nothing may fail */
static void own_ranges(uint32_t cpu)
{
    struct cpu *c = &cpus[cpu];

    for (int i = 0; i < PAIRS; i++) {
        uint64_t range = HOST_TDMR +
                         (cpu * RANGES_EACH + i % RANGES_EACH) * HOST_RANGE;
        uint64_t page = pair_page(cpu) + i % 16 * 2 * PAGE_SIZE;
        uint64_t status = host_call(TDH_PHYMEM_PAMT_ADD, range | 1, page,
                                    page + PAGE_SIZE);
        struct seamcall regs;

        if (status) {
            wrong(c, status);
            continue;
        }
        c->adds++;
        if (!remove_pair(range, &regs) || regs.rdx != page ||
            regs.r8 != page + PAGE_SIZE) {
            wrong(c, regs.rax);
            continue;
        }
        c->removes++;
    }
}

/* One after the other: a range in use is not free, then has no pair */
static void too_late(uint32_t cpu)
{
    uint64_t page = pair_page(cpu), status;
    struct seamcall regs;

    if (cpu == 0) {
        cpus[0].adds += !host_call(TDH_PHYMEM_PAMT_ADD, SHARED_RANGE | 1,
                                   page, page + PAGE_SIZE);
    }
    host_barrier();
    do {
        /* The range is locked while another processor looks at it */
        status = host_call(TDH_PHYMEM_PAMT_ADD, SHARED_RANGE | 1, page,
                           page + PAGE_SIZE);
    } while (status == (TDX_OPERAND_BUSY | OP_RCX));
    if (status != (TDX_HPA_RANGE_NOT_FREE | OP_RCX)) {
        __atomic_add_fetch(&late_wrong, 1, __ATOMIC_SEQ_CST);
    }
    host_barrier();
    if (cpu == num_cpus - 1) {
        cpus[cpu].removes += remove_pair(SHARED_RANGE, &regs);
    }
    host_barrier();
    do {
        remove_pair(SHARED_RANGE, &regs);
    } while (regs.rax == (TDX_OPERAND_BUSY | OP_RCX));
    if (regs.rax != (TDX_NO_PAMT_PAGE_PAIR | OP_RCX)) {
        __atomic_add_fetch(&late_wrong, 1, __ATOMIC_SEQ_CST);
    }
    host_barrier();
}

/* One range for all, at once: who comes too late is told so */
static void same_range(uint32_t cpu)
{
    struct cpu *c = &cpus[cpu];
    uint64_t page = pair_page(cpu);

    for (int i = 0; i < TRIES; i++) {
        uint64_t status = host_call(TDH_PHYMEM_PAMT_ADD, SHARED_RANGE | 1,
                                    page, page + PAGE_SIZE);
        struct seamcall regs;

        if (!status) {
            c->adds++;
        } else if (status == (TDX_OPERAND_BUSY | OP_RCX)) {
            c->busy++;
        } else if (status == (TDX_HPA_RANGE_NOT_FREE | OP_RCX)) {
            c->not_free++;
        } else {
            wrong(c, status);
        }
        if (remove_pair(SHARED_RANGE, &regs)) {
            c->removes++;
            /* Both pages are of one processor, whoever that was */
            if (regs.r8 != regs.rdx + PAGE_SIZE ||
                regs.rdx < pair_page(0) ||
                (regs.rdx - pair_page(0)) % HOST_RANGE) {
                wrong(c, regs.rdx);
            }
        } else if (regs.rax == (TDX_OPERAND_BUSY | OP_RCX)) {
            c->busy++;
        } else if (regs.rax == (TDX_NO_PAMT_PAGE_PAIR | OP_RCX)) {
            c->none++;
        } else {
            wrong(c, regs.rax);
        }
    }
}

#define SUM(field) ({                                   \
    uint64_t sum_ = 0;                                  \
                                                        \
    for (uint32_t i_ = 0; i_ < num_cpus; i_++) {        \
        sum_ += cpus[i_].field;                         \
    }                                                   \
    sum_;                                               \
})

static void work(uint32_t cpu)
{
    own_ranges(cpu);
    host_barrier();
    if (cpu == 0) {
        own_wrong = SUM(wrong);
        own_adds = SUM(adds);
    }
    host_barrier();
    too_late(cpu);
    same_range(cpu);
    host_barrier();
    if (cpu == 0) {
        struct seamcall regs;

        while (remove_pair(SHARED_RANGE, &regs)) {
            cpus[0].removes++;
        }
        for (uint32_t i = 0; i < 512; i++) {
            regs = (struct seamcall) { .rax = TDH_PHYMEM_PAGE_RDMD };
            regs.rcx = SHARED_RANGE + i * PAGE_SIZE;
            shared_pages_seen += seamcall(&regs) && !regs.rax && !regs.rcx;
        }
        for (uint32_t i = 0; i < num_cpus; i++) {
            regs = (struct seamcall) { .rax = TDH_PHYMEM_PAGE_RDMD };
            regs.rcx = pair_page(i);
            shared_pages_seen += seamcall(&regs) && !regs.rax && !regs.rcx;
        }
    }
}

int main(void)
{
    guest_init();
    num_cpus = num_processors();
    ok(num_cpus == 4, "there are four processors");
    ok(host_run(num_cpus, work), "the module is ready");
    for (uint32_t i = 0; i < num_cpus; i++) {
        ml_printf("# adds %lu removes %lu busy %lu not free %lu none %lu "
                  "wrong %lu (%lx)\n", cpus[i].adds, cpus[i].removes,
                  cpus[i].busy, cpus[i].not_free, cpus[i].none,
                  cpus[i].wrong, cpus[i].last_wrong);
    }
    ok(own_wrong == 0 && own_adds == num_cpus * PAIRS,
       "on ranges of their own all processors succeed");
    ok(late_wrong == 0, "a range in use is not free, a free one has no pair");
    ok(SUM(wrong) == own_wrong, "on one range: success, busy or not free");
    ok(SUM(adds) > own_adds + 1, "some succeed there, too");
    ok(SUM(adds) == SUM(removes), "as many pairs removed as added");
    ok(shared_pages_seen == 512 + num_cpus, "all pages are free again");
    return test_end();
}
