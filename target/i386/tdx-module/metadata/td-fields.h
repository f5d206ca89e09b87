/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Metadata fields of TDs and vCPUs, as TDH.MNG.RD, TDH.VP.RD and their
 * writing counterparts use them (TD life cycle 4.5, 5.5).
 */

#ifndef TDX_METADATA_TD_FIELDS_H
#define TDX_METADATA_TD_FIELDS_H

#include "engine.h"
#include "../td/virtual-cpuid.h"
#include "../vp/vp.h"

/* Scope: the TdxTdRef */
extern const TdxFieldTable tdx_td_fields;

/* Scope: the TdxVpRef */
extern const TdxFieldTable tdx_vp_fields;

/*
 * Of a field's declaration: the feature that brought it.  Module 1.0, which has
 * none, lacks the field.
 */
#define CAME_WITH(feature) .needs = TDX_FEATURES0_##feature

/* Who reads or writes a field */
typedef enum TdxFieldAccess {
    TDX_FIELD_HOST,
    TDX_FIELD_DEBUGGER, /* the host, of a TD that is debugged */
    TDX_FIELD_GUEST,
} TdxFieldAccess;

/** tdx_td_field_host: the host as @td's ATTRIBUTES have it */
static inline TdxFieldAccess tdx_td_field_host(const TdxTdRef *td)
{
    return td->tdcs->attributes & TDX_ATTR_DEBUG ? TDX_FIELD_DEBUGGER
                                                 : TDX_FIELD_HOST;
}

/**
 * TdxFieldScope: the fields of a TD or vCPU, as somebody sees them.
 * @features0: tdx_field_features()
 * @scope: what @table says
 */
typedef struct TdxFieldScope {
    uint64_t features0;
    const TdxFieldTable *table;
    const void *scope;
    TdxFieldAccess who;
} TdxFieldScope;

/**
 * tdx_td_field_read: what all reading leaves do once the TD or vCPU is locked.
 * @next: set to the id of the next field, or with a null @id to the first
 *   one's; NULL: not wanted
 */
TdxStatus tdx_td_field_read(const TdxFieldScope *s, uint64_t id,
                            uint64_t *next, uint64_t *value);

/**
 * TdxFieldWrite: a write that is allowed.
 * @index: element of @field
 * @code: of the element
 * @mask: the bits to change
 * @old: present value as far as it may be seen
 * @new: the value to store
 */
typedef struct TdxFieldWrite {
    const TdxField *field;
    unsigned index;
    uint32_t code;
    uint64_t mask;
    uint64_t old;
    uint64_t new;
} TdxFieldWrite;

/**
 * tdx_td_field_write: what all writing leaves do up to the new value.
 * @value, @mask: operands R8 and R9
 * @write: set on success; what a field has of rules of its own comes then
 */
TdxStatus tdx_td_field_write(const TdxFieldScope *s, uint64_t id,
                             uint64_t value, uint64_t mask, TdxFieldWrite *write);

/**
 * tdx_td_cpuid_read: the TD's CPUID_VALUES, whose codes are too sparse for an
 * array and so stand in no table
 */
TdxStatus tdx_td_cpuid_read(TdxCall *c, TdxTdRef *td, uint64_t id);

/** tdx_td_cpuid_is_fixed0: does @leaf read zero in every TD? */
bool tdx_td_cpuid_is_fixed0(uint32_t leaf);

/** tdx_td_cpuid_write: the status of an attempt to write one of them */
TdxStatus tdx_td_cpuid_write(const TdxCall *c, uint64_t id);

/** tdx_td_cpuid_first_id: the first of them */
uint64_t tdx_td_cpuid_first_id(const TdxModule *m);

/**
 * tdx_td_first_id_from: first id in tdx_td_fields of class @class or above that
 * the host may read in @m, or TDX_FIELD_ID_NONE
 */
uint64_t tdx_td_first_id_from(const TdxModule *m, unsigned class);

/*
 * CPUID_FIXED0_BITMAP: leaves that read zero in every TD, whether the module
 * knows them or not; bit 52 is the one of leaf 0x80000000
 */
#define TDX_CPUID_FIXED0_BITMAP 0x0380000508cfd308ULL

/* Class of CPUID_VALUES */
#define TD_CLASS_CPUID 0x14

/* Classes of a vCPU's fields of which the code tells all */
#define VP_CLASS_VMCS 0x00
#define VP_CLASS_GPRS 0x10
#define VP_CLASS_MSRS 0x13

/* Fields that can be written, by what names them in the tables */
#define TD_FIELD_NOTIFY_ENABLES  0x9110000300000010ULL
#define TD_FIELD_TD_CTLS         0x9110000300000017ULL
#define TD_FIELD_FEATURE_PARAVIRT 0x9110000300000022ULL
#define TD_FIELD_HP_LOCK_TIMEOUT 0x9110000300000011ULL
#define TD_FIELD_VM_CTLS         0x9110000300000012ULL
#define VP_FIELD_CPUID_SUPERVISOR_VE 0xa020000000000007ULL
#define VP_FIELD_CPUID_USER_VE   0xa020000000000008ULL
#define VP_FIELD_CPUID_CONTROL   0xa120000000000000ULL
#define VP_FIELD_L2_CTLS         0xa020000300000050ULL
#define VP_FIELD_TSC_DEADLINE    0xa020000300000058ULL
#define VP_FIELD_DR0             0x1120000300000000ULL
#define VP_FIELD_DR6             0x1120000300000006ULL
#define VP_FIELD_CR2             0x1120000300000028ULL
#define VP_FIELD_PEND_NMI        0x202000000000000bULL

#endif /* TDX_METADATA_TD_FIELDS_H */
