/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fault injection: which faults there can be, and when they strike.
 */

#include <glib.h>
#include <string.h>

#include "../core/call.h"
#include "../include/fault.h"
#include "../include/leaf.h"
#include "seamcall.h"

/* Bits 47:40 of a status (status codes 1.1) */
enum {
    CLASS_OPERAND = 0x01,
    CLASS_PAMT = 0x03,
    CLASS_TD = 0x06,
    CLASS_PLATFORM = 0x09,
    CLASS_TDMR = 0x0a,
    CLASS_SEPT = 0x0b,
};

static unsigned class_of(TdxStatus status)
{
    return (status >> 40) & 0xff;
}

/* --- what is possible ---------------------------------------------------- */

/* Not what the dispatcher answers in the leaf's place */
static bool can_answer(const TdxLeaf *leaf, TdxStatus status)
{
    return tdx_leaf_answer(leaf, status);
}

static TdxFaultPoint point_of(const TdxLeaf *leaf, TdxStatus status)
{
    return tdx_leaf_answer(leaf, status)->fault_at;
}

/* May a call that succeeds be cut short by an event of the host? */
static bool is_interruptible(const TdxLeaf *leaf)
{
    return leaf->piecewise || (can_answer(leaf, TDX_SUCCESS) &&
                               point_of(leaf, TDX_SUCCESS) ==
                               TDX_FAULT_INTERRUPTION);
}

/* The answers that can be injected, for whoever asked for another */
static char *possible(const TdxLeaf *leaf)
{
    GString *all = g_string_new(is_interruptible(leaf) ? "interrupted"
                                                       : NULL);
    const TdxAnswer *a;

    for (a = leaf->answers; a->status != TDX_STATUS_NONE; a++) {
        const char *name = tdx_status_name(a->status);

        if (a->status != TDX_SUCCESS && a->fault_at != TDX_FAULT_NOWHERE &&
            !strstr(all->str, name)) {
            g_string_append_printf(all, "%s%s", all->len ? ", " : "", name);
        }
    }
    if (!all->len) {
        g_string_append(all, "none");
    }
    return g_string_free(all, false);
}

/* --- names --------------------------------------------------------------- */

static const TdxLeaf *find_leaf(const TdxLeaf *const *table, size_t n,
                                const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (!g_ascii_strcasecmp(name, table[i]->name)) {
            return table[i];
        }
    }
    return NULL;
}

static char *parse_leaf(TdxFault *f, const char *name)
{
    size_t n, guest_n;
    const TdxLeaf *const *table = tdx_leaf_table(&n);
    const TdxLeaf *const *guest = tdx_guest_leaf_table(&guest_n);

    f->leaf = find_leaf(table, n, name) ?: find_leaf(guest, guest_n, name);
    if (!f->leaf) {
        return g_strdup_printf("there is no leaf '%s'; a leaf is named as in "
                               "tdh.phymem.pamt.add or tdg.mem.page.accept",
                               name);
    }
    if (!f->leaf->handler) {
        return g_strdup_printf("%s is not modelled, so it always fails",
                               f->leaf->name);
    }
    return NULL;
}

/* TDCALLs look at the list themselves */
static bool is_tdcall(const TdxLeaf *leaf)
{
    return tdx_guest_leaf_find(leaf->number) == leaf;
}

static char *parse_status(TdxFault *f, const char *name)
{
    g_autofree char *known = possible(f->leaf);

    if (!g_ascii_strcasecmp(name, "interrupted")) {
        if (is_interruptible(f->leaf)) {
            f->status = TDX_SUCCESS;
            f->point = TDX_FAULT_INTERRUPTION;
            return NULL;
        }
        if (can_answer(f->leaf, TDX_INTERRUPTED_RESUMABLE)) {
            f->status = TDX_INTERRUPTED_RESUMABLE;
            return NULL;
        }
        if (can_answer(f->leaf, TDX_INTERRUPTED_RESTARTABLE)) {
            f->status = TDX_INTERRUPTED_RESTARTABLE;
            return NULL;
        }
        return g_strdup_printf("%s cannot be interrupted; possible are: %s",
                               f->leaf->name, known);
    }
    if (!tdx_status_find(name, &f->status)) {
        return g_strdup_printf("there is no status '%s'; of %s are possible: "
                               "%s", name, f->leaf->name, known);
    }
    if (f->status == TDX_SUCCESS) {
        return g_strdup_printf("TDX_SUCCESS is no fault; of %s are possible: "
                               "%s", f->leaf->name, known);
    }
    if (!can_answer(f->leaf, f->status)) {
        return g_strdup_printf("%s cannot answer %s; possible are: %s",
                               f->leaf->name, tdx_status_name(f->status),
                               known);
    }
    return NULL;
}

/* Has a status that names no operand something else in bits 31:0? */
static bool takes_number(TdxStatus status)
{
    switch (class_of(status)) {
    case CLASS_OPERAND:
    case CLASS_PAMT:
    case CLASS_TD:
    case CLASS_PLATFORM:
    case CLASS_TDMR:
        return true;
    default:
        return status == TDX_UPDATE_COMPATIBILITY_SENSITIVE;
    }
}

static bool is_input(const TdxLeaf *leaf, uint32_t id)
{
    for (int i = 0; i < TDX_LEAF_MAX_OPERANDS && leaf->in[i].name; i++) {
        if (leaf->in[i].reg == id) {
            return true;
        }
    }
    return false;
}

static char *parse_operand(TdxFault *f, const char *operand)
{
    const char *name = tdx_status_name(f->status);
    guint64 number;
    uint32_t id;
    bool hex;

    if (class_of(f->status) == CLASS_SEPT) {
        f->status = tdx_op(f->status, TDX_RCX);
        return operand && g_ascii_strcasecmp(operand, "RCX")
               ? g_strdup_printf("the operand of %s is always RCX", name)
               : NULL;
    }
    if (tdx_status_names_operand(f->status)) {
        if (!operand) {
            return g_strdup_printf("%s names an operand: say which, as in "
                                   "operand=RCX", name);
        }
        if (!tdx_operand_find(operand, &id)) {
            return g_strdup_printf("there is no operand '%s'; a register is "
                                   "named as in operand=RCX", operand);
        }
        if (id < TDX_NUM_GPRS && !is_input(f->leaf, id) &&
            tdx_op(f->status, id) != tdx_op(TDX_OPERAND_INVALID, TDX_RAX)) {
            return g_strdup_printf("%s does not read %s", f->leaf->name,
                                   tdx_operand_name(id));
        }
        f->status = tdx_op(f->status, id);
        return NULL;
    }
    if (!operand) {
        return NULL;
    }
    if (!takes_number(f->status)) {
        return g_strdup_printf("%s has no operand; leave operand= out",
                               f->point == TDX_FAULT_INTERRUPTION
                               ? "an interruption" : name);
    }
    hex = g_str_has_prefix(operand, "0x");
    if (!g_ascii_string_to_unsigned(hex ? operand + 2 : operand,
                                    hex ? 16 : 10, 0, UINT32_MAX, &number,
                                    NULL)) {
        return g_strdup_printf("the operand of %s is a number of 32 bits",
                               name);
    }
    f->status = tdx_op(f->status, number);
    return NULL;
}

char *tdx_fault_parse(TdxFault *f, const char *leaf, const char *status,
                      const char *operand)
{
    char *error = parse_leaf(f, leaf);

    f->point = TDX_FAULT_NOWHERE;
    if (!error) {
        error = parse_status(f, status);
    }
    if (!error) {
        error = parse_operand(f, operand);
    }
    if (error || f->point != TDX_FAULT_NOWHERE) {
        return error;
    }
    f->point = point_of(f->leaf, f->status);
    if (f->point == TDX_FAULT_NOWHERE) {
        return g_strdup_printf("%s%s of %s tells of something in output "
                               "registers, and cannot be injected",
                               tdx_status_name(f->status),
                               operand ? " with this operand" : "",
                               f->leaf->name);
    }
    return NULL;
}

/* The number of an output, or -1 */
static int find_output(const TdxLeaf *leaf, const char *name)
{
    for (int i = 0; i < TDX_LEAF_MAX_OPERANDS && leaf->out[i].name; i++) {
        if (!g_ascii_strcasecmp(name, leaf->out[i].name) ||
            !g_ascii_strcasecmp(name, tdx_operand_name(leaf->out[i].reg))) {
            return i;
        }
    }
    return -1;
}

char *tdx_fault_parse_outputs(TdxFault *f, const char *outputs)
{
    g_auto(GStrv) words = g_strsplit(outputs, " ", 0);

    if (f->point != TDX_FAULT_AT_START) {
        return g_strdup_printf("the outputs of %s with %s are the leaf's own",
                               f->leaf->name, tdx_status_name(f->status));
    }
    for (char **word = words; *word; word++) {
        char *value = strchr(*word, '=');
        guint64 number;
        bool hex;
        int i;

        if (!**word) {
            continue;
        }
        if (!value) {
            return g_strdup_printf("outputs are NAME=VALUE, not '%s'", *word);
        }
        *value++ = 0;
        i = find_output(f->leaf, *word);
        if (i < 0) {
            return g_strdup_printf("%s has no output '%s'", f->leaf->name,
                                   *word);
        }
        hex = g_str_has_prefix(value, "0x");
        if (!g_ascii_string_to_unsigned(hex ? value + 2 : value,
                                        hex ? 16 : 10, 0, UINT64_MAX, &number,
                                        NULL)) {
            return g_strdup_printf("output %s is a number of 64 bits", *word);
        }
        f->output[i] = number;
        f->has_output |= 1u << i;
    }
    return NULL;
}

/* --- the list ------------------------------------------------------------ */

static TdxLeafHandler fault_call;

/* Calls of leaves without a fault go their way as if there were none at all */
static void choose_handler(TdxModule *m, const TdxLeaf *leaf)
{
    TdxLeafHandler *handler = leaf->handler;
    const TdxFault *f;

    /* A fault may be there still when its leaf is gone with an update */
    if (is_tdcall(leaf) || !tdx_leaf_exists(m, leaf)) {
        return;
    }
    for (f = m->faults; f; f = f->next) {
        if (f->leaf == leaf) {
            handler = fault_call;
        }
    }
    __atomic_store_n(&m->entry[leaf->number].handler, handler,
                     __ATOMIC_RELEASE);
}

void tdx_faults_rearm(TdxModule *m)
{
    for (const TdxFault *f = m->faults; f; f = f->next) {
        choose_handler(m, f->leaf);
    }
}

char *tdx_fault_add(TdxModule *m, TdxFault *f)
{
    TdxFault **end = &m->faults;

    if (!tdx_leaf_exists(m, f->leaf)) {
        if (m->cfg.first_generation) {
            return g_strdup_printf("a module 1.0 has no %s", f->leaf->name);
        }
        return g_strdup_printf("this module has no %s; use -device "
                               "tdx-module,%s=on", f->leaf->name,
                               f->leaf->needs == TDX_NEEDS_SYS_DISABLE
                               ? "sys-disable" : "dynamic-pamt");
    }
    while (*end) {
        end = &(*end)->next;
    }
    f->next = NULL;
    __atomic_store_n(end, f, __ATOMIC_RELEASE);
    choose_handler(m, f->leaf);
    return NULL;
}

void tdx_fault_remove(TdxModule *m, TdxFault *f)
{
    TdxFault **link = &m->faults;

    while (*link && *link != f) {
        link = &(*link)->next;
    }
    if (*link) {
        /* @f keeps its own link, for a call that is just looking at it */
        __atomic_store_n(link, f->next, __ATOMIC_RELEASE);
        choose_handler(m, f->leaf);
    }
}

/* --- calls --------------------------------------------------------------- */

/* No state: with several LPs at work, no order of their calls matters */
static bool chance(const TdxFault *f, uint64_t call)
{
    const guint32 seed[] = { f->seed, call, call >> 32 };
    GRand *random;
    unsigned value;

    if (f->percent >= 100) {
        return true;
    }
    random = g_rand_new_with_seed_array(seed, G_N_ELEMENTS(seed));
    value = g_rand_int_range(random, 0, 100);
    g_rand_free(random);
    return value < f->percent;
}

static bool take_hit(TdxFault *f)
{
    uint64_t hits = __atomic_load_n(&f->hits, __ATOMIC_RELAXED);

    do {
        if (f->count && hits >= f->count) {
            return false;
        }
    } while (!__atomic_compare_exchange_n(&f->hits, &hits, hits + 1, false,
                                          __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    return true;
}

/* Each fault counts all calls of its leaf; the first that can hits this one */
static TdxFault *choose(const TdxModule *m, const TdxLeaf *leaf,
                        uint64_t *call)
{
    TdxFault *f = __atomic_load_n(&m->faults, __ATOMIC_ACQUIRE);
    TdxFault *chosen = NULL;

    for (; f; f = __atomic_load_n(&f->next, __ATOMIC_ACQUIRE)) {
        uint64_t n;

        if (f->leaf != leaf) {
            continue;
        }
        n = __atomic_add_fetch(&f->calls, 1, __ATOMIC_RELAXED);
        if (!chosen && n >= f->nth && chance(f, n) && take_hit(f)) {
            chosen = f;
            *call = n;
        }
    }
    return chosen;
}

static void fail_outputs(const TdxCall *c, const TdxLeaf *leaf)
{
    for (int i = 0; i < TDX_LEAF_MAX_OPERANDS && leaf->out[i].name; i++) {
        uint64_t *reg = &c->gpr[leaf->out[i].reg];

        switch (leaf->out[i].on_failure) {
        case TDX_KEPT:
            break;
        case TDX_ZERO:
            *reg = 0;
            break;
        case TDX_ONES:
            *reg = UINT64_MAX;
            break;
        case TDX_ONES_V1:
            *reg = c->version ? UINT64_MAX : *reg;
            break;
        case TDX_PAGE_V1:
            if (c->version && *reg != UINT64_MAX) {
                *reg &= ~(1ULL << 63);
            }
            break;
        }
    }
}

static void set_outputs(const TdxCall *c, const TdxFault *f)
{
    for (int i = 0; i < TDX_LEAF_MAX_OPERANDS; i++) {
        if (f->has_output & (1u << i)) {
            c->gpr[f->leaf->out[i].reg] = f->output[i];
        }
    }
}

/* Call @leaf, or let a fault strike */
static TdxStatus call_leaf(TdxCall *c, const TdxLeaf *leaf)
{
    TdxStatus status;
    uint64_t call;
    TdxFault *f = choose(c->m, leaf, &call);

    if (!f) {
        return leaf->handler(c);
    }
    c->fault = f->status;
    c->fault_point = f->point;
    if (tdx_fault_at(c, TDX_FAULT_AT_START)) {
        fail_outputs(c, leaf);
        set_outputs(c, f);
        status = c->fault;
    } else {
        status = leaf->handler(c);
        if (c->fault_point != TDX_FAULT_NOWHERE) {
            /* The call ended before it came to the place: still to be hit */
            __atomic_fetch_sub(&f->hits, 1, __ATOMIC_RELAXED);
            return status;
        }
    }
    if (f->on_hit) {
        f->on_hit(f, c->lp, call);
    }
    return status;
}

/* Stands in for the handler of any SEAMCALL leaf that has a fault */
static TdxStatus fault_call(TdxCall *c)
{
    return call_leaf(c, tdx_leaf_find(c->gpr[TDX_RAX] & TDX_RAX_LEAF_MASK));
}

TdxStatus tdx_fault_tdcall(TdxCall *c, const TdxLeaf *leaf)
{
    return call_leaf(c, leaf);
}
