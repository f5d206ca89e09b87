/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Modules in words: writing and reading the description in an image.
 */

#include <glib.h>
#include <string.h>

#include "../include/describe.h"
#include "word.h"

typedef struct Key {
    const char *name;
    uint32_t offset;
    uint8_t width;
    uint64_t limit;
} Key;

#define MEMBER(path) ((TdxModuleConfig *)NULL)->path
#define TDX_DESCRIPTION(key, path, limit) \
    { key, offsetof(TdxModuleConfig, path), sizeof(MEMBER(path)), limit },
static const Key keys[] = {
#include "../abi/description-list.h"
};
#undef TDX_DESCRIPTION

static uint64_t get(const TdxModuleConfig *cfg, const Key *key)
{
    return tdx_word_get((const char *)cfg + key->offset, key->width);
}

static void set(TdxModuleConfig *cfg, const Key *key, uint64_t value)
{
    tdx_word_set((char *)cfg + key->offset, key->width, value);
}

char *tdx_module_describe(const TdxModuleConfig *cfg)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_string_append_printf(text, "%s=0x%" G_GINT64_MODIFIER "x\n",
                               keys[i].name, get(cfg, &keys[i]));
    }
    return g_string_free(text, false);
}

static const Key *find_key(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (!strcmp(keys[i].name, name)) {
            return &keys[i];
        }
    }
    return NULL;
}

static char *read_line(TdxModuleConfig *cfg, char *line)
{
    char *value = strchr(line, '=');
    const Key *key;
    guint64 number;
    bool hex;

    if (!value) {
        return g_strdup("a line is not KEY=NUMBER");
    }
    *value++ = '\0';
    key = find_key(line);
    if (!key) {
        return g_strdup("a key is none that a module is described by");
    }
    hex = g_str_has_prefix(value, "0x");
    if (!g_ascii_string_to_unsigned(hex ? value + 2 : value, hex ? 16 : 10, 0,
                                    key->limit, &number, NULL)) {
        return g_strdup_printf("%s is no number up to 0x%" G_GINT64_MODIFIER
                               "x", key->name, key->limit);
    }
    set(cfg, key, number);
    return NULL;
}

char *tdx_module_from_description(TdxModuleConfig *cfg, const char *text,
                                  size_t len)
{
    g_autofree char *copy = NULL;
    g_auto(GStrv) lines = NULL;
    uint64_t possible;

    tdx_module_config_modelled(cfg);
    possible = cfg->features0;
    if (len > TDX_DESCRIPTION_MAX || memchr(text, '\0', len)) {
        return g_strdup("that is no text, or too long a one");
    }
    copy = g_strndup(text, len);
    lines = g_strsplit(copy, "\n", 0);
    for (char **line = lines; *line; line++) {
        char *why = **line ? read_line(cfg, *line) : NULL;

        if (why) {
            return why;
        }
    }
    /* One bit is the platform's, and one has a key of its own */
    if (cfg->features0 & ~(possible | TDX_FEATURES0_LOCAL_ATTESTATION |
                           TDX_FEATURES0_SYS_DISABLE)) {
        return g_strdup_printf("of features0 0x%" G_GINT64_MODIFIER "x are "
                               "not modelled",
                               cfg->features0 & ~possible);
    }
    if (tdx_module_config_error(cfg)) {
        return g_strdup(tdx_module_config_error(cfg));
    }
    cfg->sigstruct = cfg->built_in;
    return NULL;
}
