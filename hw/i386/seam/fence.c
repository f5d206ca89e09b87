/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A memory barrier on all vCPU threads at once, by a system call, so that
 * SEAMCALLs need none of their own.
 *
 * QEMU's smp_mb_global() is something else: a build has it or has not, it
 * ends QEMU where the host lacks it, and it takes milliseconds.
 */

#include "qemu/osdep.h"
#include "seam-internal.h"

#ifdef CONFIG_LINUX

#include <linux/membarrier.h>
#include <sys/syscall.h>

static int membarrier(int command)
{
    return syscall(__NR_membarrier, command, 0);
}

bool seam_fence_available(void)
{
    int need = MEMBARRIER_CMD_SHARED | MEMBARRIER_CMD_PRIVATE_EXPEDITED;
    int known = membarrier(MEMBARRIER_CMD_QUERY);

    return known >= 0 && (known & need) == need &&
           membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
}

void seam_fence_others(void *opaque)
{
    /* It needs memory, unlike the slow one, which waits for a while instead */
    if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) {
        membarrier(MEMBARRIER_CMD_SHARED);
    }
}

#else

bool seam_fence_available(void)
{
    return false;
}

void seam_fence_others(void *opaque)
{
    g_assert_not_reached();
}

#endif
