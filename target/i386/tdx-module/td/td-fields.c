/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every metadata field of TD scope, and reading and writing by id
 * (TD life cycle 4.5).
 */

#include <glib.h>
#include <string.h>

#include "td-fields.h"

/* A getter for a member of the TDR or TDCS */
#define GET(name, owner, path) \
    static uint64_t get_##name(const void *scope, unsigned index) \
    { \
        const TdxTdRef *td = scope; \
        return td->owner->path; \
    }
#define GET_ATOMIC(name, owner, path) \
    static uint64_t get_##name(const void *scope, unsigned index) \
    { \
        const TdxTdRef *td = scope; \
        return __atomic_load_n(&td->owner->path, __ATOMIC_SEQ_CST); \
    }

GET(fatal, tdr, fatal)
GET(num_tdcx, tdr, num_tdcx)
GET_ATOMIC(chldcnt, tdr, chldcnt)
GET(lifecycle, tdr, lifecycle)
GET(hkid, tdr, hkid)
GET_ATOMIC(num_vcpus, tdcs, num_vcpus)
GET_ATOMIC(op_state, tdcs, op_state)
GET(attributes, tdcs, attributes)
GET(xfam, tdcs, xfam)
GET(max_vcpus, tdcs, max_vcpus)
GET(gpaw, tdcs, config_flags & TDX_CONFIG_GPAW)
GET(eptp, tdcs, eptp)
GET(tsc_offset, tdcs, tsc_offset)
GET(tsc_multiplier, tdcs, tsc_multiplier)
GET(tsc_frequency, tdcs, tsc_frequency)
GET_ATOMIC(hp_lock_timeout, tdcs, hp_lock_timeout)
GET(config_flags, tdcs, config_flags)
GET(virtual_maxpa, tdcs, virtual_maxpa)
GET_ATOMIC(td_epoch, tdcs, td_epoch)

static uint64_t get_vm_ctls(const void *scope, unsigned index)
{
    const TdxTdRef *td = scope;

    return __atomic_load_n(&td->tdcs->vm_ctls[index], __ATOMIC_SEQ_CST);
}

static uint64_t get_mrtd(const void *scope, unsigned index)
{
    const TdxTdRef *td = scope;
    uint64_t value;

    memcpy(&value, td->tdcs->mrtd + index * sizeof(value), sizeof(value));
    return GUINT64_FROM_LE(value);
}

static uint64_t get_x2apic_id(const void *scope, unsigned index)
{
    TdxTdcsVirtualCpus *cpus = td_tdcs_page(scope, TDX_TDCS_VIRTUAL_CPUS);

    return cpus && index < TDX_MAX_VCPUS ? cpus->x2apic_id[index] : 0;
}

/* VM_CTLS_FIXED0: the bits that may be one */
#define VM_CTLS_FIXED0 0x1ULL

#define FIELDS(id_, name_, get_, fields_, elems_) \
    .id = id_, .name = name_, .fields = fields_, .elems = elems_, \
    .host_rd = UINT64_MAX, .get = get_
#define FIELD(id_, name_, get_) FIELDS(id_, name_, get_, 1, 1)

static const TdxField rows[] = {
    { FIELD(0x8010000000000001, "FATAL", get_fatal) },
    { FIELD(0x8010000100000002, "NUM_TDCX", get_num_tdcx) },
    { FIELD(0x8010000300000004, "CHLDCNT", get_chldcnt) },
    { FIELD(0x8010000200000005, "LIFECYCLE_STATE", get_lifecycle) },
    { FIELD(0x8110000100000001, "HKID", get_hkid) },
    { FIELD(0x9010000200000001, "NUM_VCPUS", get_num_vcpus) },
    { FIELD(0x9010000200000004, "OP_STATE", get_op_state) },
    { FIELD(0x1110000300000000, "ATTRIBUTES", get_attributes) },
    { FIELD(0x1110000300000001, "XFAM", get_xfam) },
    { FIELD(0x1110000200000002, "MAX_VCPUS", get_max_vcpus) },
    { FIELD(0x1110000000000003, "GPAW", get_gpaw) },
    { FIELD(0x1110000300000004, "EPTP", get_eptp) },
    { FIELD(0x111000030000000a, "TSC_OFFSET", get_tsc_offset) },
    { FIELD(0x111000030000000b, "TSC_MULTIPLIER", get_tsc_multiplier) },
    { FIELD(0x111000010000000c, "TSC_FREQUENCY", get_tsc_frequency) },
    { FIELD(TD_FIELD_HP_LOCK_TIMEOUT, "HP_LOCK_TIMEOUT",
            get_hp_lock_timeout), .host_wr = UINT64_MAX },
    { FIELDS(TD_FIELD_VM_CTLS, "VM_CTLS", get_vm_ctls, TDX_MAX_VMS, 1),
      .host_wr = VM_CTLS_FIXED0 },
    { FIELD(0x9110000300000016, "CONFIG_FLAGS", get_config_flags) },
    { FIELD(0x9110000000000018, "VIRTUAL_MAXPA", get_virtual_maxpa) },
    { FIELD(0x9210000300000000, "TD_EPOCH", get_td_epoch) },
    { FIELDS(0x1310000300000000, "MRTD", get_mrtd,
             1, TDX_MR_SIZE / sizeof(uint64_t)) },
    { FIELDS(0x9c10000200000000, "X2APIC_IDS", get_x2apic_id,
             TDX_MAX_VCPUS, 1) },
};

const TdxFieldTable tdx_td_fields = {
    .row = rows,
    .rows = sizeof(rows) / sizeof(rows[0]),
};

uint64_t td_first_id_from(unsigned class)
{
    size_t i;

    for (i = 0; i < tdx_td_fields.rows; i++) {
        if (tdx_field_class(rows[i].id) >= class) {
            return rows[i].id;
        }
    }
    return TDX_FIELD_ID_NONE;
}

/* Id of the next element that the host may read */
static uint64_t next_readable(const TdxFieldTable *table, uint64_t features0,
                              const TdxField *f, unsigned index, uint64_t id)
{
    if (index + 1 < f->fields * f->elems) {
        return tdx_field_next(table, features0, f, index, id);
    }
    do {
        f = tdx_field_after(table, features0, f);
    } while (f && !f->host_rd);
    return f ? f->id : TDX_FIELD_ID_NONE;
}

uint64_t td_field_read(TdxCall *c, const TdxFieldTable *table,
                       const void *scope, uint64_t id)
{
    uint64_t features0 = c->m->cfg.features0;
    const TdxField *f;
    unsigned index;

    if (c->version && tdx_field_id_is_null(id)) {
        f = tdx_field_first(table, features0);
        c->gpr[TDX_RDX] = tdx_field_id(f, 0);
        return TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT;
    }
    if (!tdx_field_id_is_single(id)) {
        return TDX_METADATA_FIELD_ID_INCORRECT;
    }
    f = tdx_field_find(table, features0, id, &index);
    if (!f) {
        return TDX_METADATA_FIELD_ID_INCORRECT;
    }
    if (!f->host_rd) {
        return TDX_METADATA_FIELD_NOT_READABLE;
    }
    if (c->version) {
        c->gpr[TDX_RDX] = next_readable(table, features0, f, index, id);
    }
    c->gpr[TDX_R8] = tdx_field_value(f, scope, index) & f->host_rd;
    return TDX_SUCCESS;
}

uint64_t td_field_write(TdxCall *c, const TdxFieldTable *table,
                        const void *scope, uint64_t id, uint64_t value,
                        uint64_t mask, TdxFieldWrite *write)
{
    const TdxField *f;
    uint64_t now;

    if (!tdx_field_id_is_single(id)) {
        return TDX_METADATA_FIELD_ID_INCORRECT;
    }
    f = tdx_field_find(table, c->m->cfg.features0, id, &write->index);
    if (!f) {
        return TDX_METADATA_FIELD_ID_INCORRECT;
    }
    if (!(mask & f->host_wr)) {
        return TDX_METADATA_FIELD_NOT_WRITABLE;
    }
    now = tdx_field_value(f, scope, write->index);
    write->field = f;
    write->mask = mask & f->host_wr;
    write->old = now & f->host_rd;
    /* An address that was never set is all ones, its fixed bits too */
    if (now == UINT64_MAX) {
        now &= f->host_wr;
    }
    /* What the host may not change it may only repeat */
    if ((now ^ value) & mask & ~f->host_wr) {
        return TDX_METADATA_FIELD_VALUE_NOT_VALID;
    }
    write->new = (now & ~write->mask) | (value & write->mask);
    return TDX_SUCCESS;
}
