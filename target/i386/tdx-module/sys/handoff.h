/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What one module hands to the next (P-SEAMLDR 6).
 */

#ifndef TDX_SYS_HANDOFF_H
#define TDX_SYS_HANDOFF_H

#include "../core/call.h"

/** tdx_sigstruct_fits: is @m signed for what it was built for (4.2)? */
bool tdx_sigstruct_fits(const TdxModule *m);

/** tdx_handoff_write: leave all that another module needs, in version @hv */
void tdx_handoff_write(TdxModule *m, uint16_t hv);

/** tdx_handoff_fits: is there handoff data, and can @m go on with it? */
bool tdx_handoff_fits(const TdxModule *m);

/** tdx_handoff_import: go on with it; there is none any more then */
void tdx_handoff_import(TdxModule *m);

#endif /* TDX_SYS_HANDOFF_H */
