/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which addresses a host may name, the KeyIDs in them, and access to what is
 * there.
 */

#ifndef TDX_CORE_ADDRESS_H
#define TDX_CORE_ADDRESS_H

#include "state.h"

/* --- addresses (life cycle 2.2) ------------------------------------------ */

static inline bool tdx_aligned(uint64_t addr, uint64_t align)
{
    return !(addr & (align - 1));
}

/* KeyID that an address carries */
static inline uint16_t tdx_hkid_of(const TdxModule *m, uint64_t addr)
{
    return (addr & m->hkid_mask) >> m->hkid_start_bit;
}

static inline uint64_t tdx_without_hkid(const TdxModule *m, uint64_t addr)
{
    return addr & ~m->hkid_mask;
}

/* Where @hkid sees what is at @hpa, which carries no KeyID */
static inline uint64_t tdx_with_hkid(const TdxModule *m, uint64_t hpa,
                                     uint16_t hkid)
{
    return hpa | (uint64_t)hkid << m->hkid_start_bit;
}

static inline bool tdx_hkid_is_private(const TdxModule *m, uint64_t hkid)
{
    return hkid >= m->private_hkid_min && hkid <= m->private_hkid_max;
}

/* Half-open ranges; neither may wrap */
static inline bool tdx_ranges_overlap(uint64_t a, uint64_t a_size,
                                      uint64_t b, uint64_t b_size)
{
    return a_size && b_size && a < b + b_size && b < a + a_size;
}

/**
 * tdx_shared_hpa_ok: may the host name [@addr, @addr + @size) as a structure
 * of its own?  @align: power of two.  Shared KeyID bits are allowed.
 */
bool tdx_shared_hpa_ok(const TdxModule *m, uint64_t addr, uint64_t size,
                       uint64_t align);

/** tdx_private_hpa_ok: may the host name @addr as a page for the module? */
bool tdx_private_hpa_ok(const TdxModule *m, uint64_t addr, uint64_t align);

/* The same as checks of operand @op: TDX_OPERAND_INVALID op */
static inline TdxStatus tdx_check_shared_hpa(const TdxModule *m,
                                             uint64_t addr, uint64_t size,
                                             uint64_t align, uint32_t op)
{
    return tdx_require(tdx_shared_hpa_ok(m, addr, size, align),
                       tdx_op(TDX_OPERAND_INVALID, op));
}

static inline TdxStatus tdx_check_private_hpa(const TdxModule *m,
                                              uint64_t addr, uint64_t align,
                                              uint32_t op)
{
    return tdx_require(tdx_private_hpa_ok(m, addr, align),
                       tdx_op(TDX_OPERAND_INVALID, op));
}

/* --- memory -------------------------------------------------------------- */

/**
 * tdx_read_shared / tdx_write_shared: copy a host structure; @hpa may carry
 * a shared KeyID, which aliases.
 */
bool tdx_read_shared(TdxModule *m, uint64_t hpa, void *buf, size_t len);
bool tdx_write_shared(TdxModule *m, uint64_t hpa, const void *buf, size_t len);

/** tdx_private: content of @hpa under @hkid; see private_page in the ops */
static inline void *tdx_private(TdxModule *m, uint64_t hpa, uint16_t hkid)
{
    return m->ops->private_page(m->opaque, hpa, hkid);
}

/** tdx_private_written: what a TD may run as code is other than it was */
static inline void tdx_private_written(TdxModule *m, uint64_t hpa, uint64_t len)
{
    if (m->ops->private_written) {
        m->ops->private_written(m->opaque, hpa, len);
    }
}

/** tdx_lost: would reading this with a private KeyID find no integrity? */
static inline bool tdx_lost(const TdxModule *m, uint64_t hpa, uint64_t len)
{
    return m->ops->private_lost(m->opaque, hpa, len);
}

#endif /* TDX_CORE_ADDRESS_H */
