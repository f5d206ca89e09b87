/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Thousands of random SEAMCALLs: any leaf, version and operand, in any state of
 * the module.  The rules of the dispatcher are written down once more here;
 * where it decides the status must be theirs.  Nothing but the outputs of a
 * leaf changes, the state is the one that the calls led to, and the machine
 * still works afterwards.  Run with --seed to repeat a run.
 */

#include "qemu/osdep.h"
#include "libqos/tdx-host.h"

#define CYCLES          5
#define CALLS_PER_STATE 200
#define CONFIG_AT       0x200000
#define HKID            3

/* Index of a register in TdxRegs */
enum {
    RAX, RCX, RDX, R8, R9, R10, R11, R12, R13, NUM_REGS = 15,
};
#define OUT(reg) (1u << (reg))
#define ALL_OUT  UINT32_MAX

/* States of the module in the order of its life, as the device names them */
enum {
    PENDING, INIT_DONE, CONFIG_DONE, READY, SHUTDOWN, NUM_STATES,
};
static const char *const state_names[] = {
    "SYSINIT_PENDING", "SYSINIT_DONE", "SYSCONFIG_DONE", "SYS_READY",
    "SYS_SHUTDOWN",
};

/* Leaves of the ABI that are modelled: what they change beside RAX */
typedef struct Leaf {
    bool known;
    bool versions;  /* has a version 1 */
    bool early;     /* is let through before the module is ready */
    uint32_t out;
} Leaf;

#define KNOWN(n, ...) [n] = { .known = true, __VA_ARGS__ }
#define SEPT_OUT (OUT(RCX) | OUT(RDX))
#define L2_OUT   (OUT(R9) | OUT(R10) | OUT(R11))
#define PAGE_OUT (SEPT_OUT | OUT(R8) | L2_OUT)

static const Leaf leaves[] = {
    KNOWN(0, .out = ALL_OUT),
    KNOWN(1),
    KNOWN(2, .out = SEPT_OUT),
    KNOWN(3, .versions = true, .out = PAGE_OUT),
    KNOWN(4),
    KNOWN(5, .out = SEPT_OUT),
    KNOWN(6, .out = SEPT_OUT),
    KNOWN(7, .out = SEPT_OUT),
    KNOWN(8),
    KNOWN(9),
    KNOWN(10),
    KNOWN(11, .versions = true, .out = OUT(RDX) | OUT(R8)),
    KNOWN(12, .out = SEPT_OUT | OUT(R8)),
    KNOWN(13, .out = OUT(R8)),
    KNOWN(14, .out = SEPT_OUT | OUT(R8)),
    KNOWN(15, .out = SEPT_OUT | L2_OUT),
    KNOWN(16, .out = SEPT_OUT),
    KNOWN(17),
    KNOWN(18),
    KNOWN(19),
    KNOWN(20),
    KNOWN(21, .out = OUT(RCX)),
    KNOWN(22, .versions = true),
    KNOWN(23, .versions = true,
          .out = SEPT_OUT | L2_OUT | OUT(R12) | OUT(R13)),
    KNOWN(24, .out = PAGE_OUT),
    KNOWN(25, .out = SEPT_OUT),
    KNOWN(26, .versions = true, .out = OUT(RDX) | OUT(R8)),
    KNOWN(27),
    KNOWN(28, .out = PAGE_OUT),
    KNOWN(29, .out = SEPT_OUT),
    KNOWN(30, .versions = true, .out = SEPT_OUT | L2_OUT),
    KNOWN(31, .early = true),
    KNOWN(32, .early = true, .out = OUT(RDX) | OUT(R9)),
    KNOWN(33, .early = true, .versions = true,
          .out = SEPT_OUT | OUT(R8) | OUT(R9) | OUT(R10)),
    KNOWN(34, .early = true, .out = OUT(RDX) | OUT(R8)),
    KNOWN(35, .early = true, .out = SEPT_OUT | OUT(R8)),
    KNOWN(36, .out = OUT(RDX)),
    KNOWN(37, .early = true, .out = OUT(R8)),
    KNOWN(38),
    KNOWN(39, .out = SEPT_OUT),
    KNOWN(40),
    KNOWN(41),
    KNOWN(43, .out = OUT(R8)),
    KNOWN(44, .early = true),
    KNOWN(45, .early = true),
    KNOWN(52),
    KNOWN(53, .early = true, .versions = true),
    KNOWN(58),
    KNOWN(59, .out = OUT(RDX) | OUT(R8)),
    KNOWN(69, .early = true),
};

/* The test's own idea of the machine */
typedef struct Machine {
    QTestState *qts;
    QTdxHost host;
    QHostTd td;
    unsigned state;
    unsigned refused[NUM_STATES], answered[NUM_STATES];
} Machine;

/* --- what the dispatcher has to say -------------------------------------- */

/* The status of @rax if it is certain, whatever the operands */
static bool is_certain(uint64_t rax, unsigned state, uint64_t *status,
                       uint32_t *may_change)
{
    static const Leaf unknown;
    unsigned number = rax & 0xffff, version = rax >> 16 & 0xff;
    const Leaf *leaf = number < ARRAY_SIZE(leaves) ? &leaves[number]
                                                   : &unknown;

    *status = tdx_op(TDX_OPERAND_INVALID, RAX);
    *may_change = 0;
    if (rax >> 24 || (version && !leaf->versions)) {
        return true;
    }
    if (state == SHUTDOWN && number != 44) {
        *status = TDX_SYS_SHUTDOWN;
        return true;
    }
    if (state < READY && !leaf->early) {
        *status = TDX_SYS_NOT_READY;
        return true;
    }
    if (!leaf->known) {
        return true;
    }
    *may_change = leaf->out;
    /* Version 0 of TDH.MEM.SEPT.ADD has no further outputs */
    if (number == 3 && !version) {
        *may_change = SEPT_OUT;
    }
    /* These look at the version before anything else */
    return version > 1 && (number == 3 || number == 11 || number == 22 ||
                           number == 23 || number == 26 || number == 30);
}

/* Success of what leads from one state to another */
static void follow(Machine *m, uint64_t rax, uint64_t status)
{
    if (status != TDX_SUCCESS) {
        return;
    }
    switch (rax & 0xffff) {
    case TDH_SYS_INIT:
        m->state = INIT_DONE;
        break;
    case TDH_SYS_CONFIG:
        m->state = CONFIG_DONE;
        break;
    case TDH_SYS_KEY_CONFIG:
    case TDH_SYS_UPDATE:
        m->state = READY;
        break;
    case TDH_SYS_SHUTDOWN:
        m->state = SHUTDOWN;
        break;
    case TDH_SYS_DISABLE:
        m->state = PENDING;
        break;
    }
}

static bool is_status(uint64_t status)
{
#define TDX_STATUS(name, value) \
    if ((status & ~(uint64_t)UINT32_MAX) == (value)) { \
        return true; \
    }
#include "target/i386/tdx-module/abi/status-list.h"
#undef TDX_STATUS
    return false;
}

/* --- states -------------------------------------------------------------- */

static void assert_state(Machine *m)
{
    g_autofree char *name = tdx_prop_str(m->qts, "state");

    g_assert_cmpstr(name, ==, state_names[m->state]);
}

static void bring_to(Machine *m, unsigned state)
{
    QTdxTdmr t = { .base = TDX_HOST_BASE, .size = TDX_HOST_SIZE };

    qtest_system_reset(m->qts);
    switch (state) {
    case PENDING:
        break;
    case INIT_DONE:
        tdx_init_lps(m->qts, 1);
        break;
    case CONFIG_DONE:
        tdx_place_pamts(&t, true, 16 << 20);
        tdx_bring_up(m->qts, 1, (int[]) { -1 }, &t, 1,
                     TDX_HOST_HKID | TDX_CONFIG_DYNAMIC_PAMT);
        break;
    default:
        tdx_host_init(&m->host, m->qts, true);
        if (m->td.pages) {
            g_array_free(m->td.pages, true);
        }
        host_td_create(&m->td, &m->host, TDX_ATTR_DEBUG, HKID);
        host_td_tables(&m->td, 0, 0);
        break;
    }
    if (state == SHUTDOWN) {
        /* The handoff version is the module's own */
        tdx_ok(m->qts, .rax = TDH_SYS_SHUTDOWN,
               .rcx = tdx_rd(m->qts, 0x8900000100000000ULL));
    }
    m->state = state;
    assert_state(m);
}

/* --- random calls -------------------------------------------------------- */

static unsigned below(unsigned n)
{
    return g_test_rand_int_range(0, n);
}

static uint64_t random64(void)
{
    return (uint64_t)(uint32_t)g_test_rand_int() << 32 |
           (uint32_t)g_test_rand_int();
}

static uint64_t random_rax(void)
{
    uint64_t leaf = below(4) ? below(100) : below(0x10000);

    switch (below(8)) {
    case 0:
        return random64() >> 1; /* not the loader */
    case 1:
        return leaf | 1ULL << (24 + below(39));
    case 2:
        return leaf | (uint64_t)below(0x100) << 16;
    case 3:
        return leaf | 1 << 16;
    default:
        return leaf;
    }
}

static uint64_t random_operand(Machine *m)
{
    uint64_t value = 0;

    switch (below(12)) {
    case 0:
        return random64();
    case 1:
        return below(2) ? UINT64_MAX : below(0x100);
    case 2:
        value = m->td.tdr;
        break;
    case 3:
        value = m->td.vcpu;
        break;
    case 4: /* a page of the TD, or one after */
        value = TDX_HOST_BASE + below(64) * TDX_4K;
        break;
    case 5:
        value = TDX_HOST_BASE + below(TDX_HOST_RANGES) * TDX_2M + below(3);
        break;
    case 6:
        value = below(4) * TDX_4K + below(5);
        break;
    case 7:
        value = (1ULL << (12 + below(40))) + below(4);
        break;
    case 8: /* a field */
        value = (random64() & 0xff3f001700000000ULL) | below(64);
        break;
    case 9:
        value = CONFIG_AT;
        break;
    case 10:
        value = HKID + below(3);
        break;
    }
    return below(8) ? value : value ^ 1ULL << below(64);
}

/*
 * These write to where their caller says.  If that is a page of the module's
 * the next call that wants it stops the module, as it should.
 */
static bool writes_memory(unsigned number)
{
    return number == TDH_SYS_INFO || number == TDH_SYS_RDALL;
}

static void one_call(Machine *m)
{
    TdxRegs in = { .rax = random_rax() }, out;
    const uint64_t *before = (uint64_t *)&in;
    const uint64_t *after = (uint64_t *)&out;
    unsigned number = in.rax & 0xffff;
    uint64_t status;
    uint32_t may_change;

    for (int i = RCX; i < NUM_REGS; i++) {
        uint64_t value = random_operand(m);

        if (writes_memory(number) && value - TDX_HOST_BASE < TDX_HOST_SIZE) {
            value = CONFIG_AT;
        }
        ((uint64_t *)&in)[i] = value;
    }
    out = in;
    g_assert_true(tdx_seamcall(m->qts, 0, &out));
    g_test_message("%s: leaf %u rax 0x%" PRIx64 " rcx 0x%" PRIx64
                   " rdx 0x%" PRIx64 " -> 0x%" PRIx64,
                   state_names[m->state], number, in.rax, in.rcx, in.rdx,
                   out.rax);
    if (is_certain(in.rax, m->state, &status, &may_change)) {
        tdx_assert_status(out.rax, status);
        m->refused[m->state]++;
    } else {
        g_assert_true(is_status(out.rax));
        m->answered[m->state]++;
    }
    for (int i = RCX; i < NUM_REGS; i++) {
        if (!(may_change & OUT(i)) && after[i] != before[i]) {
            g_error("leaf %u, status 0x%" PRIx64 ": register %d was 0x%"
                    PRIx64 ", is 0x%" PRIx64, number, out.rax, i, before[i],
                    after[i]);
        }
    }
    follow(m, in.rax, out.rax);
}

static void test_random(void)
{
    Machine m = { .qts = tdx_start("", TDX_HOST_MACHINE) };
    unsigned calls = 0;

    for (unsigned cycle = 0; cycle < CYCLES; cycle++) {
        for (unsigned state = PENDING; state < NUM_STATES; state++) {
            bring_to(&m, state);
            for (unsigned i = 0; i < CALLS_PER_STATE; i++) {
                one_call(&m);
                calls++;
            }
            assert_state(&m);
        }
    }
    g_assert_cmpuint(calls, >=, 1000);
    /* In each state both had their say; shut down there is one leaf only */
    for (unsigned state = PENDING; state < NUM_STATES; state++) {
        g_assert_cmpuint(m.refused[state], >, 0);
        if (state != SHUTDOWN) {
            g_assert_cmpuint(m.answered[state], >, 0);
        }
    }
    /* And all works as on the first day */
    bring_to(&m, READY);
    host_td_stop(&m.td);
    host_td_destroy(&m.td);
    g_assert_cmpuint(m.host.adds, >, 0);
    g_assert_cmpuint(m.host.adds, ==, m.host.removes);
    qtest_quit(m.qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("seam/random/any-state", test_random);
    return g_test_run();
}
