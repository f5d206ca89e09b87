/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A host that replaces the TDX module, by the P-SEAMLDR, on a machine with two
 * packages of one processor each.
 */

#ifndef QGRAPH_TDX_LOADER_H
#define QGRAPH_TDX_LOADER_H

#include "target/i386/seamldr/seamldr.h"
#include "tdx-host.h"

/* The machine and its TDMR; the second one is of tdx-host.h */
#define TDX_LOADER_MACHINE TDX_HOST_MACHINE \
    "-smp 2,sockets=2,cores=1,threads=1 "

/* Where the host has its parameters and its image, and where it is told */
#define TDX_LOADER_PARAMS (320ULL << 20)
#define TDX_LOADER_SIG    (TDX_LOADER_PARAMS + SEAMLDR_PAGE)
#define TDX_LOADER_PAGES  (TDX_LOADER_PARAMS + 2 * SEAMLDR_PAGE)
#define TDX_LOADER_BUFFER (321ULL << 20)

/** tdx_loader_tdmr: all that this machine has, without Dynamic PAMT */
QTdxTdmr tdx_loader_tdmr(void);

/** tdx_loader_start: the machine, its module READY */
QTestState *tdx_loader_start(const char *module, const char *args);

/** tdx_loader_bring_up: on one whose module was loaded anew */
void tdx_loader_bring_up(QTestState *qts);

/** tdx_loader_host: its books, for TDs; nothing of its memory is given away */
void tdx_loader_host(QTdxHost *h, QTestState *qts);

/** tdx_leaf: of the module; RAX, all ones for VMfailInvalid */
uint64_t tdx_leaf(QTestState *qts, unsigned lp, uint64_t rax, uint64_t rcx);

/** tdx_loader: the same of the loader */
uint64_t tdx_loader(QTestState *qts, unsigned lp, SeamldrLeaf leaf,
                    uint64_t rcx);

/** tdx_install: SEAMLDR.INSTALL on both; what the last one has returned */
uint64_t tdx_install(QTestState *qts, uint64_t *rdx);

/**
 * tdx_write_image: an image that fits, and the parameters that name it.
 * @scenario: SEAMLDR_LOAD or SEAMLDR_REPLACE
 * @words: its description
 * @spoilt: a byte of the SIGSTRUCT to flip after it was signed, or 0
 */
void tdx_write_image(QTestState *qts, uint32_t scenario, const char *words,
                     uint8_t svn_minor, unsigned spoilt);

/** tdx_update: what follows INSTALL, up to TDH.SYS.UPDATE */
void tdx_update(QTestState *qts);

/** tdx_assert_ready: something works that needs the TDMRs */
void tdx_assert_ready(QTestState *qts);

/**
 * tdx_assert_loader: what QMP says: "STATE VERSION FLOW CALLED INSTALLS LEFT"
 * of the module and of its loader
 */
void tdx_assert_loader(QTestState *qts, const char *want);

#endif /* QGRAPH_TDX_LOADER_H */
