/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Failures of the P-SEAMLDR that no file and no call can bring about, to be
 * injected.
 */

#include "state.h"

/* What can be: where each strikes is where loader_fault() asks for it */
static const struct {
    SeamldrLeaf leaf;
    SeamldrStatus status;
    bool fatal;
} possible[] = {
    { SEAMLDR_INFO, SEAMLDR_EBADPARAM },
    { SEAMLDR_INSTALL, SEAMLDR_EUNSPECERR },
    { SEAMLDR_INSTALL, SEAMLDR_ENOENTROPY },
    { SEAMLDR_INSTALL, SEAMLDR_ENOENTROPY, true },
    { SEAMLDR_INSTALL, SEAMLDR_ENOMEM },
    { SEAMLDR_INSTALL, SEAMLDR_ENOMEM, true },
    { SEAMLDR_INSTALL, SEAMLDR_EBADHASH, true },
    { SEAMLDR_SHUTDOWN, SEAMLDR_EUNSPECERR },
    { SEAMLDR_CLEANUP, SEAMLDR_EUNSPECERR },
    { SEAMLDR_CLEANUP, SEAMLDR_ENOENTROPY },
    { SEAMLDR_CLEANUP, SEAMLDR_EINTERRUPT },
};

#define PREFIX "SEAMLDR_"
#define UNRECOVERABLE "unrecoverable"

static bool find_leaf(const char *name, SeamldrLeaf *leaf)
{
    for (unsigned i = 0; i < SEAMLDR_NUM_LEAVES; i++) {
        if (!g_ascii_strcasecmp(name, seamldr_leaf_name(SEAMLDR_CALL | i))) {
            *leaf = i;
            return true;
        }
    }
    return false;
}

bool seamldr_is_leaf(const char *name)
{
    return !g_ascii_strncasecmp(name, "seamldr.", strlen("seamldr."));
}

static bool is_status(const char *name, SeamldrStatus status)
{
    const char *full = seamldr_status_name(status);

    return !g_ascii_strcasecmp(name, full) ||
           !g_ascii_strcasecmp(name, full + strlen(PREFIX));
}

static char *all_of(SeamldrLeaf leaf)
{
    GString *all = g_string_new("vmfailinvalid");

    for (unsigned i = 0; i < G_N_ELEMENTS(possible); i++) {
        if (possible[i].leaf == leaf) {
            g_string_append_printf(all, ", %s%s",
                                   seamldr_status_name(possible[i].status),
                                   possible[i].fatal
                                   ? " (operand=" UNRECOVERABLE ")" : "");
        }
    }
    return g_string_free(all, false);
}

char *seamldr_fault_parse(SeamldrFault *f, const char *leaf,
                          const char *status, const char *operand)
{
    bool fatal = operand && !g_ascii_strcasecmp(operand, UNRECOVERABLE);
    g_autofree char *all = NULL;

    if (!find_leaf(leaf, &f->leaf)) {
        return g_strdup_printf("there is no leaf '%s' of the P-SEAMLDR; there "
                               "is seamldr.install, for one", leaf);
    }
    if (operand && !fatal) {
        return g_strdup_printf("the operand of a fault of the P-SEAMLDR is "
                               UNRECOVERABLE ", or left out");
    }
    if (!operand && !g_ascii_strcasecmp(status, "vmfailinvalid")) {
        f->vmfail = true;
        return NULL;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(possible); i++) {
        if (possible[i].leaf == f->leaf && possible[i].fatal == fatal &&
            is_status(status, possible[i].status)) {
            f->status = possible[i].status;
            f->fatal = fatal;
            return NULL;
        }
    }
    all = all_of(f->leaf);
    return g_strdup_printf("%s cannot be made to answer %s%s; possible are: "
                           "%s", seamldr_leaf_name(SEAMLDR_CALL | f->leaf),
                           status, fatal ? " unrecoverably" : "", all);
}

void seamldr_fault_add(Seamldr *l, SeamldrFault *f)
{
    SeamldrFault **end = &l->faults;

    while (*end) {
        end = &(*end)->next;
    }
    f->next = NULL;
    *end = f;
}

void seamldr_fault_remove(Seamldr *l, SeamldrFault *f)
{
    SeamldrFault **link = &l->faults;

    while (*link && *link != f) {
        link = &(*link)->next;
    }
    if (*link) {
        *link = f->next;
    }
}
