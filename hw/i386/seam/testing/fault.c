/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * -object tdx-fault: calls of the TDX module that are to fail, for those who
 * test what a host does then.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "qom/object_interfaces.h"
#include "system/system.h"
#include "testing.h"
#include "target/i386/tdx-module/abi/status.h"
#include "target/i386/tdx-module/include/fault.h"
#include "../trace.h"

#define TYPE_TDX_FAULT "tdx-fault"
OBJECT_DECLARE_SIMPLE_TYPE(TdxFaultObject, TDX_FAULT)

/* What vCPUs see of an object: they may still, when that has gone */
typedef struct ArmedFault {
    struct rcu_head rcu;
    TdxFault fault;
    SeamldrFault loader_fault; /* instead, with @of_loader */
    bool of_loader;
    char *id;
} ArmedFault;

struct TdxFaultObject {
    Object parent_obj;

    /* properties */
    char *leaf;
    char *status;
    char *operand;
    char *outputs;
    uint64_t nth;
    uint64_t count;
    uint8_t probability; /* in percent */
    uint32_t seed;

    Notifier machine_done; /* with a function as long as that is waited for */
    ArmedFault *armed;     /* NULL before the object is complete */
};

static void on_hit(TdxFault *f, unsigned lp, uint64_t call)
{
    const char *id = container_of(f, ArmedFault, fault)->id;
    char status[96];

    tdx_status_format(f->status, status, sizeof(status));
    trace_seam_fault(lp, id, f->leaf->name, call, status);
    qemu_log_mask(LOG_GUEST_ERROR, "tdx-fault %s makes call %" PRIu64 " of %s, "
                  "on LP %u, answer %s%s\n", id, call, f->leaf->name, lp,
                  status, f->status == TDX_SUCCESS ? " in the middle" : "");
}

static void on_loader_hit(SeamldrFault *f, unsigned lp, uint64_t call)
{
    const char *id = container_of(f, ArmedFault, loader_fault)->id;
    const char *leaf = seamldr_leaf_name(SEAMLDR_CALL | f->leaf);
    const char *status = f->vmfail ? "VMfailInvalid"
                                   : seamldr_status_name(f->status);

    trace_seam_fault(lp, id, leaf, call, status);
    qemu_log_mask(LOG_GUEST_ERROR, "tdx-fault %s makes call %" PRIu64 " of %s, "
                  "on LP %u, answer %s\n", id, call, leaf, lp, status);
}

/* --- life ---------------------------------------------------------------- */

static void free_armed(ArmedFault *armed)
{
    g_free(armed->id);
    g_free(armed);
}

static bool add_to(TdxModuleDevice *s, TdxFaultObject *o, Error **errp)
{
    g_autofree char *error = NULL;

    if (o->armed->of_loader) {
        seamldr_fault_add(s->loader, &o->armed->loader_fault);
        return true;
    }
    error = tdx_fault_add(s->module, &o->armed->fault);
    if (error) {
        error_setg(errp, "tdx-fault: %s", error);
        return false;
    }
    return true;
}

static bool add_to_module(TdxFaultObject *o, Error **errp)
{
    TdxModuleDevice *s = seam_device();

    if (!s) {
        error_setg(errp, "tdx-fault: this machine has no TDX module; use "
                   "-cpu TDXHost -device tdx-module");
        return false;
    }
    return add_to(s, o, errp);
}

/* The module has loaded; it registered for this after the object */
static void tdx_fault_machine_done(Notifier *notifier, void *data)
{
    TdxFaultObject *o = container_of(notifier, TdxFaultObject, machine_done);
    Error *err = NULL;

    o->machine_done.notify = NULL;
    if (!add_to_module(o, &err)) {
        error_report_err(err);
        exit(EXIT_FAILURE);
    }
}

static char *parse_loader_fault(TdxFaultObject *o, ArmedFault *armed)
{
    if (o->outputs || o->probability != 100) {
        return g_strdup("faults of the P-SEAMLDR have neither outputs nor a "
                        "probability");
    }
    armed->of_loader = true;
    armed->loader_fault = (SeamldrFault) {
        .nth = o->nth,
        .count = o->count,
        .on_hit = on_loader_hit,
    };
    return seamldr_fault_parse(&armed->loader_fault, o->leaf, o->status,
                               o->operand);
}

static char *parse_fault(TdxFaultObject *o, ArmedFault *armed)
{
    char *error;

    if (o->leaf && o->status && seamldr_is_leaf(o->leaf)) {
        return parse_loader_fault(o, armed);
    }
    armed->fault = (TdxFault) {
        .nth = o->nth,
        .count = o->count,
        .percent = o->probability,
        .seed = o->seed,
        .on_hit = on_hit,
    };
    error = tdx_fault_parse(&armed->fault, o->leaf, o->status, o->operand);
    if (!error && o->outputs) {
        error = tdx_fault_parse_outputs(&armed->fault, o->outputs);
    }
    return error;
}

static void tdx_fault_complete(UserCreatable *uc, Error **errp)
{
    TdxFaultObject *o = TDX_FAULT(uc);
    g_autofree ArmedFault *armed = g_new0(ArmedFault, 1);
    g_autofree char *error = NULL;

    if (!o->nth) {
        error_setg(errp, "tdx-fault: nth counts calls from 1");
        return;
    }
    if (o->probability < 1 || o->probability > 100) {
        error_setg(errp, "tdx-fault: probability is in percent, 1 to 100");
        return;
    }
    error = parse_fault(o, armed);
    if (error) {
        error_setg(errp, "tdx-fault: %s", error);
        return;
    }
    armed->id = g_strdup(object_get_canonical_path_component(OBJECT(o)));
    o->armed = g_steal_pointer(&armed);
    if (phase_check(PHASE_MACHINE_READY)) {
        add_to_module(o, errp);
    } else {
        o->machine_done.notify = tdx_fault_machine_done;
        qemu_add_machine_init_done_notifier(&o->machine_done);
    }
}

static void tdx_fault_finalize(Object *obj)
{
    TdxFaultObject *o = TDX_FAULT(obj);
    TdxModuleDevice *s = seam_device();

    if (o->machine_done.notify) {
        qemu_remove_machine_init_done_notifier(&o->machine_done);
    }
    if (o->armed) {
        if (s && o->armed->of_loader) {
            seamldr_fault_remove(s->loader, &o->armed->loader_fault);
        } else if (s) {
            tdx_fault_remove(s->module, &o->armed->fault);
        }
        call_rcu(o->armed, free_armed, rcu);
    }
    g_free(o->leaf);
    g_free(o->status);
    g_free(o->operand);
    g_free(o->outputs);
}

static int add_one(Object *obj, void *opaque)
{
    TdxModuleDevice *s = opaque;
    TdxFaultObject *o =
        (TdxFaultObject *)object_dynamic_cast(obj, TYPE_TDX_FAULT);

    if (o && o->armed && !o->machine_done.notify) {
        /* It was in the module before this one, which had the same leaves */
        add_to(s, o, NULL);
    }
    return 0;
}

void seam_faults_add(TdxModuleDevice *s)
{
    object_child_foreach(object_get_objects_root(), add_one, s);
}

/* --- properties ---------------------------------------------------------- */

static bool may_change(Object *obj, Error **errp)
{
    if (TDX_FAULT(obj)->armed) {
        error_setg(errp, "a tdx-fault cannot change; delete it and add "
                   "another");
        return false;
    }
    return true;
}

/* A text and where it is */
#define TEXT_PROPERTY(field)                                               \
    static char *get_##field(Object *obj, Error **errp)                    \
    {                                                                      \
        return g_strdup(TDX_FAULT(obj)->field);                            \
    }                                                                      \
    static void set_##field(Object *obj, const char *value, Error **errp)  \
    {                                                                      \
        if (may_change(obj, errp)) {                                       \
            g_free(TDX_FAULT(obj)->field);                                 \
            TDX_FAULT(obj)->field = g_strdup(value);                       \
        }                                                                  \
    }

TEXT_PROPERTY(leaf)
TEXT_PROPERTY(status)
TEXT_PROPERTY(operand)
TEXT_PROPERTY(outputs)

/* A number and how it is visited */
#define NUMBER_PROPERTY(field, type, visit)                                \
    static void get_##field(Object *obj, Visitor *v, const char *name,     \
                            void *opaque, Error **errp)                    \
    {                                                                      \
        type value = TDX_FAULT(obj)->field;                                \
                                                                           \
        visit(v, name, &value, errp);                                      \
    }                                                                      \
    static void set_##field(Object *obj, Visitor *v, const char *name,     \
                            void *opaque, Error **errp)                    \
    {                                                                      \
        type value;                                                        \
                                                                           \
        if (may_change(obj, errp) && visit(v, name, &value, errp)) {       \
            TDX_FAULT(obj)->field = value;                                 \
        }                                                                  \
    }

NUMBER_PROPERTY(nth, uint64_t, visit_type_uint64)
NUMBER_PROPERTY(count, uint64_t, visit_type_uint64)
NUMBER_PROPERTY(probability, uint8_t, visit_type_uint8)
NUMBER_PROPERTY(seed, uint32_t, visit_type_uint32)

static void get_calls(Object *obj, Visitor *v, const char *name,
                      void *opaque, Error **errp)
{
    ArmedFault *armed = TDX_FAULT(obj)->armed;
    uint64_t value = !armed ? 0 : armed->of_loader
                     ? qatomic_read(&armed->loader_fault.calls)
                     : qatomic_read(&armed->fault.calls);

    visit_type_uint64(v, name, &value, errp);
}

static void get_hits(Object *obj, Visitor *v, const char *name,
                     void *opaque, Error **errp)
{
    ArmedFault *armed = TDX_FAULT(obj)->armed;
    uint64_t value = !armed ? 0 : armed->of_loader
                     ? qatomic_read(&armed->loader_fault.hits)
                     : qatomic_read(&armed->fault.hits);

    visit_type_uint64(v, name, &value, errp);
}

static const struct {
    const char *name;
    const char *text;
} descriptions[] = {
    { "leaf", "The leaf, such as tdh.phymem.pamt.add" },
    { "status", "A status that it can answer, such as TDX_OPERAND_BUSY, or "
      "interrupted" },
    { "operand", "What the status names, such as RCX or SEPT, or a number" },
    { "outputs", "What its outputs hold, such as cpuid_leaf=7 mask_low=1" },
    { "nth", "The first call that may fail, from 1 (1)" },
    { "count", "How many calls fail, 0 for no limit (1)" },
    { "probability", "That a call fails, in percent (100)" },
    { "seed", "Of these chances (0)" },
    { "calls", "Read-only: calls of the leaf so far" },
    { "hits", "Read-only: calls that got the status" },
};

static void tdx_fault_instance_init(Object *obj)
{
    TdxFaultObject *o = TDX_FAULT(obj);

    o->nth = 1;
    o->count = 1;
    o->probability = 100;
}

static void tdx_fault_class_init(ObjectClass *oc, ClassInitData *data)
{
    USER_CREATABLE_CLASS(oc)->complete = tdx_fault_complete;

    object_class_property_add_str(oc, "leaf", get_leaf, set_leaf);
    object_class_property_add_str(oc, "status", get_status, set_status);
    object_class_property_add_str(oc, "operand", get_operand, set_operand);
    object_class_property_add_str(oc, "outputs", get_outputs, set_outputs);
    object_class_property_add(oc, "nth", "uint64", get_nth, set_nth, NULL,
                              NULL);
    object_class_property_add(oc, "count", "uint64", get_count, set_count,
                              NULL, NULL);
    object_class_property_add(oc, "probability", "uint8", get_probability,
                              set_probability, NULL, NULL);
    object_class_property_add(oc, "seed", "uint32", get_seed, set_seed, NULL,
                              NULL);
    object_class_property_add(oc, "calls", "uint64", get_calls, NULL, NULL,
                              NULL);
    object_class_property_add(oc, "hits", "uint64", get_hits, NULL, NULL,
                              NULL);
    for (int i = 0; i < ARRAY_SIZE(descriptions); i++) {
        object_class_property_set_description(oc, descriptions[i].name,
                                              descriptions[i].text);
    }
}

static const TypeInfo tdx_fault_types[] = {
    {
        .name = TYPE_TDX_FAULT,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(TdxFaultObject),
        .instance_init = tdx_fault_instance_init,
        .instance_finalize = tdx_fault_finalize,
        .class_init = tdx_fault_class_init,
        .interfaces = (InterfaceInfo[]) {
            { TYPE_USER_CREATABLE },
            { }
        },
    },
};

DEFINE_TYPES(tdx_fault_types)
