/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the TDCALL leaves on metadata share (TDCALL 4.8 to 4.10).
 */

#ifndef TDX_TDG_FIELD_H
#define TDX_TDG_FIELD_H

#include "../exit/tdcall.h"
#include "../metadata/td-fields.h"

/** tdx_tdg_td_scope, tdx_tdg_vp_scope: the fields that the guest sees */
static inline TdxFieldScope tdx_tdg_td_scope(const TdxCall *c)
{
    return (TdxFieldScope) {
        tdx_field_features(c->m), &tdx_td_fields, &c->exit->run->td,
        TDX_FIELD_GUEST,
    };
}

static inline TdxFieldScope tdx_tdg_vp_scope(const TdxCall *c)
{
    return (TdxFieldScope) {
        tdx_field_features(c->m), &tdx_vp_fields, &c->exit->run->vp,
        TDX_FIELD_GUEST,
    };
}

/** tdx_tdg_hidden_field: is @id one of those that no table has? */
static inline bool tdx_tdg_hidden_field(const TdxCall *c, uint64_t id)
{
    return tdx_field_class(id) == TD_CLASS_CPUID &&
           tdx_td_cpuid_write(c, id) != TDX_METADATA_FIELD_ID_INCORRECT;
}

/** tdx_tdg_locked: has the guest locked what it configures of its TD? */
static inline bool tdx_tdg_locked(const TdxCall *c)
{
    return tdx_td_ctls_of(c->exit->tdcs) & TDX_TD_CTLS_LOCK;
}

/**
 * tdx_tdg_field_write: TDG.VM.WR and VP.WR after the leaf's own checks: new
 * content of a field of @scope, which @set puts there; R8 is the old one.
 */
static inline TdxStatus
tdx_tdg_field_write(TdxCall *c, const TdxFieldScope *scope, uint64_t value,
                    TdxStatus (*set)(TdxCall *c, const TdxFieldWrite *write))
{
    TdxFieldWrite write;
    TdxStatus status = tdx_td_field_write(scope, c->gpr[TDX_RDX], value,
                                          c->gpr[TDX_R9], &write) ?:
                       set(c, &write);

    if (!status) {
        c->gpr[TDX_R8] = write.old;
    }
    return status;
}

#endif /* TDX_TDG_FIELD_H */
