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

/**
 * tdx_td_field_read: what both reading leaves do once the TD or vCPU is locked.
 * Takes the field id from RDX; writes R8 and, in version 1, RDX.
 */
TdxStatus tdx_td_field_read(TdxCall *c, const TdxFieldTable *table,
                            const void *scope, uint64_t id);

/**
 * TdxFieldWrite: a write that a host may make.
 * @index: element of @field
 * @mask: the bits to change
 * @old: present value as far as the host may see it
 * @new: the value to store
 */
typedef struct TdxFieldWrite {
    const TdxField *field;
    unsigned index;
    uint64_t mask;
    uint64_t old;
    uint64_t new;
} TdxFieldWrite;

/**
 * tdx_td_field_write: what both writing leaves do up to the new value.
 * @value, @mask: operands R8 and R9
 * @write: set on success; what a field has of rules of its own comes then
 */
TdxStatus tdx_td_field_write(TdxCall *c, const TdxFieldTable *table,
                             const void *scope, uint64_t id, uint64_t value,
                             uint64_t mask, TdxFieldWrite *write);

/**
 * tdx_td_cpuid_read: the TD's CPUID_VALUES, whose codes are too sparse for an
 * array and so stand in no table
 */
TdxStatus tdx_td_cpuid_read(TdxCall *c, TdxTdRef *td, uint64_t id);

/** tdx_td_cpuid_write: the status of an attempt to write one of them */
TdxStatus tdx_td_cpuid_write(const TdxCall *c, uint64_t id);

/** tdx_td_cpuid_first_id: the first of them */
uint64_t tdx_td_cpuid_first_id(const TdxModule *m);

/**
 * tdx_td_first_id_from: first id in tdx_td_fields of class @class or above that
 * the host may read, or TDX_FIELD_ID_NONE
 */
uint64_t tdx_td_first_id_from(unsigned class);

/*
 * CPUID_FIXED0_BITMAP: leaves that read zero in every TD, whether the module
 * knows them or not; bit 52 is the one of leaf 0x80000000
 */
#define TDX_CPUID_FIXED0_BITMAP 0x0380000508cfd308ULL

/* Class of CPUID_VALUES */
#define TD_CLASS_CPUID 0x14

/* Fields that can be written, by what names them in the tables */
#define TD_FIELD_HP_LOCK_TIMEOUT 0x9110000300000011ULL
#define TD_FIELD_VM_CTLS         0x9110000300000012ULL
#define VP_FIELD_PI_VECTOR       0x0024000100000002ULL
#define VP_FIELD_PI_DESC_ADDR    0x0024000300002016ULL
#define VP_FIELD_SHARED_EPTP     0x002400030000203cULL
#define VP_FIELD_PIN_CONTROLS    0x0024000200004000ULL
#define VP_FIELD_SECONDARY       0x002400020000401eULL
#define VP_FIELD_NOTIFY_WINDOW   0x0024000200004024ULL
#define VP_FIELD_PEND_NMI        0x202000000000000bULL

#endif /* TDX_METADATA_TD_FIELDS_H */
