/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fuzzing the SEAMCALL surface: programs, what they run on, what is checked.
 *
 * A program is a header that chooses a machine and how far it is brought up
 * beforehand, and a list of records of equal size.  A record is a SEAMCALL, or
 * something that a host does between them.  Operands are not numbers but ways
 * to find one: the page number so, the TDR created as first, the field before
 * the last.  So nearly every program does something, and most changes to one
 * give another that does something else.
 */

#ifndef FUZZ_H
#define FUZZ_H

#include <glib.h>

#include "include/leaf.h"
#include "sim-platform.h"
#include "core/state.h"

/* --- programs -------------------------------------------------------------- */

/* FuzzOperand.how: where the value comes from, in bits 3:0 */
typedef enum FuzzKind {
    FUZZ_NATURAL = 0,  /* what the leaf expects there; 0 to 7 mean the same */
    FUZZ_RANGE = 8,    /* a 2 MiB range */
    FUZZ_TDR = 9,
    FUZZ_TDVPR = 10,
    FUZZ_PAGE = 11,
    FUZZ_GPA = 12,
    FUZZ_NUMBER = 13,
    FUZZ_BITS = 14,    /* one bit, ones below it, all but that */
    FUZZ_RESULT = 15,  /* a register after the call before */
} FuzzKind;
#define FUZZ_KIND_MASK 0x0f

#define FUZZ_INCREMENT 0x10 /* each time the record is repeated */

/* What is then done to the value, in bits 7:5 */
typedef enum FuzzTweak {
    FUZZ_KEYID = 3,    /* a KeyID appears in it */
    FUZZ_MISALIGN,
    FUZZ_LOW_BIT,
    FUZZ_TOP_BIT,
    FUZZ_FLIP,         /* one bit, whichever the operand's number names */
} FuzzTweak;
#define FUZZ_TWEAK_SHIFT 5

typedef struct FuzzOperand {
    uint8_t how;
    uint8_t value[2];
} FuzzOperand;

/*
 * FuzzRecord.leaf: the number of a leaf or, from here on, what a host does;
 * see machine.c for their operands.
 */
enum {
    FUZZ_WRITE = 0xf0, /* write a word into a structure for the module */
    FUZZ_KNOB = 0xf1,  /* make the platform fail, or well again */
    FUZZ_RESET = 0xf2, /* reset the machine */
    FUZZ_RAW = 0xf3,   /* a SEAMCALL with any RAX */
    FUZZ_POISON = 0xf4, /* write to private memory with another KeyID */
    FUZZ_TDCALL = 0xf5, /* a TD that runs makes a TDCALL; see guest.c */
    FUZZ_EXIT = 0xf6,   /* another VM exit of a TD */
    FUZZ_INSTALL = 0xf7, /* another module is loaded */
};

/* FuzzRecord.flags */
#define FUZZ_VERSION_MASK 0x03
#define FUZZ_JUNK         0x04 /* in registers that the leaf does not use */
#define FUZZ_NEST         0x08 /* the next record runs on another LP meanwhile */
#define FUZZ_KEEP_ON      0x10 /* repeat even after an error */

/* FuzzRecord.repeat: with this bit, the rest chooses from a list */
#define FUZZ_REPEAT 0x80

#define FUZZ_OPERANDS 8

typedef struct FuzzRecord {
    uint8_t leaf;
    uint8_t lp;
    uint8_t flags;
    uint8_t repeat;
    FuzzOperand op[FUZZ_OPERANDS]; /* in the order of TdxLeaf.in */
} FuzzRecord;

/* FuzzHeader.machine */
#define FUZZ_DYNAMIC     0x01 /* natural TDH.SYS.CONFIG: Dynamic PAMT */
#define FUZZ_OLD_MODULE  0x02 /* the module does not know Dynamic PAMT */
#define FUZZ_TDMRS       0x04 /* two TDMRs */
#define FUZZ_SYS_DISABLE 0x08
#define FUZZ_LPS_SHIFT   4    /* 1, 2, 4, 4 */
#define FUZZ_LPS_MASK    3
#define FUZZ_PKGS        0x40 /* two packages */
#define FUZZ_WIDE        0x80 /* 52 address bits, 6 of them KeyID */

typedef struct FuzzHeader {
    uint8_t machine;
    uint8_t prologue; /* FuzzScenario to run first */
    uint8_t spare[2];
} FuzzHeader;

#define FUZZ_MAX_RECORDS 128
#define FUZZ_MAX_SIZE \
    (sizeof(FuzzHeader) + FUZZ_MAX_RECORDS * sizeof(FuzzRecord))

/* Numbers of the scenarios in scenario.c */
typedef enum FuzzScenario {
    FUZZ_COLD,      /* nothing */
    FUZZ_READY,     /* TDMRs initialised, page pairs */
    FUZZ_TD,        /* a TD with a vCPU, to be filled */
    FUZZ_RUNNABLE,  /* with pages, finalised */
    FUZZ_RUNNING,   /* it runs on LP 0 */
    FUZZ_NUM_PROLOGUES,
} FuzzScenario;

/** fuzz_prologue: records of a scenario; @n: how many */
const FuzzRecord *fuzz_prologue(unsigned scenario, size_t *n);

/**
 * FuzzSeed: a program that the corpus begins with; @n records
 */
typedef struct FuzzSeed {
    const char *name;
    const FuzzRecord *rec;
    size_t n;
    FuzzScenario prologue;
    uint8_t machine;
} FuzzSeed;

/** fuzz_seeds: all of them; @n: how many */
const FuzzSeed *fuzz_seeds(size_t *n);

/* --- random programs ------------------------------------------------------- */

/** fuzz_random: next number of a simple generator */
uint64_t fuzz_random(uint64_t *state);

/**
 * fuzz_mutate: change a program, or make one of whatever @data is.
 * @size: of @data, in a buffer of @max
 * Returns the new size.
 */
size_t fuzz_mutate(uint8_t *data, size_t size, size_t max, uint64_t *random);

/* --- running --------------------------------------------------------------- */

#define FUZZ_POOL 8

/* Pages that once became TDRs, or TDVPRs; the last ones */
typedef struct FuzzPool {
    uint64_t hpa[FUZZ_POOL];
    unsigned n;
} FuzzPool;

typedef struct FuzzMachine {
    SimPlatform *sim;
    FuzzHeader header;
    FuzzPool tdr;
    FuzzPool tdvpr;
    uint64_t last[TDX_NUM_GPRS]; /* after the call before */
    unsigned calls;
    bool poisoned; /* so the module may stop */
    bool trusted; /* each call of a prologue has been checked elsewhere */
    bool trace;
} FuzzMachine;

#define FUZZ_LEAVES  256
#define FUZZ_DETAILS 16
#define FUZZ_TDCALLS 64
#define FUZZ_REASONS 128

/**
 * FuzzStats: counted over all programs that a process runs.
 * @calls, @successes: by leaf number
 * @details: successes by level of the GPA, of PAGE.RECLAIM by the page's type,
 *   without and with Dynamic PAMT
 * @seen: leaf << 32 | status class
 * @tdcalls, @tdcall_successes: TDCALLs likewise
 * @exits: by basic exit reason
 */
typedef struct FuzzStats {
    uint64_t calls[FUZZ_LEAVES];
    uint64_t successes[FUZZ_LEAVES];
    uint64_t details[FUZZ_LEAVES][FUZZ_DETAILS][2];
    GHashTable *seen;
    uint64_t tdcalls[FUZZ_TDCALLS];
    uint64_t tdcall_successes[FUZZ_TDCALLS];
    uint64_t exits[FUZZ_REASONS];
} FuzzStats;

extern FuzzStats fuzz_stats;

/** fuzz_machine_init: bring up what @header names, TD_PARAMS and all */
void fuzz_machine_init(FuzzMachine *fm, const FuzzHeader *header);
void fuzz_machine_end(FuzzMachine *fm);

/** fuzz_machine_fill: write the host's structures anew */
void fuzz_machine_fill(FuzzMachine *fm);

/* Added to the number of a TDCALL leaf */
#define FUZZ_IN_TD 0x100

/**
 * fuzz_operand: value of an operand.
 * @name: what the leaf calls it, NULL if it is not the leaf's
 * @leaf: number of the leaf
 * @i: how often the record has been repeated
 */
uint64_t fuzz_operand(FuzzMachine *fm, unsigned leaf, const char *name,
                      const FuzzOperand *op, unsigned i);

/** fuzz_write: what FUZZ_WRITE does */
void fuzz_write(FuzzMachine *fm, const FuzzRecord *rec);

/** fuzz_poison: what FUZZ_POISON does */
void fuzz_poison(FuzzMachine *fm, const FuzzRecord *rec);

/*
 * What a TD does, if one runs: on the record's LP, else on the next that does.
 * The TD that runs on an LP leaves when a SEAMCALL is to be made there.
 */

/** fuzz_tdcall: operand 0: number of the leaf; then those of the leaf */
void fuzz_tdcall(FuzzMachine *fm, const FuzzRecord *rec);

/**
 * fuzz_exit: operand 0: basic reason; then qualification, GPA, RAX, RCX, RDX,
 * vector and type of an event, instruction information.  An exit that the
 * TD's controls do not ask for does not happen.
 */
void fuzz_exit(FuzzMachine *fm, const FuzzRecord *rec);

/** fuzz_leave: an interrupt of the host ends the TD that runs on @lp */
void fuzz_leave(FuzzMachine *fm, unsigned lp);

/** fuzz_begin: fuzz_machine_init(), and the prologue that @header names */
void fuzz_begin(FuzzMachine *fm, const FuzzHeader *header);

/** fuzz_repetitions: how often a record is to be run */
unsigned fuzz_repetitions(const FuzzRecord *rec);

/**
 * fuzz_call: a SEAMCALL as @rec has it, for the time number @i; returns RAX,
 * all ones when the module has stopped.
 * Different machines that share a platform may call at once, on other LPs.
 */
uint64_t fuzz_call(FuzzMachine *fm, const FuzzRecord *rec, unsigned lp,
                   unsigned i);

/** fuzz_check: look at the invariants; no SEAMCALL may be running */
void fuzz_check(FuzzMachine *fm);

/**
 * fuzz_run: run a program.  Aborts the process, with a line that says why,
 * when the module breaks a rule that holds for every program.
 */
void fuzz_run(const uint8_t *data, size_t size);

/* --- libFuzzer's interface -------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed);

/* libFuzzer's own way to change data */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

#endif /* FUZZ_H */
