/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fuzzing the CPU's VMX rules: VMREAD and VMWRITE of anything, VM entries
 * with any VMCS, EPT walks through any tables. What must always hold is
 * asserted here; memory errors are for the sanitizers.
 *
 *   vmx-fuzz [--runs=N] [--seed=SEED] [FILE...]
 *
 * runs the files, then N inputs made by chance. With libFuzzer it is a target.
 */

#include <string.h>

#include "entry-fixture.h"
#include "vmx/ept.h"
#include "vmx/vmcs.h"

/* An input is a sequence of records; a short one at its end is left out */
typedef struct Record {
    uint32_t what;
    uint32_t where;
    uint64_t val;
} Record;

#define RECORDS_MAX 64
#define TABLES 8

typedef struct Machine {
    X86VmxCaps caps;
    X86Vmcs vmcs;
    uint64_t mem[TABLES][512];
    unsigned entered, refused, walked;
} Machine;

/* --- VM entries ----------------------------------------------------------- */

static X86VmxEntryOutcome enter(const Machine *m, unsigned cpu,
                                unsigned dirty)
{
    X86VmxEntry e = {
        .caps = &m->caps,
        .vmcs = &m->vmcs,
        .resume = m->vmcs.launch_state,
        .smm = cpu & CPU_SMM,
        .long_mode = !(cpu & CPU_NOT_LONG),
        .current = ENTRY_CURRENT,
        .read = entry_read,
    };
    X86VmxEntryOutcome out = x86_vmx_entry_check(&e, dirty);
    char text[160];

    if (out.broken.rule == X86_VMX_RULE_NONE) {
        g_assert_cmpuint(out.error, ==, 0);
        g_assert_cmphex(out.exit_reason, ==, 0);
        return out;
    }
    /* One way out, with a reason in words */
    g_assert_true(!out.error != !out.exit_reason);
    g_assert_nonnull(x86_vmcs_field(out.broken.field));
    g_assert_cmpstr(x86_vmx_rule_name(out.broken.rule), !=, "?");
    x86_vmx_broken_text(out.broken, &m->vmcs, text, sizeof(text));
    g_assert_cmpuint(strlen(text), <, sizeof(text) - 1);
    return out;
}

/* What an engine relies on after an entry that may happen */
static void check_entered(const Machine *m)
{
    const X86Vmcs *v = &m->vmcs;
    X86VmcsSegment ss = x86_vmcs_get_segment(v, X86_VMCS_SS);
    bool long_guest = v->entry_controls & X86_VMX_ENTRY_IA32E_GUEST;

    g_assert_true(!(v->guest_cr0 >> 31 & 1) || v->guest_cr0 & 1);
    g_assert_true(!long_guest || v->guest_cr0 >> 31 & 1);
    g_assert_cmphex(v->guest_cr4 & ~m->caps.config.cr4_fixed1, ==, 0);
    g_assert_cmphex(v->guest_cr3 >> TEST_PHYS_BITS, ==, 0);
    g_assert_cmpuint(v->guest_activity, <=, X86_VMCS_WAIT_SIPI);
    g_assert_true(v->guest_cr0 & 1 || x86_vmcs_ar_dpl(ss.ar) == 0 ||
                  v->guest_rflags >> 17 & 1);
    g_assert_cmphex(v->guest_rflags & ~0x3f7fd7ULL, ==, 0);
    g_assert_true(long_guest || !(v->guest_rip >> 32));
    g_assert_true(v->exit_controls & X86_VMX_EXIT_HOST_64 ||
                  !(v->host_rip >> 32));
}

static void fuzz_entry(Machine *m, unsigned cpu, unsigned dirty)
{
    X86VmxEntryOutcome all = enter(m, cpu, X86_VMCS_GROUPS);
    X86VmxEntryOutcome some = enter(m, cpu, dirty);

    /* Looking at less never finds more */
    g_assert_true(all.broken.rule || !some.broken.rule);
    if (all.broken.rule) {
        m->refused++;
    } else {
        m->entered++;
        check_entered(m);
    }
}

/* --- EPT ------------------------------------------------------------------ */

static uint64_t *slot(Machine *m, uint64_t addr)
{
    g_assert_cmphex(addr & 7, ==, 0);
    g_assert_cmphex(addr >> TEST_PHYS_BITS, ==, 0);
    return addr < TABLES * 0x1000 ? &m->mem[addr >> 12][(addr & 0xfff) / 8]
                                  : NULL;
}

static bool table_read(void *opaque, uint64_t addr, uint64_t *entry)
{
    uint64_t *at = slot(opaque, addr);

    if (at) {
        *entry = *at;
    }
    return at;
}

static bool table_update(void *opaque, uint64_t addr, uint64_t old,
                         uint64_t entry)
{
    uint64_t *at = slot(opaque, addr);

    g_assert_nonnull(at);
    g_assert_cmphex((old ^ entry) & ~0x300ULL, ==, 0);
    g_assert_cmphex(old & ~entry, ==, 0);
    if (*at != old) {
        return false;
    }
    *at = entry;
    return true;
}

static void fuzz_walk(Machine *m, uint32_t flags, uint64_t gpa)
{
    X86EptAccess access = {
        .gpa = gpa, .read = flags & 1, .write = flags & 2,
        .fetch = flags & 4 || !(flags & 3), .user = flags & 8,
        .paging = flags & 16, .gla_valid = flags & 32, .gla_nx = flags & 64,
    };
    X86Ept ept = {
        .caps = &m->caps,
        .eptp = (flags >> 8 & 7) << 12 | (flags >> 11 & 1) << 6 |
                ((flags >> 12 & 1) + 3) << 3 | 6,
        .mode_based = flags >> 13 & 1,
        .read = table_read,
        .opaque = m,
    };
    X86EptResult look, result;
    X86EptWalk walk;
    uint64_t qual;

    look = x86_ept_walk(&ept, &access, &walk);
    ept.update = table_update;
    result = x86_ept_walk(&ept, &access, &walk);
    /* A table that is in its own way changes as its flags are set */
    g_assert_true(result == look || result == X86_EPT_AGAIN);
    switch (result) {
    case X86_EPT_OK:
        m->walked++;
        g_assert_cmphex(walk.address >> TEST_PHYS_BITS, ==, 0);
        g_assert_true(walk.page_size == 1ULL << 12 ||
                      walk.page_size == 1ULL << 21 ||
                      walk.page_size == 1ULL << 30);
        g_assert_cmphex((walk.address ^ gpa) & (walk.page_size - 1), ==, 0);
        g_assert_cmphex(walk.cacheable & ~walk.allowed, ==, 0);
        g_assert_true(!access.read || walk.allowed & 1);
        g_assert_true(!access.write || walk.cacheable & 2);
        g_assert_true(!access.fetch || walk.allowed & 4);
        break;
    case X86_EPT_VIOLATION:
        qual = x86_vmx_ept_qual(&walk.qual);
        g_assert_cmphex(qual & 7, !=, 0);
        /* Something that was asked for is not there */
        g_assert_true(ept.mode_based || qual & 7 & ~(qual >> 3));
        g_assert_true(access.gla_valid || !(qual & 0xf80));
        break;
    default:
        break;
    }
}

/* --- inputs --------------------------------------------------------------- */

/* Values that rules look at, more often than chance would make them */
static uint64_t shaped(uint64_t val, uint64_t old, uint32_t how)
{
    switch (how & 7) {
    case 0:
        return val;
    case 1:
        return old ^ 1ULL << (val & 63);
    case 2:
        return 0;
    case 3:
        return val & 0xfff;
    case 4:
        return val & ((1ULL << TEST_PHYS_BITS) - 1) & ~0xfffULL;
    case 5:
        return old ^ 1ULL << (val & 31) ^ 1ULL << (val >> 8 & 31);
    case 6:
        return val & 0xffff;
    default:
        return old;
    }
}

static void fuzz_field(Machine *m, const Record *r)
{
    uint64_t encoding = r->where, old = 0;
    const X86VmcsFieldInfo *field = x86_vmcs_field_at(r->where % 256);
    unsigned dirty = 0;
    X86VmxError got, put;

    if (field && !(r->what & 0x80)) {
        encoding = field->encoding | (r->what >> 6 & 1);
    }
    got = x86_vmcs_read(&m->caps, &m->vmcs, encoding, &old);
    put = x86_vmcs_write(&m->caps, &m->vmcs, encoding,
                         shaped(r->val, old, r->what >> 3), &dirty);
    g_assert_cmpint(got, ==, put);
    g_assert_cmphex(dirty & ~X86_VMCS_GROUPS, ==, 0);
}

static void fuzz_table(Machine *m, const Record *r)
{
    uint64_t *at = &m->mem[r->where >> 16 & 7][r->where & 0x1ff];

    uint64_t rights = r->what & 0x80 ? 7 : r->what >> 3 & 7;

    /* Most entries lead to another table */
    switch (r->what >> 8 & 7) {
    case 0:
        *at = r->val;
        break;
    case 1:
        *at = (r->val & 0xfff0000000007ff8) | rights;
        break;
    default:
        *at = (r->val & 0xfff0000000007f00) | rights;
        break;
    }
}

static void fuzz_run(Machine *m, const uint8_t *data, size_t size)
{
    unsigned cpu = 0;
    Record r;

    memset(m->mem, 0, sizeof(m->mem));
    entry_init_vmcs(&m->vmcs);
    entry_init_caps(&m->caps, 0);
    for (size_t n = 0; size >= sizeof(r) && n < RECORDS_MAX;
         n++, data += sizeof(r), size -= sizeof(r)) {
        memcpy(&r, data, sizeof(r));
        switch (r.what & 7) {
        case 0:
            cpu = r.where & 0xffff & ~CPU_LAM;
            entry_init_caps(&m->caps, cpu);
            break;
        case 1:
        case 2:
        case 3:
            fuzz_field(m, &r);
            break;
        case 4:
            m->vmcs.launch_state = r.where;
            break;
        case 5:
            fuzz_entry(m, cpu, r.where);
            break;
        case 6:
            fuzz_table(m, &r);
            break;
        default:
            fuzz_walk(m, r.where, r.val);
            break;
        }
    }
    m->vmcs.launch_state = 0;
    fuzz_entry(m, cpu, 0);
}

static Machine machine;

#ifdef VMX_FUZZ_TARGET

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_run(&machine, data, size);
    return 0;
}

#else

static int runs = 100000;
static int seed = 1;

static const GOptionEntry options[] = {
    { "runs", 0, 0, G_OPTION_ARG_INT, &runs,
      "Run N inputs made by chance (default 100000)", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT, &seed,
      "Which N inputs (default 1)", "SEED" },
    { NULL }
};

/* A few changes and an entry, or a chain of tables and walks through it */
static size_t make_input(GRand *rand, Record *records)
{
    bool ept = g_rand_boolean(rand);
    size_t n = g_rand_int_range(rand, 1, ept ? RECORDS_MAX : 12);

    for (size_t i = 0; i < n; i++) {
        Record *r = &records[i];

        r->what = g_rand_int(rand);
        r->where = g_rand_int(rand);
        r->val = (uint64_t)g_rand_int(rand) << 32 | g_rand_int(rand);
        if (ept) {
            /* Few slots, so that walks meet them */
            r->what = (r->what & ~7) | (i % 4 ? 6 : 7);
            r->where = i % 4 ? r->where & 0x70001 : r->where;
            r->val = i % 4 ? r->val : r->val & 0x0001008040201fff;
        }
    }
    return n * sizeof(*records);
}

int main(int argc, char **argv)
{
    g_autoptr(GOptionContext) context = g_option_context_new("[FILE...]");
    g_autoptr(GError) err = NULL;
    g_autoptr(GRand) rand = NULL;
    Record records[RECORDS_MAX];
    bool reached;

    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &err)) {
        g_printerr("vmx-fuzz: %s\n", err->message);
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        g_autofree char *data = NULL;
        gsize size;

        if (!g_file_get_contents(argv[i], &data, &size, &err)) {
            g_printerr("vmx-fuzz: %s\n", err->message);
            return 2;
        }
        fuzz_run(&machine, (uint8_t *)data, size);
    }
    rand = g_rand_new_with_seed(seed);
    for (int i = 0; i < runs; i++) {
        size_t size = make_input(rand, records);

        fuzz_run(&machine, (uint8_t *)records, size);
    }
    /* Inputs that reach nothing would find nothing */
    reached = !runs || (machine.entered && machine.refused && machine.walked);
    g_print("1..1\n%sok 1 - %d inputs: %u entries, %u refused, %u walks\n",
            reached ? "" : "not ", runs, machine.entered, machine.refused,
            machine.walked);
    return !reached;
}

#endif
