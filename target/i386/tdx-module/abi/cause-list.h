/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Why a check fails: TDX_CAUSE(name, words, argument).  The words follow the
 * name and the value of what was checked; the argument is what the number
 * after them means, see cause.c; BEFORE: the words come before the name, and
 * there are no numbers.  Include with the macro defined.
 */

TDX_CAUSE(UNALIGNED, "is not aligned to", HEX)
TDX_CAUSE(WRAPS, "wraps around with the size", HEX)
TDX_CAUSE(KEYID, "carries KeyID", HEX)
TDX_CAUSE(TOO_HIGH, "is higher than", HEX)
TDX_CAUSE(TOO_LOW, "is lower than", HEX)
TDX_CAUSE(TOO_LARGE, "is too large together with", HEX)
TDX_CAUSE(ZERO, "is zero", NONE)
TDX_CAUSE(NOT_ZERO, "must be zero", NONE)
TDX_CAUSE(RESERVED_BITS, "has bits that must be zero:", HEX)
TDX_CAUSE(INVALID, "is not valid", NONE)
TDX_CAUSE(NOT, "is not", HEX)
TDX_CAUSE(IS, "must not be", HEX)
TDX_CAUSE(NO_DPAMT, "needs Dynamic PAMT", NONE)
TDX_CAUSE(NO_DEBUG, "needs a TD whose ATTRIBUTES have DEBUG", NONE)
TDX_CAUSE(NO_TRAP, "needs a TD exit that was a trap", NONE)
TDX_CAUSE(NO_L2_VM, "needs an L2 VM, the TD has", HEX)
TDX_CAUSE(IN_SEAMRR, "lies in the SEAM range at", HEX)
TDX_CAUSE(NOT_IN_CMRS, "is not all convertible memory, size", HEX)
TDX_CAUSE(OVERLAPS, "overlaps with what begins at", HEX)
TDX_CAUSE(NOT_IN_TDMR, "lies in no TDMR", NONE)
TDX_CAUSE(NOT_TDMR_BASE, "is not the base of a TDMR", NONE)
TDX_CAUSE(NOT_INITIALIZED, "lies in a TDMR that is initialised up to", HEX)
TDX_CAUSE(NOT_PRIVATE_HKID, "is not one of the TDX KeyIDs, the first is", HEX)
TDX_CAUSE(TYPE, "is a page of type", PAGE_TYPE)
TDX_CAUSE(LEVEL, "lies in a page of size", LEVEL)
TDX_CAUSE(NO_PAIR, "lies in a range without a PAMT page pair", NONE)
TDX_CAUSE(PAMT_OR_RESERVED, "is a PAMT page or reserved", NONE)
TDX_CAUSE(LP_NOT_INIT, "has not done TDH.SYS.LP.INIT", NONE)
TDX_CAUSE(LP_INIT, "has done TDH.SYS.LP.INIT", NONE)
TDX_CAUSE(LOCKED, "is locked", NONE)
TDX_CAUSE(IN_USE, "is inside of the module", NONE)
TDX_CAUSE(LOST, "was written by the host, its content is lost", NONE)
TDX_CAUSE(LIFECYCLE, "is in the life cycle state", LIFECYCLE)
TDX_CAUSE(OP_STATE, "is in OP_STATE", OP_STATE)
TDX_CAUSE(VCPU_STATE, "is in the state", VCPU_STATE)
TDX_CAUSE(STOPS, "the module stops: ", BEFORE)
TDX_CAUSE(HAS_STOPPED, "the module has stopped: ", BEFORE)
TDX_CAUSE(NOT_OVER, "is not over for all vCPUs in TD_EPOCH", HEX)
TDX_CAUSE(SEPT_STATE, "is", SEPT_STATE)
