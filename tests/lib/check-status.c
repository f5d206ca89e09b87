/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * No test sees an answer that the leaf reference does not list: the linker
 * sends the calls of tdx_module_seamcall() in all tests through here.
 */

#include <glib.h>

#include "include/leaf.h"
#include "abi/status.h"
#include "check-status.h"

TdxSeamcall __wrap_tdx_module_seamcall(TdxModule *m, unsigned lp,
                                       uint64_t gpr[TDX_NUM_GPRS],
                                       TdxTdRun *run)
{
    const TdxLeaf *leaf = tdx_leaf_find(gpr[TDX_RAX] & TDX_RAX_LEAF_MASK);
    TdxSeamcall result = __real_tdx_module_seamcall(m, lp, gpr, run);
    char text[96];

    if (result == TDX_SEAMCALL_DONE &&
        !tdx_leaf_may_return(leaf, gpr[TDX_RAX])) {
        g_error("%s answers %s, which its declaration does not list",
                leaf ? leaf->name : "an unknown leaf",
                tdx_status_format(gpr[TDX_RAX], text, sizeof(text)));
    }
    return result;
}
