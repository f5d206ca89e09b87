/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The walk through EPT tables: SDM Vol. 3, section "The Extended Page Table
 * Mechanism (EPT)".
 */

#include "ept.h"

#define LEVELS_MAX 5
#define ENTRY_SIZE 8

/* After so many tries the instruction starts anew, which is as good */
#define TRIES 8

/* An entry on the way, for its accessed and dirty flags */
typedef struct EptStep {
    uint64_t addr;
    uint64_t entry;
} EptStep;

static bool cap(const X86Ept *ept, unsigned bit)
{
    return x86_vmx_caps_bit(ept->caps->ept_vpid, bit);
}

static bool flags_enabled(const X86Ept *ept)
{
    return ept->eptp & X86_EPTP_AD;
}

static bool is_present(const X86Ept *ept, uint64_t entry)
{
    return entry & (X86_EPT_RWX |
                    (ept->mode_based ? X86_EPT_USER_EXECUTE : 0));
}

/* Entries at @level, from 1, map this many bytes each */
static uint64_t span(unsigned level)
{
    return 1ULL << (12 + 9 * (level - 1));
}

static bool may_be_large(const X86Ept *ept, unsigned level)
{
    return level == 2 ? cap(ept, X86_VMX_CAP_EPT_2M)
                      : level == 3 && cap(ept, X86_VMX_CAP_EPT_1G);
}

static bool is_leaf(const X86Ept *ept, uint64_t entry, unsigned level)
{
    return level == 1 ||
           (entry & X86_EPT_LARGE && may_be_large(ept, level));
}

/* Is there no such guest-physical address with tables of @levels? */
static bool out_of_reach(const X86Ept *ept, uint64_t gpa, unsigned levels)
{
    return gpa >> (12 + 9 * levels) ||
           (ept->gpa_bits && gpa >> ept->gpa_bits);
}

static bool mem_type_reserved(uint64_t entry)
{
    unsigned type = entry >> X86_EPT_MEM_TYPE_SHIFT & 7;

    return type == 2 || type == 3 || type == 7;
}

/* Bits of a present entry that must be zero */
static uint64_t reserved_bits(const X86Ept *ept, uint64_t entry,
                              unsigned level)
{
    unsigned width = ept->phys_bits ? ept->phys_bits
                                    : ept->caps->config.phys_bits;
    uint64_t above = X86_EPT_ADDRESS & ~((1ULL << width) - 1);

    if (is_leaf(ept, entry, level)) {
        return above | (X86_EPT_ADDRESS & (span(level) - 1));
    }
    /* Bits 6:3, and bit 7 where it would make a leaf that does not exist */
    return above | 0xf8;
}

/* SDM "EPT Misconfigurations" */
static bool is_misconfigured(const X86Ept *ept, uint64_t entry,
                             unsigned level)
{
    uint64_t execute = X86_EPT_EXECUTE |
                       (ept->mode_based ? X86_EPT_USER_EXECUTE : 0);
    bool readable = entry & X86_EPT_READ;

    return (!readable && entry & X86_EPT_WRITE) ||
           (!readable && entry & execute &&
            !cap(ept, X86_VMX_CAP_EPT_EXECUTE_ONLY)) ||
           entry & reserved_bits(ept, entry, level) ||
           (is_leaf(ept, entry, level) && mem_type_reserved(entry));
}

/* With flags enabled, an access to the guest's tables counts as a write */
static X86EptAccess effective(const X86Ept *ept, const X86EptAccess *access)
{
    X86EptAccess eff = *access;

    if (access->paging && flags_enabled(ept)) {
        eff.read = true;
        eff.write = true;
    }
    return eff;
}

static bool is_allowed(const X86EptAccess *access, uint64_t allowed)
{
    return (!access->read || allowed & X86_EPT_READ) &&
           (!access->write || allowed & X86_EPT_WRITE) &&
           (!access->fetch || allowed & X86_EPT_EXECUTE);
}

/* SDM "Exit Qualification for EPT Violations" */
static X86VmxEptQual qualify(const X86Ept *ept, const X86EptAccess *access,
                             uint64_t bits)
{
    bool final = access->gla_valid && !access->paging;
    bool advanced = final && cap(ept, X86_VMX_CAP_EPT_EXIT_INFO);

    return (X86VmxEptQual) {
        .read = access->read,
        .write = access->write,
        .fetch = access->fetch,
        .readable = bits & X86_EPT_READ,
        .writable = bits & X86_EPT_WRITE,
        .executable = bits & X86_EPT_EXECUTE,
        .user_executable = ept->mode_based && bits & X86_EPT_USER_EXECUTE,
        .gla_valid = access->gla_valid,
        .gla_access = final,
        .gla_user = advanced && access->gla_user,
        .gla_writable = advanced && access->gla_writable,
        .gla_nx = advanced && access->gla_nx,
        .nmi_unblocked = access->nmi_unblocked,
    };
}

/*
 * Set the flags of the entries that were used; the dirty flag is the leaf's,
 * and is logged before it is set.
 */
static X86EptResult set_flags(const X86Ept *ept, const X86EptAccess *access,
                              EptStep *steps, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint64_t entry = steps[i].entry | X86_EPT_ACCESSED;

        if (i == n - 1 && access->write) {
            entry |= X86_EPT_DIRTY;
        }
        if (entry == steps[i].entry) {
            continue;
        }
        if ((entry ^ steps[i].entry) & X86_EPT_DIRTY && ept->log &&
            !ept->log(ept->opaque, access->gpa)) {
            return X86_EPT_LOG_FULL;
        }
        if (!ept->update(ept->opaque, steps[i].addr, steps[i].entry, entry)) {
            return X86_EPT_AGAIN;
        }
        steps[i].entry = entry;
    }
    return X86_EPT_OK;
}

static X86EptResult violation(const X86Ept *ept, const X86EptAccess *access,
                              uint64_t bits, X86EptWalk *walk)
{
    walk->qual = qualify(ept, access, bits);
    walk->convertible = !(walk->leaf & X86_EPT_SUPPRESS_VE);
    return X86_EPT_VIOLATION;
}

static X86EptResult walk_once(const X86Ept *ept, const X86EptAccess *access,
                              X86EptWalk *walk)
{
    unsigned level = x86_eptp_levels(ept->eptp);
    uint64_t table = ept->eptp & X86_EPT_ADDRESS;
    uint64_t bits = X86_EPT_RWX | X86_EPT_USER_EXECUTE;
    EptStep steps[LEVELS_MAX];
    unsigned n = 0;

    *walk = (X86EptWalk) { 0 };
    if (level > LEVELS_MAX || level == 0) {
        return X86_EPT_MISCONFIG;
    }
    if (out_of_reach(ept, access->gpa, level)) {
        violation(ept, access, 0, walk);
        walk->convertible = false; /* no entry says that it is */
        return X86_EPT_VIOLATION;
    }
    for (;; level--) {
        uint64_t index = access->gpa / span(level) & 0x1ff;
        EptStep *step = &steps[n++];

        step->addr = table + index * ENTRY_SIZE;
        if (!ept->read(ept->opaque, step->addr, &step->entry)) {
            step->entry = UINT64_MAX; /* no memory there */
        }
        walk->leaf = step->entry;
        bits &= step->entry;
        if (!is_present(ept, step->entry)) {
            return violation(ept, access, bits, walk);
        }
        if (is_misconfigured(ept, step->entry, level)) {
            return X86_EPT_MISCONFIG;
        }
        if (is_leaf(ept, step->entry, level)) {
            break;
        }
        table = step->entry & X86_EPT_ADDRESS;
    }

    walk->allowed = bits & (X86_EPT_READ | X86_EPT_WRITE);
    if (bits & (ept->mode_based && access->user ? X86_EPT_USER_EXECUTE
                                                : X86_EPT_EXECUTE)) {
        walk->allowed |= X86_EPT_EXECUTE;
    }
    if (!is_allowed(access, walk->allowed)) {
        return violation(ept, access, bits, walk);
    }
    if (flags_enabled(ept) && ept->update) {
        X86EptResult result = set_flags(ept, access, steps, n);

        if (result != X86_EPT_OK) {
            return result;
        }
        walk->leaf = steps[n - 1].entry;
    }
    walk->cacheable = walk->allowed;
    if (flags_enabled(ept) && !(walk->leaf & X86_EPT_DIRTY)) {
        walk->cacheable &= ~X86_EPT_WRITE;
    }
    walk->page_size = span(level);
    walk->address = (walk->leaf & X86_EPT_ADDRESS & ~(span(level) - 1)) |
                    (access->gpa & (span(level) - 1));
    return X86_EPT_OK;
}

/* The shared bit is the highest, and takes part in the walk */
bool x86_ept_of_td(X86Ept *ept, uint64_t gpa, uint64_t shared,
                   uint64_t shared_eptp, unsigned keyid_bits)
{
    bool secure = !(gpa & shared);

    ept->gpa_bits = 1 + __builtin_ctzll(shared);
    if (secure) {
        ept->phys_bits = ept->caps->config.phys_bits + keyid_bits;
    } else {
        ept->phys_bits = 0;
        ept->eptp = (shared_eptp & X86_EPT_ADDRESS) |
                    (ept->eptp & ~X86_EPT_ADDRESS);
    }
    return secure;
}

X86EptResult x86_ept_walk(const X86Ept *ept, const X86EptAccess *access,
                          X86EptWalk *walk)
{
    X86EptAccess eff = effective(ept, access);
    X86EptResult result = X86_EPT_AGAIN;

    for (unsigned i = 0; i < TRIES && result == X86_EPT_AGAIN; i++) {
        result = walk_once(ept, &eff, walk);
    }
    return result;
}
