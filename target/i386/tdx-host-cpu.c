/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The TDXHost CPU model: a CPU of the Granite Rapids family that supports
 * Intel SEAM, with its properties, reset and migration.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "exec/qemu-compat.h"
#include "migration/vmstate.h"
#include "system/qtest.h"
#include "system/tcg.h"
#include "seam.h"
#include "x86-defs/cpuid.h"
#include "vmx.h"

#ifdef TARGET_X86_64

#define TYPE_TDX_HOST_CPU X86_CPU_TYPE_NAME("TDXHost")
OBJECT_DECLARE_TYPE(TDXHostCPU, TDXHostCPUClass, TDX_HOST_CPU)

/* Granite Rapids; and Sapphire Rapids, which has the partial write erratum */
#define TDX_HOST_MODEL          0xad
#define TDX_HOST_STEPPING       1
#define TDX_HOST_ERRATUM_MODEL  0x8f
#define TDX_HOST_ERRATUM_STEPPING 8

#define TDX_HOST_PHYS_BITS      52
#define TDX_HOST_KEYID_BITS     6

/* IA32_TME_ACTIVATE has four bits for each of the two widths */
#define KEYID_BITS_MIN          1
#define KEYID_BITS_MAX          15
/* What must remain of a physical address below the KeyID */
#define ADDRESS_BITS_MIN        36

/* Granularity of the SEAM range is 32 MiB */
#define SEAMRR_SIZE             (128 * MiB)

/* IA32_ARCH_CAPABILITIES bits that QEMU has no name for */
#define ARCH_CAP_ITS_NO         (1ULL << 62)

/* What IA32_SPEC_CTRL and IA32_PRED_CMD restrain is not there in TCG */
#define CPUID_7_0_EDX_SPECULATION                                       \
    (CPUID_7_0_EDX_SPEC_CTRL | CPUID_7_0_EDX_STIBP |                    \
     CPUID_7_0_EDX_SPEC_CTRL_SSBD)

struct TDXHostCPU {
    X86CPU parent_obj;

    X86SeamState seam;
    X86VmxState vmx;
    CPUCacheInfo l3_cache;
    uint32_t keyid_bits;
    uint32_t tdx_keyids;
};

struct TDXHostCPUClass {
    X86CPUClass parent_class;

    DeviceRealize parent_realize;
    DeviceUnrealize parent_unrealize;
    ResettablePhases parent_phases;
};

/* What TCG has of a Granite Rapids CPU */
static const FeatureWordArray tdx_host_features = {
    [FEAT_1_EDX] =
        CPUID_FP87 | CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR |
        CPUID_PAE | CPUID_MCE | CPUID_CX8 | CPUID_APIC | CPUID_SEP |
        CPUID_MTRR | CPUID_PGE | CPUID_MCA | CPUID_CMOV | CPUID_PAT |
        CPUID_PSE36 | CPUID_CLFLUSH | CPUID_MMX | CPUID_FXSR | CPUID_SSE |
        CPUID_SSE2 | CPUID_SS,
    [FEAT_1_ECX] =
        CPUID_EXT_SSE3 | CPUID_EXT_PCLMULQDQ | CPUID_EXT_VMX |
        CPUID_EXT_SSSE3 | CPUID_EXT_FMA | CPUID_EXT_CX16 | CPUID_EXT_SSE41 |
        CPUID_EXT_SSE42 | CPUID_EXT_X2APIC | CPUID_EXT_MOVBE |
        CPUID_EXT_POPCNT | CPUID_EXT_AES | CPUID_EXT_XSAVE | CPUID_EXT_AVX |
        CPUID_EXT_F16C | CPUID_EXT_RDRAND | CPUID_EXT_HYPERVISOR,
    [FEAT_8000_0001_EDX] =
        CPUID_EXT2_SYSCALL | CPUID_EXT2_NX | CPUID_EXT2_PDPE1GB |
        CPUID_EXT2_RDTSCP | CPUID_EXT2_LM,
    [FEAT_8000_0001_ECX] =
        CPUID_EXT3_LAHF_LM | CPUID_EXT3_ABM | CPUID_EXT3_3DNOWPREFETCH,
    [FEAT_8000_0008_EBX] =
        CPUID_8000_0008_EBX_WBNOINVD,
    [FEAT_7_0_EBX] =
        CPUID_7_0_EBX_FSGSBASE | CPUID_7_0_EBX_BMI1 | CPUID_7_0_EBX_AVX2 |
        CPUID_7_0_EBX_SMEP | CPUID_7_0_EBX_BMI2 | CPUID_7_0_EBX_ERMS |
        CPUID_7_0_EBX_RDSEED | CPUID_7_0_EBX_ADX | CPUID_7_0_EBX_SMAP |
        CPUID_7_0_EBX_CLFLUSHOPT | CPUID_7_0_EBX_CLWB |
        CPUID_7_0_EBX_SHA_NI,
    [FEAT_7_0_ECX] =
        CPUID_7_0_ECX_UMIP | CPUID_7_0_ECX_PKU | CPUID_7_0_ECX_VAES |
        X86_CPUID_7_0_ECX_TME | CPUID_7_0_ECX_LA57 | CPUID_7_0_ECX_RDPID |
        CPUID_7_0_ECX_MOVDIRI | CPUID_7_0_ECX_MOVDIR64B,
    [FEAT_7_0_EDX] =
        CPUID_7_0_EDX_FSRM | CPUID_7_0_EDX_SPECULATION |
        CPUID_7_0_EDX_ARCH_CAPABILITIES,
    /* No speculation, no transactions: immune to what they would leak */
    [FEAT_ARCH_CAPABILITIES] =
        MSR_ARCH_CAP_RDCL_NO | MSR_ARCH_CAP_IBRS_ALL |
        MSR_ARCH_CAP_SKIP_L1DFL_VMENTRY | MSR_ARCH_CAP_SSB_NO |
        MSR_ARCH_CAP_MDS_NO | MSR_ARCH_CAP_PSCHANGE_MC_NO |
        MSR_ARCH_CAP_TAA_NO |
        MSR_ARCH_CAP_SBDR_SSDP_NO | MSR_ARCH_CAP_FBSDP_NO |
        MSR_ARCH_CAP_PSDP_NO | MSR_ARCH_CAP_BHI_NO | MSR_ARCH_CAP_PBRSB_NO |
        MSR_ARCH_CAP_GDS_NO | MSR_ARCH_CAP_RFDS_NO | ARCH_CAP_ITS_NO,
    [FEAT_XSAVE] =
        CPUID_XSAVE_XSAVEOPT | CPUID_XSAVE_XGETBV1,
    [FEAT_6_EAX] =
        CPUID_6_EAX_ARAT,
    [FEAT_7_1_EAX] =
        CPUID_7_1_EAX_FZRM | CPUID_7_1_EAX_FSRS | CPUID_7_1_EAX_FSRC,
    [FEAT_7_2_EDX] =
        CPUID_7_2_EDX_BHI_CTRL | CPUID_7_2_EDX_MCDT_NO,
};

/* Those of them that TCG gives to no other CPU */
static const FeatureWordArray tdx_host_only_features = {
    [FEAT_1_ECX] = CPUID_EXT_VMX,
    [FEAT_7_0_ECX] =
        X86_CPUID_7_0_ECX_TME | CPUID_7_0_ECX_MOVDIRI | CPUID_7_0_ECX_MOVDIR64B,
    [FEAT_7_0_EDX] =
        CPUID_7_0_EDX_SPECULATION | CPUID_7_0_EDX_ARCH_CAPABILITIES,
    [FEAT_7_2_EDX] =
        CPUID_7_2_EDX_BHI_CTRL | CPUID_7_2_EDX_MCDT_NO,
    [FEAT_ARCH_CAPABILITIES] = UINT64_MAX,
};

uint64_t x86_seam_tcg_features(const X86CPU *cpu, FeatureWord w)
{
    return x86_cpu_has_seam(cpu) ? tdx_host_only_features[w] : 0;
}

void x86_seam_cpuid_tsc(const X86CPU *cpu, uint32_t *eax, uint32_t *ebx,
                        uint32_t *ecx, uint32_t *edx)
{
    /*
     * The TSC counts the host's ticks, whose frequency is unknown: a ratio
     * of 1 to a crystal clock whose frequency is not enumerated.
     */
    *eax = *ebx = x86_cpu_has_seam(cpu) ? 1 : 0;
    *ecx = 0;
    *edx = 0;
}

/* --- properties ---------------------------------------------------------- */

/*
 * Split the KeyIDs as firmware does: it reserves the upper bits of the KeyID
 * for TDX, hence @tdx_keyids of 0 means all but one bit's worth: KeyID 0,
 * KeyID 1 for MKTME, all others for TDX. A number between two such splits
 * leaves the last KeyIDs without use.
 */
static void split_keyids(X86SeamState *seam, unsigned keyid_bits,
                         uint32_t tdx_keyids)
{
    uint32_t total = 1U << keyid_bits;
    unsigned tdx_bits = 1;

    if (!tdx_keyids) {
        tdx_keyids = MAX(total - 2, 1);
    }
    while (total - (total >> tdx_bits) < tdx_keyids) {
        tdx_bits++;
    }
    seam->keyid_bits = keyid_bits;
    seam->tdx_keyid_bits = tdx_bits;
    seam->mktme_keyids = (total >> tdx_bits) - 1;
    seam->tdx_keyids = tdx_keyids;
}

/* Highest address, exclusive, that the machine may use for memory. */
static uint64_t memory_limit(MachineState *ms)
{
    return 4 * GiB + ms->maxram_size + ms->ram_slots * GiB;
}

/*
 * The SEAM range lies where neither RAM nor firmware's 64-bit PCI window,
 * the last eighth of the address space, can be: from three quarters on.
 */
static uint64_t seamrr_base(unsigned host_phys_bits)
{
    return 3ULL << (host_phys_bits - 2);
}

static bool tdx_host_configure(TDXHostCPU *host, Error **errp)
{
    X86CPU *cpu = X86_CPU(host);
    X86SeamState *seam = &host->seam;
    MachineState *ms = MACHINE(qdev_get_machine());
    unsigned address_bits;
    uint32_t most;

    if (cpu->phys_bits == 0) {
        cpu->phys_bits = TDX_HOST_PHYS_BITS;
    }
    if (cpu->phys_bits < ADDRESS_BITS_MIN + KEYID_BITS_MIN ||
        cpu->phys_bits > TDX_HOST_PHYS_BITS) {
        error_setg(errp, "TDXHost: phys-bits must be %d..%d (but is %u)",
                   ADDRESS_BITS_MIN + KEYID_BITS_MIN, TDX_HOST_PHYS_BITS,
                   cpu->phys_bits);
        return false;
    }
    most = MIN(KEYID_BITS_MAX, cpu->phys_bits - ADDRESS_BITS_MIN);
    if (host->keyid_bits < KEYID_BITS_MIN || host->keyid_bits > most) {
        error_setg(errp, "TDXHost: keyid-bits must be %d..%u with "
                   "phys-bits=%u (but is %u)", KEYID_BITS_MIN, most,
                   cpu->phys_bits, host->keyid_bits);
        return false;
    }
    most = (1U << host->keyid_bits) - 1;
    if (host->tdx_keyids > most) {
        error_setg(errp, "TDXHost: tdx-keyids must be 1..%u with "
                   "keyid-bits=%u, or 0 for the default (but is %u)",
                   most, host->keyid_bits, host->tdx_keyids);
        return false;
    }
    split_keyids(seam, host->keyid_bits, host->tdx_keyids);
    address_bits = cpu->phys_bits - seam->keyid_bits;
    seam->keyid_mask = MAKE_64BIT_MASK(address_bits, seam->keyid_bits);
    seam->seamrr_base = seamrr_base(address_bits);
    seam->seamrr_size = SEAMRR_SIZE;
    if (memory_limit(ms) > seam->seamrr_base) {
        error_setg(errp, "TDXHost: up to %" PRIu64 " GiB of memory do not "
                   "fit below the SEAM range at %" PRIu64 " GiB; raise "
                   "phys-bits (%u) or lower keyid-bits (%u)",
                   memory_limit(ms) / GiB, seam->seamrr_base / GiB,
                   cpu->phys_bits, seam->keyid_bits);
        return false;
    }
    return true;
}

/*
 * Software knows the erratum by the model number alone, so that a CPU with it
 * is one that has it: Sapphire Rapids, unless the user chose another.
 */
static void tdx_host_choose_model(TDXHostCPU *host)
{
    Object *obj = OBJECT(host);

    if (host->seam.partial_write_erratum &&
        object_property_get_int(obj, "model", &error_abort) ==
        TDX_HOST_MODEL) {
        object_property_set_int(obj, "model", TDX_HOST_ERRATUM_MODEL,
                                &error_abort);
        object_property_set_int(obj, "stepping", TDX_HOST_ERRATUM_STEPPING,
                                &error_abort);
    }
}

static const Property tdx_host_properties[] = {
    DEFINE_PROP_UINT32("keyid-bits", TDXHostCPU, keyid_bits,
                       TDX_HOST_KEYID_BITS),
    DEFINE_PROP_UINT32("tdx-keyids", TDXHostCPU, tdx_keyids, 0),
    DEFINE_PROP_BOOL("partial-write-erratum", TDXHostCPU,
                     seam.partial_write_erratum, false),
};

/*
 * The last-level cache is the package's, so that a TDX module finds WBINVD
 * to reach the whole package. Levels that -machine smp-cache chose stay.
 */
static void share_l3_in_package(TDXHostCPU *host, CPUCaches *caches)
{
    host->l3_cache = *caches->l3_cache;
    if (host->l3_cache.share_level == CPU_TOPOLOGY_LEVEL_DIE) {
        host->l3_cache.share_level = CPU_TOPOLOGY_LEVEL_SOCKET;
    }
    caches->l3_cache = &host->l3_cache;
}

/* --- private memory ------------------------------------------------------ */

MemoryRegion *x86_seam_private_root(void)
{
    static MemoryRegion *root;

    if (!root) {
        root = g_new(MemoryRegion, 1);
        memory_region_init(root, NULL, "tdx-private", UINT64_MAX);
    }
    return root;
}

void x86_seam_init_memory(X86CPU *cpu)
{
    if (x86_cpu_has_seam(cpu)) {
        cpu_address_space_init(CPU(cpu), X86_SPACE_PRIVATE, "cpu-private",
                               x86_seam_private_root());
    }
}

/* --- object -------------------------------------------------------------- */

static void tdx_host_realize(DeviceState *dev, Error **errp)
{
    TDXHostCPU *host = TDX_HOST_CPU(dev);
    TDXHostCPUClass *klass = TDX_HOST_CPU_GET_CLASS(dev);
    CPUX86State *env = &X86_CPU(dev)->env;
    Error *local_err = NULL;

    if (!tcg_enabled() && !qtest_enabled()) {
        error_setg(errp, "CPU model 'TDXHost' is emulated: "
                   "use it with -accel tcg");
        return;
    }
    if (!tdx_host_configure(host, errp)) {
        return;
    }
    tdx_host_choose_model(host);
    klass->parent_realize(dev, &local_err);
    if (local_err) {
        error_propagate(errp, local_err);
        return;
    }
    if (!(env->features[FEAT_1_ECX] & CPUID_EXT_VMX)) {
        error_setg(errp, "CPU model 'TDXHost' needs VMX: leave out vmx=off");
        return;
    }
    if (env->features[FEAT_8000_0001_ECX] & CPUID_EXT3_SVM) {
        error_setg(errp, "CPU model 'TDXHost' cannot have SVM beside VMX: "
                   "leave out svm=on");
        return;
    }
    share_l3_in_package(host, x86_cpuid4_caches(env));
    x86_vmx_realize(X86_CPU(dev));
    vmstate_register(NULL, CPU(dev)->cpu_index, &vmstate_x86_vmx,
                     &host->vmx);
}

static void tdx_host_unrealize(DeviceState *dev)
{
    TDXHostCPU *host = TDX_HOST_CPU(dev);

    vmstate_unregister(NULL, &vmstate_x86_vmx, &host->vmx);
    x86_vmx_unrealize(X86_CPU(dev));
    TDX_HOST_CPU_GET_CLASS(dev)->parent_unrealize(dev);
}

/* Reset, and INIT, which comes only outside VMX operation. */
static void tdx_host_reset_hold(Object *obj, ResetType type)
{
    TDXHostCPU *host = TDX_HOST_CPU(obj);
    TDXHostCPUClass *klass = TDX_HOST_CPU_GET_CLASS(obj);

    if (klass->parent_phases.hold) {
        klass->parent_phases.hold(obj, type);
    }
    x86_vmx_reset(X86_CPU(host));
}

static void tdx_host_instance_init(Object *obj)
{
    TDXHostCPU *host = TDX_HOST_CPU(obj);
    X86CPU *cpu = X86_CPU(obj);

    object_property_set_uint(obj, "min-level", 0x20, &error_abort);
    object_property_set_uint(obj, "min-xlevel", 0x80000008, &error_abort);
    object_property_set_str(obj, "vendor", CPUID_VENDOR_INTEL, &error_abort);
    object_property_set_int(obj, "family", 6, &error_abort);
    object_property_set_int(obj, "model", TDX_HOST_MODEL, &error_abort);
    object_property_set_int(obj, "stepping", TDX_HOST_STEPPING, &error_abort);
    object_property_set_str(obj, "model-id",
                            "Intel Xeon Processor (TDX host)", &error_abort);
    memcpy(cpu->env.features, tdx_host_features, sizeof(tdx_host_features));
    cpu->phys_bits = TDX_HOST_PHYS_BITS;
    cpu->seam = &host->seam;
    cpu->vmx = &host->vmx;
    /* Leaf 1FH is there only for a package of several levels: one die. */
    set_bit(CPU_TOPOLOGY_LEVEL_DIE, cpu->env.avail_cpu_topo);
}

static void tdx_host_class_init(ObjectClass *oc, ClassInitData *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    ResettableClass *rc = RESETTABLE_CLASS(oc);
    X86CPUClass *xcc = X86_CPU_CLASS(oc);
    TDXHostCPUClass *klass = TDX_HOST_CPU_CLASS(oc);

    xcc->model_description =
        "Intel Xeon (Granite Rapids) with SEAM, hosts a TDX module; TCG only";
    xcc->migration_safe = true;
    cpu_class_set_max_as(CPU_CLASS(oc), X86_SPACE_PRIVATE);
    device_class_set_props(dc, tdx_host_properties);
    object_class_property_set_description(oc, "keyid-bits",
        "KeyID bits at the top of a physical address (default 6)");
    object_class_property_set_description(oc, "tdx-keyids",
        "Number of KeyIDs for TDX (default: all but KeyID 0 and one MKTME "
        "KeyID)");
    object_class_property_set_description(oc, "partial-write-erratum",
        "A partial write poisons TDX-private memory, reading it then is a "
        "machine check; also makes the CPU a Sapphire Rapids (default off)");
    device_class_set_parent_realize(dc, tdx_host_realize,
                                    &klass->parent_realize);
    device_class_set_parent_unrealize(dc, tdx_host_unrealize,
                                      &klass->parent_unrealize);
    resettable_class_set_parent_phases(rc, NULL, tdx_host_reset_hold, NULL,
                                       &klass->parent_phases);
}

static const TypeInfo tdx_host_cpu_info = {
    .name = TYPE_TDX_HOST_CPU,
    .parent = TYPE_X86_CPU,
    .instance_size = sizeof(TDXHostCPU),
    .instance_init = tdx_host_instance_init,
    .class_size = sizeof(TDXHostCPUClass),
    .class_init = tdx_host_class_init,
};

static void tdx_host_register_types(void)
{
    type_register_static(&tdx_host_cpu_info);
}

type_init(tdx_host_register_types)

#endif /* TARGET_X86_64 */
