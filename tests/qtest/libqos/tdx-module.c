/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libqos client of the tdx-module device.
 */

#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qobject/qdict.h"
#include "tdx-module.h"

#define NUM_REGS (sizeof(TdxRegs) / sizeof(uint64_t))

#define TDMR_INFO_SIZE   512
#define PAMT_ENTRY_SIZE  16
#define RUN_SECONDS      60
#define CONFIG_AREA      0x200000 /* where tdx_bring_up() writes TDMR_INFOs */

QTestState *tdx_start(const char *module, const char *args)
{
    return qtest_initf("-machine q35 -cpu TDXHost -nodefaults "
                       "-device tdx-module,id=tdx%s%s %s",
                       *module ? "," : "", module, args);
}

/* A QEMU that does not end as it should is ended; alarms survive exec */
static void limit_time(gpointer unused)
{
    alarm(RUN_SECONDS);
}

int tdx_run(const char *args, char **out, char **err)
{
    const char *binary = getenv("QTEST_QEMU_BINARY");
    g_autofree char *command = NULL;
    g_auto(GStrv) argv = NULL;
    int status;

    g_assert_nonnull(binary);
    command = g_strdup_printf("%s -accel qtest -display none -audio none %s",
                              binary, args);
    g_assert_true(g_shell_parse_argv(command, NULL, &argv, NULL));
    g_assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, limit_time,
                               NULL, out, err, &status, NULL));
    g_assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

bool tdx_seamcall(QTestState *qts, unsigned lp, TdxRegs *r)
{
    uint64_t *reg = (uint64_t *)r;
    g_autoptr(GString) command = g_string_new(NULL);
    g_autofree char *answer = NULL;
    g_auto(GStrv) words = NULL;

    g_string_printf(command, "seamcall %u", lp);
    for (int i = 0; i < NUM_REGS; i++) {
        g_string_append_printf(command, " 0x%" PRIx64, reg[i]);
    }
    answer = qtest_command(qts, command->str);
    words = g_strsplit(answer, " ", 0);
    g_assert_cmpint(g_strv_length(words), ==, NUM_REGS + 2);
    g_assert_cmpstr(words[0], ==, "OK");
    for (int i = 0; i < NUM_REGS; i++) {
        g_assert_cmpint(qemu_strtou64(words[i + 2], NULL, 16, &reg[i]),
                        ==, 0);
    }
    if (!strcmp(words[1], "vmsucceed")) {
        return true;
    }
    g_assert_cmpstr(words[1], ==, "vmfail");
    return false;
}

uint64_t tdx_call(QTestState *qts, unsigned lp, uint64_t rax, uint64_t rcx,
                  uint64_t rdx, uint64_t r8)
{
    TdxRegs r = { .rax = rax, .rcx = rcx, .rdx = rdx, .r8 = r8 };

    g_assert_true(tdx_seamcall(qts, lp, &r));
    return r.rax;
}

uint64_t tdx_rd(QTestState *qts, uint64_t field)
{
    TdxRegs r = { .rax = TDH_SYS_RD, .rdx = field };

    g_assert_true(tdx_seamcall(qts, 0, &r));
    tdx_assert_status(r.rax, TDX_SUCCESS);
    return r.r8;
}

static QDict *get_prop(QTestState *qts, const char *name)
{
    QDict *r = qtest_qmp(qts, "{ 'execute': 'qom-get', 'arguments': {"
                         "'path': '/machine/peripheral/tdx',"
                         "'property': %s } }", name);

    g_assert(qdict_haskey(r, "return"));
    return r;
}

uint64_t tdx_prop(QTestState *qts, const char *name)
{
    QDict *r = get_prop(qts, name);
    uint64_t value = qdict_get_int(r, "return");

    qobject_unref(r);
    return value;
}

char *tdx_prop_str(QTestState *qts, const char *name)
{
    QDict *r = get_prop(qts, name);
    char *value = g_strdup(qdict_get_str(r, "return"));

    qobject_unref(r);
    return value;
}

uint64_t tdx_place_pamts(QTdxTdmr *t, bool dynamic, uint64_t at)
{
    static const unsigned shift[] = { 12, 21, 30 };

    for (int level = 2; level >= 0; level--) {
        uint64_t entries = t->size >> shift[level];
        uint64_t size = level == 0 && dynamic ? entries / 8
                                              : entries * PAMT_ENTRY_SIZE;

        t->pamt[level].base = at;
        t->pamt[level].size = ROUND_UP(size, 4096);
        at += t->pamt[level].size;
    }
    return at;
}

void tdx_write_tdmrs(QTestState *qts, const QTdxTdmr *t, unsigned n,
                     uint64_t at)
{
    uint64_t info = at + TDMR_INFO_SIZE;

    for (unsigned i = 0; i < n; i++, info += TDMR_INFO_SIZE) {
        uint64_t out[8 + 2 * ARRAY_SIZE(t->rsvd)];
        unsigned k = 0;

        out[k++] = t[i].base;
        out[k++] = t[i].size;
        for (int level = 2; level >= 0; level--) {
            out[k++] = t[i].pamt[level].base;
            out[k++] = t[i].pamt[level].size;
        }
        for (int j = 0; j < ARRAY_SIZE(t->rsvd); j++) {
            out[k++] = t[i].rsvd[j].base;
            out[k++] = t[i].rsvd[j].size;
        }
        for (k = 0; k < ARRAY_SIZE(out); k++) {
            out[k] = cpu_to_le64(out[k]);
        }
        qtest_memwrite(qts, info, out, sizeof(out));
        qtest_writeq(qts, at + 8 * i, info);
    }
}

void tdx_init_lps(QTestState *qts, unsigned lps)
{
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_INIT, 0, 0, 0), TDX_SUCCESS);
    for (unsigned lp = 0; lp < lps; lp++) {
        tdx_assert_status(tdx_call(qts, lp, TDH_SYS_LP_INIT, 0, 0, 0),
                          TDX_SUCCESS);
    }
}

void tdx_bring_up(QTestState *qts, unsigned lps, const int *key_lp,
                  const QTdxTdmr *t, unsigned n, uint64_t hkid_flags)
{
    tdx_init_lps(qts, lps);
    tdx_write_tdmrs(qts, t, n, CONFIG_AREA);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_CONFIG, CONFIG_AREA, n,
                               hkid_flags), TDX_SUCCESS);
    for (; *key_lp >= 0; key_lp++) {
        tdx_assert_status(tdx_call(qts, *key_lp, TDH_SYS_KEY_CONFIG, 0, 0, 0),
                          TDX_SUCCESS);
    }
}

unsigned tdx_init_tdmr(QTestState *qts, unsigned lp, const QTdxTdmr *t)
{
    TdxRegs r;
    unsigned calls = 0;

    do {
        r = (TdxRegs) { .rax = TDH_SYS_TDMR_INIT, .rcx = t->base };
        g_assert_true(tdx_seamcall(qts, lp, &r));
        tdx_assert_status(r.rax, TDX_SUCCESS);
        calls++;
    } while (r.rdx < t->base + t->size);
    return calls;
}

void tdx_assert_status_at(const char *where, uint64_t have, uint64_t want)
{
    if (have != want) {
        g_error("%s: status is 0x%016" PRIx64 ", expected 0x%016" PRIx64,
                where, have, want);
    }
}

bool tdx_can_lock(size_t len)
{
    void *p = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool can = p != MAP_FAILED && !mlock2(p, len, MLOCK_ONFAULT);

    if (p != MAP_FAILED) {
        munmap(p, len);
    }
    return can;
}
