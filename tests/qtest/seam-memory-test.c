/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Memory of the TDX module through QEMU: convertible memory follows the
 * machine's RAM, private memory is apart from it and costs what it holds.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "libqos/tdx-module.h"

#define HKID 2

static const int first_lp[] = { 0, -1 };

/* --- convertible memory -------------------------------------------------- */

typedef struct CmrCase {
    const char *name;
    const char *args;
    struct {
        uint64_t base;
        uint64_t end;
    } range[4];
} CmrCase;

/*
 * q35 has RAM up to 2 GiB when there is more than 2.75 GiB of it, else up to
 * its end; the rest is at 4 GiB.  The first MiB is never convertible.
 */
static const CmrCase cmr_cases[] = {
    { "512M", "-m 512M", { { 1 * MiB, 512 * MiB } } },
    { "1G", "-m 1G", { { 1 * MiB, 1 * GiB } } },
    { "4G", "-m 4G", { { 1 * MiB, 2 * GiB }, { 4 * GiB, 6 * GiB } } },
    {
        "64G-sparse",
        "-object memory-backend-ram,id=m,size=64G,reserve=off -m 64G "
        "-machine memory-backend=m",
        { { 1 * MiB, 2 * GiB }, { 4 * GiB, 66 * GiB } },
    },
    {
        /* Nodes lie side by side: one range for both */
        "numa",
        "-m 6G -smp 2 "
        "-object memory-backend-ram,id=m0,size=3G,reserve=off "
        "-object memory-backend-ram,id=m1,size=3G,reserve=off "
        "-numa node,memdev=m0,cpus=0 -numa node,memdev=m1,cpus=1",
        { { 1 * MiB, 2 * GiB }, { 4 * GiB, 8 * GiB } },
    },
    {
        /* Memory devices begin at the next GiB after RAM and a gap */
        "numa-hole",
        "-m 4G,slots=2,maxmem=16G -smp 2 "
        "-object memory-backend-ram,id=m0,size=4G,reserve=off "
        "-object memory-backend-ram,id=m1,size=2G,reserve=off "
        "-numa node,memdev=m0,cpus=0 -numa node,cpus=1 "
        "-device pc-dimm,memdev=m1,node=1,addr=0x200000000",
        {
            { 1 * MiB, 2 * GiB }, { 4 * GiB, 6 * GiB }, { 8 * GiB, 10 * GiB },
        },
    },
    {
        "max-ram-below-4g",
        "-machine max-ram-below-4g=1G -m 3G",
        { { 1 * MiB, 1 * GiB }, { 4 * GiB, 6 * GiB } },
    },
};

static void test_cmrs(const void *data)
{
    const CmrCase *c = data;
    QTestState *qts = tdx_start("", c->args);

    tdx_init_lps(qts, tdx_prop(qts, "num-lps"));
    for (int i = 0; i < TDX_NUM_CMRS; i++) {
        uint64_t base = 0, end = 0;

        if (i < ARRAY_SIZE(c->range)) {
            base = c->range[i].base;
            end = c->range[i].end;
        }
        g_assert_cmphex(tdx_rd(qts, TDX_MD_CMR_BASE(i)), ==, base);
        g_assert_cmphex(tdx_rd(qts, TDX_MD_CMR_SIZE(i)), ==, end - base);
    }
    qtest_quit(qts);
}

/* --- what is not memory --------------------------------------------------- */

/*
 * Every device of QEMU's whose memory software can use.  Of them the DIMM
 * alone is convertible.  RAM of the machine is [0, 1 GiB) here.
 * @at: a place in it that can be written like RAM; 0: there is no such
 * @bar: PCI configuration register; 0: no BAR needs an address
 */
typedef struct DeviceCase {
    const char *name;
    const char *args;
    uint64_t at;
    uint64_t cmr_end;
    uint8_t bar;
} DeviceCase;

#define DEVICE_AT 0x140000000 /* memory devices begin at 4 GiB */
#define DEVICE(args) "addr=0x140000000,memdev=m," args " "
#define BAR_AT 0xd0000000
#define PCI_SLOT 5
#define BACKEND "-object memory-backend-ram,id=m,size=1G,reserve=off "

static const DeviceCase device_cases[] = {
    {
        "pc-dimm", BACKEND "-device pc-dimm," DEVICE("id=d"),
        .at = DEVICE_AT, .cmr_end = DEVICE_AT + 1 * GiB,
    },
    {
        "nvdimm", "-machine nvdimm=on " BACKEND
        "-device nvdimm," DEVICE("id=d"),
        .at = DEVICE_AT,
    },
    {
        "nvdimm-label", "-machine nvdimm=on " BACKEND
        "-device nvdimm,label-size=128k," DEVICE("id=d"),
        .at = DEVICE_AT,
    },
    {
        "nvdimm-rom", "-machine nvdimm=on "
        "-object memory-backend-file,id=m,size=1G,mem-path=%s,readonly=on "
        "-device nvdimm,unarmed=on," DEVICE("id=d"),
    },
    {
        "virtio-mem", BACKEND
        "-device virtio-mem-pci,memaddr=0x140000000,memdev=m,"
        "requested-size=1G",
        .at = DEVICE_AT,
    },
    {
        "virtio-mem-slots", BACKEND
        "-device virtio-mem-pci,memaddr=0x140000000,memdev=m,"
        "requested-size=1G,dynamic-memslots=on",
    },
    {
        "virtio-pmem", BACKEND
        "-device virtio-pmem-pci,memaddr=0x140000000,memdev=m",
        .at = DEVICE_AT,
    },
    {
        "ivshmem", "-object memory-backend-ram,id=m,size=64M,share=on "
        "-device ivshmem-plain,memdev=m,addr=5",
        .at = BAR_AT, .bar = 0x18,
    },
    { "vga", "-device VGA,addr=5,vgamem_mb=16", .at = BAR_AT, .bar = 0x10 },
    {
        "cxl", "-machine cxl=on,cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G "
        BACKEND "-device pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1 "
        "-device cxl-rp,port=0,bus=cxl.1,id=rp,chassis=0,slot=2 "
        "-device cxl-type3,bus=rp,volatile-memdev=m,id=d",
    },
    {
        "flash", "-drive if=pflash,format=raw,readonly=on,file=%s",
    },
};

/* A file of @size bytes, to be freed */
static char *new_file(uint64_t size)
{
    g_autoptr(GError) error = NULL;
    char *path = NULL;
    int fd = g_file_open_tmp("seam-memory-XXXXXX", &path, &error);

    g_assert_no_error(error);
    g_assert_cmpint(ftruncate(fd, size), ==, 0);
    close(fd);
    return path;
}

static void write_config(QTestState *qts, uint8_t reg, uint32_t value)
{
    qtest_outl(qts, 0xcf8, 1u << 31 | PCI_SLOT << 11 | reg);
    qtest_outl(qts, 0xcfc, value);
}

static void assert_device_cmrs(QTestState *qts, const DeviceCase *c)
{
    tdx_init_lps(qts, 1);
    g_assert_cmphex(tdx_rd(qts, TDX_MD_CMR_BASE(0)), ==, 1 * MiB);
    g_assert_cmphex(tdx_rd(qts, TDX_MD_CMR_SIZE(0)), ==, 1 * GiB - 1 * MiB);
    g_assert_cmphex(tdx_rd(qts, TDX_MD_CMR_BASE(1)), ==,
                    c->cmr_end ? c->at : 0);
    g_assert_cmphex(tdx_rd(qts, TDX_MD_CMR_SIZE(1)), ==,
                    c->cmr_end ? c->cmr_end - c->at : 0);
    g_assert_cmphex(tdx_rd(qts, TDX_MD_CMR_SIZE(2)), ==, 0);
}

static void test_device(const void *data)
{
    const DeviceCase *c = data;
    g_autofree char *path = new_file(strstr(c->args, "pflash") ? 4 * MiB
                                                               : 1 * GiB);
    g_autofree char *device = g_strdup_printf(c->args, path);
    g_autofree char *args = g_strdup_printf("-S -m 1G,slots=2,maxmem=16G %s",
                                            device);
    QTestState *qts = tdx_start("", args);

    if (c->bar) {
        write_config(qts, c->bar, BAR_AT);
        write_config(qts, 0x04, 2);
    }
    if (c->at) {
        qtest_writeq(qts, c->at, 0x5ea11ed);
        g_assert_cmphex(qtest_readq(qts, c->at), ==, 0x5ea11ed);
    }
    qtest_qmp_assert_success(qts, "{ 'execute': 'cont' }");
    assert_device_cmrs(qts, c);
    qtest_system_reset(qts);
    assert_device_cmrs(qts, c);
    qtest_quit(qts);
    unlink(path);
}

/* Memory that is plugged into the running machine is found at the reset */
static void test_cmrs_hotplug(void)
{
    QTestState *qts = tdx_start("", "-m 1G,slots=1,maxmem=4G "
                                "-object memory-backend-ram,id=m,size=1G");

    tdx_init_lps(qts, 1);
    qtest_qmp_device_add(qts, "pc-dimm", "dimm", "{ 'memdev': 'm', "
                         "'addr': 5368709120 }");
    g_assert_cmpint(tdx_prop(qts, "num-cmrs"), ==, 1);
    g_assert_cmphex(tdx_rd(qts, TDX_MD_CMR_SIZE(1)), ==, 0);
    qtest_system_reset(qts);
    tdx_init_lps(qts, 1);
    g_assert_cmpint(tdx_prop(qts, "num-cmrs"), ==, 2);
    g_assert_cmphex(tdx_rd(qts, TDX_MD_CMR_BASE(1)), ==, 5 * GiB);
    g_assert_cmphex(tdx_rd(qts, TDX_MD_CMR_SIZE(1)), ==, 1 * GiB);
    qtest_quit(qts);
}

/* --- private memory ------------------------------------------------------ */

#define RSVD_OFFSET (1 * GiB + 12 * KiB)

/* The page of RSVD_OFFSET in the page bitmap of a TDMR */
#define RSVD_BITMAP_BYTE (RSVD_OFFSET / (4 * KiB) / 8)

static QTestState *start_with_private(QTdxTdmr *t, bool dynamic)
{
    QTestState *qts = tdx_start("", "-m 4G");

    *t = (QTdxTdmr) { .base = 4 * GiB, .size = 2 * GiB };
    tdx_place_pamts(t, dynamic, 16 * MiB);
    t->rsvd[0].base = RSVD_OFFSET;
    t->rsvd[0].size = 4 * KiB;
    tdx_bring_up(qts, 1, first_lp, t, 1,
                 HKID | (dynamic ? TDX_CONFIG_DYNAMIC_PAMT : 0));
    return qts;
}

/* Page type 1 is PT_RSVD, 0 is PT_NDA */
static void assert_page_type(QTestState *qts, uint64_t hpa, uint64_t type)
{
    TdxRegs r = { .rax = TDH_PHYMEM_PAGE_RDMD, .rcx = hpa };

    g_assert_true(tdx_seamcall(qts, 0, &r));
    tdx_assert_status(r.rax, TDX_SUCCESS);
    g_assert_cmpint(r.rcx, ==, type);
}

static void fill(QTestState *qts, uint64_t from, uint64_t len, uint8_t byte)
{
    g_autofree uint8_t *buf = g_malloc(len);

    memset(buf, byte, len);
    qtest_memwrite(qts, from, buf, len);
}

static bool reads_as(QTestState *qts, uint64_t from, uint64_t len,
                     uint8_t byte)
{
    g_autofree uint8_t *buf = g_malloc(len);

    qtest_memread(qts, from, buf, len);
    for (uint64_t i = 0; i < len; i++) {
        if (buf[i] != byte) {
            return false;
        }
    }
    return true;
}

/* A static PAMT has an entry that is not zero: a host cannot see it */
static void test_pamt_unreadable(void)
{
    QTdxTdmr t;
    QTestState *qts = start_with_private(&t, false);
    uint64_t entry = t.pamt[0].base + RSVD_OFFSET / (4 * KiB) * 16;

    /* What the host left there is gone once the PAMT is initialized */
    fill(qts, entry & -4096ULL, 4096, 0xa5);
    tdx_init_tdmr(qts, 0, &t);
    assert_page_type(qts, t.base + RSVD_OFFSET, 1);
    assert_page_type(qts, t.base + RSVD_OFFSET + 4 * KiB, 0);
    g_assert_true(reads_as(qts, entry & -4096ULL, 4096, 0));
    qtest_quit(qts);
}

/* The page bitmap of Dynamic PAMT is as invisible as entries are */
static void test_bitmap_unreadable(void)
{
    QTdxTdmr t;
    QTestState *qts = start_with_private(&t, true);

    fill(qts, t.pamt[0].base, t.pamt[0].size, 0xa5);
    tdx_init_tdmr(qts, 0, &t);
    g_assert_true(reads_as(qts, t.pamt[0].base, t.pamt[0].size, 0));
    /* Type 15 is what a page with its bit set is told as */
    assert_page_type(qts, t.base + RSVD_OFFSET, 15);
    qtest_quit(qts);
}

/* --- cost ---------------------------------------------------------------- */

static uint64_t rss_of(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/statm", (int)pid);
    g_autofree char *text = NULL;
    unsigned long long pages = 0;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpint(sscanf(text, "%*u %llu", &pages), ==, 1);
    return pages * qemu_real_host_page_size();
}

/* Bring up 256 GiB that nobody touched; returns growth of QEMU in bytes */
static uint64_t growth(bool dynamic)
{
    QTestState *qts = tdx_start("", "-object memory-backend-ram,id=m,"
                                "size=256G,reserve=off -m 256G "
                                "-machine memory-backend=m");
    QTdxTdmr t = { .base = 4 * GiB, .size = 254 * GiB };
    uint64_t before, after;
    TdxRegs r;

    tdx_place_pamts(&t, dynamic, 16 * MiB);
    /* So that a PAMT is not all zero */
    t.rsvd[0].base = 12 * GiB;
    t.rsvd[0].size = 4 * KiB;
    tdx_bring_up(qts, 1, first_lp, &t, 1,
                 HKID | (dynamic ? TDX_CONFIG_DYNAMIC_PAMT : 0));
    before = rss_of(qtest_pid(qts));
    /* The first 16 GiB of a static PAMT tell as much as all would */
    for (uint64_t end = dynamic ? t.base + t.size : 20 * GiB, at = 0;
         at < end; at = r.rdx) {
        r = (TdxRegs) { .rax = TDH_SYS_TDMR_INIT, .rcx = t.base };
        g_assert_true(tdx_seamcall(qts, 0, &r));
        tdx_assert_status(r.rax, TDX_SUCCESS);
    }
    after = rss_of(qtest_pid(qts));
    g_assert_cmpint(tdx_prop(qts, "private-bytes-used"), >, 0);
    qtest_quit(qts);
    return after - MIN(after, before);
}

static bool can_measure(void)
{
#ifdef QEMU_SANITIZE_ADDRESS
    g_test_skip("ASan keeps for a while what QEMU frees");
    return false;
#else
    if (access("/proc/self/statm", R_OK)) {
        g_test_skip("no /proc/PID/statm");
        return false;
    }
    return true;
#endif
}

static void test_cost_dynamic(void)
{
    if (!can_measure()) {
        return;
    }
    /* A quarter of what 1 TiB may cost */
    g_assert_cmpint(growth(true), <, 16 * MiB);
}

static void test_cost_static(void)
{
    if (!can_measure()) {
        return;
    }
    /* The PAMT of 16 GiB has 64 MiB; it is zero and costs next to nothing */
    g_assert_cmpint(growth(false), <, 16 * MiB);
}

/* --- locked memory -------------------------------------------------------- */

#define LOCKED_RAM (512 * MiB)

/*
 * The host cannot be asked to take back memory that is locked.  Private
 * memory reads zero nevertheless when the module starts from nothing, and
 * nothing but what was in use is locked.
 */
static void test_locked(const void *data)
{
    g_autofree char *args = NULL;
    QTdxTdmr t = { .base = 0, .size = 1 * GiB };
    QTestState *qts;
    TdxRegs r;

    if (!tdx_can_lock(2 * GiB)) {
        g_test_skip("not allowed to lock 2 GiB of memory");
        return;
    }
    args = g_strdup_printf("-m 512M -overcommit mem-lock=%s",
                           (const char *)data);
    qts = tdx_start("", args);
    tdx_place_pamts(&t, true, 16 * MiB);
    t.rsvd[0].base = 0;
    t.rsvd[0].size = 32 * MiB;
    t.rsvd[1].base = LOCKED_RAM;
    t.rsvd[1].size = 1 * GiB - LOCKED_RAM;
    /* Three lives: TDH.SYS.DISABLE ends the first, a reset the second */
    for (int round = 0; round < 3; round++) {
        tdx_bring_up(qts, 1, first_lp, &t, 1,
                     HKID | TDX_CONFIG_DYNAMIC_PAMT);
        g_assert_cmpint(tdx_init_tdmr(qts, 0, &t), >, 0);
        tdx_assert_status(tdx_call(qts, 0, TDH_PHYMEM_PAMT_ADD,
                                   64 * MiB | 1, 66 * MiB, 66 * MiB + 4096),
                          TDX_SUCCESS);
        r = (TdxRegs) { .rax = TDH_PHYMEM_PAGE_RDMD, .rcx = 64 * MiB };
        g_assert_true(tdx_seamcall(qts, 0, &r));
        tdx_assert_status(r.rax, TDX_SUCCESS);
        if (round == 0) {
            tdx_assert_status(tdx_call(qts, 0, TDH_SYS_DISABLE, 0, 0, 0),
                              TDX_SUCCESS);
        } else {
            qtest_system_reset(qts);
        }
    }
    /* The machine, QEMU itself, and a bit of the GiB of private memory */
    g_assert_cmpint(rss_of(qtest_pid(qts)), <, LOCKED_RAM + 512 * MiB);
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (int i = 0; i < ARRAY_SIZE(cmr_cases); i++) {
        g_autofree char *path = g_strdup_printf("seam/memory/cmrs/%s",
                                                cmr_cases[i].name);

        qtest_add_data_func(path, &cmr_cases[i], test_cmrs);
    }
    for (int i = 0; i < ARRAY_SIZE(device_cases); i++) {
        g_autofree char *path = g_strdup_printf("seam/memory/device/%s",
                                                device_cases[i].name);

        qtest_add_data_func(path, &device_cases[i], test_device);
    }
    qtest_add_func("seam/memory/cmrs-hotplug", test_cmrs_hotplug);
    qtest_add_func("seam/memory/pamt-unreadable", test_pamt_unreadable);
    qtest_add_func("seam/memory/bitmap-unreadable", test_bitmap_unreadable);
    qtest_add_data_func("seam/memory/locked", "on", test_locked);
    qtest_add_data_func("seam/memory/locked-on-fault", "on-fault",
                        test_locked);
    qtest_add_func("seam/memory/cost-dynamic", test_cost_dynamic);
    qtest_add_func("seam/memory/cost-static", test_cost_static);
    return g_test_run();
}
