/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The defence against a host that lets a TD's instruction fail again and
 * again, to learn what it touches (TD running 4.4).
 */

#ifndef TDX_EXIT_EPF_H
#define TDX_EXIT_EPF_H

#include "../sept/sept.h"
#include "exit.h"

/** tdx_epf_exit: an exit; is it at the RIP of the last entry? */
void tdx_epf_exit(TdxExit *e);

/** tdx_epf_log: a violation at the private @gpa ends in the VMM */
void tdx_epf_log(TdxExit *e, uint64_t gpa);

/* What tdx_epf_filter() has found */
typedef enum TdxEpfResult {
    TDX_EPF_PASS,   /* nothing, or pages that are there by now */
    TDX_EPF_NOTIFY, /* and the guest wants to know */
    TDX_EPF_FAULT,  /* a page is still missing: an exit at once */
    TDX_EPF_BUSY,   /* the host works on the Secure EPT */
    TDX_EPF_LOST,   /* which has lost its integrity */
} TdxEpfResult;

/**
 * tdx_epf_filter: may the vCPU be entered?
 * @gpa: with TDX_EPF_FAULT, where it would fail
 */
TdxEpfResult tdx_epf_filter(TdxTdRef *td, TdxVpRef *vp, uint64_t *gpa);

/* --- Secure EPT walks of guests: ept.c ------------------------------------ */

/**
 * tdx_exit_walk_private: to the entry of private @gpa at @level or above
 * False: there is no way, the Secure EPT has lost its integrity
 */
bool tdx_exit_walk_private(TdxExit *e, uint64_t gpa, unsigned level,
                       TdxSeptWalk *walk);

/** tdx_exit_page_pending: does the page wait for TDG.MEM.PAGE.ACCEPT? */
bool tdx_exit_page_pending(const TdxSeptWalk *walk);

#endif /* TDX_EXIT_EPF_H */
