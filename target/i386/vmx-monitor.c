/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the monitor tells of VMX: "info registers" in which world a CPU is, and
 * query-stats of its guests' entries, entries that failed, and exits by reason.
 */

#include "qemu/osdep.h"
#include "qapi/util.h"
#include "qemu/qemu-print.h"
#include "system/stats.h"
#include "vmx.h"
#include "x86-defs/vmx-exit-list.h"

/* --- the world ---------------------------------------------------------- */

void x86_vmx_dump(CPUX86State *env, FILE *f)
{
    const X86VmxState *vmx = env_archcpu(env)->vmx;

    if (!vmx || !vmx->vmxon) {
        return;
    }
    if (x86_vmx_td(env)) {
        qemu_fprintf(f, "VMX=TD\n");
        return;
    }
    qemu_fprintf(f, "VMX=%s VMCS=%016" PRIx64,
                 x86_vmx_guest(env) ? "guest" : "root", vmx->vmcs_ptr);
    if (x86_vmx_guest(env)) {
        qemu_fprintf(f, " VPID=%04x", vmx->ctl.vpid);
    }
    if (x86_vmx_ept(env)) {
        qemu_fprintf(f, " EPTP=%016" PRIx64, vmx->ctl.eptp);
    }
    qemu_fprintf(f, "\n");
}

/* --- statistics --------------------------------------------------------- */

/* One statistic: a counter of X86VmxState */
typedef struct VmxStat {
    const char *name;
    size_t offset;
} VmxStat;

static const VmxStat vmx_stats[] = {
    { "entries", offsetof(X86VmxState, entries) },
    { "failed-entries", offsetof(X86VmxState, failed_entries) },
#define X(name, number, words) \
    { "exit-" #name, offsetof(X86VmxState, exits[number]) },
    X86_VMX_EXIT_LIST(X)
#undef X
};

/* As names are in QMP */
static char *stat_name(const VmxStat *stat)
{
    return g_strdelimit(g_ascii_strdown(stat->name, -1), "_", '-');
}

/* The vCPU goes on counting meanwhile. */
static uint64_t stat_value(const X86VmxState *vmx, const VmxStat *stat)
{
    return qatomic_read((const uint64_t *)((const char *)vmx + stat->offset));
}

static StatsList *stats_of(const X86VmxState *vmx, strList *names)
{
    StatsList *list = NULL;

    for (size_t i = ARRAY_SIZE(vmx_stats); i-- > 0;) {
        g_autofree char *name = stat_name(&vmx_stats[i]);
        Stats *stats;

        if (!apply_str_list_filter(name, names)) {
            continue;
        }
        stats = g_new0(Stats, 1);
        stats->name = g_steal_pointer(&name);
        stats->value = g_new0(StatsValue, 1);
        stats->value->type = QTYPE_QNUM;
        stats->value->u.scalar = stat_value(vmx, &vmx_stats[i]);
        QAPI_LIST_PREPEND(list, stats);
    }
    return list;
}

static void vmx_query_stats(StatsResultList **result, StatsTarget target,
                            strList *names, strList *targets, Error **errp)
{
    CPUState *cs;

    if (target != STATS_TARGET_VCPU) {
        return;
    }
    CPU_FOREACH(cs) {
        const char *path = DEVICE(cs)->canonical_path;
        X86VmxState *vmx = X86_CPU(cs)->vmx;
        StatsList *list;

        if (!vmx || !apply_str_list_filter(path, targets)) {
            continue;
        }
        list = stats_of(vmx, names);
        if (list) {
            add_stats_entry(result, STATS_PROVIDER_VMX, path, list);
        }
    }
}

static void vmx_query_stats_schemas(StatsSchemaList **result, Error **errp)
{
    StatsSchemaValueList *list = NULL;

    for (size_t i = ARRAY_SIZE(vmx_stats); i-- > 0;) {
        StatsSchemaValue *value = g_new0(StatsSchemaValue, 1);

        value->name = stat_name(&vmx_stats[i]);
        value->type = STATS_TYPE_CUMULATIVE;
        QAPI_LIST_PREPEND(list, value);
    }
    add_stats_schema(result, STATS_PROVIDER_VMX, STATS_TARGET_VCPU, list);
}

static void vmx_stats_register(void)
{
    add_stats_callbacks(STATS_PROVIDER_VMX, vmx_query_stats,
                        vmx_query_stats_schemas);
}

type_init(vmx_stats_register)
