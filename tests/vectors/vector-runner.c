/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Replays recorded SEAMCALL conversations against the module model and
 * counts the scenarios that pass.
 */

#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>

#include "vector-reader.h"
#include "vector-replay.h"

typedef struct Run {
    const char *only; /* glob over scenario ids and classes, or NULL */
    GStrv skip;       /* ids of scenarios that are not replayed, or NULL */
    int show;         /* how many failures are still to be described */
    guint passed;
    guint failed;
} Run;

static const char *string_or_empty(JsonObject *o, const char *name)
{
    return json_object_get_string_member_with_default(o, name, "");
}

static bool run_scenario(JsonObject *scenario, void *opaque, GError **error)
{
    Run *run = opaque;
    const char *id = string_or_empty(scenario, "id");
    const char *cls = string_or_empty(scenario, "cls");
    g_autoptr(GString) why = g_string_new(NULL);

    if (run->only && !g_pattern_match_simple(run->only, id) &&
        !g_pattern_match_simple(run->only, cls)) {
        return true;
    }
    if (run->skip && g_strv_contains((const char *const *)run->skip, id)) {
        return true;
    }
    switch (vector_replay(scenario, why)) {
    case VECTOR_PASSED:
        run->passed++;
        return true;
    case VECTOR_FAILED:
        run->failed++;
        if (run->show > 0) {
            run->show--;
            printf("FAILED %s (%s)\n%s", id, cls, why->str);
        }
        return true;
    case VECTOR_MALFORMED:
        break;
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", id,
                why->str);
    return false;
}

static void run_file(Run *run, const char *path, bool summary)
{
    Run before = *run;
    GError *error = NULL;

    if (!vector_read_file(path, run_scenario, run, &error)) {
        /* A file that cannot be replayed to its end is a failure in itself */
        run->failed++;
        fprintf(stderr, "%s\n", error->message);
        g_clear_error(&error);
    }
    if (summary) {
        printf("%s: %u passed, %u failed\n", path,
               run->passed - before.passed, run->failed - before.failed);
    }
}

int main(int argc, char **argv)
{
    g_auto(GStrv) files = NULL;
    g_auto(GStrv) skip = NULL;
    g_autofree char *only = NULL;
    gboolean verbose = false;
    int show = 10;
    const GOptionEntry options[] = {
        { "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose,
          "Describe the first failures; also V=1 in the environment", NULL },
        { "show", 'n', 0, G_OPTION_ARG_INT, &show,
          "How many failures --verbose describes (10)", "N" },
        { "only", 'o', 0, G_OPTION_ARG_STRING, &only,
          "Only scenarios whose id or class matches", "GLOB" },
        { "skip", 's', 0, G_OPTION_ARG_STRING_ARRAY, &skip,
          "Not this scenario (can be given again)", "ID" },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files,
          NULL, "FILE..." },
        { NULL }
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    const char *env = g_getenv("V");
    Run run = { 0 };

    g_option_context_set_summary(context,
        "Replays recorded SEAMCALL conversations (*.jsonl, *.jsonl.gz)"
        " against the TDX module model.");
    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "vector-runner: %s (see vector-runner --help)\n",
                error->message);
        return 2;
    }
    if (!files) {
        fprintf(stderr, "vector-runner: no file given; type vector-runner"
                " FILE.jsonl.gz ...\n");
        return 2;
    }
    verbose |= env && *env && g_strcmp0(env, "0");
    run.only = only;
    run.skip = skip;
    run.show = verbose ? show : 0;
    for (int i = 0; files[i]; i++) {
        run_file(&run, files[i], files[1]);
    }
    if (!run.passed && !run.failed) {
        fprintf(stderr, "vector-runner: no scenario matches \"%s\"\n", only);
        run.failed++;
    }
    printf("%u passed, %u failed\n", run.passed, run.failed);
    return run.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
