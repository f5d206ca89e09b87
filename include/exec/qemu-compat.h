/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What differs between the QEMU releases of qemu/VERSION: headers that have
 * moved and things that have other names.  Our files use the newest names and
 * include this in place of the headers below; no other file of ours looks at
 * QEMU's version.  What only TCG has is in exec/qemu-compat-tcg.h.
 */

#ifndef EXEC_QEMU_COMPAT_H
#define EXEC_QEMU_COMPAT_H

/*
 * QEMU_SINCE: is this QEMU @major.@minor or later?  A micro version from 50 on
 * is one on the way to the next release, and after N.2 comes N+1.0.
 */
#define QEMU_SINCE(major, minor)                                        \
    (QEMU_VERSION_MAJOR * 3 + QEMU_VERSION_MINOR +                      \
     (QEMU_VERSION_MICRO >= 50) >= (major) * 3 + (minor))

#if QEMU_SINCE(10, 1)
#include "system/address-spaces.h"
#include "system/memory.h"
#include "system/ram_addr.h"
#include "system/ramblock.h"
#include "exec/icount.h"
#include "exec/target_page.h"
/* What a class_init function gets besides the class */
typedef const void ClassInitData;
#else
#include "exec/address-spaces.h"
#include "exec/memory.h"
#include "exec/ram_addr.h"
#include "exec/ramblock.h"
#include "system/cpu-timers.h"
typedef void ClassInitData;
#endif

#if QEMU_SINCE(10, 2)
#include "system/physmem.h"
#else
#define CharFrontend CharBackend
#define physical_memory_get_dirty_flag cpu_physical_memory_get_dirty_flag
#define physical_memory_set_dirty_flag cpu_physical_memory_set_dirty_flag
#define physical_memory_test_and_clear_dirty(addr, len, client, bitmap) \
    cpu_physical_memory_test_and_clear_dirty(addr, len, client)
#endif
#if QEMU_SINCE(10, 2) && !QEMU_SINCE(11, 0)
#define physical_memory_test_and_clear_dirty(addr, len, client, bitmap) \
    physical_memory_test_and_clear_dirty(addr, len, client)
#endif

#if !QEMU_SINCE(11, 1)
#define physical_memory_read cpu_physical_memory_read
#endif

/* The caches that CPUID leaf 4 shows, of a CPUX86State */
#if QEMU_SINCE(10, 1)
#define x86_cpuid4_caches(env) (&(env)->cache_info)
#else
#define x86_cpuid4_caches(env) (&(env)->cache_info_cpuid4)
#endif

#if QEMU_SINCE(11, 0)
#include "system/memory_cached.h"
#include "hw/core/boards.h"
#include "hw/core/qdev.h"
#include "hw/core/qdev-properties.h"
#include "hw/core/resettable.h"
#else
#include "hw/boards.h"
#include "hw/qdev-core.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#endif

/* The highest number of an address space; before 11.0 each CPU says it */
#if QEMU_SINCE(11, 0)
#define cpu_class_set_max_as(cc, max) ((cc)->max_as = (max))
#else
#define cpu_class_set_max_as(cc, max) ((void)(cc))
#endif

#endif /* EXEC_QEMU_COMPAT_H */
