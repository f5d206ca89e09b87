/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libqos client of the monitor's commands on the TDX module, and a host with
 * a TD of known size for them to look at.
 */

#ifndef QGRAPH_TDX_MONITOR_H
#define QGRAPH_TDX_MONITOR_H

#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "qobject/qnum.h"
#include "tdx-host.h"

/* The TD of tdx_ask_build() */
#define NUM_PAGES 16
/* On both sides of a 2 MiB boundary, in both address spaces */
#define GPA       (TDX_2M - NUM_PAGES / 2 * TDX_4K)
#define HPA       (TDX_HOST_BASE + 16 * TDX_2M - NUM_PAGES / 2 * TDX_4K)
#define GPA_LARGE (4 * TDX_2M)
#define HPA_LARGE (TDX_HOST_BASE + 20 * TDX_2M)
#define PAIRS     (TDX_HOST_BASE + (1ULL << 30))
#define HKID      3

#define ALL_PAGES (TDX_HOST_SIZE / TDX_4K)

/* Of a TD as host_td_create() and host_td_tables() make it */
#define TD_TDCX (6 + 5)
#define TD_EPT  (2 + 2)

/** tdx_ask: what a command without arguments returns */
QDict *tdx_ask(QTestState *qts, const char *command);

/* @args: JSON, then what it interpolates */
#define tdx_ask_pamt(qts, args, ...)                                      \
    qtest_qmp_assert_success_ref(qts, "{ 'execute': 'query-tdx-pamt', "   \
                                 "'arguments': " args " }", ##__VA_ARGS__)
#define tdx_ask_tds(qts, args, ...)                                       \
    qtest_qmp_assert_success_ref(qts, "{ 'execute': 'query-tdx-tds', "    \
                                 "'arguments': " args " }", ##__VA_ARGS__)

/* @want: the text of the error that a command, as for qtest_qmp(), returns */
#define tdx_ask_error(want, qts, ...)                                     \
    do {                                                                  \
        QDict *answer = qtest_qmp(qts, __VA_ARGS__);                      \
                                                                          \
        g_assert_nonnull(qdict_get_qdict(answer, "error"));               \
        g_assert_cmpstr(qdict_get_str(qdict_get_qdict(answer, "error"),   \
                                      "desc"), ==, want);                 \
        qobject_unref(answer);                                            \
    } while (0)

/** tdx_item: element @i of a list of objects, which must exist */
QDict *tdx_item(const QDict *d, const char *list, unsigned i);

/** tdx_length: elements of a list, which must exist */
size_t tdx_length(const QDict *d, const char *list);

/** tdx_number: a member that is a number, 0 if it is absent */
uint64_t tdx_number(const QDict *d, const char *name);

void tdx_assert_range(const QDict *range, uint64_t base, uint64_t size);

/** tdx_all_pages: sum of all counts of pages, none of which may be 0 */
uint64_t tdx_all_pages(const QDict *counts);

/** tdx_tdmr_counts: counts of the first TDMR that query-tdx-pamt shows */
static inline QDict *tdx_tdmr_counts(const QDict *d)
{
    return qdict_get_qdict(tdx_item(d, "tdmrs", 0), "counts");
}

/** tdx_keyids: a number of query-tdx-module's KeyIDs */
static inline uint64_t tdx_keyids(const QDict *d, const char *name)
{
    return tdx_number(qdict_get_qdict(d, "keyids"), name);
}

#define tdx_assert_count(counts, name, want) \
    g_assert_cmpuint(tdx_number(counts, name), ==, want)

/**
 * tdx_ask_build: a finalised TD with one vCPU, NUM_PAGES pages at GPA and a
 * large one at GPA_LARGE
 */
void tdx_ask_build(QTdxHost *h, QHostTd *td, bool dynamic);

/** tdx_ask_mrtd: MRTD as the host reads it, in hexadecimal; to be freed */
char *tdx_ask_mrtd(QHostTd *td);

/**
 * tdx_corrupt_saved: make a saved state contradict itself: the TDR at @hpa
 * counts one more than the @children it has.
 * @path: a file that has the state; changed in place
 */
void tdx_corrupt_saved(const char *path, uint64_t hpa, uint64_t children);

#endif /* QGRAPH_TDX_MONITOR_H */
