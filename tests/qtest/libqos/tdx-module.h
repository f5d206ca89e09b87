/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libqos client of the tdx-module device: SEAMCALLs by qtest command, and
 * what it takes to bring a module up as a host kernel does.
 */

#ifndef QGRAPH_TDX_MODULE_H
#define QGRAPH_TDX_MODULE_H

#include "../libqtest.h"
#include "target/i386/tdx-module/abi/leaf-number.h"
#include "target/i386/tdx-module/abi/status.h"

/* Metadata fields */
#define TDX_MD_NUM_PKGS      0x0000000200000000ULL
#define TDX_MD_BUILD_DATE    0x8800000200000001ULL
#define TDX_MD_BUILD_NUM     0x8800000100000002ULL
#define TDX_MD_MINOR         0x0800000100000003ULL
#define TDX_MD_MAJOR         0x0800000100000004ULL
#define TDX_MD_UPDATE        0x0800000100000005ULL
#define TDX_MD_INTERNAL      0x0800000100000006ULL
#define TDX_MD_NUM_HANDOFF   0x8900000100000003ULL
#define TDX_MD_FEATURES0     0x0A00000300000008ULL
#define TDX_MD_CMR_BASE(i)   (0x9000000300000080ULL + (i))
#define TDX_MD_CMR_SIZE(i)   (0x9000000300000100ULL + (i))
#define TDX_MD_MAX_TDMRS     0x9100000100000008ULL
#define TDX_MD_MAX_RESERVED  0x9100000100000009ULL
#define TDX_MD_BITMAP_BITS   0x9100000000000013ULL

#define TDX_NUM_CMRS 32

/* R8 of TDH.SYS.CONFIG */
#define TDX_CONFIG_DYNAMIC_PAMT (1ULL << 16)

/**
 * TdxRegs: registers of a SEAMCALL, in the order of the qtest command.
 */
typedef struct TdxRegs {
    uint64_t rax, rcx, rdx, r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rbx, rsi, rdi, rbp;
} TdxRegs;

/**
 * QTdxTdmr: a TDMR for TDH.SYS.CONFIG; index of @pamt is the level (4K, 2M,
 * 1G).  Addresses and sizes in bytes, @rsvd relative to @base.
 */
typedef struct QTdxTdmr {
    uint64_t base;
    uint64_t size;
    struct {
        uint64_t base;
        uint64_t size;
    } pamt[3], rsvd[16];
} QTdxTdmr;

/**
 * tdx_start: start q35 with a TDXHost CPU and the module.
 * @module: properties of -device tdx-module, "" for none
 * @args: further arguments
 */
QTestState *tdx_start(const char *module, const char *args);

/**
 * tdx_run: run QEMU without talking to it, until it ends by itself.
 * @out, @err: what it printed; to be freed; either may be NULL
 * Returns its exit status.
 */
int tdx_run(const char *args, char **out, char **err);

/** tdx_seamcall: execute @r->rax on @lp; false for VMfailInvalid */
bool tdx_seamcall(QTestState *qts, unsigned lp, TdxRegs *r);

/** tdx_call: SEAMCALL with these operands; returns RAX, VMsucceed asserted */
uint64_t tdx_call(QTestState *qts, unsigned lp, uint64_t rax, uint64_t rcx,
                  uint64_t rdx, uint64_t r8);

/** tdx_rd: value of a metadata field by TDH.SYS.RD on LP 0 */
uint64_t tdx_rd(QTestState *qts, uint64_t field);

/** tdx_prop / tdx_prop_str: read-only properties of the device */
uint64_t tdx_prop(QTestState *qts, const char *name);
char *tdx_prop_str(QTestState *qts, const char *name);

/**
 * tdx_place_pamts: give @t PAMTs of the size it needs, one after another from
 * @at on; returns the address after them.
 */
uint64_t tdx_place_pamts(QTdxTdmr *t, bool dynamic, uint64_t at);

/**
 * tdx_write_tdmrs: write TDMR_INFO structures and the array of their
 * addresses to memory at @at; @at is the operand of TDH.SYS.CONFIG.
 */
void tdx_write_tdmrs(QTestState *qts, const QTdxTdmr *t, unsigned n,
                     uint64_t at);

/** tdx_init_lps: TDH.SYS.INIT and TDH.SYS.LP.INIT on all of @lps */
void tdx_init_lps(QTestState *qts, unsigned lps);

/**
 * tdx_bring_up: all of a host's start for @n TDMRs, except TDMR.INIT.
 * @lps: processors
 * @key_lp: one LP of each package, ended by -1
 * @hkid_flags: R8 of TDH.SYS.CONFIG
 */
void tdx_bring_up(QTestState *qts, unsigned lps, const int *key_lp,
                  const QTdxTdmr *t, unsigned n, uint64_t hkid_flags);

/** tdx_init_tdmr: TDH.SYS.TDMR.INIT until the end; returns number of calls */
unsigned tdx_init_tdmr(QTestState *qts, unsigned lp, const QTdxTdmr *t);

/** tdx_assert_status: compare statuses and say both in words */
#define tdx_assert_status(have, want) \
    tdx_assert_status_at(G_STRLOC, have, want)
void tdx_assert_status_at(const char *where, uint64_t have, uint64_t want);

/** tdx_can_lock: may QEMU lock @len bytes of memory? */
bool tdx_can_lock(size_t len);

#endif /* QGRAPH_TDX_MODULE_H */
