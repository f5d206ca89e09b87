/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The end of a module.
 */

#include "address.h"
#include "fatal.h"
#include "observe.h"

TdxStatus tdx_fatal(TdxModule *m, const char *why)
{
    if (!__atomic_exchange_n(&m->st.fatal, true, __ATOMIC_SEQ_CST)) {
        m->ops->fatal(m->opaque, why);
    }
    return TDX_STATUS_NONE;
}

void tdx_global_lost(TdxModule *m, uint64_t hpa)
{
    if (tdx_private(m, hpa, m->st.hkid)) {
        tdx_cause(m, NULL, hpa, TDX_CAUSE_LOST, 0);
        tdx_fatal(m, "the host wrote to the module's own structures");
    } else {
        tdx_fatal(m, "no memory where the module's own structures are");
    }
}
