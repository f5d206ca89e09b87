/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random SEAMCALLs from all processors at once, on few pages, so that they
 * meet: TDs come and go as chance has it. Where the dispatcher decides the
 * status is exact; no call changes a register that is no leaf's output; in
 * the end all can be taken apart, and each page pair is back.
 *
 * Link: seam-guest.c seam-host.c seam-guest-entry.S seam-host-call.S
 * Checked: x-tdx-check
 * QEMU: -cpu TDXHost -device tdx-module -m 4G -smp 4
 * QEMU: -cpu TDXHost -device tdx-module -m 4G -smp 4 -accel tcg,thread=single
 */

#include "seam-host.h"

#define CALLS 10000
#define SPOIL 32 /* one call of so many gets something strange */

enum {
    NUM_COUNTED = 64,
};

enum {
    PT_TDR = 4, PT_TDVPR = 6, PT_PAMT = 15,
};

/* 4K pages that may become anything; the first few TDRs and TDVPRs */
#define POOL HOST_TDMR
#define POOL_PAGES 40
#define TDRS 2
#define VCPUS 2
/* Ranges that get and lose pairs, or become large pages */
#define RANGES (HOST_TDMR + 16 * HOST_RANGE)
#define NUM_RANGES 4
/* Page pairs; the processors' own, so that there is less to meet about */
#define PAIRS(cpu) (HOST_TDMR + (400 + (cpu)) * HOST_RANGE)

struct cpu {
    uint64_t seed;
    uint64_t ok[NUM_COUNTED];
    uint64_t decided, wrong_status, wrong_register, no_answer;
};
static struct cpu cpus[HOST_MAX_CPUS];
static uint32_t num_cpus;
static uint64_t adds, removes, taken;
static uint64_t td_params[PAGE_SIZE / 8] __attribute__((aligned(PAGE_SIZE)));
/* For what leaves write: in a private page it would destroy what is there */
static uint8_t buffer[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

static uint64_t random64(struct cpu *c)
{
    c->seed ^= c->seed << 13;
    c->seed ^= c->seed >> 7;
    c->seed ^= c->seed << 17;
    return c->seed * 0x2545f4914f6cdd1d;
}

static uint32_t below(struct cpu *c, uint32_t n)
{
    return (random64(c) >> 32) % n;
}

/* --- the rules of the dispatcher, module ready --------------------------- */

static bool has_versions(uint64_t leaf)
{
    return leaf == TDH_MEM_SEPT_ADD || leaf == TDH_MNG_RD ||
           leaf == TDH_VP_INIT || leaf == TDH_MEM_PAGE_PROMOTE ||
           leaf == TDH_VP_RD || leaf == TDH_MEM_SEPT_REMOVE ||
           leaf == TDH_SYS_INIT || leaf == TDH_SYS_UPDATE;
}

static bool is_known(uint64_t leaf)
{
    switch (leaf) {
#define TDX_SEAMCALL(number, id, name) case number:
#include "../../../../target/i386/tdx-module/abi/leaf-list.h"
        return true;
    default:
        return false;
    }
}

static bool is_refused(uint64_t rax)
{
    uint64_t leaf = rax & 0xffff, version = rax >> 16 & 0xff;

    return rax >> 24 || (version && !has_versions(leaf)) || !is_known(leaf);
}

/* Those that end the module, and so the test */
static bool is_end(uint64_t rax)
{
    return !is_refused(rax) && ((rax & 0xffff) == 52 || (rax & 0xffff) == 69);
}

/* --- calls --------------------------------------------------------------- */

static uint64_t page(struct cpu *c)
{
    return POOL + (TDRS + VCPUS + below(c, POOL_PAGES - TDRS - VCPUS)) *
                  PAGE_SIZE;
}

static uint64_t tdr(struct cpu *c)
{
    return POOL + below(c, TDRS) * PAGE_SIZE;
}

static uint64_t vcpu(struct cpu *c)
{
    return POOL + (TDRS + below(c, VCPUS)) * PAGE_SIZE;
}

static uint64_t pair(struct cpu *c)
{
    return PAIRS(c - cpus) + below(c, 64) * PAGE_SIZE;
}

static uint64_t gpa(struct cpu *c)
{
    uint32_t level = below(c, 4);
    uint64_t at = level == 0 ? below(c, 4) * PAGE_SIZE
                  : level == 1 ? below(c, 2) * HOST_RANGE : 0;

    return at | level;
}

static void choose(struct cpu *c, struct seam_regs *r)
{
    static const uint8_t often[] = {
        TDH_MNG_CREATE, TDH_MNG_KEY_CONFIG, TDH_MNG_ADDCX, TDH_MNG_ADDCX,
        TDH_MNG_ADDCX, TDH_MNG_ADDCX, TDH_MNG_INIT, TDH_VP_CREATE,
        TDH_VP_ADDCX, TDH_VP_ADDCX, TDH_VP_ADDCX, TDH_VP_INIT,
        TDH_MEM_SEPT_ADD, TDH_MEM_SEPT_ADD, TDH_MEM_SEPT_ADD, TDH_MEM_PAGE_ADD,
        TDH_MEM_PAGE_ADD, TDH_MEM_PAGE_AUG, TDH_MEM_PAGE_AUG,
        TDH_MEM_RANGE_BLOCK, TDH_MEM_TRACK, TDH_MEM_PAGE_REMOVE,
        TDH_MEM_PAGE_DEMOTE, TDH_MEM_PAGE_PROMOTE, TDH_MEM_SEPT_RD, TDH_MNG_RD,
        TDH_VP_FLUSH, TDH_VP_ENTER, TDH_PHYMEM_PAGE_RDMD, TDH_PHYMEM_PAMT_ADD,
        TDH_PHYMEM_PAMT_ADD, TDH_PHYMEM_PAMT_REMOVE, TDH_MNG_KEY_FREEID,
        TDH_PHYMEM_CACHE_WB, TDH_PHYMEM_PAGE_RECLAIM, TDH_PHYMEM_PAGE_RECLAIM,
        TDH_PHYMEM_PAGE_RECLAIM,
    };
    static const uint8_t seldom[] = {
        TDH_MR_FINALIZE, TDH_MR_FINALIZE, TDH_MR_FINALIZE, TDH_MNG_VPFLUSHDONE,
    };

    for (uint64_t *reg = &r->rax; reg <= &r->r15; reg++) {
        *reg = random64(c);
    }
    r->rax = below(c, 200) ? often[below(c, sizeof(often))]
                          : seldom[below(c, sizeof(seldom))];
    r->rdx = tdr(c);
    r->r8 = page(c);
    switch (r->rax) {
    case TDH_MNG_CREATE:
        r->rcx = tdr(c);
        r->rdx = host_first_td_hkid() + below(c, TDRS + 1);
        break;
    case TDH_MNG_KEY_CONFIG: case TDH_MNG_INIT: case TDH_MR_FINALIZE:
    case TDH_MEM_TRACK:
    case TDH_MNG_VPFLUSHDONE: case TDH_MNG_KEY_FREEID: case TDH_MNG_RD:
        r->rcx = tdr(c);
        r->rdx = r->rax == TDH_MNG_RD ? 0x8010000300000004
                                      : (uintptr_t)td_params;
        break;
    case TDH_MNG_ADDCX:
        r->rcx = page(c);
        break;
    case TDH_VP_CREATE: case TDH_VP_INIT: case TDH_VP_FLUSH: case TDH_VP_ENTER:
        r->rcx = vcpu(c);
        break;
    case TDH_VP_ADDCX:
        r->rcx = page(c);
        r->rdx = vcpu(c);
        break;
    case TDH_PHYMEM_PAGE_RDMD: case TDH_PHYMEM_PAGE_RECLAIM:
        r->rcx = POOL + below(c, POOL_PAGES) * PAGE_SIZE;
        break;
    case TDH_PHYMEM_CACHE_WB:
        r->rcx = 0;
        break;
    case TDH_PHYMEM_PAMT_ADD: case TDH_PHYMEM_PAMT_REMOVE:
        r->rcx = (RANGES + below(c, NUM_RANGES) * HOST_RANGE) | 1;
        r->rdx = pair(c);
        r->r8 = pair(c);
        break;
    default:
        r->rcx = gpa(c);
        r->r9 = (uintptr_t)td_params;
        if ((r->rax == TDH_MEM_PAGE_AUG) && (r->rcx & 1)) {
            r->r8 = RANGES + below(c, NUM_RANGES) * HOST_RANGE;
        }
        r->r12 = pair(c);
        r->r13 = pair(c);
        break;
    }
    switch (below(c, SPOIL)) {
    case 0:
        r->rax |= 1ull << (24 + below(c, 39));
        break;
    case 1:
        r->rax |= (uint64_t)below(c, 4) << 16;
        break;
    case 2:
        r->rax = below(c, 0x100);
        break;
    case 3:
        r->rax = random64(c) >> 1;
        break;
    case 4:
        r->rcx ^= 1ull << below(c, 64);
        break;
    case 5:
        r->rdx ^= 1ull << below(c, 64);
        break;
    case 6:
        r->r8 ^= 1ull << below(c, 64);
        break;
    }
    switch (r->rax & 0xffff) {
    case TDH_SYS_INFO:
        r->rcx = r->r8 = (uintptr_t)buffer;
        break;
    case TDH_SYS_RDALL:
        r->rdx = (uintptr_t)buffer;
        break;
    }
}

/* Registers that a call must leave alone; RAX and RSP are not among them */
static bool same(const struct seam_regs *a, const struct seam_regs *b,
                 bool all)
{
    const uint64_t *p = &a->rcx, *q = &b->rcx;

    if (!all) {
        return a->rbx == b->rbx && a->rbp == b->rbp && a->rsi == b->rsi &&
               a->rdi == b->rdi && a->r14 == b->r14 && a->r15 == b->r15;
    }
    while (p <= &a->r15) {
        if (*p++ != *q++) {
            return false;
        }
    }
    return true;
}

/* What the books have to know: pairs come and go with large pages as well */
static void count(struct cpu *c, const struct seam_regs *in)
{
    uint64_t leaf = in->rax & 0xffff;
    bool large = (in->rcx & 7) == 1;

    c->ok[leaf]++;
    if (leaf == TDH_PHYMEM_PAMT_ADD || (leaf == TDH_MEM_PAGE_DEMOTE && large)) {
        __atomic_add_fetch(&adds, 1, __ATOMIC_SEQ_CST);
    }
    if (leaf == TDH_PHYMEM_PAMT_REMOVE ||
        (leaf == TDH_MEM_PAGE_PROMOTE && large)) {
        __atomic_add_fetch(&removes, 1, __ATOMIC_SEQ_CST);
    }
}

static void random_call(struct cpu *c)
{
    struct seam_regs in, out;
    bool refused;

    do {
        choose(c, &in);
    } while (is_end(in.rax));
    out = in;
    refused = is_refused(in.rax);
    if (!seamcall_regs(&out)) {
        c->no_answer++;
        return;
    }
    if (refused) {
        c->decided++;
        c->wrong_status += out.rax != TDX_OPERAND_INVALID;
    } else if (out.rax == 0 && (in.rax & 0xffff) < NUM_COUNTED) {
        count(c, &in);
    }
    if (refused || (in.rax & 0xffff) != TDH_VP_ENTER) {
        c->wrong_register += !same(&in, &out, refused);
    }
}

/* --- the end ------------------------------------------------------------- */

/* The page's type, and the level at which it was found */
static uint64_t type_of(uint64_t at, uint64_t *level)
{
    struct seamcall regs = { .rax = TDH_PHYMEM_PAGE_RDMD, .rcx = at };

    if (!seamcall(&regs) || regs.rax) {
        return UINT64_MAX;
    }
    *level = regs.r8;
    return regs.rcx;
}

static void each_page(void (*fn)(uint64_t at, uint64_t type))
{
    uint64_t level = 0, at = HOST_TDMR, type;

    while (at < HOST_TDMR + HOST_SIZE) {
        type = type_of(at, &level);
        fn(at, type);
        /* The rest of a large page, or of a range without a pair */
        at += level ? HOST_RANGE : PAGE_SIZE;
    }
}

static void flush(uint64_t at, uint64_t type)
{
    if (type == PT_TDVPR) {
        host_call(TDH_VP_FLUSH, at, 0, 0);
    }
}

static void stop(uint64_t at, uint64_t type)
{
    if (type == PT_TDR) {
        host_call(TDH_MNG_VPFLUSHDONE, at, 0, 0);
        host_call(TDH_PHYMEM_CACHE_WB, 0, 0, 0);
        host_call(TDH_MNG_KEY_FREEID, at, 0, 0);
    }
}

static void reclaim(uint64_t at, uint64_t type)
{
    if (type && type != PT_TDR && type != PT_PAMT) {
        host_call(TDH_PHYMEM_PAGE_RECLAIM, at, 0, 0);
    }
}

static void reclaim_tdr(uint64_t at, uint64_t type)
{
    if (type == PT_TDR) {
        host_call(TDH_PHYMEM_PAGE_RECLAIM, at, 0, 0);
    }
}

static void note(uint64_t at, uint64_t type)
{
    taken += type != 0;
}

static void take_apart(void)
{
    each_page(stop);
    each_page(reclaim);
    each_page(reclaim_tdr);
    for (uint64_t at = HOST_TDMR; at < HOST_TDMR + HOST_SIZE;
         at += HOST_RANGE) {
        removes += !host_call(TDH_PHYMEM_PAMT_REMOVE, at | 1, 0, 0);
    }
    each_page(note);
    for (uint32_t cpu = 0; cpu < num_cpus; cpu++) {
        for (uint32_t i = 0; i < 64; i++) {
            uint64_t level;

            taken += type_of(PAIRS(cpu) + i * PAGE_SIZE, &level) != 0;
        }
    }
}

static void work(uint32_t cpu)
{
    struct cpu *c = &cpus[cpu];

    c->seed = 0x9e3779b97f4a7c15 * (cpu + 1);
    if (cpu == 0) {
        uint64_t at = HOST_TDMR + 390 * HOST_RANGE;

        td_params[1] = 3;     /* XFAM */
        td_params[2] = 4;     /* vCPUs */
        td_params[3] = 0x1e;  /* 4 levels, write-back */
        td_params[5] = 40;    /* 1 GHz */
        adds += !host_call(TDH_PHYMEM_PAMT_ADD, POOL | 1, at,
                           at + PAGE_SIZE);
    }
    host_barrier();
    for (int i = 0; i < CALLS; i++) {
        random_call(c);
    }
    /* A vCPU is flushed where it is associated */
    for (uint32_t turn = 0; turn < num_cpus; turn++) {
        host_barrier();
        if (turn == cpu) {
            each_page(flush);
        }
    }
    host_barrier();
    if (cpu == 0) {
        take_apart();
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

int main(void)
{
    static const uint8_t seen[] = {
        TDH_MNG_CREATE, TDH_MNG_KEY_CONFIG, TDH_MNG_ADDCX, TDH_MNG_INIT,
        TDH_VP_CREATE, TDH_MEM_SEPT_ADD, TDH_PHYMEM_PAMT_ADD,
        TDH_PHYMEM_PAMT_REMOVE,
    };
    bool all = true;

    guest_init();
    num_cpus = num_processors();
    ok(num_cpus == 4, "there are four processors");
    ok(host_run(num_cpus, work), "the module is ready");
    for (uint32_t leaf = 0; leaf < NUM_COUNTED; leaf++) {
        if (SUM(ok[leaf])) {
            ml_printf("# leaf %u worked %lu times\n", leaf, SUM(ok[leaf]));
        }
    }
    for (uint32_t i = 0; i < sizeof(seen); i++) {
        all = all && SUM(ok[seen[i]]);
    }
    ml_printf("# decided %lu wrong %lu register %lu none %lu; adds %lu "
              "removes %lu taken %lu\n", SUM(decided), SUM(wrong_status),
              SUM(wrong_register), SUM(no_answer), adds, removes, taken);
    ok(SUM(no_answer) == 0, "the module answers each call");
    ok(SUM(decided) > 100 && SUM(wrong_status) == 0,
       "the dispatcher refuses what it must");
    ok(SUM(wrong_register) == 0, "registers that are no output stay");
    ok(all, "TDs came into being");
    ok(taken == 0, "all pages are free in the end");
    ok(adds > 1 && adds == removes, "as many pairs removed as added");
    return test_end();
}
