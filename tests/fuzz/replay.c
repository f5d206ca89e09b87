/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Runs fuzz programs from files, then some random ones, and tells which
 * leaves they reached.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "pamt/entry.h"
#include "../../target/i386/x86-defs/vmx-exit-list.h"

static char *seed_dir;
static int random_runs;
static int random_seed = 1;
static gboolean list_leaves;

static const GOptionEntry options[] = {
    { "write-seeds", 0, 0, G_OPTION_ARG_FILENAME, &seed_dir,
      "Write the programs that fuzzing starts from to DIR", "DIR" },
    { "runs", 0, 0, G_OPTION_ARG_INT, &random_runs,
      "Then run N programs made by chance from those", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT, &random_seed,
      "Which N random programs (default 1)", "SEED" },
    { "coverage", 0, 0, G_OPTION_ARG_NONE, &list_leaves,
      "Print what was reached; fail if a leaf or a goal was not", NULL },
    { NULL }
};

static void G_GNUC_NORETURN die(const char *message)
{
    fprintf(stderr, "fuzz-replay: %s\n", message);
    exit(2);
}

/* --- files ----------------------------------------------------------------- */

static void add_file(GPtrArray *programs, const char *path)
{
    g_autoptr(GError) err = NULL;
    gchar *data;
    gsize size;

    if (!g_file_get_contents(path, &data, &size, &err)) {
        die(err->message);
    }
    g_ptr_array_add(programs, g_bytes_new_take(data, size));
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A file, or all files of a directory in the order of their names */
static void add_path(GPtrArray *programs, const char *path)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) err = NULL;
    g_autoptr(GDir) dir = NULL;
    const char *name;
    guint i;

    if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
        add_file(programs, path);
        return;
    }
    dir = g_dir_open(path, 0, &err);
    if (!dir) {
        die(err->message);
    }
    while ((name = g_dir_read_name(dir))) {
        g_ptr_array_add(names, g_build_filename(path, name, NULL));
    }
    g_ptr_array_sort(names, by_name);
    for (i = 0; i < names->len; i++) {
        add_file(programs, g_ptr_array_index(names, i));
    }
}

static void write_seed(const char *dir, const FuzzSeed *seed)
{
    FuzzHeader header = {
        .machine = seed->machine, .prologue = seed->prologue,
    };
    g_autofree char *path = g_build_filename(dir, seed->name, NULL);
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(&header, sizeof(header), 1, file) != 1 ||
        fwrite(seed->rec, sizeof(*seed->rec), seed->n, file) != seed->n ||
        fclose(file)) {
        die(g_strerror(errno));
    }
}

static void write_seeds(const char *dir)
{
    size_t i, n;
    const FuzzSeed *seeds = fuzz_seeds(&n);

    for (i = 0; i < n; i++) {
        write_seed(dir, &seeds[i]);
    }
}

/* --- running --------------------------------------------------------------- */

static void run_random(const GPtrArray *programs)
{
    g_autofree uint8_t *data = g_malloc(FUZZ_MAX_SIZE);
    uint64_t random = random_seed;
    int i;

    for (i = 0; i < random_runs; i++) {
        gsize size = 0;
        int n;

        if (programs->len) {
            GBytes *program = g_ptr_array_index(
                programs, fuzz_random(&random) % programs->len);
            const void *from = g_bytes_get_data(program, &size);

            size = MIN(size, FUZZ_MAX_SIZE);
            memcpy(data, from, size);
        }
        for (n = 1 + fuzz_random(&random) % 8; n; n--) {
            size = fuzz_mutate(data, size, FUZZ_MAX_SIZE, &random);
        }
        fuzz_run(data, size);
    }
}

/* --- coverage -------------------------------------------------------------- */

static guint answers_of(unsigned number)
{
    GHashTableIter iter;
    gpointer key;
    guint n = 0;

    if (fuzz_stats.seen) {
        g_hash_table_iter_init(&iter, fuzz_stats.seen);
        while (g_hash_table_iter_next(&iter, &key, NULL)) {
            n += (uint64_t)(uintptr_t)key >> 32 == number;
        }
    }
    return n;
}

/* What a host does with memory; to be reached in both modes of the PAMT */
static const struct {
    const char *name;
    uint8_t leaf;
    uint8_t detail;
} goals[] = {
    { "a page is measured into a TD", TDH_MEM_PAGE_ADD, TDX_LEVEL_4K },
    { "a TD gets a 4 KiB page", TDH_MEM_PAGE_AUG, TDX_LEVEL_4K },
    { "a TD gets a 2 MiB page", TDH_MEM_PAGE_AUG, TDX_LEVEL_2M },
    { "a 2 MiB page is split", TDH_MEM_PAGE_DEMOTE, TDX_LEVEL_2M },
    { "a 1 GiB page is split", TDH_MEM_PAGE_DEMOTE, TDX_LEVEL_1G },
    { "pages become one of 2 MiB", TDH_MEM_PAGE_PROMOTE, TDX_LEVEL_2M },
    { "pages become one of 1 GiB", TDH_MEM_PAGE_PROMOTE, TDX_LEVEL_1G },
    { "a page moves", TDH_MEM_PAGE_RELOCATE, TDX_LEVEL_4K },
    { "a 4 KiB page is removed", TDH_MEM_PAGE_REMOVE, TDX_LEVEL_4K },
    { "a 2 MiB page is removed", TDH_MEM_PAGE_REMOVE, TDX_LEVEL_2M },
    { "a 1 GiB page is removed", TDH_MEM_PAGE_REMOVE, TDX_LEVEL_1G },
    { "an SEPT table is removed", TDH_MEM_SEPT_REMOVE, TDX_LEVEL_2M },
    { "a TD's page is reclaimed", TDH_PHYMEM_PAGE_RECLAIM, TDX_PT_REG },
    { "a vCPU is reclaimed", TDH_PHYMEM_PAGE_RECLAIM, TDX_PT_TDVPR },
    { "an SEPT table is reclaimed", TDH_PHYMEM_PAGE_RECLAIM, TDX_PT_EPT },
    { "a TD is gone", TDH_PHYMEM_PAGE_RECLAIM, TDX_PT_TDR },
};

static unsigned tests, failed;

static void G_GNUC_PRINTF(2, 3) result(bool good, const char *format, ...)
{
    va_list args;

    failed += !good;
    printf("%sok %u - ", good ? "" : "not ", ++tests);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

static void report_leaf(const TdxLeaf *leaf)
{
    uint64_t calls = fuzz_stats.calls[leaf->number];
    uint64_t successes = fuzz_stats.successes[leaf->number];

    result(successes, "%s: %" G_GUINT64_FORMAT " calls, %" G_GUINT64_FORMAT
           " successes, %u answers", leaf->name, calls, successes,
           answers_of(leaf->number));
}

/* TDCALLs that cannot answer TDX_SUCCESS, and why */
static const char *never_succeeds_in_td(unsigned number)
{
    switch (number) {
    case TDG_SERVTD_RD:
    case TDG_SERVTD_WR:
        return "no service TD is bound";
    case TDG_MEM_PAGE_ATTR_WR:
    case TDG_VP_ENTER:
    case TDG_VP_INVEPT:
    case TDG_VP_INVVPID:
        return "there is no L2 VM";
    default:
        return NULL;
    }
}

static void report_tdcalls(void)
{
    size_t n;
    const TdxLeaf *const *table = tdx_guest_leaf_table(&n);

    for (size_t i = 0; i < n; i++) {
        unsigned number = table[i]->number % FUZZ_TDCALLS;
        const char *excuse = never_succeeds_in_td(number);
        uint64_t calls = fuzz_stats.tdcalls[number];
        uint64_t successes = fuzz_stats.tdcall_successes[number];

        result(excuse ? calls : successes, "%s: %" G_GUINT64_FORMAT
               " calls, %" G_GUINT64_FORMAT " successes%s%s", table[i]->name,
               calls, successes, excuse ? "; " : "", excuse ? excuse : "");
    }
}

/* All exits of a TD that the module handles otherwise than as unexpected */
static void report_exits(void)
{
    static const struct {
        const char *name;
        unsigned reason;
    } exits[] = {
#define EXIT(id, number, name) { name, number },
        X86_VMX_EXIT_LIST(EXIT)
#undef EXIT
    };

    for (size_t i = 0; i < G_N_ELEMENTS(exits); i++) {
        uint64_t times = fuzz_stats.exits[exits[i].reason];

        if (times) {
            printf("# exit: %s: %" G_GUINT64_FORMAT "\n", exits[i].name,
                   times);
        }
    }
}

/* One TAP line for each leaf that the module has and for each goal */
static bool report(void)
{
    size_t i, n;
    const TdxLeaf *const *table = tdx_leaf_table(&n);
    unsigned dynamic;

    for (i = 0; i < n; i++) {
        if (table[i]->handler && table[i]->number < FUZZ_LEAVES) {
            report_leaf(table[i]);
        }
    }
    for (i = 0; i < G_N_ELEMENTS(goals); i++) {
        for (dynamic = 0; dynamic < 2; dynamic++) {
            result(fuzz_stats.details[goals[i].leaf][goals[i].detail][dynamic],
                   "%s, %s PAMT", goals[i].name,
                   dynamic ? "dynamic" : "static");
        }
    }
    report_tdcalls();
    report_exits();
    printf("1..%u\n", tests);
    return !failed;
}

int main(int argc, char **argv)
{
    g_autoptr(GOptionContext) context = g_option_context_new("[PROGRAM...]");
    g_autoptr(GPtrArray) programs = NULL;
    g_autoptr(GError) err = NULL;
    guint i;

    g_option_context_set_summary(context, "Runs fuzz programs: files, or all "
                                 "files of directories.");
    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &err)) {
        die(err->message);
    }
    if (seed_dir) {
        write_seeds(seed_dir);
    }
    programs = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (i = 1; i < argc; i++) {
        add_path(programs, argv[i]);
    }
    for (i = 0; i < programs->len; i++) {
        gsize size;
        const void *data = g_bytes_get_data(g_ptr_array_index(programs, i),
                                            &size);

        fuzz_run(data, size);
    }
    run_random(programs);
    return list_leaves && !report() ? 1 : 0;
}
