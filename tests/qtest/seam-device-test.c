/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tdx-module device itself: its properties and what it reports of them,
 * command lines that it refuses, the P-SEAMLDR, and the seamcall command.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "libqos/tdx-module.h"

#define SEAMLDR_INFO      (1ULL << 63 | 0)
#define SEAMLDR_INSTALL   (1ULL << 63 | 1)
#define SEAMLDR_SHUTDOWN  (1ULL << 63 | 2)
#define SEAMLDR_SEAMINFO  (1ULL << 63 | 3)
#define SEAMLDR_EBADPARAM 0x8000000000000000ULL
#define SEAMLDR_EBADCALL  0x8000000000000003ULL

#define FEATURE(bit) (1ULL << (bit))

/* --- properties ---------------------------------------------------------- */

static void test_defaults(void)
{
    QTestState *qts = tdx_start("", "-m 512M -smp 3");
    uint64_t features;

    tdx_init_lps(qts, 3);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_MAJOR), ==, 1);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_MINOR), ==, 5);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_UPDATE), ==, 25);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_INTERNAL), ==, 0);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_MAX_TDMRS), ==, 64);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_MAX_RESERVED), ==, 16);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_NUM_PKGS), ==, 1);
    /* What Linux insists on, and what is not modelled */
    features = tdx_rd(qts, TDX_MD_FEATURES0);
    g_assert_cmphex(features & FEATURE(18), ==, FEATURE(18));
    g_assert_cmphex(features & FEATURE(20), ==, FEATURE(20));
    g_assert_cmphex(features & FEATURE(36), ==, FEATURE(36));
    g_assert_cmphex(features & FEATURE(1), ==, FEATURE(1));
    g_assert_cmphex(features & (FEATURE(0) | FEATURE(2) | FEATURE(7)), ==, 0);
    /* The CPU has SEAMVERIFYREPORT */
    g_assert_cmphex(features & FEATURE(8), ==, FEATURE(8));
    qtest_quit(qts);
}

static void test_properties(void)
{
    QTestState *qts = tdx_start("version=2.7.300,internal-version=9,"
                                "build-date=20991231,build-num=77,"
                                "num-handoff-pages=200,max-tdmrs=3,"
                                "max-reserved-per-tdmr=5,features0=0x41",
                                "-m 512M");

    tdx_init_lps(qts, 1);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_MAJOR), ==, 2);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_MINOR), ==, 7);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_UPDATE), ==, 300);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_INTERNAL), ==, 9);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_BUILD_DATE), ==, 20991231);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_BUILD_NUM), ==, 77);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_NUM_HANDOFF), ==, 200);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_MAX_TDMRS), ==, 3);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_MAX_RESERVED), ==, 5);
    g_assert_cmphex(tdx_rd(qts, TDX_MD_FEATURES0), ==,
                    0x41 | FEATURE(1) | FEATURE(8) | FEATURE(36) |
                    FEATURE(53));
    qtest_quit(qts);
}

/* Dynamic PAMT covers 48 bits: beyond, it is offered only when asked for */
static void test_address_width(void)
{
    static const struct {
        const char *module, *cpu;
        bool offered;
    } cases[] = {
        { "", "keyid-bits=3", false },
        { "", "keyid-bits=4", true },
        { "", "phys-bits=48,keyid-bits=1,tdx-keyids=1", true },
        { "dynamic-pamt=on", "keyid-bits=3", true },
        { "dynamic-pamt=off", "keyid-bits=4", false },
        { "features0=0x1000000041", "keyid-bits=3", true },
        { "features0=0x41", "keyid-bits=3", false },
    };

    for (int i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *args = g_strdup_printf("-m 512M -cpu TDXHost,%s",
                                                cases[i].cpu);
        QTestState *qts = tdx_start(cases[i].module, args);

        tdx_init_lps(qts, 1);
        g_assert_cmpint(!!(tdx_rd(qts, TDX_MD_FEATURES0) & FEATURE(36)), ==,
                        cases[i].offered);
        qtest_quit(qts);
    }
}

/*
 * A module has the leaves of the features that it says it has, and no others.
 * Leaf: the number that a host calls to use the feature.
 */
static const struct {
    unsigned bit;
    uint64_t leaf;
} leaf_features[] = {
    { 0, TDH_EXPORT_MEM },          /* TD_MIGRATION */
    { 0, TDH_IMPORT_MEM },
    { 0, TDH_MIG_STREAM_CREATE },
    { 2, TDH_SERVTD_BIND },         /* SERVICE_TD */
    { 2, TDH_SERVTD_PREBIND },
    { 36, TDH_PHYMEM_PAMT_ADD },    /* DYNAMIC_PAMT */
    { 36, TDH_PHYMEM_PAMT_REMOVE },
    { 53, TDH_SYS_DISABLE },        /* SYS_DISABLE; ends what went before */
};

static void test_leaf_features(const void *module)
{
    QTestState *qts = tdx_start(module, "-m 4G");
    QTdxTdmr t = { .base = 4 * GiB, .size = 1 * GiB };
    uint64_t features;

    tdx_place_pamts(&t, true, 16 * MiB);
    tdx_bring_up(qts, 1, (int[]) { 0, -1 }, &t, 1,
                 2 | TDX_CONFIG_DYNAMIC_PAMT);
    features = tdx_rd(qts, TDX_MD_FEATURES0);
    for (int i = 0; i < ARRAY_SIZE(leaf_features); i++) {
        uint64_t status = tdx_call(qts, 0, leaf_features[i].leaf, ~0ULL, 0,
                                   0);
        bool unknown = status == tdx_op(TDX_OPERAND_INVALID, 0);

        if (unknown == !!(features & FEATURE(leaf_features[i].bit))) {
            g_error("TDX_FEATURES0 0x%" PRIx64 ", but leaf %" PRIu64
                    " answers 0x%" PRIx64, features, leaf_features[i].leaf,
                    status);
        }
    }
    qtest_quit(qts);
}

/* --- refused command lines ----------------------------------------------- */

typedef struct BadCase {
    const char *name;
    const char *args;
    const char *error; /* all of the line after "qemu-system-x86_64: " */
} BadCase;

#define Q35 "-machine q35 -nodefaults "

static const BadCase bad_cases[] = {
    {
        "second-module",
        Q35 "-cpu TDXHost -device tdx-module -device tdx-module",
        "-device tdx-module: a machine has one TDX module; remove the "
        "second -device tdx-module",
    },
    {
        "cpu-without-seam",
        Q35 "-cpu qemu64 -device tdx-module",
        "-device tdx-module: CPU model 'qemu64' has no SEAM; "
        "use -cpu TDXHost",
    },
    {
        "not-a-pc",
        "-machine none -device tdx-module",
        "-device tdx-module: the TDX module needs a PC; use -machine q35",
    },
    {
        "max-tdmrs",
        Q35 "-cpu TDXHost -device tdx-module,max-tdmrs=65",
        "-device tdx-module,max-tdmrs=65: tdx-module: "
        "max-tdmrs must be 1..64",
    },
    {
        "no-tdmrs",
        Q35 "-cpu TDXHost -device tdx-module,max-tdmrs=0",
        "-device tdx-module,max-tdmrs=0: tdx-module: "
        "max-tdmrs must be 1..64",
    },
    {
        "max-reserved",
        Q35 "-cpu TDXHost -device tdx-module,max-reserved-per-tdmr=17",
        "-device tdx-module,max-reserved-per-tdmr=17: tdx-module: "
        "max-reserved-per-tdmr must be 1..16",
    },
    {
        "version",
        Q35 "-cpu TDXHost -device tdx-module,version=1.5",
        "-device tdx-module,version=1.5: version is MAJOR.MINOR.UPDATE, "
        "each 0..65535, such as 1.5.25",
    },
    {
        "version-long",
        Q35 "-cpu TDXHost -device tdx-module,version=1.5.25.1",
        "-device tdx-module,version=1.5.25.1: version is "
        "MAJOR.MINOR.UPDATE, each 0..65535, such as 1.5.25",
    },
    {
        "generation",
        Q35 "-cpu TDXHost -device tdx-module,generation=2",
        "-device tdx-module,generation=2: generation is 1.0 or 1.5",
    },
    {
        "generation-dynamic",
        Q35 "-cpu TDXHost -device tdx-module,generation=1.0,dynamic-pamt=on",
        "-device tdx-module,generation=1.0,dynamic-pamt=on: tdx-module: a "
        "module of generation 1.0 has no Dynamic PAMT; remove dynamic-pamt=on",
    },
    {
        "generation-features",
        Q35 "-cpu TDXHost -device tdx-module,features0=0x80,generation=1.0",
        "-device tdx-module,features0=0x80,generation=1.0: tdx-module: a "
        "module of generation 1.0 has no TDX_FEATURES0; remove features0=0x80",
    },
    {
        "version-range",
        Q35 "-cpu TDXHost -device tdx-module,version=1.5.65536",
        "-device tdx-module,version=1.5.65536: version is "
        "MAJOR.MINOR.UPDATE, each 0..65535, such as 1.5.25",
    },
    {
        "packages",
        Q35 "-cpu TDXHost -smp 9,sockets=9 -device tdx-module",
        "the TDX module takes at most 8 packages; use -smp with sockets=8 "
        "or less",
    },
};

/* QEMU ends by itself with status 1 and that one line */
static void test_refused(const void *data)
{
    const BadCase *c = data;
    g_autofree char *err = NULL, *want = NULL;

    g_assert_cmpint(tdx_run(c->args, NULL, &err), ==, 1);
    want = g_strdup_printf("qemu-system-x86_64: %s\n", c->error);
    g_assert_cmpstr(err, ==, want);
}

/* Every property that can be set is there, with words */
static void test_help(void)
{
    static const char *const names[] = {
        "dynamic-pamt", "version", "features0", "max-tdmrs",
        "max-reserved-per-tdmr", "sys-disable", "internal-version",
        "build-date", "build-num", "num-handoff-pages", "update",
        "seamdb-size", "debug-unlocked", "generation",
    };
    g_autofree char *out = NULL;

    g_assert_cmpint(tdx_run("-device tdx-module,help", &out, NULL), ==, 0);
    for (int i = 0; i < ARRAY_SIZE(names); i++) {
        g_autofree char *pattern = g_strdup_printf("^  %s=<\\w+> +- \\w+",
                                                   names[i]);

        g_assert_true(g_regex_match_simple(pattern, out, G_REGEX_MULTILINE,
                                           0));
    }
}

/* --- P-SEAMLDR ----------------------------------------------------------- */

static void test_loader(void)
{
    QTestState *qts = tdx_start("build-date=20260115", "-m 512M");
    const uint64_t at = 0x300000;
    uint8_t all[256];

    memset(all, 0xff, sizeof(all));
    qtest_memwrite(qts, at, all, sizeof(all));
    tdx_assert_status(tdx_call(qts, 0, SEAMLDR_INFO, at, 0, 0), 0);
    qtest_memread(qts, at, all, sizeof(all));
    g_assert_cmpint(ldl_le_p(all), ==, 0);
    g_assert_cmphex(ldl_le_p(all + 8), ==, 0x8086);
    g_assert_cmpint(ldl_le_p(all + 12), ==, 20260115);
    g_assert_cmpint(ldl_le_p(all + 28), ==, 31);
    g_assert_cmpint(all[160], ==, 1);
    g_assert_cmpint(all[161], ==, 0);
    g_assert_cmpint(all[162], ==, 1);
    g_assert_cmpint(all[255], ==, 0);

    /* Not aligned; beyond RAM, which is no matter; KeyID; beyond all of it */
    tdx_assert_status(tdx_call(qts, 0, SEAMLDR_INFO, at + 128, 0, 0),
                      SEAMLDR_EBADPARAM);
    tdx_assert_status(tdx_call(qts, 0, SEAMLDR_INFO, 4 * GiB, 0, 0), 0);
    tdx_assert_status(tdx_call(qts, 0, SEAMLDR_INFO,
                               at | 63ULL << 46, 0, 0), SEAMLDR_EBADPARAM);
    tdx_assert_status(tdx_call(qts, 0, SEAMLDR_INFO, 1ULL << 60, 0, 0),
                      SEAMLDR_EBADPARAM);

    tdx_assert_status(tdx_call(qts, 0, SEAMLDR_INFO | 1 << 20, at, 0, 0),
                      SEAMLDR_EBADPARAM);
    qtest_quit(qts);

    /* With update=off there is nothing else, and INFO has less to tell */
    qts = tdx_start("update=off", "-m 512M");
    tdx_assert_status(tdx_call(qts, 0, SEAMLDR_INFO, at, 0, 0), 0);
    g_assert_cmpint(qtest_readl(qts, at + 28), ==, 0);
    g_assert_cmpint(qtest_readq(qts, at + 32), ==, 0);
    g_assert_cmpint(qtest_readb(qts, at + 160), ==, 1);
    g_assert_cmpint(qtest_readq(qts, at + 168), ==, 0);
    for (int leaf = SEAMLDR_INSTALL & 0xff; leaf <= 4; leaf++) {
        tdx_assert_status(tdx_call(qts, 0, SEAMLDR_INFO | leaf, at, 0, 0),
                          SEAMLDR_EBADCALL);
    }
    tdx_init_lps(qts, 1);
    g_assert_cmphex(tdx_rd(qts, TDX_MD_FEATURES0) & FEATURE(1), ==, 0);
    qtest_quit(qts);
}

/* --- the command --------------------------------------------------------- */

static void test_malformed(void)
{
    static const char *const commands[] = {
        "seamcall",
        "seamcall 0",
        "seamcall 2 44",
        "seamcall -1 44",
        "seamcall x 44",
        "seamcall 0 ",
        "seamcall 0 0x",
        "seamcall 0 0x12345678901234567",
        "seamcall 0 44 z",
        "seamcall 0 44  1",
        "seamcall 0 44 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
    };
    QTestState *qts = tdx_start("", "-m 512M -smp 2");
    g_autofree char *answer = NULL;

    for (int i = 0; i < ARRAY_SIZE(commands); i++) {
        g_autofree char *bad = qtest_command(qts, commands[i]);

        if (!g_str_has_prefix(bad, "FAIL ")) {
            g_error("'%s' gets '%s'", commands[i], bad);
        }
    }
    /* Registers that are no output of the leaf come back as they were */
    answer = qtest_command(qts, "seamcall 1 44 1 2 3 4 5 6 7 8 9 10 11 12 13 "
                           "0xffffffffffffffff");
    g_assert_cmpstr(answer, ==, "OK vmsucceed 0x0 0x1 0x2 0x3 0x4 0x5 0x6 "
                    "0x7 0x8 0x9 0xa 0xb 0xc 0xd 0xffffffffffffffff");
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("seam/device/defaults", test_defaults);
    qtest_add_func("seam/device/properties", test_properties);
    qtest_add_func("seam/device/address-width", test_address_width);
    qtest_add_data_func("seam/device/leaf-features/default", "",
                        test_leaf_features);
    qtest_add_data_func("seam/device/leaf-features/no-sys-disable",
                        "sys-disable=off", test_leaf_features);
    for (int i = 0; i < ARRAY_SIZE(bad_cases); i++) {
        g_autofree char *path = g_strdup_printf("seam/device/refused/%s",
                                                bad_cases[i].name);

        qtest_add_data_func(path, &bad_cases[i], test_refused);
    }
    qtest_add_func("seam/device/help", test_help);
    qtest_add_func("seam/device/loader", test_loader);
    qtest_add_func("seam/device/malformed", test_malformed);
    return g_test_run();
}
