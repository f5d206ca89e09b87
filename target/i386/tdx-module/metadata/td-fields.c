/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every metadata field of TD scope, and reading and writing by id
 * (TD life cycle 4.5).
 */

#include <glib.h>
#include <string.h>

#include "../td/guest-cpuid.h"
#include "../td/guest-cpuid.h"
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
GET(pkg_config_bitmap, tdr, pkg_config_bitmap)
GET(handoff_version, tdr, handoff_version)
GET_ATOMIC(num_assoc_vcpus, tdcs, num_assoc_vcpus)
GET(num_l2_vms, tdcs, num_l2_vms)
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

static uint64_t get_tdcx_pa(const void *scope, unsigned index)
{
    const TdxTdRef *td = scope;

    return index < td->tdr->num_tdcx
           ? tdx_with_hkid(td->m, td->tdr->tdcx[index], td->tdr->hkid) : 0;
}

static uint64_t get_qword(const uint8_t *bytes, unsigned index)
{
    uint64_t value;

    memcpy(&value, bytes + index * sizeof(value), sizeof(value));
    return GUINT64_FROM_LE(value);
}

#define GET_BYTES(name, owner, path) \
    static uint64_t get_##name(const void *scope, unsigned index) \
    { \
        const TdxTdRef *td = scope; \
        return get_qword(td->owner->path, index); \
    }

GET_BYTES(uuid, tdr, uuid)
GET_BYTES(mrtd, tdcs, mrtd)
GET_BYTES(mrconfigid, tdcs, mrconfigid)
GET_BYTES(mrowner, tdcs, mrowner)
GET_BYTES(mrownerconfig, tdcs, mrownerconfig)

/* --- where the components of a vCPU's extended state are ------------------ */

static uint64_t get_xbuff_size(const void *scope, unsigned index)
{
    return tdx_td_xbuff_offset(scope, TDX_NUM_XSAVE_COMPONENTS);
}

static uint64_t get_xbuff_offset(const void *scope, unsigned index)
{
    return tdx_td_xbuff_offset(scope, index);
}

/* --- the rest -------------------------------------------------------------- */

static uint64_t get_flag(const void *scope, uint32_t flag)
{
    const TdxTdRef *td = scope;

    return !!(__atomic_load_n(&td->tdcs->td_flags, __ATOMIC_SEQ_CST) & flag);
}

static uint64_t get_topology_enum_configured(const void *scope,
                                             unsigned index)
{
    return get_flag(scope, TDX_TD_TOPOLOGY_ENUM_CONFIGURED);
}

static uint64_t get_ve_reduction_valid(const void *scope, unsigned index)
{
    return get_flag(scope, TDX_TD_VE_REDUCTION_VALID);
}

static uint64_t get_refcount(const void *scope, unsigned index)
{
    const TdxTdRef *td = scope;

    return tdx_td_epoch_refcount(td->tdcs, index);
}

static uint64_t get_vm_ctls(const void *scope, unsigned index)
{
    const TdxTdRef *td = scope;

    return __atomic_load_n(&td->tdcs->vm_ctls[index], __ATOMIC_SEQ_CST);
}

static uint64_t get_x2apic_id(const void *scope, unsigned index)
{
    const TdxTdRef *td = scope;
    TdxTdcsVirtualCpus *cpus = tdx_td_tdcs_page(td, TDX_TDCS_VIRTUAL_CPUS);

    if (!cpus) {
        tdx_td_no_content(td->m, td->tdr, "a TDCS page has no memory");
    }
    return cpus && index < TDX_MAX_VCPUS ? cpus->x2apic_id[index] : 0;
}

GET_ATOMIC(notify_enables, tdcs, notify_enables)
GET_ATOMIC(td_ctls, tdcs, td_ctls)
GET_ATOMIC(feature_paravirt, tdcs, feature_paravirt)

#define FEATURE_PARAVIRT_KNOWN ((1ULL << TDX_NUM_PARAVIRT) - 1)
#define RTMR_WORDS (TDX_MR_SIZE / sizeof(uint64_t))

static uint64_t get_rtmr(const void *scope, unsigned index)
{
    const TdxTdRef *td = scope;

    return get_qword(td->tdcs->rtmr[index / RTMR_WORDS % TDX_NUM_RTMRS],
                     index % RTMR_WORDS);
}

#define FIELDS(id_, name_, get_, fields_, elems_) \
    .id = id_, .name = name_, .fields = fields_, .elems = elems_, \
    .host_rd = UINT64_MAX, .get = get_
#define FIELD(id_, name_, get_) FIELDS(id_, name_, get_, 1, 1)
#define MEASUREMENT(id_, name_, get_) \
    FIELDS(id_, name_, get_, 1, TDX_MR_SIZE / sizeof(uint64_t))

/* The same in every TD: what becomes other than zero is not modelled */
#define CONSTANTS(id_, name_, value_, fields_, elems_) \
    .id = id_, .name = name_, .fields = fields_, .elems = elems_, \
    .host_rd = UINT64_MAX, .value = value_
#define CONSTANT(id_, name_, value_) CONSTANTS(id_, name_, value_, 1, 1)

/* For the guest, the Migration TD or the owner of a TD that is debugged */
#define HIDDEN(id_, name_, fields_, elems_) \
    .id = id_, .name = name_, .fields = fields_, .elems = elems_

static const TdxField rows[] = {
    { FIELD(0x8010000000000001, "FATAL", get_fatal) },
    { FIELD(0x8010000200000002, "NUM_TDCX", get_num_tdcx) },
    { FIELD(0x8010000300000004, "CHLDCNT", get_chldcnt) },
    { FIELD(0x8010000200000005, "LIFECYCLE_STATE", get_lifecycle) },
    { FIELDS(0x8010000300000010, "TDCX_PA", get_tdcx_pa,
             TDX_MAX_TDCS_PAGES, 1) },
    { FIELDS(0x8010000300000020, "TD_UUID", get_uuid,
             1, sizeof(((TdxTdr *)0)->uuid) / sizeof(uint64_t)),
      .guest_rd = UINT64_MAX,
      CAME_WITH(SERVICE_TD) },
    { FIELD(0x8110000100000001, "HKID", get_hkid) },
    { FIELD(0x8110000300000002, "PKG_CONFIG_BITMAP",
            get_pkg_config_bitmap) },
    { FIELD(0x8210000100000000, "HANDOFF_VERSION", get_handoff_version),
      CAME_WITH(TD_PRESERVING) },
    { CONSTANT(0x8210000300000001, "SEAMDB_INDEX", 0),
      CAME_WITH(TD_PRESERVING) },
    { FIELD(0x9010000200000001, "NUM_VCPUS", get_num_vcpus),
      .guest_rd = UINT64_MAX },
    { FIELD(0x9010000200000002, "NUM_ASSOC_VCPUS", get_num_assoc_vcpus) },
    { FIELD(0x9010000200000004, "OP_STATE", get_op_state) },
    { FIELD(0x9010000100000005, "NUM_L2_VMS", get_num_l2_vms),
      .guest_rd = UINT64_MAX,
      CAME_WITH(TD_PARTITIONING) },
    { FIELD(0x1110000300000000, "ATTRIBUTES", get_attributes),
      .guest_rd = UINT64_MAX },
    { FIELD(0x1110000300000001, "XFAM", get_xfam),
      .guest_rd = UINT64_MAX },
    { FIELD(0x1110000200000002, "MAX_VCPUS", get_max_vcpus),
      .guest_rd = UINT64_MAX },
    { FIELD(0x1110000000000003, "GPAW", get_gpaw),
      .guest_rd = UINT64_MAX },
    { FIELD(0x1110000300000004, "EPTP", get_eptp) },
    { FIELD(0x111000030000000a, "TSC_OFFSET", get_tsc_offset) },
    { FIELD(0x111000030000000b, "TSC_MULTIPLIER", get_tsc_multiplier) },
    { FIELD(0x111000010000000c, "TSC_FREQUENCY", get_tsc_frequency),
      .guest_rd = UINT64_MAX },
    { HIDDEN(0x111000030000000d, "VIRTUAL_TSC", 1, 1),
      CAME_WITH(TD_MIGRATION) },
    { CONSTANT(0x911000010000000e, "NUM_CPUID_VALUES",
               TDX_NUM_NATIVE_CPUID) },
    { FIELD(0x911000020000000f, "XBUFF_SIZE", get_xbuff_size) },
    { HIDDEN(TD_FIELD_NOTIFY_ENABLES, "NOTIFY_ENABLES", 1, 1),
      .get = get_notify_enables, .guest_rd = TDX_NOTIFY_ZERO_STEP,
      .guest_wr = TDX_NOTIFY_ZERO_STEP, .debug_rd = UINT64_MAX },
    { FIELD(TD_FIELD_HP_LOCK_TIMEOUT, "HP_LOCK_TIMEOUT",
            get_hp_lock_timeout), .host_wr = UINT64_MAX,
      CAME_WITH(HOST_PRIORITY_LOCKS) },
    { FIELDS(TD_FIELD_VM_CTLS, "VM_CTLS", get_vm_ctls, TDX_MAX_VMS, 1),
      .host_wr = TDX_VM_CTLS_FIXED0,
      CAME_WITH(TD_PARTITIONING) },
    { FIELD(0x9110000300000016, "CONFIG_FLAGS", get_config_flags),
      .guest_rd = UINT64_MAX,
      CAME_WITH(PENDING_EPT_VIOLATION_V2) },
    { HIDDEN(TD_FIELD_TD_CTLS, "TD_CTLS", 1, 1), .get = get_td_ctls,
      .guest_rd = TDX_TD_CTLS_KNOWN, .guest_wr = TDX_TD_CTLS_KNOWN,
      .debug_rd = UINT64_MAX,
      CAME_WITH(PENDING_EPT_VIOLATION_V2) },
    { FIELD(0x9110000000000018, "VIRTUAL_MAXPA", get_virtual_maxpa),
      CAME_WITH(MAXPA_VIRT) },
    { FIELD(0x9110000000000019, "TOPOLOGY_ENUM_CONFIGURED",
            get_topology_enum_configured),
      .guest_rd = UINT64_MAX,
      CAME_WITH(TOPOLOGY_ENUM) },
    { FIELD(0x911000000000001a, "VE_REDUCTION_VALID",
            get_ve_reduction_valid),
      .guest_rd = UINT64_MAX,
      CAME_WITH(VE_REDUCTION) },
    { CONSTANT(0x9110000300000021, "CPUID_FIXED0_BITMAP",
               TDX_CPUID_FIXED0_BITMAP),
      CAME_WITH(VE_REDUCTION) },
    { HIDDEN(TD_FIELD_FEATURE_PARAVIRT, "FEATURE_PARAVIRT_CTLS", 1, 1),
      .get = get_feature_paravirt, .guest_rd = FEATURE_PARAVIRT_KNOWN,
      .guest_wr = FEATURE_PARAVIRT_KNOWN, .debug_rd = UINT64_MAX,
      CAME_WITH(VE_REDUCTION) },
    { CONSTANTS(0x9110000300000023, "FILTERED_EVENTS_COUNT", 0,
                TDX_MAX_VMS, 1),
      CAME_WITH(EVENT_FILTERING) },
    { HIDDEN(0x9110000000000080, "CPUID_VALID", TDX_NUM_NATIVE_CPUID, 1),
      CAME_WITH(TD_MIGRATION) },
    { HIDDEN(0x9110000200000200, "CPUID4_NATIVE_VALUES", 4, 4) },
    { FIELDS(0x9110000200000800, "XBUFF_OFFSETS", get_xbuff_offset,
             TDX_NUM_XSAVE_COMPONENTS, 1) },
    { FIELD(0x9210000300000000, "TD_EPOCH", get_td_epoch) },
    { FIELDS(0x9210000100000001, "REFCOUNT", get_refcount, 2, 1) },
    { MEASUREMENT(0x1310000300000000, "MRTD", get_mrtd),
      .guest_rd = UINT64_MAX },
    { MEASUREMENT(0x1310000300000010, "MRCONFIGID", get_mrconfigid),
      .guest_rd = UINT64_MAX },
    { MEASUREMENT(0x1310000300000018, "MROWNER", get_mrowner),
      .guest_rd = UINT64_MAX },
    { MEASUREMENT(0x1310000300000020, "MROWNERCONFIG", get_mrownerconfig),
      .guest_rd = UINT64_MAX },
    { HIDDEN(0x1310000300000040, "RTMR", TDX_NUM_RTMRS, RTMR_WORDS),
      .get = get_rtmr, .guest_rd = UINT64_MAX, .debug_rd = UINT64_MAX },
    /* Here CPUID_VALUES would be: cpuid-values.c */
    { HIDDEN(0x961000030000010a, "VIRTUAL_IA32_ARCH_CAPABILITIES", 1, 1),
      CAME_WITH(CONFIG_IA32_ARCH_CAP) },
    { HIDDEN(0x9610000300000480, "VIRTUAL_IA32_VMX_BASIC", 1, 1),
      CAME_WITH(TD_PARTITIONING) },
    { HIDDEN(0x9610000300000485, "VIRTUAL_IA32_VMX_MISC_CR0_CR4", 5, 1),
      CAME_WITH(TD_PARTITIONING) },
    { HIDDEN(0x961000030000048b, "VIRTUAL_IA32_VMX_CTLS", 9, 1),
      CAME_WITH(TD_PARTITIONING) },
    { CONSTANT(0x9810000000000001, "MIG_DEC_KEY_SET", 0),
      CAME_WITH(TD_MIGRATION) },
    { CONSTANT(0x9810000200000002, "EXPORT_COUNT", 0),
      CAME_WITH(TD_MIGRATION) },
    { CONSTANT(0x9810000200000003, "IMPORT_COUNT", 0),
      CAME_WITH(TD_MIGRATION) },
    { CONSTANT(0x9810000200000004, "MIG_EPOCH", 0),
      CAME_WITH(TD_MIGRATION) },
    { CONSTANT(0x9810000300000005, "BW_EPOCH", 0),
      CAME_WITH(TD_MIGRATION) },
    { CONSTANT(0x9810000300000006, "TOTAL_MB_COUNT", 0),
      CAME_WITH(TD_MIGRATION) },
    { HIDDEN(0x9810000300000010, "MIG_KEYS", 4, 4),
      CAME_WITH(TD_MIGRATION) },
    { CONSTANT(0x9810000100000020, "MIG_VERSION", 0),
      CAME_WITH(TD_MIGRATION) },
    { CONSTANT(0x9810000100000021, "MIG_WORKING_VERSION", 0),
      CAME_WITH(TD_MIGRATION) },
    { CONSTANT(0x9810000300000030, "DIRTY_COUNT", 0),
      CAME_WITH(TD_MIGRATION) },
    { CONSTANT(0x9810000300000031, "MIG_COUNT", 0),
      CAME_WITH(TD_MIGRATION) },
    { CONSTANT(0x9810000100000032, "NUM_MIGS", 0),
      CAME_WITH(TD_MIGRATION) },
    { CONSTANT(0x9810000200000034, "NUM_MIGRATED_VCPUS", 0),
      CAME_WITH(TD_MIGRATION) },
    { CONSTANTS(0x9810000300000040, "PRE_IMPORT_UUID", 0, 1, 4),
      .guest_rd = UINT64_MAX,
      CAME_WITH(TD_MIGRATION) },
    { CONSTANTS(0x9910000300000000, "SERVTD_HASH", 0, 1, 6),
      .guest_rd = UINT64_MAX,
      CAME_WITH(SERVICE_TD) },
    { CONSTANT(0x9910000100000006, "SERVTD_NUM", 0),
      .guest_rd = UINT64_MAX,
      CAME_WITH(SERVICE_TD) },
    { CONSTANTS(0x9910000300000080, "SERVTD_BINDINGS_TABLE", 0, 1, 16),
      .guest_rd = UINT64_MAX,
      CAME_WITH(SERVICE_TD) },
    { CONSTANTS(0x9a10000300000000, "MIGSC_LINKS", 0, 512, 1),
      CAME_WITH(TD_MIGRATION) },
    { FIELDS(0x9c10000200000000, "X2APIC_IDS", get_x2apic_id,
             TDX_MAX_VCPUS, 1),
      CAME_WITH(TOPOLOGY_ENUM) },
    { HIDDEN(0x2010000300000000, "MSR_BITMAPS", 512, 1) },
    { HIDDEN(0x2110000300000000, "SEPT_ROOT", TDX_SEPT_ENTRIES, 1) },
    { HIDDEN(0x2510000300000000, "L2_SEPT_ROOT", TDX_SEPT_ENTRIES, 1),
      CAME_WITH(TD_PARTITIONING) },
};

const TdxFieldTable tdx_td_fields = {
    .row = rows,
    .rows = sizeof(rows) / sizeof(rows[0]),
};

uint64_t tdx_td_first_id_from(const TdxModule *m, unsigned class)
{
    uint64_t features0 = tdx_field_features(m);
    const TdxField *f = tdx_field_first(&tdx_td_fields, features0);

    while (f && (tdx_field_class(f->id) < class || !f->host_rd)) {
        f = tdx_field_after(&tdx_td_fields, features0, f);
    }
    return f ? f->id : TDX_FIELD_ID_NONE;
}

/* --- reading and writing by id -------------------------------------------- */

/* Nothing behind the end of an element can be read or written */
static uint64_t readable(const TdxFieldScope *s, const TdxField *f)
{
    uint64_t mask = s->who == TDX_FIELD_GUEST ? f->guest_rd
                  : s->who == TDX_FIELD_DEBUGGER ? f->host_rd | f->debug_rd
                  : f->host_rd;

    return mask & tdx_field_elem_mask(f->id);
}

static uint64_t writable(const TdxFieldScope *s, const TdxField *f)
{
    uint64_t mask = s->who == TDX_FIELD_GUEST ? f->guest_wr
                  : s->who == TDX_FIELD_DEBUGGER ? f->host_wr | f->debug_wr
                  : f->host_wr;

    return mask & tdx_field_elem_mask(f->id);
}

/* Id of the first element from row @f on that can be read */
static uint64_t readable_from(const TdxFieldScope *s, const TdxField *f)
{
    while (f && !readable(s, f)) {
        f = tdx_field_after(s->table, s->features0, f);
    }
    return f ? f->id : TDX_FIELD_ID_NONE;
}

/* Id of the next element that can be read */
static uint64_t next_readable(const TdxFieldScope *s, const TdxField *f,
                              unsigned index, uint64_t id)
{
    if (index + 1 < f->fields * f->elems) {
        return tdx_field_next(s->table, s->features0, f, index, id);
    }
    return readable_from(s, tdx_field_after(s->table, s->features0, f));
}

TdxStatus tdx_td_field_read(const TdxFieldScope *s, uint64_t id,
                            uint64_t *next, uint64_t *value)
{
    const TdxField *f;
    unsigned index;

    if (next && tdx_field_id_is_null(id)) {
        *next = readable_from(s, tdx_field_first(s->table, s->features0));
        return TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT;
    }
    if (!tdx_field_id_is_single(id)) {
        return TDX_METADATA_FIELD_ID_INCORRECT;
    }
    f = tdx_field_find(s->table, s->features0, id, &index);
    if (!f) {
        return TDX_METADATA_FIELD_ID_INCORRECT;
    }
    if (!readable(s, f)) {
        return TDX_METADATA_FIELD_NOT_READABLE;
    }
    if (next) {
        *next = next_readable(s, f, index, id);
    }
    *value = tdx_field_value(f, s->scope, index) & readable(s, f);
    return TDX_SUCCESS;
}

TdxStatus tdx_td_field_write(const TdxFieldScope *s, uint64_t id,
                             uint64_t value, uint64_t mask, TdxFieldWrite *write)
{
    const TdxField *f;
    uint64_t now, seen;

    if (!tdx_field_id_is_single(id)) {
        return TDX_METADATA_FIELD_ID_INCORRECT;
    }
    f = tdx_field_find(s->table, s->features0, id, &write->index);
    if (!f) {
        return TDX_METADATA_FIELD_ID_INCORRECT;
    }
    if (!(mask & writable(s, f))) {
        return TDX_METADATA_FIELD_NOT_WRITABLE;
    }
    now = tdx_field_value(f, s->scope, write->index);
    write->field = f;
    write->code = tdx_field_code(tdx_field_id(f, write->index));
    write->mask = mask & writable(s, f);
    write->old = now & readable(s, f);
    /* An address that was never set is all ones, its fixed bits too */
    if (now == UINT64_MAX) {
        now &= writable(s, f);
    }
    /* What cannot be changed can only be repeated, as far as it is seen */
    seen = now & readable(s, f);
    if ((seen ^ value) & mask & ~writable(s, f)) {
        return TDX_METADATA_FIELD_VALUE_NOT_VALID;
    }
    write->new = (now & ~write->mask) | (value & write->mask);
    return TDX_SUCCESS;
}
