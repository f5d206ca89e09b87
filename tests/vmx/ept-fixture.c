/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tables of an EPT in a little physical memory, and walks of them.
 */

#include "ept-fixture.h"

static uint64_t *slot(World *w, uint64_t addr)
{
    return addr >= 0x1000 && addr < PAGES * 0x1000 && !(addr & 7)
           ? &w->mem[addr >> 12][(addr & 0xfff) / 8] : NULL;
}

static bool mem_read(void *opaque, uint64_t addr, uint64_t *entry)
{
    uint64_t *at = slot(opaque, addr);

    if (at) {
        *entry = *at;
    }
    return at;
}

static bool mem_update(void *opaque, uint64_t addr, uint64_t old,
                       uint64_t entry)
{
    World *w = opaque;
    uint64_t *at = slot(w, addr);

    if (w->refuse) {
        w->refuse--;
        return false;
    }
    if (!at || *at != old) {
        return false;
    }
    w->updates++;
    *at = entry;
    return true;
}

World *world_new(void)
{
    World *w = g_new0(World, 1);
    X86VmxConfig config = test_config();

    x86_vmx_caps_init(&w->caps, &config);
    x86_vmx_caps_offer_all(&w->caps);
    x86_vmx_caps_offer_bit(&w->caps, X86_VMX_CAPS_EPT_VPID,
                           X86_VMX_CAP_EPT_EXIT_INFO, false);
    PML5E(w) = 0x1000 | RWX;
    PML4E(w) = 0x2000 | RWX;
    PDPTE(w) = 0x3000 | RWX;
    PDE(w) = 0x4000 | RWX;
    PTE(w) = HPA | RWX | WB;
    return w;
}

X86Ept tables(World *w, unsigned levels, bool flags)
{
    return (X86Ept) {
        .caps = &w->caps,
        .eptp = (levels == 5 ? 0x5000 : 0x1000) | 6 | (levels - 1) << 3 |
                (flags ? 0x40 : 0),
        .read = mem_read,
        .update = mem_update,
        .opaque = w,
    };
}

X86EptResult go(World *w, unsigned levels, bool flags, X86EptAccess access,
                X86EptWalk *walk)
{
    X86Ept ept = tables(w, levels, flags);

    if (!access.gpa) {
        access.gpa = levels == 5 ? GPA5 : GPA4;
    }
    return x86_ept_walk(&ept, &access, walk);
}
