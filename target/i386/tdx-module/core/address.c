/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which physical addresses a host may name, and copies from and to them.
 */

#include "address.h"
#include "observe.h"

/* Tell which of the checks below @addr has failed */
static void tell(const TdxModule *m, uint64_t addr, uint64_t align,
                 uint16_t max_hkid)
{
    if (!tdx_aligned(addr, align)) {
        tdx_cause(m, NULL, addr, TDX_CAUSE_UNALIGNED, align);
    } else if (tdx_hkid_of(m, addr) > max_hkid) {
        tdx_cause(m, NULL, addr, TDX_CAUSE_KEYID, tdx_hkid_of(m, addr));
    } else if (addr >= TDX_HPA_LIMIT) {
        tdx_cause(m, NULL, addr, TDX_CAUSE_TOO_HIGH, TDX_HPA_LIMIT - 1);
    } else {
        tdx_cause(m, NULL, addr, TDX_CAUSE_IN_SEAMRR, m->plat.seamrr.base);
    }
}

/* Life cycle 2.2, shared_hpa */
bool tdx_shared_hpa_ok(const TdxModule *m, uint64_t addr, uint64_t size,
                       uint64_t align)
{
    uint64_t plain = tdx_without_hkid(m, addr);
    bool ok = tdx_aligned(addr, align) &&
              addr < TDX_HPA_LIMIT &&
              !tdx_ranges_overlap(plain, size, m->plat.seamrr.base,
                                  m->plat.seamrr.size) &&
              tdx_hkid_of(m, addr) < m->private_hkid_min;

    if (!ok) {
        tell(m, addr, align, m->private_hkid_min - 1);
    }
    return ok;
}

/* Life cycle 2.2, private_hpa */
bool tdx_private_hpa_ok(const TdxModule *m, uint64_t addr, uint64_t align)
{
    bool ok = tdx_aligned(addr, align) &&
              tdx_hkid_of(m, addr) == 0 &&
              addr < TDX_HPA_LIMIT;

    if (!ok) {
        tell(m, addr, align, 0);
    }
    return ok;
}

bool tdx_read_shared(TdxModule *m, uint64_t hpa, void *buf, size_t len)
{
    return m->ops->read_shared(m->opaque, tdx_without_hkid(m, hpa), buf, len);
}

bool tdx_write_shared(TdxModule *m, uint64_t hpa, const void *buf, size_t len)
{
    return m->ops->write_shared(m->opaque, tdx_without_hkid(m, hpa), buf, len);
}
