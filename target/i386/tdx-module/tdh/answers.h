/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the steps that many SEAMCALL leaves share can answer, and when: rows
 * for TDX_ANSWERS().
 */

#ifndef TDX_TDH_ANSWERS_H
#define TDX_TDH_ANSWERS_H

#include "../abi/status.h"

/* The module's global lock */
#define ANSWERS_SYS_BUSY \
    { TDX_SYS_BUSY, "the lock of the whole module is taken" }

#define ANSWERS_LP_INIT \
    { TDX_SYS_LP_INIT_NOT_DONE, "this processor is not initialised" }

/* The way to the PAMT entry of a page that an operand names */
#define ANSWERS_PAMT_ENTRY \
    { TDX_OPERAND_INVALID, "an operand is reserved, misaligned, too high or " \
      "carries a KeyID" }, \
    { TDX_OPERAND_ADDR_RANGE_ERROR, "a page lies in no TDMR, or in one that " \
      "is not initialised that far" }, \
    { TDX_OPERAND_BUSY, "another call holds a lock on the way" }

#define ANSWERS_OWNED_PAGE \
    ANSWERS_PAMT_ENTRY, \
    { TDX_PAGE_METADATA_INCORRECT, "a page has not the type or size that " \
      "its operand needs" }

/* A page that is to become the TD's */
#define ANSWERS_FREE_PAGE \
    { TDX_MISSING_PAMT_PAGE_PAIR, "with Dynamic PAMT: the page's 2M range " \
      "has no page pair" }

#define ANSWERS_TD_FATAL \
    { TDX_TD_FATAL, "the host wrote to a page of the TD" }

#define ANSWERS_TD_WITH_KEY \
    ANSWERS_OWNED_PAGE, \
    ANSWERS_TD_FATAL, \
    { TDX_TD_KEYS_NOT_CONFIGURED, "a package has not the TD's key, or the " \
      "TD has given it up" }

#define ANSWERS_TD_STATE \
    ANSWERS_TD_WITH_KEY, \
    { TDX_TDCS_NOT_ALLOCATED, "the TD has not all its TDCS pages" }, \
    { TDX_OP_STATE_INCORRECT, "not in this OP_STATE of the TD" }

#define ANSWERS_VCPU \
    ANSWERS_TD_STATE, \
    { TDX_TDCX_NUM_INCORRECT, "the vCPU has not all its pages" }, \
    { TDX_VCPU_STATE_INCORRECT, "not in this state of the vCPU" }, \
    { TDX_VCPU_ASSOCIATED, "the vCPU is on another processor" }

/* The way to a Secure EPT entry of some level, and its lock */
#define ANSWERS_SEPT_WALK \
    { TDX_EPT_WALK_FAILED, "there is no entry of this level", \
      TDX_FAULT_AT_SEPT_ENTRY }, \
    { TDX_OP(TDX_OPERAND_BUSY, TDX_RCX), "the Secure EPT entry is locked", \
      TDX_FAULT_AT_SEPT_ENTRY }

#define ANSWERS_SEPT_ENTRY \
    ANSWERS_TD_STATE, \
    ANSWERS_SEPT_WALK, \
    { TDX_EPT_ENTRY_STATE_INCORRECT, "not in this state of the entry", \
      TDX_FAULT_AT_SEPT_ENTRY }

/* The way to the page around an address, of whatever size */
#define ANSWERS_SEPT_PAGE \
    { TDX_EPT_ENTRY_NOT_PRESENT, "no page is mapped there", \
      TDX_FAULT_AT_SEPT_ENTRY }, \
    { TDX_EPT_ENTRY_STATE_INCORRECT, "not in this state of the entry", \
      TDX_FAULT_AT_SEPT_ENTRY }

/* Can a vCPU still have a translation? */
#define ANSWERS_TRACKING \
    { TDX_TLB_TRACKING_NOT_DONE, "vCPUs may still use what was blocked" }

#define ANSWERS_SEPT_BLOCKED \
    ANSWERS_SEPT_ENTRY, \
    { TDX_GPA_RANGE_NOT_BLOCKED, "the TD runs, and the entry is not " \
      "blocked", TDX_FAULT_AT_SEPT_ENTRY }, \
    ANSWERS_TRACKING

#define ANSWERS_FIELD_READ \
    { TDX_METADATA_FIELD_ID_INCORRECT, "there is no such field" }, \
    { TDX_METADATA_FIELD_NOT_READABLE, "the host may not see the field" }, \
    { TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT, "asked for the first field: " \
      "see the outputs", TDX_FAULT_NOWHERE }

#define ANSWERS_FIELD_WRITE \
    { TDX_METADATA_FIELD_ID_INCORRECT, "there is no such field" }, \
    { TDX_METADATA_FIELD_NOT_WRITABLE, "the host may not set any of the " \
      "bits" }, \
    { TDX_METADATA_FIELD_VALUE_NOT_VALID, "the field cannot have the value" }

#endif /* TDX_TDH_ANSWERS_H */
