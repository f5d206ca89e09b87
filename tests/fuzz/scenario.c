/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Programs that a host would write: what fuzzing starts from.
 */

#include "scenario.h"
#include "sim-td.h"
#include "sim-boot.h"
#include "../../target/i386/x86-defs/vmx-exit-list.h"

static const FuzzRecord ready[] = { BOOT, MEMORY };
static const FuzzRecord td[] = { BOOT, MEMORY, PLAIN_TD };
static const FuzzRecord runnable[] = {
    BOOT, MEMORY, PLAIN_TD, CONTENT, FINALIZE
};

static const FuzzRecord running[] = {
    BOOT, MEMORY, PLAIN_TD, CONTENT, FINALIZE, { .leaf = TDH_VP_ENTER }
};

#define BLOCK(gpa) \
    { .leaf = TDH_MEM_RANGE_BLOCK, .op = { N(gpa) } }, { .leaf = TDH_MEM_TRACK }

static const FuzzRecord cold[] = {
    { .leaf = TDH_SYS_RD, .op = { N(0) } },
    KNOB(1), { .leaf = TDH_SYS_INIT },
    KNOB(4), { .leaf = TDH_SYS_INIT },
    KNOB(0), { .leaf = TDH_SYS_INIT, .flags = 1, .op = { N(0), NONE } },
    { .leaf = TDH_SYS_UPDATE },
    BOOT, MEMORY,
    { .leaf = TDH_SYS_INFO, .flags = FUZZ_JUNK,
      .op = { N(0), N(0), N(1), N(0) } },
    { .leaf = TDH_SYS_RDALL, .op = { N(2), N(0) } },
    { .leaf = TDH_SYS_RD, .op = { N(0) } },
    { .leaf = TDH_SYS_RD, .repeat = TIMES_16, .op = { NEXT_FIELD } },
    { .leaf = TDH_SYS_LP_SHUTDOWN },
    { .leaf = TDH_SYS_DISABLE },
    BOOT, MEMORY,
    { .leaf = TDH_SYS_SHUTDOWN, .op = { N(0) } },
    { .leaf = TDH_MNG_CREATE },
    { .leaf = FUZZ_RESET },
    BOOT,
};

/* Structures that SYS.CONFIG does not accept, then good ones */
static const FuzzRecord config[] = {
    { .leaf = TDH_SYS_INIT },
    { .leaf = TDH_SYS_LP_INIT, .repeat = TIMES_5 },
    { .leaf = FUZZ_WRITE, .op = { NUMBER(0), NUMBER(0), OPERAND(14, 30) } },
    { .leaf = TDH_SYS_CONFIG, .op = { N(0), N(0), N(1) } },
    { .leaf = FUZZ_WRITE, .op = { NUMBER(0), NUMBER(0), OPERAND(14, 30) } },
    { .leaf = TDH_SYS_CONFIG, .op = { N(0), N(0), N(0) } },
    KNOB(2), { .leaf = TDH_SYS_KEY_CONFIG },
    KNOB(0), { .leaf = TDH_SYS_KEY_CONFIG },
    { .leaf = TDH_SYS_KEY_CONFIG, .lp = 3 },
    { .leaf = TDH_SYS_TDMR_INIT, .flags = FUZZ_JUNK, .op = { N(0) } },
    { .leaf = TDH_SYS_SHUTDOWN, .op = { OPERAND(FUZZ_BITS, 16) } },
};

static const FuzzRecord phymem[] = {
    { .leaf = TDH_PHYMEM_PAGE_RDMD, .op = { PAGE(P(0, 0)) } },
    { .leaf = TDH_PHYMEM_PAGE_RDMD, .op = { N(P(4, 0)) } },
    { .leaf = TDH_PHYMEM_PAGE_RDMD, .op = { OPERAND(8 | 5 << 5, 0) } },
    { .leaf = TDH_PHYMEM_PAGE_RDMD, .op = { N(P(5, 16)) } },
    { .leaf = TDH_PHYMEM_PAGE_WBINVD, .op = { OPERAND(3 << 5, P(4, 0)) } },
    { .leaf = TDH_PHYMEM_PAGE_WBINVD, .op = { N(P(4, 100)) } },
    { .leaf = TDH_PHYMEM_CACHE_WB, .op = { N(0) } },
    { .leaf = TDH_PHYMEM_PAMT_ADD, .op = { N(3), N(P(3, 0)), N(P(3, 511)) } },
    { .leaf = TDH_PHYMEM_PAMT_ADD, .op = { N(512), N(P(5, 0)), N(P(6, 1)) } },
    { .leaf = TDH_PHYMEM_PAMT_REMOVE, .repeat = TIMES_5, .op = { N_UP(0) } },
    { .leaf = TDH_PHYMEM_PAGE_RECLAIM, .op = { N(0) } },
    { .leaf = TDH_MNG_KEY_RECLAIMID },
};

/* After the prologue RUNNABLE: pages of both sizes come, move and go */
static const FuzzRecord memory[] = {
    { .leaf = TDH_MEM_PAGE_AUG, .op = { N(G(0, 0, 8)), N(0), N(P(1, 0)) } },
    { .leaf = TDH_MEM_PAGE_AUG, .op = { N(G(1, 1, 0)), N(0), RANGE(3) } },
    { .leaf = TDH_MEM_SEPT_RD, .op = { N(G(1, 1, 0)) } },
    BLOCK(G(1, 1, 0)),
    { .leaf = TDH_MEM_PAGE_DEMOTE,
      .op = { N(G(1, 1, 0)), N(0), N(P(1, 8)), NONE, NONE, NONE,
              N(P(4, 32)), N(P(4, 33)) } },
    BLOCK(G(0, 1, 3)),
    { .leaf = TDH_MEM_RANGE_UNBLOCK, .op = { N(G(0, 1, 3)) } },
    BLOCK(G(1, 1, 0)),
    { .leaf = TDH_MEM_PAGE_PROMOTE, .flags = 1, .op = { N(G(1, 1, 0)) } },
    BLOCK(G(1, 1, 0)),
    { .leaf = TDH_MEM_PAGE_REMOVE, .op = { N(G(1, 1, 0)) } },
    BLOCK(G(0, 0, 8)),
    { .leaf = TDH_MEM_PAGE_RELOCATE, .op = { N(G(0, 0,
                                                 8)), N(0), N(P(1, 1)) } },
    BLOCK(G(0, 0, 8)),
    { .leaf = TDH_MEM_PAGE_REMOVE, .op = { N(G(0, 0, 8)) } },
    TABLES(3, P(1, 32)),
    BLOCK(G(1, 3, 0)),
    { .leaf = TDH_MEM_SEPT_REMOVE, .op = { N(G(1, 3, 0)) } },
};

/* 1 GiB of TDMR 1, joined and split */
static const FuzzRecord giant[] = {
    { .leaf = TDH_MEM_SEPT_ADD, .op = { N(G(2, 3, 0)), N(0), N(P(1, 16)) } },
    { .leaf = TDH_MEM_PAGE_AUG, .repeat = TIMES_512,
      .op = { N_UP(G(1, 3, 0)), N(0), RANGE_UP(TDMR1_RANGE) } },
    BLOCK(G(2, 3, 0)),
    { .leaf = TDH_MEM_PAGE_PROMOTE, .op = { N(G(2, 3, 0)) } },
    BLOCK(G(2, 3, 0)),
    { .leaf = TDH_MEM_PAGE_DEMOTE,
      .op = { N(G(2, 3, 0)), N(0), N(P(1, 17)), NONE, NONE, NONE } },
    BLOCK(G(2, 3, 0)),
    { .leaf = TDH_MEM_PAGE_PROMOTE, .op = { N(G(2, 3, 0)) } },
    BLOCK(G(2, 3, 0)),
    { .leaf = TDH_MEM_PAGE_REMOVE, .op = { N(G(2, 3, 0)) } },
};

#define TEARDOWN \
    { .leaf = TDH_VP_FLUSH, .op = { N(0) } }, \
    { .leaf = TDH_MNG_VPFLUSHDONE }, \
    { .leaf = TDH_PHYMEM_CACHE_WB }, \
    { .leaf = TDH_PHYMEM_CACHE_WB, .lp = OTHER_LP }, \
    { .leaf = TDH_MNG_KEY_FREEID }, \
    { .leaf = TDH_PHYMEM_PAGE_RECLAIM, .repeat = TIMES_64, \
      .flags = FUZZ_KEEP_ON, .op = { N_UP(P(0, 0)) } }, \
    { .leaf = TDH_PHYMEM_PAGE_RECLAIM, .repeat = TIMES_16, \
      .flags = FUZZ_KEEP_ON, .op = { N_UP(P(1, 0)) } }, \
    { .leaf = TDH_PHYMEM_PAGE_RECLAIM, .op = { RANGE(3) } }, \
    { .leaf = TDH_PHYMEM_PAGE_RECLAIM, .op = { N(P(0, 0)) } }, \
    { .leaf = TDH_PHYMEM_PAGE_WBINVD, .op = { N(P(0, 0)) } }, \
    { .leaf = TDH_PHYMEM_PAMT_REMOVE, .repeat = TIMES_3, .op = { N_UP(0) } }

static const FuzzRecord teardown[] = {
    { .leaf = TDH_MEM_PAGE_AUG, .op = { N(G(0, 0, 8)), N(0), N(P(1, 0)) } },
    { .leaf = TDH_MEM_PAGE_AUG, .op = { N(G(1, 1, 0)), N(0), RANGE(3) } },
    TEARDOWN,
};

static const FuzzRecord abandoned[] = { TEARDOWN };

static const FuzzRecord fields[] = {
    { .leaf = TDH_MNG_RD, .flags = 1, .op = { N(0), N(0) } },
    { .leaf = TDH_MNG_RD, .flags = 1, .repeat = TIMES_64,
      .op = { N(0), NEXT_FIELD } },
    { .leaf = TDH_MNG_RD, .op = { N(0), N(2048 + 33) } },
    { .leaf = TDH_MNG_WR,
      .op = { N(0), N(17), NUMBER(500), N(0) } },
    { .leaf = TDH_MNG_WR, .repeat = TIMES_64, .flags = FUZZ_KEEP_ON,
      .op = { N(0), N_UP(1), NUMBER(500), N(0) } },
    { .leaf = TDH_MNG_WR, .repeat = TIMES_64, .flags = FUZZ_KEEP_ON,
      .op = { N(0), N_UP(1), NUMBER(0), N(0) } },
    { .leaf = TDH_VP_RD, .flags = 1, .op = { N(0), N(0) } },
    { .leaf = TDH_VP_RD, .flags = 1, .repeat = TIMES_16,
      .op = { N(0), NEXT_FIELD } },
    { .leaf = TDH_VP_WR, .op = { N(0), N(1), NUMBER(64), N(0) } },
    { .leaf = TDH_VP_WR, .op = { N(0), N(2), NUMBER(64), N(0) } },
    { .leaf = TDH_VP_WR, .op = { N(0), N(3), NUMBER(0x80), NUMBER(0x80) } },
    { .leaf = TDH_VP_FLUSH },
    { .leaf = TDH_VP_RD, .lp = 1, .op = { N(0), N(1) } },
    { .leaf = TDH_VP_ENTER },
    { .leaf = TDH_VP_ENTER, .lp = 1 },
};

/* After READY: a TD under debugging */
static const FuzzRecord debug[] = {
    TD_OF(1, 0), VCPU(0, 16), CONTENT,
    { .leaf = TDH_MEM_RD, .op = { N(0) } },
    { .leaf = TDH_MEM_WR, .op = { N(0), N(0), NUMBER(77) } },
    FINALIZE,
    { .leaf = TDH_MEM_WR, .op = { N(G(0, 0, 1)), N(0), NUMBER(78) } },
    { .leaf = TDH_VP_RD, .op = { N(0), N(1) } },
    { .leaf = TDH_MEM_SEPT_RD, .op = { OPERAND(5 << 5, 0) } },
    TEARDOWN,
};

/* Five levels; GPA of 52 bits */
static const FuzzRecord wide[] = {
    TD_OF(2, 0), VCPU(0, 16),
    { .leaf = TDH_MEM_SEPT_ADD, .op = { N(G(4, 0, 0)), N(0), N(P(0, 31)) } },
    CONTENT,
    { .leaf = TDH_MEM_SEPT_ADD, .op = { N(G(3, 6, 0)), N(0), N(P(0, 36)) } },
    FINALIZE,
    BLOCK(G(4, 0, 0)),
    { .leaf = TDH_MEM_RANGE_UNBLOCK, .op = { N(G(4, 0, 0)) } },
    TEARDOWN,
};

/* With an L2 VM: its tables come and go with the TD's own */
#define L2_TABLE(gpa, page) \
    { .leaf = TDH_MEM_SEPT_ADD, .flags = 1, \
      .op = { N(gpa), N(0), N(page), N((page) + 1), NONE, NONE } }

static const FuzzRecord nested_vm[] = {
    TD_OF(3, TWICE),
    { .leaf = TDH_VP_CREATE, .op = { N(P(0, 16)) } },
    { .leaf = TDH_VP_ADDCX, .repeat = TIMES_3, .op = { N_UP(P(0, 17)) } },
    { .leaf = TDH_VP_ADDCX, .repeat = TIMES_5, .op = { N_UP(P(0, 20)) } },
    { .leaf = TDH_VP_INIT },
    L2_TABLE(G(3, 0, 0), P(0, 32)),
    L2_TABLE(G(2, 0, 0), P(0, 34)),
    L2_TABLE(G(1, 0, 0), P(0, 36)),
    L2_TABLE(G(1, 1, 0), P(0, 38)),
    { .leaf = TDH_MEM_PAGE_AUG, .op = { N(0), N(0), N(P(1, 0)) } },
    FINALIZE,
    BLOCK(G(1, 1, 0)),
    { .leaf = TDH_MEM_SEPT_REMOVE, .flags = 1, .op = { N(G(1, 1, 0)) } },
    TEARDOWN,
};

#define POISON(page) { .leaf = FUZZ_POISON, .op = { N(page) } }

/* --- a TD that runs -------------------------------------------------------- */

#define ENTER(lp_) { .leaf = TDH_VP_ENTER, .lp = lp_ }
#define TDCALL(leaf_, ...) \
    { .leaf = FUZZ_TDCALL, .op = { NUMBER(leaf_), __VA_ARGS__ } }
/* For all fields in turn */
#define EVERY(leaf_, ...) \
    { .leaf = FUZZ_TDCALL, .repeat = TIMES_256, \
      .op = { NUMBER(leaf_), __VA_ARGS__ } }
#define EXIT(reason, ...) \
    { .leaf = FUZZ_EXIT, \
      .op = { NUMBER(X86_VMX_EXIT_REASON_##reason), __VA_ARGS__ } }

/* RBX, RSI, RDI, R10, R11 */
#define VMCALL_MASK 0xcc8

/* Qualification of a read of memory that is not there */
#define EPT_READ NUMBER(1)

/* MOV to CR4 from RAX */
#define MOV_CR4 NUMBER(4)

static const FuzzRecord guest[] = {
    TDCALL(TDG_VP_INFO),
    EVERY(TDG_SYS_RD, N_UP(1)),
    TDCALL(TDG_SYS_RDALL, N(G(0, 0, 1)), N(1)),
    EVERY(TDG_VM_RD, NUMBER(0), N_UP(1)),
    EVERY(TDG_VM_WR, NUMBER(0), N_UP(1), NUMBER(5), N(0)),
    EVERY(TDG_VP_RD, NUMBER(0), N_UP(1)),
    EVERY(TDG_VP_WR, NUMBER(0), N_UP(1), NUMBER(5), N(0)),
    TDCALL(TDG_VP_CPUIDVE_SET, NUMBER(1)),
    TDCALL(TDG_MR_REPORT, N(G(0, 0, 0)), N(G(0, 0, 1)), NUMBER(0)),
    TDCALL(TDG_MR_VERIFYREPORT, N(G(0, 0, 0))),
    TDCALL(TDG_MR_RTMR_EXTEND, N(G(0, 0, 1)), NUMBER(2)),
    TDCALL(TDG_SERVTD_RD, NUMBER(0), N(4)),
    TDCALL(TDG_SERVTD_WR, NUMBER(0), N(4), NUMBER(1)),
    TDCALL(TDG_MEM_PAGE_ATTR_RD, N(G(0, 0, 0))),
    TDCALL(TDG_MEM_PAGE_ATTR_WR, N(G(0, 0, 0)), NUMBER(7), NUMBER(7)),
    TDCALL(TDG_VP_ENTER, NUMBER(1)),
    TDCALL(TDG_VP_INVEPT, NUMBER(1)),
    TDCALL(TDG_VP_INVVPID, NUMBER(1)),
    EXIT(CPUID, NUMBER(0), NUMBER(0), NUMBER(7)),
    EXIT(RDMSR, NUMBER(0), NUMBER(0), NUMBER(0), NUMBER(0x1a0)),
    EXIT(WRMSR, NUMBER(0), NUMBER(0), NUMBER(1), NUMBER(0x1b)),
    EXIT(CR_ACCESS, MOV_CR4, NUMBER(0), OPERAND(FUZZ_BITS, 13)),
    EXIT(XSETBV, NUMBER(0), NUMBER(0), NUMBER(7)),
    EXIT(HLT),
    TDCALL(TDG_VP_VEINFO_GET),
    EXIT(IO_INSTRUCTION, NUMBER(0x3f8)),
    EXIT(HLT),
    TDCALL(TDG_VP_VEINFO_GET),
    EXIT(NMI_WINDOW),
    TDCALL(TDG_VP_VMCALL, NUMBER(VMCALL_MASK)),
    ENTER(0),
    EXIT(EPT_VIOLATION, EPT_READ, N(G(0, 0, 9))),
    { .leaf = TDH_MEM_PAGE_AUG, .op = { N(G(0, 0, 9)), N(0), N(P(1, 0)) } },
    ENTER(0),
    TDCALL(TDG_MEM_PAGE_ACCEPT, N(G(0, 0, 9))),
    EXIT(TASK_SWITCH),
    ENTER(0),
    EXIT(TRIPLE_FAULT),
    TEARDOWN,
};

/* What another processor does to a TD that runs */
static const FuzzRecord meanwhile[] = {
    { .leaf = TDH_MEM_PAGE_AUG, .op = { N(G(0, 0, 9)), N(0), N(P(1, 0)) } },
    ENTER(0),
    { .leaf = TDH_MEM_RANGE_BLOCK, .lp = 1, .op = { N(G(0, 0, 9)) } },
    { .leaf = TDH_MEM_TRACK, .lp = 1 },
    TDCALL(TDG_MEM_PAGE_ACCEPT, N(G(0, 0, 9))),
    EXIT(EXTERNAL_INTERRUPT),
    { .leaf = TDH_MEM_PAGE_REMOVE, .lp = 1, .op = { N(G(0, 0, 9)) } },
    ENTER(0),
    TDCALL(TDG_MEM_PAGE_ACCEPT, N(G(0, 0, 9))),
    ENTER(0),
    { .leaf = TDH_VP_FLUSH, .lp = 1 },
    { .leaf = TDH_MNG_RD, .lp = 1, .op = { N(0), N(20) } },
    POISON(P(0, 16)),
    TDCALL(TDG_VP_INFO),
    TEARDOWN,
};

/* LPs meet in the middle of SEAMCALLs */
#define MEANWHILE(first, page0, second, page1) \
    { .leaf = first, .flags = FUZZ_NEST, .op = { N(page0) } }, \
    { .leaf = second, .op = { N(page1) } }

static const FuzzRecord meeting[] = {
    { .leaf = TDH_MNG_ADDCX, .flags = FUZZ_NEST, .op = { N(P(0, 7)) } },
    { .leaf = TDH_MNG_ADDCX, .op = { N(P(0, 8)) } },
    MEANWHILE(TDH_VP_CREATE, P(0, 60), TDH_VP_CREATE, P(0, 60)),
    MEANWHILE(TDH_VP_CREATE, P(0, 61), TDH_PHYMEM_PAGE_RDMD, P(0, 61)),
    { .leaf = TDH_MEM_SEPT_ADD, .flags = FUZZ_NEST,
      .op = { N(G(3, 0, 0)), N(0), N(P(0, 32)) } },
    { .leaf = TDH_MEM_RANGE_BLOCK, .op = { N(G(3, 0, 0)) } },
    { .leaf = TDH_MEM_SEPT_ADD, .flags = FUZZ_NEST,
      .op = { N(G(2, 0, 0)), N(0), N(P(0, 33)) } },
    { .leaf = TDH_MNG_VPFLUSHDONE },
    { .leaf = TDH_PHYMEM_PAMT_ADD, .flags = FUZZ_NEST,
      .op = { N(3), N(P(4, 8)), N(P(4, 9)) } },
    { .leaf = TDH_PHYMEM_PAMT_REMOVE, .op = { N(3) } },
    { .leaf = TDH_VP_FLUSH, .flags = FUZZ_NEST },
    { .leaf = TDH_VP_FLUSH, .lp = 1 },
    { .leaf = TDH_SYS_SHUTDOWN },
};

/* The host writes into pages of a TD, its vCPU, its tables, its content */

static const FuzzRecord poison[] = {
    POISON(P(0, 40)),
    { .leaf = TDH_MEM_RANGE_BLOCK, .op = { N(G(0, 0, 0)) } },
    { .leaf = TDH_MEM_TRACK },
    { .leaf = TDH_MEM_PAGE_RELOCATE, .op = { N(G(0, 0,
                                                 0)), N(0), N(P(1, 0)) } },
    { .leaf = TDH_MEM_SEPT_RD, .op = { N(0) } },
    TEARDOWN,
};

static const FuzzRecord poison_tables[] = {
    { .leaf = FUZZ_POISON, .op = { N(P(0, 34)), N(0), N(64) } },
    { .leaf = TDH_MEM_PAGE_REMOVE, .op = { N(G(0, 0, 0)) } },
    { .leaf = TDH_MEM_PAGE_AUG, .op = { N(G(0, 0, 8)), N(0), N(P(1, 0)) } },
    { .leaf = TDH_MEM_TRACK },
    TEARDOWN,
};

static const FuzzRecord poison_vcpu[] = {
    POISON(P(0, 16)),
    { .leaf = TDH_VP_RD, .op = { N(0), N(1) } },
    { .leaf = TDH_VP_ENTER },
    { .leaf = TDH_VP_FLUSH },
    TEARDOWN,
};

static const FuzzRecord poison_tdcs[] = {
    POISON(P(0, 1)),
    { .leaf = TDH_MNG_RD, .op = { N(0), N(20) } },
    TEARDOWN,
};

static const FuzzRecord poison_tdr[] = {
    POISON(P(0, 0)),
    { .leaf = TDH_MNG_RD, .op = { N(0), N(1) } },
    { .leaf = TDH_MNG_RD, .op = { N(0), N(1) } },
    { .leaf = FUZZ_RESET },
    BOOT,
};

static const FuzzRecord poison_pamt[] = {
    { .leaf = FUZZ_POISON, .op = { N(P(0, 0)), N(2) } },
    { .leaf = TDH_PHYMEM_PAGE_RDMD, .op = { N(P(0, 0)) } },
};

/* What no host does */
static const FuzzRecord strange[] = {
    { .leaf = FUZZ_RAW, .flags = FUZZ_JUNK, .op = { OPERAND(14, 24) } },
    { .leaf = FUZZ_RAW, .flags = FUZZ_JUNK, .op = { NUMBER(4000) } },
    { .leaf = 0xe0 },
    { .leaf = TDH_EXPORT_ABORT, .flags = FUZZ_JUNK | 1 },
    { .leaf = TDH_MNG_ADDCX, .op = { N(P(0, 0)) } },
    { .leaf = TDH_MNG_CREATE, .op = { OPERAND(3 << 5, 0), N(2) } },
    { .leaf = TDH_MNG_CREATE, .op = { OPERAND(4 << 5, 0), N(2) } },
    { .leaf = TDH_MNG_CREATE, .op = { NONE, NONE } },
    { .leaf = TDH_MEM_PAGE_AUG, .op = { N(G(7, 7, 63)), N(0), NONE } },
};

/* --- lists ----------------------------------------------------------------- */

#define DYNAMIC (FUZZ_DYNAMIC | FUZZ_TDMRS | 1 << FUZZ_LPS_SHIFT)
#define STATIC  (FUZZ_TDMRS | 2 << FUZZ_LPS_SHIFT | FUZZ_PKGS)

#define SCENARIO(list) list, G_N_ELEMENTS(list)

static const struct {
    const FuzzRecord *rec;
    size_t n;
} prologues[FUZZ_NUM_PROLOGUES] = {
    [FUZZ_READY] = { SCENARIO(ready) },
    [FUZZ_TD] = { SCENARIO(td) },
    [FUZZ_RUNNABLE] = { SCENARIO(runnable) },
    [FUZZ_RUNNING] = { SCENARIO(running) },
};

/* A module takes over what another has left, or cannot, or may not */
#define START_MODULE \
    { .leaf = TDH_SYS_INIT }, \
    { .leaf = TDH_SYS_LP_INIT, .repeat = TIMES_5 }
#define INSTALL(v) { .leaf = FUZZ_INSTALL, .op = { NUMBER(v) } }

static const FuzzRecord update[] = {
    { .leaf = TDH_SYS_SHUTDOWN, .op = { N(0) } },
    INSTALL(0), START_MODULE, { .leaf = TDH_SYS_UPDATE },
    { .leaf = TDH_MEM_PAGE_AUG, .op = { N(G(0, 1, 0)), N(0), N(300) } },
    { .leaf = TDH_SYS_SHUTDOWN, .op = { N(0) } },
    INSTALL(2), START_MODULE, { .leaf = TDH_SYS_UPDATE },
    INSTALL(8), START_MODULE, { .leaf = TDH_SYS_UPDATE },
    INSTALL(16), START_MODULE,
    { .leaf = TDH_SYS_UPDATE, .flags = 1, .op = { N(0), N(0) } },
    { .leaf = TDH_SYS_UPDATE },
    TEARDOWN,
    { .leaf = TDH_SYS_SHUTDOWN, .op = { N(0) } },
    INSTALL(0), BOOT, MEMORY,
    INSTALL(1), BOOT, MEMORY,
};

static const FuzzSeed seeds[] = {
    { "cold-dynamic", SCENARIO(cold), FUZZ_COLD, DYNAMIC | FUZZ_SYS_DISABLE },
    { "cold-static", SCENARIO(cold), FUZZ_COLD, STATIC | FUZZ_SYS_DISABLE },
    { "config-dynamic", SCENARIO(config), FUZZ_COLD, DYNAMIC },
    { "config-old", SCENARIO(config), FUZZ_COLD, STATIC | FUZZ_OLD_MODULE },
    { "phymem-dynamic", SCENARIO(phymem), FUZZ_READY, DYNAMIC },
    { "phymem-static", SCENARIO(phymem), FUZZ_READY, STATIC },
    { "memory-dynamic", SCENARIO(memory), FUZZ_RUNNABLE, DYNAMIC },
    { "memory-static", SCENARIO(memory), FUZZ_RUNNABLE, STATIC },
    { "giant-dynamic", SCENARIO(giant), FUZZ_RUNNABLE, DYNAMIC },
    { "giant-static", SCENARIO(giant), FUZZ_RUNNABLE, STATIC },
    { "teardown-dynamic", SCENARIO(teardown), FUZZ_RUNNABLE, DYNAMIC },
    { "teardown-static", SCENARIO(teardown), FUZZ_RUNNABLE, STATIC },
    { "abandoned-dynamic", SCENARIO(abandoned), FUZZ_TD, DYNAMIC },
    { "fields-dynamic", SCENARIO(fields), FUZZ_RUNNABLE, DYNAMIC },
    { "debug-dynamic", SCENARIO(debug), FUZZ_READY, DYNAMIC },
    { "debug-static", SCENARIO(debug), FUZZ_READY, STATIC | FUZZ_WIDE },
    { "wide-dynamic", SCENARIO(wide), FUZZ_READY, DYNAMIC | FUZZ_WIDE },
    { "nested-vm-dynamic", SCENARIO(nested_vm), FUZZ_READY, DYNAMIC },
    { "nested-vm-static", SCENARIO(nested_vm), FUZZ_READY, STATIC },
    { "guest-dynamic", SCENARIO(guest), FUZZ_RUNNING, DYNAMIC },
    { "guest-static", SCENARIO(guest), FUZZ_RUNNING, STATIC },
    { "meanwhile-dynamic", SCENARIO(meanwhile), FUZZ_RUNNABLE, DYNAMIC },
    { "meanwhile-static", SCENARIO(meanwhile), FUZZ_RUNNABLE, STATIC },
    { "meeting-dynamic", SCENARIO(meeting), FUZZ_TD, DYNAMIC },
    { "meeting-static", SCENARIO(meeting), FUZZ_TD, STATIC },
    { "poison-dynamic", SCENARIO(poison), FUZZ_RUNNABLE, DYNAMIC },
    { "poison-static", SCENARIO(poison), FUZZ_RUNNABLE, STATIC },
    { "poison-tables", SCENARIO(poison_tables), FUZZ_RUNNABLE, DYNAMIC },
    { "poison-vcpu", SCENARIO(poison_vcpu), FUZZ_RUNNABLE, STATIC },
    { "poison-tdcs", SCENARIO(poison_tdcs), FUZZ_RUNNABLE, DYNAMIC },
    { "poison-tdr", SCENARIO(poison_tdr), FUZZ_RUNNABLE, DYNAMIC },
    { "poison-pamt", SCENARIO(poison_pamt), FUZZ_RUNNABLE, STATIC },
    { "update-dynamic", SCENARIO(update), FUZZ_RUNNABLE, DYNAMIC },
    { "update-static", SCENARIO(update), FUZZ_RUNNING, STATIC },
    { "strange-dynamic", SCENARIO(strange), FUZZ_TD, DYNAMIC },
};

const FuzzRecord *fuzz_prologue(unsigned scenario, size_t *n)
{
    *n = prologues[scenario].n;
    return prologues[scenario].rec;
}

const FuzzSeed *fuzz_seeds(size_t *n)
{
    *n = G_N_ELEMENTS(seeds);
    return seeds;
}
