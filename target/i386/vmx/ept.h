/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The walk through EPT tables.
 */

#ifndef X86_VMX_EPT_H
#define X86_VMX_EPT_H

#include "../x86-defs/ept.h"
#include "../x86-defs/vmx-qual.h"
#include "caps.h"

/**
 * X86Ept: tables to walk.
 * @eptp: as VM entry has checked it
 * @mode_based: mode-based execute control is on
 * @phys_bits: width of the addresses in entries; 0: that of the VMCS's
 * @gpa_bits: guest-physical addresses that have more violate EPT; 0: as many
 *   as the tables translate
 * @read: read the entry at physical address @addr; false if nothing is there
 * @update: replace it if it still is @old, atomically; false if it is not.
 *   NULL: look, but set no accessed and dirty flags
 * @log: the dirty flag of the page at @gpa is about to be set; false if the
 *   page-modification log has no room.  NULL: no log
 */
typedef struct X86Ept {
    const X86VmxCaps *caps;
    uint64_t eptp;
    bool mode_based;
    uint8_t phys_bits;
    uint8_t gpa_bits;
    bool (*read)(void *opaque, uint64_t addr, uint64_t *entry);
    bool (*update)(void *opaque, uint64_t addr, uint64_t old, uint64_t entry);
    bool (*log)(void *opaque, uint64_t gpa);
    void *opaque;
} X86Ept;

/**
 * X86EptAccess: an access to guest-physical memory.
 * @read, @write, @fetch: at least one of them
 * @user: the fetch is one at CPL 3; for mode-based execute control
 * @paging: to an entry of the guest's paging structures
 * @gla_valid: because of a linear address; not so when PDPTEs are loaded
 * @gla_user, @gla_writable, @gla_nx: of the linear address, unless @paging
 * @nmi_unblocked: an IRET has unblocked NMIs before
 */
typedef struct X86EptAccess {
    uint64_t gpa;
    bool read;
    bool write;
    bool fetch;
    bool user;
    bool paging;
    bool gla_valid;
    bool gla_user;
    bool gla_writable;
    bool gla_nx;
    bool nmi_unblocked;
} X86EptAccess;

typedef enum X86EptResult {
    X86_EPT_OK,
    X86_EPT_VIOLATION,      /* VM exit 48, or #VE */
    X86_EPT_MISCONFIG,      /* VM exit 49 */
    X86_EPT_LOG_FULL,       /* VM exit 62 */
    X86_EPT_AGAIN,          /* others keep changing the tables: do it again */
} X86EptResult;

/**
 * X86EptWalk: what a walk finds.
 * @address: the physical address of the guest-physical one; X86_EPT_OK
 * @page_size: 4 KiB, 2 MiB or 1 GiB; X86_EPT_OK
 * @allowed: X86_EPT_READ | WRITE | EXECUTE, AND over the entries; EXECUTE as
 *   the access's mode has it
 * @cacheable: those of them that a TLB may keep: WRITE only once the dirty
 *   flag is set
 * @leaf: the last entry that was read
 * @qual: exit qualification; X86_EPT_VIOLATION
 * @convertible: there is a last entry, whose bit 63 lets it become a #VE;
 *   X86_EPT_VIOLATION
 */
typedef struct X86EptWalk {
    uint64_t address;
    uint64_t page_size;
    uint64_t allowed;
    uint64_t cacheable;
    uint64_t leaf;
    X86VmxEptQual qual;
    bool convertible;
} X86EptWalk;

/**
 * x86_ept_of_td: which tables of a TD translate guest-physical address @gpa?
 * @ept: has the EPTP, that of the Secure EPT; becomes them
 * @shared: the bit that tells shared from private addresses
 * @shared_eptp: the Shared EPT pointer, of which only the address counts
 * @keyid_bits: width of the KeyID in entries of the Secure EPT, above the
 *   addresses of @ept->caps
 * Returns whether they are the Secure EPT: then they lie in private memory and
 * lead there, whatever KeyID an entry has, and the caller reads them so.
 */
bool x86_ept_of_td(X86Ept *ept, uint64_t gpa, uint64_t shared,
                   uint64_t shared_eptp, unsigned keyid_bits);

/**
 * x86_ept_walk: translate a guest-physical address.
 * SDM Vol. 3, section "The Extended Page Table Mechanism (EPT)".  Sets
 * accessed and dirty flags if the access is allowed and the EPTP wants them.
 */
X86EptResult x86_ept_walk(const X86Ept *ept, const X86EptAccess *access,
                          X86EptWalk *walk);

#endif /* X86_VMX_EPT_H */
