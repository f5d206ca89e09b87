/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * States and types of the TDX module ABI, each once: X(name, value, words).
 * The enumerators (abi/states.h) and those of QAPI end in the name; the words
 * are what the specification says, and what a user reads.
 */

#ifndef TDX_ABI_STATES_LIST_H
#define TDX_ABI_STATES_LIST_H

/* TdxSysState: global state of the module (life cycle 2) */
#define TDX_SYS_STATES(X)                           \
    X(SYSINIT_PENDING, 0, SYSINIT_PENDING)          \
    X(SYSINIT_DONE, 1, SYSINIT_DONE)                \
    X(SYSCONFIG_DONE, 2, SYSCONFIG_DONE)            \
    X(SYS_READY_STATE, 3, SYS_READY)                \
    X(SYS_SHUTDOWN_STATE, 4, SYS_SHUTDOWN)          \
    /* TDH.SYS.DISABLE waits for other LPs */       \
    X(SYS_DISABLING_STATE, 5, SYS_DISABLING)

/* TdxHkidState: of an entry in the key ownership table (PAMT 14) */
#define TDX_HKID_STATES(X)            \
    X(FREE, 0, HKID_FREE)             \
    X(ASSIGNED, 1, HKID_ASSIGNED)     \
    X(FLUSHED, 2, HKID_FLUSHED)       \
    X(RESERVED, 3, HKID_RESERVED)

/* TdxLifecycle: of a TD (TD life cycle 1.1) */
#define TDX_LIFECYCLES(X)                         \
    X(HKID_ASSIGNED, 0, TD_HKID_ASSIGNED)         \
    X(KEYS_CONFIGURED, 1, TD_KEYS_CONFIGURED)     \
    X(BLOCKED, 2, TD_BLOCKED)                     \
    X(TEARDOWN, 3, TD_TEARDOWN)

/* TdxOpState: of a TD (TD life cycle 1.2) */
#define TDX_OP_STATES(X)                      \
    X(UNINITIALIZED, 0, UNINITIALIZED)        \
    X(INITIALIZED, 1, INITIALIZED)            \
    X(RUNNABLE, 2, RUNNABLE)                  \
    X(LIVE_EXPORT, 3, LIVE_EXPORT)            \
    X(PAUSED_EXPORT, 4, PAUSED_EXPORT)        \
    X(POST_EXPORT, 5, POST_EXPORT)            \
    X(MEMORY_IMPORT, 6, MEMORY_IMPORT)        \
    X(STATE_IMPORT, 7, STATE_IMPORT)          \
    X(POST_IMPORT, 8, POST_IMPORT)            \
    X(LIVE_IMPORT, 9, LIVE_IMPORT)            \
    X(FAILED_IMPORT, 10, FAILED_IMPORT)       \
    X(START_IMPORT, 11, START_IMPORT)

/* TdxVcpuState: each value but the first is a bit (TD life cycle 1.3) */
#define TDX_VCPU_STATES(X)                        \
    X(UNINITIALIZED, 0, VCPU_UNINITIALIZED)       \
    X(READY, 2, VCPU_READY)                       \
    X(ACTIVE, 4, VCPU_ACTIVE)                     \
    X(DISABLED, 8, VCPU_DISABLED)                 \
    X(IMPORT, 16, VCPU_IMPORT)

/* TdxPageType: what the PAMT has for a page (PAMT 2.3) */
#define TDX_PAGE_TYPES(X)     \
    X(NDA, 0, PT_NDA)         \
    X(RSVD, 1, PT_RSVD)       \
    X(REG, 3, PT_REG)         \
    X(TDR, 4, PT_TDR)         \
    X(TDCX, 5, PT_TDCX)       \
    X(TDVPR, 6, PT_TDVPR)     \
    X(EPT, 8, PT_EPT)         \
    X(PAMT, 15, PT_PAMT)

/* TdxLevel: sizes of pages and levels of the PAMT */
#define TDX_LEVELS(X) \
    X(4K, 0, 4K)      \
    X(2M, 1, 2M)      \
    X(1G, 2, 1G)

/*
 * TdxSeptState: of a Secure EPT entry (TD life cycle 3.1), with two columns
 * more: the number by which the host knows the state, and which of the
 * entry's bits D, TDEX, TDBW, TDB, TDP, TDMEM and PS are set in it (LEAF is
 * TDMEM and PS; the bits are defined in sept/sept.h).
 */
#define TDX_SEPT_STATES(X)                                                  \
    X(FREE, 0, SEPT_FREE, 0,                                                \
      TDX_SEPT_TDEX | TDX_SEPT_TDBW | TDX_SEPT_TDB)                         \
    X(REMOVED, 1, SEPT_REMOVED, 5, TDX_SEPT_TDBW | TDX_SEPT_TDB)            \
    X(NL_MAPPED, 2, SEPT_NL_MAPPED, 132, 0)                                 \
    X(NL_BLOCKED, 3, SEPT_NL_BLOCKED, 129, TDX_SEPT_TDB)                    \
    X(MAPPED, 4, SEPT_MAPPED, 4, TDX_SEPT_LEAF)                             \
    X(BLOCKED, 5, SEPT_BLOCKED, 1, TDX_SEPT_LEAF | TDX_SEPT_TDB)            \
    X(BLOCKEDW, 6, SEPT_BLOCKEDW, 8, TDX_SEPT_LEAF | TDX_SEPT_TDBW)         \
    X(EXPORTED_BLOCKEDW, 7, SEPT_EXPORTED_BLOCKEDW, 9,                      \
      TDX_SEPT_LEAF | TDX_SEPT_TDBW | TDX_SEPT_TDEX)                        \
    X(EXPORTED_DIRTY, 8, SEPT_EXPORTED_DIRTY, 11,                           \
      TDX_SEPT_LEAF | TDX_SEPT_TDEX | TDX_SEPT_D)                           \
    X(EXPORTED_DIRTY_BLOCKEDW, 9, SEPT_EXPORTED_DIRTY_BLOCKEDW, 12,         \
      TDX_SEPT_LEAF | TDX_SEPT_TDBW | TDX_SEPT_TDEX | TDX_SEPT_D)           \
    X(PENDING, 10, SEPT_PENDING, 2, TDX_SEPT_LEAF | TDX_SEPT_TDP)           \
    X(PENDING_BLOCKED, 11, SEPT_PENDING_BLOCKED, 3,                         \
      TDX_SEPT_LEAF | TDX_SEPT_TDP | TDX_SEPT_TDB)                          \
    X(PENDING_BLOCKEDW, 12, SEPT_PENDING_BLOCKEDW, 16,                      \
      TDX_SEPT_LEAF | TDX_SEPT_TDP | TDX_SEPT_TDBW)                         \
    X(PENDING_EXPORTED_BLOCKEDW, 13, SEPT_PENDING_EXPORTED_BLOCKEDW, 17,    \
      TDX_SEPT_LEAF | TDX_SEPT_TDP | TDX_SEPT_TDBW | TDX_SEPT_TDEX)         \
    X(PENDING_EXPORTED_DIRTY, 14, SEPT_PENDING_EXPORTED_DIRTY, 19,          \
      TDX_SEPT_LEAF | TDX_SEPT_TDP | TDX_SEPT_TDEX | TDX_SEPT_D)            \
    X(PENDING_EXPORTED_DIRTY_BLOCKEDW, 15,                                  \
      SEPT_PENDING_EXPORTED_DIRTY_BLOCKEDW, 20,                             \
      TDX_SEPT_LEAF | TDX_SEPT_TDP | TDX_SEPT_TDBW | TDX_SEPT_TDEX |        \
      TDX_SEPT_D)

/*
 * TdxUse: what a 4 KiB page of a TDMR is used for, as counts of pages have
 * it: X(name, member of a count)
 */
#define TDX_USES(X)                                                     \
    X(NDA, nda)                                                         \
    X(RSVD, rsvd)                                                       \
    X(UNINITIALIZED, uninitialized) /* not yet TDH.SYS.TDMR.INIT's */   \
    X(PAMT, pamt)                   /* PAMT page; Dynamic PAMT only */  \
    X(TDR, tdr)                                                         \
    X(TDCX, tdcx)                                                       \
    X(TDVPR, tdvpr)                                                     \
    X(EPT, ept)                                                         \
    X(REG_4K, reg_4k)                                                   \
    X(REG_2M, reg_2m)                                                   \
    X(REG_1G, reg_1g)                                                   \
    X(OTHER, other)                 /* was changing, or no sense */

/* TdxVeCategory: why the module gives a #VE to a guest (TD running 5.2) */
#define TDX_VE_CATEGORIES(X)                 \
    X(ARCHITECTURAL, 0x00, ARCHITECTURAL)    \
    X(PENDING, 0x01, PENDING)                \
    X(RESERVED_GPA, 0x02, RESERVED_GPA)      \
    X(CONFIGURABLE, 0x10, CONFIGURABLE)      \
    X(PARAVIRT, 0x11, PARAVIRT)              \
    X(UNSUPPORTED, 0x80, UNSUPPORTED)

#endif /* TDX_ABI_STATES_LIST_H */
