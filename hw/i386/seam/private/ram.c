/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the machine's RAM is: what firmware would make convertible memory of,
 * and what of the convertible memory is there now, by its address in memory
 * and by QEMU's own.  DIMMs come and go while vCPUs run.
 */

#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "exec/qemu-compat.h"
#include "hw/mem/nvdimm.h"
#include "hw/mem/pc-dimm.h"
#include "system/hostmem.h"
#include "../seam-internal.h"

/*
 * What is found is whole: no RAM goes away before those who found it are
 * through with it.
 */
struct SeamRamList {
    struct rcu_head rcu;
    unsigned n;
    SeamRam ram[];
};

/* --- what is RAM ---------------------------------------------------------- */

typedef struct Search {
    const HostMemoryBackend *backend;
    bool found;
} Search;

static int find_dimm(Object *obj, void *opaque)
{
    Search *search = opaque;

    if (object_dynamic_cast(obj, TYPE_PC_DIMM) &&
        !object_dynamic_cast(obj, TYPE_NVDIMM) &&
        PC_DIMM(obj)->hostmem == search->backend) {
        search->found = true;
    }
    return search->found;
}

static bool in_dimm(const HostMemoryBackend *backend)
{
    static const char *const places[] = {
        "/machine/peripheral", "/machine/peripheral-anon",
    };
    Search search = { .backend = backend };

    for (int i = 0; i < ARRAY_SIZE(places) && !search.found; i++) {
        object_child_foreach(object_resolve_path(places[i], NULL), find_dimm,
                             &search);
    }
    return search.found;
}

static bool is_machines(const HostMemoryBackend *backend)
{
    const MachineState *ms = MACHINE(qdev_get_machine());

    if (ms->ram && memory_region_owner(ms->ram) == OBJECT(backend)) {
        return true;
    }
    for (int i = 0; ms->numa_state && i < ms->numa_state->num_nodes; i++) {
        if (ms->numa_state->nodes[i].node_memdev == backend) {
            return true;
        }
    }
    return false;
}

/*
 * Firmware knows two kinds of RAM: what the machine was built with, and DIMMs
 * that are no NVDIMMs.  All else that behaves like RAM, or is even made of a
 * memory backend, belongs to a device.
 */
static bool is_convertible(const MemoryRegionSection *section)
{
    Object *owner = memory_region_owner(section->mr);

    if (!memory_region_is_ram(section->mr) || section->readonly ||
        section->nonvolatile ||
        !object_dynamic_cast(owner, TYPE_MEMORY_BACKEND)) {
        return false;
    }
    return is_machines(MEMORY_BACKEND(owner)) ||
           in_dimm(MEMORY_BACKEND(owner));
}

/* --- finding it ----------------------------------------------------------- */

const SeamRam *seam_ram_by_hpa(const TdxModuleDevice *s, uint64_t hpa)
{
    const SeamRamList *list = qatomic_rcu_read(&s->ram);

    for (unsigned i = 0; i < list->n; i++) {
        if (hpa - list->ram[i].hpa < list->ram[i].size) {
            return &list->ram[i];
        }
    }
    return NULL;
}

const SeamRam *seam_ram_by_addr(const TdxModuleDevice *s, ram_addr_t addr)
{
    const SeamRamList *list = qatomic_rcu_read(&s->ram);

    for (unsigned i = 0; i < list->n; i++) {
        if (addr - list->ram[i].base < list->ram[i].size) {
            return &list->ram[i];
        }
    }
    return NULL;
}

/* --- keeping up with the machine ------------------------------------------ */

static void free_list(SeamRamList *list)
{
    for (unsigned i = 0; i < list->n; i++) {
        memory_region_unref(list->ram[i].mr);
    }
    g_free(list);
}

/* The part of @all that the module knows as convertible memory */
static SeamRamList *new_list(const TdxModuleDevice *s, const GArray *all)
{
    SeamRamList *list = g_malloc0(sizeof(*list) + (all->len + TDX_MAX_CMRS) *
                                                  sizeof(list->ram[0]));
    guint i = 0;
    int cmr = 0;

    /* Both ascend */
    while (i < all->len && cmr < TDX_MAX_CMRS) {
        SeamRam ram = g_array_index(all, SeamRam, i);
        uint64_t cmr_end = s->plat.cmr[cmr].base + s->plat.cmr[cmr].size;
        uint64_t base = MAX(ram.hpa, s->plat.cmr[cmr].base);
        uint64_t end = MIN(ram.hpa + ram.size, cmr_end);

        if (base < end) {
            ram.base += base - ram.hpa;
            ram.hpa = base;
            ram.size = end - base;
            memory_region_ref(ram.mr);
            list->ram[list->n++] = ram;
        }
        if (ram.hpa + ram.size < cmr_end) {
            i++;
        } else {
            cmr++;
        }
    }
    return list;
}

/* BQL held; vCPUs may be running */
void seam_ram_update(TdxModuleDevice *s)
{
    SeamRamList *old = s->ram;
    SeamRamList *list = new_list(s, s->all_ram);

    if (old && old->n == list->n &&
        !memcmp(old->ram, list->ram, list->n * sizeof(list->ram[0]))) {
        free_list(list);
        return;
    }
    qatomic_rcu_set(&s->ram, list);
    if (old) {
        for (unsigned i = 0; i < old->n; i++) {
            s->ram_gone(s, &old->ram[i]);
        }
        call_rcu(old, free_list, rcu);
    }
}

static void begin(MemoryListener *listener)
{
    TdxModuleDevice *s = container_of(listener, TdxModuleDevice, listener);

    g_array_set_size(s->all_ram, 0);
}

static void add_section(MemoryListener *listener,
                        MemoryRegionSection *section)
{
    TdxModuleDevice *s = container_of(listener, TdxModuleDevice, listener);

    if (is_convertible(section)) {
        SeamRam ram;

        /* Lists are compared with all that lies between members */
        memset(&ram, 0, sizeof(ram));
        ram.mr = section->mr;
        ram.base = memory_region_get_ram_addr(section->mr) +
                   section->offset_within_region;
        ram.hpa = section->offset_within_address_space;
        ram.size = int128_get64(section->size);
        g_array_append_val(s->all_ram, ram);
    }
}

static void commit(MemoryListener *listener)
{
    seam_ram_update(container_of(listener, TdxModuleDevice, listener));
}

void seam_ram_init(TdxModuleDevice *s, SeamRamGone *gone)
{
    s->ram_gone = gone;
    s->all_ram = g_array_new(false, false, sizeof(SeamRam));
    s->listener = (MemoryListener) {
        .name = "tdx-module",
        .begin = begin,
        .region_add = add_section,
        .region_nop = add_section,
        .commit = commit,
    };
    memory_listener_register(&s->listener, &address_space_memory);
}
