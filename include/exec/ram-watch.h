/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Watching writes to RAM: a device learns of each one, whether a processor,
 * a device or the monitor makes it.  Processors tell of writes to pages that
 * are not dirty for DIRTY_MEMORY_CODE; a watched page stays so.
 */

#ifndef EXEC_RAM_WATCH_H
#define EXEC_RAM_WATCH_H

#include "qemu/atomic.h"

/**
 * RamWatch: whom to tell; called by any thread, with or without the BQL.
 * @written: @len bytes at @addr are being written by other than the watcher;
 *   @by_cpu: by a processor's store, and not by a device or the monitor
 * @watched: shall writes to the page around @addr go on being told?
 */
typedef struct RamWatch {
    void (*written)(uint64_t addr, uint64_t len, bool by_cpu);
    bool (*watched)(uint64_t addr);
} RamWatch;

/* Set while no vCPU runs; NULL: nobody watches */
extern const RamWatch *ram_watch;

static inline void ram_written(uint64_t addr, uint64_t len, bool by_cpu)
{
    const RamWatch *watch = qatomic_read(&ram_watch);

    if (unlikely(watch)) {
        watch->written(addr, len, by_cpu);
    }
}

static inline bool ram_is_watched(uint64_t addr)
{
    const RamWatch *watch = qatomic_read(&ram_watch);

    return unlikely(watch) && watch->watched(addr);
}

#endif /* EXEC_RAM_WATCH_H */
