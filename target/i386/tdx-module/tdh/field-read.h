/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What TDH.MNG.RD and TDH.VP.RD share (TD life cycle 4.5, 5.5).
 */

#ifndef TDX_TDH_FIELD_READ_H
#define TDX_TDH_FIELD_READ_H

#include "../metadata/td-fields.h"

/** tdx_field_nothing: the outputs of a call that has found no field */
static inline void tdx_field_nothing(const TdxCall *c)
{
    c->gpr[TDX_R8] = 0;
    if (c->version) {
        c->gpr[TDX_RDX] = TDX_FIELD_ID_NONE;
    }
}

/** tdx_field_table_read: the field @id of @scope into the outputs */
static inline TdxStatus tdx_field_table_read(const TdxCall *c,
                                             const TdxFieldScope *scope,
                                             uint64_t id)
{
    return tdx_td_field_read(scope, id, c->version ? &c->gpr[TDX_RDX] : NULL,
                             &c->gpr[TDX_R8]);
}

/**
 * tdx_field_read_end: @status, unless content of @td was lost on the way: some
 * fields are in pages that only reading them looks at.
 */
static inline TdxStatus tdx_field_read_end(const TdxCall *c, const TdxTdRef *td,
                                           TdxStatus status)
{
    TdxStatus lost = tdx_td_intact(td);

    if (lost) {
        tdx_field_nothing(c);
        return lost;
    }
    return status;
}

#endif /* TDX_TDH_FIELD_READ_H */
