/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Operands of TDCALL in the guest's memory: what the processor would do by
 * itself for a load or store (TDCALL 3; TD running 4.3).
 */

#include <glib.h>
#include <string.h>

#include "../../x86-defs/ept.h"
#include "../../x86-defs/vmx-qual.h"
#include "../../x86-defs/msr-bits.h"
#include "../sys/platform.h"
#include "epf.h"
#include "tdcall.h"

#define EPT_ENTRIES 512
#define EPT_RWX     (X86_EPT_READ | X86_EPT_WRITE | X86_EPT_EXECUTE)
#define QUAL_RWX_SHIFT 3

/* IA32_VMX_EPT_VPID_CAP: entries may be executable and not readable */
#define CAP_EXECUTE_ONLY (1ULL << 0)

/* Reserved bits: 7:3 of an entry that points to a table, 6:3 above it */
#define TABLE_RESERVED  0xf8ULL
#define PML_RESERVED    0xf8ULL

static uint64_t shared_bit(const TdxExit *e)
{
    return 1ULL << (tdx_td_gpa_width(e->tdcs) - 1);
}

/* Ends of the addresses that the TD has, apart from the SHARED bit */
static bool gpa_valid(const TdxExit *e, uint64_t gpa)
{
    unsigned width = MIN(tdx_td_gpa_width(e->tdcs),
                         e->tdcs->virtual_maxpa & 63);

    return !((gpa & ~shared_bit(e)) >> width);
}

bool tdx_tdcall_gpa_private(const TdxExit *e, uint64_t gpa)
{
    return !(gpa & shared_bit(e)) && gpa_valid(e, gpa);
}

/* What an EPT violation by the operand would tell */
static uint64_t qualification(bool write, uint64_t rwx)
{
    X86VmxEptQual q = { .read = !write, .write = write };

    return x86_vmx_ept_qual(&q) | (rwx & EPT_RWX) << QUAL_RWX_SHIFT;
}

/* --- private memory ------------------------------------------------------- */

static TdxStatus private_buffer(TdxCall *c, uint64_t gpa, uint64_t size,
                                bool write, TdxGuestBuffer *buffer)
{
    TdxExit *e = c->exit;
    uint64_t need = write ? TDX_SEPT_R | TDX_SEPT_W : TDX_SEPT_R;
    uint64_t offset, q;
    TdxSeptWalk walk;

    if (!tdx_exit_walk_private(e, gpa, TDX_LEVEL_4K, &walk)) {
        return tdx_tdcall_end(c, tdx_exit_leave(e,
                              TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE));
    }
    if (TDX_SEPT_ANY_LEAF & TDX_SEPT_IN(tdx_sept_state(walk.value)) &&
        (walk.value & need) == need) {
        offset = gpa & (tdx_sept_level_size(walk.level) - 1);
        buffer->hpa = tdx_sept_hpa(c->m, walk.value) + offset;
        buffer->content = tdx_td_private(c->m, e->tdr, buffer->hpa, size);
        if (!buffer->content) {
            return tdx_tdcall_end(c, tdx_exit_leave(e,
                                  TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE));
        }
        return TDX_SUCCESS;
    }
    /* Tables above give all access; the entry that ends the walk decides */
    q = qualification(write, walk.value);
    if (tdx_exit_page_pending(&walk)) {
        if (!(tdx_td_ctls_of(e->tdcs) & TDX_TD_CTLS_PENDING_VE_DISABLE)) {
            return tdx_tdcall_end(c, tdx_exit_inject_ept_ve(e, TDX_VE_PENDING, q, 0,
                                                    gpa));
        }
        return tdx_tdcall_end(c, tdx_exit_leave_ept(e, q, gpa, TDX_EEQ_PENDING,
                                                    0));
    }
    return tdx_tdcall_end(c, tdx_exit_leave_ept(e, q, gpa, TDX_EEQ_NONE, 0));
}

/* --- shared memory: a walk of the host's tables --------------------------- */

typedef enum EptResult {
    EPT_OK,
    EPT_VIOLATION,
    EPT_MISCONFIG,
} EptResult;

typedef struct EptWalk {
    uint64_t hpa;
    uint64_t rwx;   /* of all entries on the way */
    uint64_t entry; /* the last one */
} EptWalk;

static bool shared_hpa(const TdxModule *m, uint64_t hpa)
{
    return hpa >> m->plat.max_pa == 0 &&
           tdx_hkid_of(m, hpa) < m->private_hkid_min &&
           !tdx_ranges_overlap(tdx_without_hkid(m, hpa), TDX_PAGE_4K,
                               m->plat.seamrr.base, m->plat.seamrr.size);
}

static bool misconfigured(const TdxModule *m, uint64_t entry, unsigned level,
                          bool leaf)
{
    uint64_t rwx = entry & EPT_RWX;
    unsigned type = entry >> X86_EPT_MEM_TYPE_SHIFT & 7;
    uint64_t hpa = entry & X86_EPT_ADDRESS;

    if (rwx & X86_EPT_WRITE && !(rwx & X86_EPT_READ)) {
        return true;
    }
    if (rwx == X86_EPT_EXECUTE &&
        !(tdx_common_msr(m, X86_MSR_VMX_EPT_VPID_CAP) & CAP_EXECUTE_ONLY)) {
        return true;
    }
    if (!leaf) {
        return entry & (level > TDX_LEVEL_1G ? PML_RESERVED
                                             : TABLE_RESERVED) ||
               !shared_hpa(m, hpa);
    }
    if (type == 2 || type == 3 || type == 7) {
        return true;
    }
    if (level > TDX_LEVEL_4K) {
        return hpa & (tdx_sept_level_size(level) - 1);
    }
    return !shared_hpa(m, hpa);
}

static EptResult walk_shared(const TdxExit *e, uint64_t gpa, uint64_t need,
                             EptWalk *walk)
{
    TdxModule *m = e->m;
    uint64_t table = e->vmcs->shared_ept_pointer & X86_EPT_ADDRESS;
    bool initial = table == (tdx_with_hkid(m,
                             e->tdr->tdcx[TDX_TDCS_NO_SHARED_EPT],
                             e->tdr->hkid) & X86_EPT_ADDRESS);
    unsigned level = tdx_sept_root_level(e->tdcs->eptp);

    *walk = (EptWalk) { .rwx = EPT_RWX };
    for (;; level--) {
        uint64_t size = tdx_sept_level_size(level), index;
        bool leaf;

        index = gpa / size % EPT_ENTRIES;
        walk->entry = 0;
        if (!initial) {
            tdx_read_shared(m, table + index * sizeof(walk->entry),
                            &walk->entry, sizeof(walk->entry));
            walk->entry = GUINT64_FROM_LE(walk->entry);
        }
        leaf = level == TDX_LEVEL_4K ||
               (level <= TDX_LEVEL_1G && walk->entry & X86_EPT_LARGE);
        walk->rwx &= walk->entry;
        if (!(walk->entry & EPT_RWX)) {
            return EPT_VIOLATION;
        }
        if (misconfigured(m, walk->entry, level, leaf)) {
            return EPT_MISCONFIG;
        }
        if (leaf) {
            walk->hpa = (walk->entry & X86_EPT_ADDRESS & ~(size - 1)) |
                        (gpa & (size - 1));
            return (walk->rwx & need) == need ? EPT_OK : EPT_VIOLATION;
        }
        table = walk->entry & X86_EPT_ADDRESS;
    }
}

static TdxStatus shared_buffer(TdxCall *c, uint64_t gpa, bool write,
                               TdxGuestBuffer *buffer)
{
    TdxExit *e = c->exit;
    uint64_t need = X86_EPT_READ | (write ? X86_EPT_WRITE : 0);
    EptWalk walk;

    switch (walk_shared(e, gpa, need, &walk)) {
    case EPT_OK:
        buffer->hpa = walk.hpa;
        return TDX_SUCCESS;
    case EPT_MISCONFIG:
        e->reason = X86_VMX_EXIT_REASON_EPT_MISCONFIG;
        e->r8 = gpa & ~(uint64_t)(TDX_PAGE_4K - 1);
        return tdx_tdcall_end(c, tdx_exit_leave(e, TDX_SUCCESS));
    case EPT_VIOLATION:
        break;
    }
    if (!(walk.entry & X86_EPT_SUPPRESS_VE)) {
        return tdx_tdcall_end(c, tdx_exit_inject_ept_ve(
            e, TDX_VE_ARCHITECTURAL, qualification(write, walk.rwx), 0, gpa));
    }
    return tdx_tdcall_end(c, tdx_exit_leave_ept(e, qualification(write, walk.rwx),
                                        gpa, TDX_EEQ_NONE, 0));
}

/* --- both ----------------------------------------------------------------- */

TdxStatus tdx_tdcall_buffer(TdxCall *c, TdxGpr reg, uint64_t size, bool write,
                        bool any, TdxGuestBuffer *buffer)
{
    uint64_t gpa = c->gpr[reg];
    bool shared = gpa & shared_bit(c->exit);

    *buffer = (TdxGuestBuffer) { 0 };
    if (!tdx_aligned(gpa, size) || !gpa_valid(c->exit, gpa) ||
        (shared && !any)) {
        return tdx_op(TDX_OPERAND_INVALID, reg);
    }
    return shared ? shared_buffer(c, gpa, write, buffer)
                  : private_buffer(c, gpa, size, write, buffer);
}

void tdx_tdcall_read(const TdxCall *c, const TdxGuestBuffer *buffer, void *data,
                 size_t len)
{
    if (buffer->content) {
        memcpy(data, buffer->content, len);
    } else {
        tdx_read_shared(c->m, buffer->hpa, data, len);
    }
}

void tdx_tdcall_write(const TdxCall *c, const TdxGuestBuffer *buffer,
                  const void *data, size_t len)
{
    if (buffer->content) {
        memcpy(buffer->content, data, len);
        tdx_private_written(c->m, buffer->hpa, len);
    } else {
        tdx_write_shared(c->m, buffer->hpa, data, len);
    }
}
