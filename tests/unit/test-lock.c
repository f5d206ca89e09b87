/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The architectural try-lock: PAMT 3.1.
 */

#include <glib.h>

#include "core/lock.h"

static void test_shared_excludes_exclusive(void)
{
    TdxLock lock = 0;

    g_assert_true(tdx_lock_try(&lock, TDX_LOCK_TYPE_SHARED));
    g_assert_true(tdx_lock_try(&lock, TDX_LOCK_TYPE_SHARED));
    g_assert_false(tdx_lock_try(&lock, TDX_LOCK_TYPE_EXCLUSIVE));
    g_assert_cmphex(lock, ==, 2 * TDX_LOCK_READER | TDX_LOCK_HOST_PRIORITY);

    /* A reader that gets in takes the host-priority mark away */
    g_assert_true(tdx_lock_try(&lock, TDX_LOCK_TYPE_SHARED));
    g_assert_cmphex(lock, ==, 3 * TDX_LOCK_READER);
}

static void test_exclusive_excludes_all(void)
{
    TdxLock lock = TDX_LOCK_HOST_PRIORITY;

    g_assert_true(tdx_lock_try(&lock, TDX_LOCK_TYPE_EXCLUSIVE));
    g_assert_cmphex(lock, ==, TDX_LOCK_EXCLUSIVE);
    g_assert_false(tdx_lock_try(&lock, TDX_LOCK_TYPE_SHARED));
    g_assert_false(tdx_lock_try(&lock, TDX_LOCK_TYPE_EXCLUSIVE));

    /* The mark of those who failed outlives the release */
    tdx_lock_release(&lock, TDX_LOCK_TYPE_EXCLUSIVE);
    g_assert_cmphex(lock, ==, TDX_LOCK_HOST_PRIORITY);
}

static void test_promote(void)
{
    TdxLock lock = 0;

    g_assert_true(tdx_lock_try(&lock, TDX_LOCK_TYPE_SHARED));
    g_assert_true(tdx_lock_try(&lock, TDX_LOCK_TYPE_SHARED));
    g_assert_false(tdx_lock_try_promote(&lock));
    g_assert_cmphex(lock, ==, 2 * TDX_LOCK_READER | TDX_LOCK_HOST_PRIORITY);

    tdx_lock_release(&lock, TDX_LOCK_TYPE_SHARED);
    g_assert_true(tdx_lock_try_promote(&lock));
    g_assert_cmphex(lock, ==, TDX_LOCK_EXCLUSIVE);
}

static void test_readers_never_overflow(void)
{
    TdxLock lock = 0;
    unsigned readers = 0;

    while (tdx_lock_try(&lock, TDX_LOCK_TYPE_SHARED)) {
        readers++;
        g_assert_cmpuint(readers, <, 1 << 14);
    }
    g_assert_cmpuint(readers, >, 16000);
    g_assert_false(lock & TDX_LOCK_EXCLUSIVE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lock/shared", test_shared_excludes_exclusive);
    g_test_add_func("/lock/exclusive", test_exclusive_excludes_all);
    g_test_add_func("/lock/promote", test_promote);
    g_test_add_func("/lock/overflow", test_readers_never_overflow);
    return g_test_run();
}
