/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A SEAMCALL or TDCALL in words, as the leaf tables have them.
 */

#include <glib.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../include/text.h"
#include "../abi/states.h"
#include "../abi/status.h"
#include "../include/leaf.h"
#include "../metadata/engine.h"

/* Bits 47:40 of a status: what kind of trouble it is */
#define STATUS_CLASS(status) ((status) >> 40 & 0xff)
#define CLASS_BUSY 0x02
#define CLASS_SYS  0x05
#define CLASS_METADATA 0x0c

/* Error, and calling again does not help */
#define STATUS_ERROR_MASK  (3ULL << 62)

/* What of an operand is an address, that flags and a level may go with */
#define OPERAND_ADDRESS 0x000ffffffffff000ULL

typedef struct Text {
    char *buf;
    size_t len;
    size_t used;
} Text;

static G_GNUC_PRINTF(2, 3) void add(Text *t, const char *format, ...)
{
    size_t room = t->len - t->used;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(t->buf + t->used, room, format, args);
    va_end(args);
    if (n > 0) {
        t->used += MIN((size_t)n, room - 1);
    }
}

static Text text_on(char *buf, size_t len)
{
    buf[0] = '\0';
    return (Text) { .buf = buf, .len = len };
}

static const TdxLeaf *leaf_of(uint64_t rax)
{
    return tdx_leaf_find(rax & TDX_RAX_LEAF_MASK);
}

static bool is_field(const char *operand)
{
    return !strcmp(operand, "field") || !strcmp(operand, "next_field");
}

/* Nothing where no field of the table has the id */
static void add_field_name(Text *t, const TdxLeaf *leaf, uint64_t id)
{
    unsigned index;
    const TdxField *f = leaf->fields && id != TDX_FIELD_ID_NONE
                        ? tdx_field_find(leaf->fields, UINT64_MAX, id, &index)
                        : NULL;

    if (f && f->fields * f->elems > 1) {
        add(t, " %s[%u]", f->name, index);
    } else if (f) {
        add(t, " %s", f->name);
    }
}

static void add_operands(Text *t, const TdxLeaf *leaf,
                         const TdxLeafOperand *list, const uint64_t *gpr,
                         bool zeros)
{
    const char *separator = "";

    for (unsigned i = 0; i < TDX_LEAF_MAX_OPERANDS && list[i].name; i++) {
        uint64_t value = gpr[list[i].reg];

        if (!value && !zeros && strcmp(list[i].name, "value")) {
            continue;
        }
        add(t, "%s%s=0x%" PRIx64, separator, list[i].name, value);
        if (is_field(list[i].name)) {
            add_field_name(t, leaf, value);
        }
        separator = ", ";
    }
}

static char *format_call(const TdxLeaf *leaf, const uint64_t *gpr, char *buf,
                         size_t len)
{
    uint64_t number = gpr[TDX_RAX] & TDX_RAX_LEAF_MASK;
    uint64_t more = gpr[TDX_RAX] >> TDX_RAX_VERSION_SHIFT;
    Text t = text_on(buf, len);

    if (leaf) {
        add(&t, "%s", leaf->name);
    } else {
        add(&t, "leaf %" PRIu64, number);
    }
    if (more) {
        add(&t, "/%" PRIu64, more);
    }
    add(&t, "(");
    if (leaf) {
        add_operands(&t, leaf, leaf->in, gpr, true);
    } else {
        add(&t, "RCX=0x%" PRIx64 ", RDX=0x%" PRIx64 ", R8=0x%" PRIx64,
            gpr[TDX_RCX], gpr[TDX_RDX], gpr[TDX_R8]);
    }
    add(&t, ")");
    return buf;
}

char *tdx_call_format(const uint64_t gpr[TDX_NUM_GPRS], char *buf, size_t len)
{
    return format_call(leaf_of(gpr[TDX_RAX]), gpr, buf, len);
}

char *tdx_tdcall_format(const uint64_t gpr[TDX_NUM_GPRS], char *buf,
                        size_t len)
{
    return format_call(tdx_guest_leaf_find(gpr[TDX_RAX] & TDX_RAX_LEAF_MASK),
                       gpr, buf, len);
}

char *tdx_tdcall_outputs_format(uint64_t rax,
                                const uint64_t gpr[TDX_NUM_GPRS], char *buf,
                                size_t len)
{
    const TdxLeaf *leaf = tdx_guest_leaf_find(rax & TDX_RAX_LEAF_MASK);
    Text t = text_on(buf, len);

    if (leaf) {
        add_operands(&t, leaf, leaf->out, gpr, false);
    }
    return buf;
}

char *tdx_outputs_format(uint64_t rax, const uint64_t gpr[TDX_NUM_GPRS],
                         char *buf, size_t len)
{
    const TdxLeaf *leaf = leaf_of(rax);
    Text t = text_on(buf, len);

    if (leaf) {
        add_operands(&t, leaf, leaf->out, gpr, false);
    }
    return buf;
}

const char *tdx_ve_category_name(uint8_t category)
{
    static const struct {
        uint8_t category;
        const char *name;
    } names[] = {
#define X(name, value, words) { value, #words },
        TDX_VE_CATEGORIES(X)
#undef X
    };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (names[i].category == category) {
            return names[i].name;
        }
    }
    return "unknown";
}

/* Does the call of @gpr ask for one metadata field by an id that can be one? */
static bool asks_for_field(const uint64_t gpr[TDX_NUM_GPRS])
{
    const TdxLeaf *leaf = leaf_of(gpr[TDX_RAX]);

    return leaf && (leaf->number == TDH_SYS_RD || leaf->number == TDH_MNG_RD ||
                    leaf->number == TDH_VP_RD) &&
           tdx_field_id_is_single(gpr[TDX_RDX]);
}

bool tdx_answer_is_error(const uint64_t gpr[TDX_NUM_GPRS], uint64_t status)
{
    if ((status == TDX_METADATA_FIELD_ID_INCORRECT ||
         status == TDX_METADATA_FIELD_NOT_READABLE) && asks_for_field(gpr)) {
        return false;
    }
    return (status & STATUS_ERROR_MASK) == STATUS_ERROR_MASK;
}

bool tdx_status_is_busy(uint64_t status)
{
    return STATUS_CLASS(status) == CLASS_BUSY &&
           tdx_op(status, 0) != TDX_RND_NO_ENTROPY;
}

/* What is wrong with RAX itself: life cycle 1.2 */
static void add_rax_reason(Text *t, uint64_t rax)
{
    const TdxLeaf *leaf = leaf_of(rax);
    uint64_t version = rax >> TDX_RAX_VERSION_SHIFT & TDX_RAX_VERSION_MASK;

    if (rax & TDX_RAX_RSVD_MASK) {
        add(t, "RAX 0x%" PRIx64 " has reserved bits set", rax);
    } else if (!leaf) {
        add(t, "there is no leaf %u", (unsigned)(rax & TDX_RAX_LEAF_MASK));
    } else if (version > leaf->max_version) {
        add(t, "there is no version %" PRIu64 " of %s", version, leaf->name);
    } else {
        add(t, "this module has no %s, or not in this mode", leaf->name);
    }
}

static const char *operand_name(uint64_t rax, unsigned reg)
{
    const TdxLeaf *leaf = leaf_of(rax);

    for (unsigned i = 0; leaf && i < TDX_LEAF_MAX_OPERANDS &&
         leaf->in[i].name; i++) {
        if (leaf->in[i].reg == reg) {
            return leaf->in[i].name;
        }
    }
    return tdx_operand_name(reg);
}

/* The field that a leaf was called for */
static void add_field_operand(Text *t, const uint64_t *gpr)
{
    const TdxLeaf *leaf = leaf_of(gpr[TDX_RAX]);

    for (unsigned i = 0; leaf && i < TDX_LEAF_MAX_OPERANDS &&
         leaf->in[i].name; i++) {
        if (is_field(leaf->in[i].name)) {
            add(t, "field 0x%" PRIx64, gpr[leaf->in[i].reg]);
            add_field_name(t, leaf, gpr[leaf->in[i].reg]);
        }
    }
}

/* Does the state of the module say why?  Not so of all that begin alike */
static bool is_about_state(uint64_t status)
{
    switch (status) {
    case TDX_SYS_INIT_NOT_PENDING:
    case TDX_SYS_LP_INIT_NOT_PENDING:
    case TDX_SYS_CONFIG_NOT_PENDING:
    case TDX_SYS_KEY_CONFIG_NOT_PENDING:
    case TDX_SYS_NOT_READY:
    case TDX_SYS_SHUTDOWN:
    case TDX_SYS_STATE_INCORRECT:
        return true;
    default:
        return false;
    }
}

char *tdx_reason_format(const uint64_t gpr[TDX_NUM_GPRS], uint64_t status,
                        const TdxCause *cause, TdxSysState state, char *buf,
                        size_t len)
{
    char words[TDX_CALL_TEXT_SIZE];
    uint32_t id = tdx_status_operand(status);
    Text t = text_on(buf, len);

    tdx_cause_format(cause, words, sizeof(words));
    if (id == TDX_RAX) {
        add_rax_reason(&t, gpr[TDX_RAX]);
    } else if (id < TDX_NUM_GPRS) {
        const char *name = operand_name(gpr[TDX_RAX], id);

        if (!*words) {
            add(&t, "%s 0x%" PRIx64, name, gpr[id]);
        } else if (!cause->what &&
                   !((cause->value ^ gpr[id]) & OPERAND_ADDRESS)) {
            add(&t, "%s %s", name, words);
        } else {
            add(&t, "%s 0x%" PRIx64 ": %s", name, gpr[id], words);
        }
    } else if (*words) {
        add(&t, "%s", words);
    } else if (STATUS_CLASS(status) == CLASS_METADATA) {
        add_field_operand(&t, gpr);
    } else if (status == TDX_SYS_BUSY) {
        add(&t, "the lock of the whole module is taken");
    } else if (is_about_state(status)) {
        add(&t, "the module is in state %s", tdx_sys_state_name(state));
    }
    return buf;
}
