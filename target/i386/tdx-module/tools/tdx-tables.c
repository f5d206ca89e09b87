/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Prints the module's tables (leaves, statuses, operands, metadata fields) for
 * tools and documentation, so that nobody has to keep copies.
 */

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "../../seamldr/abi/layout.h"
#include "abi/field.h"
#include "abi/states.h"
#include "abi/status.h"
#include "metadata/td-fields.h"
#include "include/describe.h"
#include "include/module.h"
#include "tdx-tables.h"

static void add_text(JsonBuilder *json, const char *key, const char *text)
{
    json_builder_set_member_name(json, key);
    json_builder_add_string_value(json, text);
}

static void add_number(JsonBuilder *json, const char *key, unsigned number)
{
    json_builder_set_member_name(json, key);
    json_builder_add_int_value(json, number);
}

static void add_bool(JsonBuilder *json, const char *key, bool value)
{
    json_builder_set_member_name(json, key);
    json_builder_add_boolean_value(json, value);
}

/* JSON readers keep 53 bits of a number; 64-bit values are text */
static void add_hex(JsonBuilder *json, const char *key, uint64_t value)
{
    g_autofree char *text = g_strdup_printf("0x%016" G_GINT64_MODIFIER "x",
                                            value);

    add_text(json, key, text);
}

static void begin_list(JsonBuilder *json, const char *key)
{
    json_builder_set_member_name(json, key);
    json_builder_begin_array(json);
}

/* --- leaves -------------------------------------------------------------- */

static void add_operands(JsonBuilder *json, const char *key,
                         const TdxLeafOperand *operand, bool out)
{
    int i;

    begin_list(json, key);
    for (i = 0; i < TDX_LEAF_MAX_OPERANDS && operand[i].name; i++) {
        json_builder_begin_object(json);
        add_text(json, "register", tdx_operand_name(operand[i].reg));
        add_text(json, "name", operand[i].name);
        add_text(json, "what", tdx_operand_doc(operand[i].name));
        if (out) {
            add_text(json, "on_failure", operand_on_failure(&operand[i]));
        }
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

static void add_states(JsonBuilder *json, unsigned states)
{
    size_t i;

    begin_list(json, "states");
    for (i = 0; i < TDX_NUM_SYS_STATES; i++) {
        if (states & TDX_STATE_BIT(i)) {
            json_builder_add_string_value(json, tdx_sys_state_name(i));
        }
    }
    json_builder_end_array(json);
}

static void add_leaf_needs(JsonBuilder *json, TdxLeafNeeds needs)
{
    switch (needs) {
    case TDX_NEEDS_DYNAMIC_PAMT:
        add_text(json, "needs", "dynamic-pamt");
        break;
    case TDX_NEEDS_SYS_DISABLE:
        add_text(json, "needs", "sys-disable");
        break;
    case TDX_NEEDS_NOTHING:
        break;
    }
}

/* As the tests that see one hold it against: without details, ascending */
static void add_statuses_of(JsonBuilder *json, const TdxLeaf *leaf)
{
    TdxStatus status[TDX_LEAF_MAX_STATUSES];
    size_t n = tdx_leaf_statuses(leaf, status), i;

    begin_list(json, "statuses");
    for (i = 0; i < n; i++) {
        json_builder_add_string_value(json, tdx_status_name(status[i]));
    }
    json_builder_end_array(json);
}

static void add_answers(JsonBuilder *json, const TdxLeaf *leaf)
{
    const TdxAnswer *a = leaf->answers;

    begin_list(json, "answers");
    for (; a && a->status != TDX_STATUS_NONE; a++) {
        json_builder_begin_object(json);
        add_text(json, "status", tdx_status_name(a->status));
        if (tdx_op(a->status, 0) != a->status) {
            add_text(json, "operand",
                     tdx_operand_name(tdx_status_operand(a->status)));
        }
        if (a->when) {
            add_text(json, "when", a->when);
        }
        add_bool(json, "on_silicon_only", a->on_silicon);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

static void add_leaf(JsonBuilder *json, const TdxLeaf *leaf)
{
    json_builder_begin_object(json);
    add_number(json, "number", leaf->number);
    add_text(json, "name", leaf->name);
    add_number(json, "max_version", leaf->max_version);
    add_text(json, "modelled", leaf_coverage(leaf));
    add_leaf_needs(json, leaf->needs);
    add_states(json, leaf->states);
    add_operands(json, "in", leaf->in, false);
    add_operands(json, "out", leaf->out, true);
    add_statuses_of(json, leaf);
    add_answers(json, leaf);
    if (leaf->fields) {
        add_text(json, "fields", leaf->fields == &tdx_sys_fields ? "sys" :
                 leaf->fields == &tdx_td_fields ? "td" : "vp");
    }
    if (leaf->what) {
        add_text(json, "what", leaf->what);
    }
    if (leaf->missing) {
        add_text(json, "missing", leaf->missing);
    }
    json_builder_end_object(json);
}

static void add_leaves(JsonBuilder *json, const char *key,
                       const TdxLeaf *const *leaf, size_t n)
{
    begin_list(json, key);
    for (; n; n--, leaf++) {
        add_leaf(json, *leaf);
    }
    json_builder_end_array(json);
}

/* --- statuses and operands ------------------------------------------------ */

static void add_status(JsonBuilder *json, const char *name, uint64_t value)
{
    json_builder_begin_object(json);
    add_hex(json, "value", value);
    add_text(json, "name", name);
    /* Of some, details of 0 are no operand instead of RAX */
    add_bool(json, "names_operand",
             tdx_status_operand(tdx_op(value, TDX_RCX)) == TDX_RCX);
    add_bool(json, "operand_optional", !tdx_status_names_operand(value));
    json_builder_end_object(json);
}

static void add_statuses(JsonBuilder *json)
{
    begin_list(json, "statuses");
#define TDX_STATUS(name, value) add_status(json, #name, value);
#include "abi/status-list.h"
#undef TDX_STATUS
    json_builder_end_array(json);
}

static void add_operand(JsonBuilder *json, const char *name, unsigned id)
{
    json_builder_begin_object(json);
    add_number(json, "id", id);
    add_text(json, "name", name);
    json_builder_end_object(json);
}

static void add_operand_ids(JsonBuilder *json)
{
    unsigned reg;

    begin_list(json, "operands");
    for (reg = 0; reg < TDX_NUM_GPRS; reg++) {
        add_operand(json, tdx_operand_name(reg), reg);
    }
#define TDX_OPERAND(name, value) add_operand(json, #name, value);
#include "abi/operand-list.h"
#undef TDX_OPERAND
    json_builder_end_array(json);
}

/* --- states -------------------------------------------------------------- */

static void add_state(JsonBuilder *json, const char *name, unsigned value)
{
    json_builder_begin_object(json);
    add_number(json, "value", value);
    add_text(json, "name", name);
    json_builder_end_object(json);
}

/* The uses of pages, as QMP and pictures call them */
static void add_uses(JsonBuilder *json)
{
    begin_list(json, "uses");
#define USE(name, member) \
    json_builder_add_string_value(json, g_strdelimit((char[]) { #member }, \
                                                     "_", '-'));
    TDX_USES(USE)
#undef USE
    json_builder_end_array(json);
}

static void add_all_states(JsonBuilder *json)
{
#define STATE(name, value, words, ...) add_state(json, #words, value);
#define STATES(key, list) \
    begin_list(json, key); \
    list(STATE) \
    json_builder_end_array(json);
    STATES("sys_states", TDX_SYS_STATES)
    STATES("hkid_states", TDX_HKID_STATES)
    STATES("lifecycles", TDX_LIFECYCLES)
    STATES("op_states", TDX_OP_STATES)
    STATES("vcpu_states", TDX_VCPU_STATES)
    STATES("page_types", TDX_PAGE_TYPES)
    STATES("sept_states", TDX_SEPT_STATES)
#undef STATES
#undef STATE
    add_uses(json);
}

/* --- fields -------------------------------------------------------------- */

static void add_fields(JsonBuilder *json, const char *key,
                       const TdxFieldTable *table)
{
    size_t i;

    begin_list(json, key);
    for (i = 0; i < table->rows; i++) {
        const TdxField *f = &table->row[i];

        json_builder_begin_object(json);
        add_hex(json, "id", f->id);
        add_text(json, "name", f->name);
        add_number(json, "bits", tdx_field_elem_bits(f->id));
        add_number(json, "fields", f->fields);
        add_number(json, "elements", f->elems);
        add_number(json, "stride", tdx_field_stride(f->id));
        add_bool(json, "guest_readable", f->guest_rd);
        if (f->needs) {
            add_hex(json, "needs_features0", f->needs);
        }
        if (!f->get && !f->width) {
            add_hex(json, "value", f->value);
        }
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

/* --- structures ---------------------------------------------------------- */

static void add_members(JsonBuilder *json, const TdxMember *member)
{
    begin_list(json, "members");
    for (; member->name; member++) {
        json_builder_begin_object(json);
        add_text(json, "name", member->name);
        add_number(json, "offset", member->offset);
        add_number(json, "size", member->size);
        add_number(json, "count", member->count);
        add_number(json, "stride", member->stride);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

static void add_structures(JsonBuilder *json)
{
    const TdxStructure *s;

    begin_list(json, "structures");
    for (s = tdx_structures; s->name; s++) {
        json_builder_begin_object(json);
        add_text(json, "name", s->name);
        add_number(json, "size", s->size);
        add_number(json, "align", s->align);
        add_members(json, s->member);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

/* As vectors describe a module: see their "module" */
static void add_released(JsonBuilder *json)
{
    TdxModuleConfig cfg;

    tdx_module_config_init(&cfg);
    json_builder_set_member_name(json, "released_module");
    json_builder_begin_object(json);
    add_number(json, "major", cfg.major);
    add_number(json, "minor", cfg.minor);
    add_number(json, "update", cfg.update);
    add_number(json, "internal", cfg.internal);
    add_number(json, "build_num", cfg.build_num);
    add_number(json, "build_date", cfg.build_date);
    add_hex(json, "features0", cfg.features0);
    add_number(json, "max_tdmrs", cfg.max_tdmrs);
    add_number(json, "max_rsvd_per_tdmr", cfg.max_rsvd_per_tdmr);
    add_number(json, "num_handoff_pages", cfg.num_handoff_pages);
    add_number(json, "sys_disable", cfg.sys_disable);
    json_builder_end_object(json);
}

/* What is in an image, and what it must be signed with */
static void add_image(JsonBuilder *json)
{
    TdxModuleConfig cfg;
    g_autofree char *words = NULL;

    tdx_module_config_modelled(&cfg);
    words = tdx_module_describe(&cfg);
    json_builder_set_member_name(json, "image");
    json_builder_begin_object(json);
    add_text(json, "magic", SEAM_IMAGE_MAGIC);
    add_number(json, "version", SEAM_IMAGE_VERSION);
    add_number(json, "max_pages", SEAMLDR_MAX_PAGES);
    add_number(json, "page_size", SEAMLDR_PAGE);
    /* Of a module that a host can believe; lines KEY=NUMBER */
    add_text(json, "description", words);
    add_text(json, "no_key", SEAM_SIG_NO_KEY);
    add_number(json, "covered_end", SEAM_SIG_COVERED_END);
    add_number(json, "covered_again", SEAM_SIG_COVERED_AGAIN);
    json_builder_set_member_name(json, "sigstruct");
    json_builder_begin_object(json);
    add_number(json, "header_type", SEAM_SIG_HEADER_TYPE);
    add_number(json, "header_length", SEAM_SIG_HEADER_LENGTH);
    add_number(json, "header_version", SEAM_SIG_HEADER_VERSION);
    add_number(json, "module_vendor", SEAMLDR_VENDOR_INTEL);
    add_number(json, "size", SEAM_SIG_SIZE);
    add_number(json, "key_size", SEAM_SIG_KEY_SIZE);
    add_number(json, "modulus_size", SEAM_SIG_KEY_SIZE);
    add_number(json, "exponent_size", SEAM_SIG_EXPONENT_SIZE);
    add_number(json, "exponent", SEAM_SIG_EXPONENT);
    add_number(json, "svn_minor", TDX_SVN_MINOR);
    add_number(json, "svn_major", TDX_SVN_MAJOR);
    add_number(json, "num_handoff_pages", cfg.num_handoff_pages);
    json_builder_end_object(json);
    json_builder_end_object(json);
}

static void print_json(void)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    g_autoptr(JsonGenerator) generator = json_generator_new();
    g_autofree char *text = NULL;
    const TdxLeaf *const *leaf;
    JsonNode *root;
    size_t n;

    json_builder_begin_object(json);
    leaf = tdx_leaf_table(&n);
    add_leaves(json, "leaves", leaf, n);
    leaf = tdx_guest_leaf_table(&n);
    add_leaves(json, "guest_leaves", leaf, n);
    add_statuses(json);
    add_operand_ids(json);
    add_all_states(json);
    /* What of an id counts when it names a field (metadata 1) */
    add_hex(json, "field_id_mask", TDX_FIELD_CLASS_MASK | TDX_FIELD_CODE_MASK);
    add_fields(json, "sys_fields", &tdx_sys_fields);
    add_fields(json, "td_fields", &tdx_td_fields);
    add_fields(json, "vp_fields", &tdx_vp_fields);
    add_structures(json);
    add_released(json);
    add_image(json);
    json_builder_end_object(json);

    root = json_builder_get_root(json);
    json_generator_set_root(generator, root);
    json_generator_set_pretty(generator, true);
    text = json_generator_to_data(generator, NULL);
    puts(text);
    json_node_unref(root);
}

static void print_rst(void)
{
    static const char title[] = "System metadata fields of the TDX module";
    g_autofree char *line = g_strnfill(strlen(title), '=');
    size_t i;

    printf(".. SPDX-License-" "Identifier: GPL-2.0-or-later\n\n"
           "..\n   Generated by tdx-tables --rst from the module's own table; "
           "do not edit.\n\n:orphan:\n\n%s\n%s\n\n"
           "In the order in which TDH.SYS.RD leads through them.  Fields that "
           "need a bit of\nTDX_FEATURES0 are absent from modules without it.\n"
           "\n.. list-table::\n   :header-rows: 1\n\n"
           "   * - Field id\n     - Name\n     - Bits\n     - Fields\n"
           "     - Elements\n     - Readable by\n     - Needs bit\n",
           title, line);
    for (i = 0; i < tdx_sys_fields.rows; i++) {
        const TdxField *f = &tdx_sys_fields.row[i];

        printf("   * - ``0x%016" G_GINT64_MODIFIER "x``\n     - %s\n"
               "     - %u\n     - %u\n     - %u\n     - %s\n",
               f->id, f->name, tdx_field_elem_bits(f->id), f->fields,
               f->elems, f->guest_rd ? "host, guest" : "host");
        if (f->needs) {
            printf("     - %d\n", g_bit_nth_lsf(f->needs, -1));
        } else {
            printf("     -\n");
        }
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "--json")) {
        print_json();
    } else if (argc == 2 && !strcmp(argv[1], "--rst")) {
        print_rst();
    } else if (argc == 2 && !strcmp(argv[1], "--rst-leaves")) {
        print_leaves_rst();
    } else if (argc == 2 && !strcmp(argv[1], "--rst-guest-leaves")) {
        print_guest_leaves_rst();
    } else {
        fprintf(stderr, "Usage: tdx-tables --json | --rst | --rst-leaves | "
                "--rst-guest-leaves\n");
        return 1;
    }
    return 0;
}
