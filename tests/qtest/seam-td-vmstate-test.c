/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Snapshots and live migration with TDs: whatever the module said of a TD
 * before it must say afterwards, and the TD goes on to its end.
 */

#include "qemu/osdep.h"
#include "libqos/tdx-monitor.h"
#include "libqos/tdx-state.h"

#define END       (TDX_HOST_BASE + 21 * TDX_2M)
/* A range whose PAMT entries nobody has touched, and a pair for it */
#define FAR       (TDX_HOST_BASE + TDX_HOST_SIZE - TDX_2M)
#define FAR_PAIR  (FAR - TDX_2M)
#define SOURCE    (TDX_HOST_SHARED + TDX_4K)

/* What a machine of TDX_HOST_MACHINE locks, with QEMU itself */
#define LOCKED (5ULL << 30)

/* What a page of the TD has at its start and its end */
#define CONTENT(i) (0x5ea11ed000000000ULL + (i))

/* States of SEPT entries */
enum {
    BLOCKED = 1, PENDING = 2, MAPPED = 4,
};

/* --- moving -------------------------------------------------------------- */

/* To another QEMU by a socket; ends @from */
static QTestState *migrate(QTestState *from)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_dir_make_tmp("seam-XXXXXX", &error);
    g_autofree char *path = g_strdup_printf("%s/socket", dir);
    g_autofree char *uri = g_strdup_printf("unix:%s", path);
    g_autofree char *args = g_strdup_printf(TDX_HOST_MACHINE "-incoming %s",
                                            uri);
    QTestState *to;

    g_assert_no_error(error);
    to = tdx_start("x-check=on", args);
    qtest_qmp_assert_success(from, "{ 'execute': 'migrate', 'arguments': "
                             "{ 'uri': %s } }", uri);
    tdx_wait_migrated(from);
    qtest_quit(from);
    tdx_wait_migrated(to);
    unlink(path);
    rmdir(dir);
    return to;
}

/* --- what the module says ------------------------------------------------ */

static void add_answer(GString *s, QTestState *qts, uint64_t leaf,
                       uint64_t rcx, uint64_t rdx)
{
    TdxRegs r = { .rax = leaf, .rcx = rcx, .rdx = rdx };

    g_assert_true(tdx_seamcall(qts, 0, &r));
    g_string_append_printf(s, "leaf %" PRIu64 " 0x%" PRIx64 ": %" PRIx64
                           " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64
                           " %" PRIx64 " %" PRIx64 "\n", leaf, rcx, r.rax,
                           r.rcx, r.rdx, r.r8, r.r9, r.r10, r.r11);
}

/* All that can be asked of a TD and of its memory, as text */
static char *portrait(QHostTd *td)
{
    static const uint64_t fields[] = {
        TDX_MD_CHLDCNT, TDX_MD_TD_LIFECYCLE, TDX_MD_TD_OP_STATE,
        TDX_MD_TD_EPOCH, TDX_MD_MRTD(0), TDX_MD_MRTD(5),
        0x8110000100000001, /* HKID */
        0x9010000200000001, /* NUM_VCPUS */
    };
    QTestState *qts = td->host->qts;
    GString *s = g_string_new(NULL);

    for (int i = 0; i < ARRAY_SIZE(fields); i++) {
        add_answer(s, qts, TDH_MNG_RD, td->tdr, fields[i]);
    }
    for (uint64_t hpa = TDX_HOST_BASE; hpa < END; hpa += TDX_4K) {
        add_answer(s, qts, TDH_PHYMEM_PAGE_RDMD, hpa, 0);
    }
    for (unsigned i = 0; td->host->dynamic && i < TDX_HOST_RANGES; i++) {
        add_answer(s, qts, TDH_PHYMEM_PAGE_RDMD,
                   (TDX_HOST_BASE + i * TDX_2M) | 1, 0);
    }
    for (uint64_t hpa = PAIRS; hpa < PAIRS + 64 * TDX_4K; hpa += TDX_4K) {
        add_answer(s, qts, TDH_PHYMEM_PAGE_RDMD, hpa, 0);
    }
    for (uint64_t gpa = 0; gpa < 2 * TDX_2M; gpa += TDX_4K) {
        add_answer(s, qts, TDH_MEM_SEPT_RD, gpa, td->tdr);
    }
    for (uint64_t gpa = 0; gpa < 8 * TDX_2M; gpa += TDX_2M) {
        add_answer(s, qts, TDH_MEM_SEPT_RD, gpa | 1, td->tdr);
    }
    return g_string_free(s, false);
}

/* --- a TD in the middle of its life -------------------------------------- */

static void populate(QHostTd *td)
{
    QTestState *qts = td->host->qts;

    for (unsigned i = 0; i < NUM_PAGES; i++) {
        qtest_writeq(qts, SOURCE, CONTENT(i));
        qtest_writeq(qts, SOURCE + TDX_4K - 8, ~CONTENT(i));
        host_td_add(td, GPA + i * TDX_4K, HPA + i * TDX_4K, SOURCE);
    }
}

/* A large page, and a page that is blocked but not tracked yet */
static void go_on(QHostTd *td)
{
    QTestState *qts = td->host->qts;

    tdx_ok(qts, .rax = TDH_MR_FINALIZE, .rcx = td->tdr);
    host_td_tables(td, GPA_LARGE, 1);
    tdx_ok(qts, .rax = TDH_MEM_PAGE_AUG, .rcx = GPA_LARGE | 1,
           .rdx = td->tdr, .r8 = HPA_LARGE);
    host_td_block(td, GPA);
}

/* The content is asked of the module, which decrypts it for a debugger */
static void assert_populated(QHostTd *td)
{
    for (unsigned i = 1; i < NUM_PAGES; i++) {
        uint64_t gpa = GPA + i * TDX_4K;

        g_assert_cmphex(tdx_ok(td->host->qts, .rax = TDH_MEM_RD, .rcx = gpa,
                               .rdx = td->tdr).r8, ==, CONTENT(i));
        g_assert_cmphex(tdx_ok(td->host->qts, .rax = TDH_MEM_RD,
                               .rcx = gpa + TDX_4K - 8,
                               .rdx = td->tdr).r8, ==, ~CONTENT(i));
        /* The host does not see it */
        g_assert_cmphex(qtest_readq(td->host->qts, HPA + i * TDX_4K), ==, 0);
    }
    g_assert_cmpuint(host_td_state(td, GPA), ==, BLOCKED);
    g_assert_cmpuint(host_td_state(td, GPA + TDX_4K), ==, MAPPED);
    g_assert_cmpuint(host_td_state(td, GPA_LARGE | 1), ==, PENDING);
}

/* Split the large page, remove the blocked one, and take all apart */
static void finish(QHostTd *td)
{
    QTdxHost *h = td->host;
    TdxRegs r;

    /* The epoch of the block came along */
    tdx_assert_status(tdx_call(h->qts, 0, TDH_MEM_PAGE_REMOVE, GPA, td->tdr,
                               0), tdx_op(TDX_TLB_TRACKING_NOT_DONE, 1));
    host_td_block(td, GPA_LARGE | 1);
    tdx_ok(h->qts, .rax = TDH_MEM_TRACK, .rcx = td->tdr);
    r = tdx_ok(h->qts, .rax = TDH_MEM_PAGE_REMOVE, .rcx = GPA,
               .rdx = td->tdr);
    tdx_host_put(h, r.rcx);
    host_td_demote(td, GPA_LARGE, HPA_LARGE);
    host_td_stop(td);
    for (unsigned i = 1; i < NUM_PAGES; i++) {
        host_td_reclaim(td, HPA + i * TDX_4K);
    }
    for (unsigned i = 0; i < 512; i++) {
        host_td_reclaim(td, HPA_LARGE + i * TDX_4K);
    }
    host_td_destroy(td);
    if (h->dynamic) {
        /* One pair came with the split */
        g_assert_cmpuint(h->adds + h->demotes, ==, h->removes);
        g_assert_cmpuint(h->adds, >, 0);
    }
    for (uint64_t hpa = TDX_HOST_BASE; hpa < END; hpa += TDX_4K) {
        r = tdx_ok(h->qts, .rax = TDH_PHYMEM_PAGE_RDMD, .rcx = hpa);
        g_assert_cmphex(r.rcx, ==, 0);
    }
}

/* --- tests --------------------------------------------------------------- */

static void test_migrate(const void *data)
{
    g_autofree char *before = NULL, *after = NULL;
    QTdxHost h;
    QHostTd td;

    tdx_host_start(&h, data, "");
    host_td_create(&td, &h, TDX_ATTR_DEBUG, HKID);
    /* Once in the middle of the build, once in the middle of its life */
    populate(&td);
    before = portrait(&td);
    h.qts = migrate(h.qts);
    after = portrait(&td);
    g_assert_cmpstr(before, ==, after);
    g_clear_pointer(&before, g_free);
    g_clear_pointer(&after, g_free);

    go_on(&td);
    before = portrait(&td);
    h.qts = migrate(h.qts);
    after = portrait(&td);
    g_assert_cmpstr(before, ==, after);
    assert_populated(&td);
    finish(&td);
    qtest_quit(h.qts);
}

/* PAMT entries and bits in pages that hold nothing else */
static void add_far_pair(QTdxHost *h)
{
    if (h->dynamic) {
        tdx_assert_status(tdx_call(h->qts, 0, TDH_PHYMEM_PAMT_ADD, FAR | 1,
                                   FAR_PAIR, FAR_PAIR + TDX_4K), TDX_SUCCESS);
    }
}

static void check_snapshot(const char *machine, bool dynamic)
{
    g_autofree char *before = NULL, *after = NULL, *disk = NULL;
    QTdxHost h, books;
    QHostTd td, saved;

    tdx_host_init(&h, tdx_start("x-check=on", machine), dynamic);
    disk = tdx_add_disk(h.qts);
    host_td_create(&td, &h, TDX_ATTR_DEBUG, HKID);
    populate(&td);
    go_on(&td);
    before = portrait(&td);
    tdx_snapshot(h.qts, "snapshot-save");
    books = h;
    saved = td;
    saved.pages = g_array_copy(td.pages);

    /* To its end, and once more from where it was saved */
    finish(&td);
    add_far_pair(&h);
    tdx_snapshot(h.qts, "snapshot-load");
    h = books;
    after = portrait(&saved);
    g_assert_cmpstr(before, ==, after);
    assert_populated(&saved);
    add_far_pair(&h);
    finish(&saved);
    qtest_quit(h.qts);
    unlink(disk);
}

static void test_snapshot(const void *data)
{
    check_snapshot(TDX_HOST_MACHINE, data);
}

/*
 * The host takes back no memory that is locked, so that a snapshot must itself
 * put zeros where there was nothing when it was taken.
 */
static void test_snapshot_locked(const void *data)
{
    const char *how = data;
    g_autofree char *machine = g_strdup_printf(
        TDX_HOST_MACHINE "-overcommit mem-lock=%s", how);

    if (!tdx_can_lock(LOCKED)) {
        g_test_skip("not allowed to lock 5 GiB of memory");
    } else if (!strcmp(how, "on") && (uint64_t)sysconf(_SC_AVPHYS_PAGES) *
               qemu_real_host_page_size() < LOCKED) {
        g_test_skip("no 5 GiB of memory are free");
    } else {
        check_snapshot(machine, true);
    }
}

/* A snapshot that contradicts itself is refused by who checks, only */
static void test_snapshot_refused(const void *data)
{
    bool check = data;
    g_autofree char *disk = NULL, *error = NULL;
    QTdxHost h;
    QHostTd td;

    tdx_host_init(&h, tdx_start(check ? "x-check=on" : "", TDX_HOST_MACHINE),
                  true);
    disk = tdx_add_disk(h.qts);
    host_td_create(&td, &h, 0, HKID);
    tdx_snapshot(h.qts, "snapshot-save");
    tdx_corrupt_saved(disk, td.tdr, host_td_field(&td, TDX_MD_CHLDCNT));
    tdx_start_snapshot(h.qts, "snapshot-load");
    error = tdx_job_error(h.qts);
    g_assert_cmpint(!!error, ==, check);
    g_array_free(td.pages, true);
    qtest_quit(h.qts);
    unlink(disk);
}

/* In the middle of TDH.SYS.TDMR.INIT, with Dynamic PAMT */
static void test_migrate_init(void)
{
    QTestState *qts = tdx_start("", TDX_HOST_MACHINE);
    QTdxTdmr t = { .base = TDX_HOST_BASE, .size = TDX_HOST_SIZE };
    TdxRegs r;

    t.rsvd[0].base = TDX_2M;
    t.rsvd[0].size = 2 * TDX_4K;
    tdx_place_pamts(&t, true, 16 << 20);
    /* Not even configured; then between two chunks of 16 MiB */
    tdx_init_lps(qts, 1);
    qts = migrate(qts);
    tdx_write_tdmrs(qts, &t, 1, TDX_HOST_SHARED);
    tdx_ok(qts, .rax = TDH_SYS_CONFIG, .rcx = TDX_HOST_SHARED, .rdx = 1,
           .r8 = TDX_HOST_HKID | TDX_CONFIG_DYNAMIC_PAMT);
    qts = migrate(qts);
    tdx_ok(qts, .rax = TDH_SYS_KEY_CONFIG);
    for (int i = 0; i < 64 + 5; i++) {
        tdx_ok(qts, .rax = TDH_SYS_TDMR_INIT, .rcx = t.base);
    }
    qts = migrate(qts);
    g_assert_cmpuint(tdx_init_tdmr(qts, 0, &t), ==, 64 - 5);
    /* The bitmap knows the reserved pages and no other */
    for (unsigned i = 0; i < 4; i++) {
        r = tdx_ok(qts, .rax = TDH_PHYMEM_PAGE_RDMD,
                   .rcx = t.base + TDX_2M + i * TDX_4K);
        g_assert_cmphex(r.rcx, ==, i < 2 ? 15 : 0);
    }
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_TDMR_INIT, t.base, 0, 0),
                      TDX_TDMR_ALREADY_INITIALIZED);
    qtest_quit(qts);
}

/* --- another machine ----------------------------------------------------- */

typedef struct Mismatch {
    const char *args;
    const char *message;
} Mismatch;

static const Mismatch other_memory = {
    "-cpu TDXHost -device tdx-module -m 5G", "Size mismatch: pc.ram: ",
};
static const Mismatch other_keyids = {
    "-cpu TDXHost,keyid-bits=5 -device tdx-module " TDX_HOST_MACHINE,
    "the saved state is of another module or machine",
};
static const Mismatch other_version = {
    "-cpu TDXHost -device tdx-module,version=1.5.24 " TDX_HOST_MACHINE,
    "the saved state is of another module or machine",
};
static const Mismatch no_module = {
    "-cpu TDXHost " TDX_HOST_MACHINE, "tdx-module",
};

/* With a TD in it, too, a state is refused by a machine that differs */
static void test_mismatch(const void *data)
{
    const Mismatch *m = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL, *uri = NULL, *args = NULL, *err = NULL;
    int fd = g_file_open_tmp("seam-td-XXXXXX", &path, &error);
    QTdxHost h;
    QHostTd td;

    g_assert_no_error(error);
    close(fd);
    uri = g_strdup_printf("file:%s", path);
    tdx_host_start(&h, true, "");
    host_td_create(&td, &h, 0, HKID);
    qtest_qmp_assert_success(h.qts, "{ 'execute': 'migrate', 'arguments': "
                             "{ 'uri': %s } }", uri);
    tdx_wait_migrated(h.qts);
    qtest_quit(h.qts);
    g_array_free(td.pages, true);

    args = g_strdup_printf("-machine q35 -nodefaults %s -incoming %s",
                           m->args, uri);
    g_assert_cmpint(tdx_run(args, NULL, &err), !=, 0);
    if (!strstr(err, m->message)) {
        g_error("no '%s' in '%s'", m->message, err);
    }
    unlink(path);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_data_func("seam/td-vmstate/migrate-dynamic", (void *)true,
                        test_migrate);
    qtest_add_data_func("seam/td-vmstate/migrate-static", (void *)false,
                        test_migrate);
    qtest_add_data_func("seam/td-vmstate/snapshot-dynamic", (void *)true,
                        test_snapshot);
    qtest_add_data_func("seam/td-vmstate/snapshot-static", (void *)false,
                        test_snapshot);
    qtest_add_data_func("seam/td-vmstate/snapshot-locked", "on",
                        test_snapshot_locked);
    qtest_add_data_func("seam/td-vmstate/snapshot-locked-on-fault", "on-fault",
                        test_snapshot_locked);
    qtest_add_data_func("seam/td-vmstate/snapshot-refused", (void *)true,
                        test_snapshot_refused);
    qtest_add_data_func("seam/td-vmstate/snapshot-unchecked", (void *)false,
                        test_snapshot_refused);
    qtest_add_func("seam/td-vmstate/migrate-init", test_migrate_init);
    qtest_add_data_func("seam/td-vmstate/other-memory", &other_memory,
                        test_mismatch);
    qtest_add_data_func("seam/td-vmstate/other-keyids", &other_keyids,
                        test_mismatch);
    qtest_add_data_func("seam/td-vmstate/other-version", &other_version,
                        test_mismatch);
    qtest_add_data_func("seam/td-vmstate/no-module", &no_module,
                        test_mismatch);
    return g_test_run();
}
