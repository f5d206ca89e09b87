/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libqos client of the monitor's commands on the TDX module.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "tdx-monitor.h"

#define SOURCE (TDX_HOST_SHARED + TDX_4K)

/* --- asking --------------------------------------------------------------- */

QDict *tdx_ask(QTestState *qts, const char *command)
{
    return qtest_qmp_assert_success_ref(qts, "{ 'execute': %s }", command);
}

/* Number @i of a list of objects */
QDict *tdx_item(const QDict *d, const char *list, unsigned i)
{
    const QListEntry *e = qlist_first(qdict_get_qlist(d, list));

    while (i--) {
        g_assert_nonnull(e);
        e = qlist_next(e);
    }
    g_assert_nonnull(e);
    return qobject_to(QDict, qlist_entry_obj(e));
}

size_t tdx_length(const QDict *d, const char *list)
{
    QList *l = qdict_get_qlist(d, list);

    g_assert_nonnull(l);
    return qlist_size(l);
}

uint64_t tdx_number(const QDict *d, const char *name)
{
    return qdict_get_try_int(d, name, 0);
}

void tdx_assert_range(const QDict *range, uint64_t base, uint64_t size)
{
    g_assert_nonnull(range);
    g_assert_cmphex(tdx_number(range, "base"), ==, base);
    g_assert_cmphex(tdx_number(range, "size"), ==, size);
}

/* Sum of all counts that are pages */
uint64_t tdx_all_pages(const QDict *counts)
{
    const QDictEntry *e;
    uint64_t sum = 0;

    for (e = qdict_first(counts); e; e = qdict_next(counts, e)) {
        if (strcmp(qdict_entry_key(e), "pairs")) {
            g_assert_cmpint(qdict_get_int(counts, qdict_entry_key(e)), >, 0);
            sum += qdict_get_int(counts, qdict_entry_key(e));
        }
    }
    return sum;
}

/* --- something to look at ------------------------------------------------- */

void tdx_ask_build(QTdxHost *h, QHostTd *td, bool dynamic)
{
    tdx_host_start(h, dynamic, "");
    host_td_create(td, h, TDX_ATTR_DEBUG, HKID);
    for (unsigned i = 0; i < NUM_PAGES; i++) {
        qtest_writeq(h->qts, SOURCE, i);
        host_td_add(td, GPA + i * TDX_4K, HPA + i * TDX_4K, SOURCE);
    }
    tdx_ok(h->qts, .rax = TDH_MR_FINALIZE, .rcx = td->tdr);
    host_td_tables(td, GPA_LARGE, 1);
    tdx_ok(h->qts, .rax = TDH_MEM_PAGE_AUG, .rcx = GPA_LARGE | 1,
           .rdx = td->tdr, .r8 = HPA_LARGE);
}

char *tdx_ask_mrtd(QHostTd *td)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < 6; i++) {
        uint64_t field = host_td_field(td, TDX_MD_MRTD(i));

        for (unsigned byte = 0; byte < 8; byte++) {
            g_string_append_printf(text, "%02x",
                                   (unsigned)(field >> 8 * byte & 0xff));
        }
    }
    return g_string_free(text, false);
}

/* --- saved states --------------------------------------------------------- */

/* A private page stands in the stream behind its address, big endian */
void tdx_corrupt_saved(const char *path, uint64_t hpa, uint64_t children)
{
    const size_t chldcnt = sizeof(hpa) + 16;
    uint64_t mark = cpu_to_be64(hpa);
    uint64_t wrong = cpu_to_le64(children + 1);
    g_autofree char *state = NULL;
    gsize len, i;
    int fd;

    g_assert_true(g_file_get_contents(path, &state, &len, NULL));
    for (i = 0; i + chldcnt + sizeof(wrong) <= len; i++) {
        if (!memcmp(state + i, &mark, sizeof(mark)) &&
            ldq_le_p(state + i + chldcnt) == children) {
            break;
        }
    }
    g_assert_cmpuint(i + chldcnt + sizeof(wrong), <=, len);
    fd = open(path, O_WRONLY);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(pwrite(fd, &wrong, sizeof(wrong), i + chldcnt), ==,
                    sizeof(wrong));
    close(fd);
}
