/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the translation of SEAM's instructions and their helpers agree on.
 */

#ifndef I386_TCG_SEAM_INSN_H
#define I386_TCG_SEAM_INSN_H

/* What SEAMCALL's helper returns when a TD runs now; no value of RFLAGS */
#define SEAMCALL_RUN_TD 2

#endif /* I386_TCG_SEAM_INSN_H */
