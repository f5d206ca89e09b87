/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which physical addresses a host may name, and copies from and to them.
 */

#include "tdx-internal.h"

/* Life cycle 2.2, shared_hpa */
bool tdx_shared_hpa_ok(const TdxModule *m, uint64_t addr, uint64_t size,
                       uint64_t align)
{
    uint64_t plain = tdx_without_hkid(m, addr);

    return tdx_aligned(addr, align) &&
           addr < TDX_HPA_LIMIT &&
           !tdx_ranges_overlap(plain, size, m->plat.seamrr.base,
                               m->plat.seamrr.size) &&
           tdx_hkid_of(m, addr) < m->private_hkid_min;
}

/* Life cycle 2.2, private_hpa */
bool tdx_private_hpa_ok(const TdxModule *m, uint64_t addr, uint64_t align)
{
    return tdx_aligned(addr, align) &&
           tdx_hkid_of(m, addr) == 0 &&
           addr < TDX_HPA_LIMIT;
}

bool tdx_read_shared(TdxModule *m, uint64_t hpa, void *buf, size_t len)
{
    return m->ops->read_shared(m->opaque, tdx_without_hkid(m, hpa), buf, len);
}

bool tdx_write_shared(TdxModule *m, uint64_t hpa, const void *buf, size_t len)
{
    return m->ops->write_shared(m->opaque, tdx_without_hkid(m, hpa), buf, len);
}
