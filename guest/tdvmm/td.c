/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A TD's way from nothing to one that can run, in the order that KVM wants.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tdvmm.h"

#define PINS 24                     /* of the I/O APIC that there is not */
#define APIC_BUS_NS 40              /* 25 MHz, as CPUID says to a TD */
#define MAX_CPUID 256
#define CPUID_GPA_WIDTH 0x80000008  /* EAX[23:16] */
#define GPA_WIDTH 48

static int kvm = -1;

/* A TDX command on a VM or a vCPU; what failed is told in words */
static int tdx(int fd, enum td_op op, unsigned flags, const void *data,
               uint64_t *status)
{
    struct td_command command = {
        .op = op, .flags = flags, .data = (uintptr_t)data
    };
    int r = ioctl(fd, KVM_MEMORY_ENCRYPT_OP, &command);

    *status = command.status;
    return r;
}

static void enable(int vm, const char *what, unsigned cap, uint64_t value)
{
    struct kvm_enable_cap enable = { .cap = cap, .args[0] = value };

    if (ioctl(vm, KVM_ENABLE_CAP, &enable)) {
        die("KVM does not let TDs have %s: %m", what);
    }
}

static void create_vm(struct td *td)
{
    if (kvm < 0) {
        kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    }
    if (kvm < 0) {
        die("/dev/kvm: %m");
    }
    td->vm = ioctl(kvm, KVM_CREATE_VM, opt.vm ? 0 : TD_VM_TYPE);
    if (td->vm < 0 && errno == EINVAL) {
        die("this KVM runs no TDs; was the kernel started with "
            "kvm_intel.tdx=1, and did the TDX module come up?");
    }
    if (td->vm < 0) {
        die("KVM creates no TD: %m");
    }
    enable(td->vm, "a split irqchip", KVM_CAP_SPLIT_IRQCHIP, PINS);
    if (opt.vm) {
        return;
    }
    enable(td->vm, "an APIC of 25 MHz", TD_CAP_APIC_BUS_NS, APIC_BUS_NS);
    enable(td->vm, "MapGPA handled here", KVM_CAP_EXIT_HYPERCALL,
           1 << TD_HC_MAP_GPA);
    enable(td->vm, "MSRs handled here", KVM_CAP_X86_USER_SPACE_MSR,
           KVM_MSR_EXIT_REASON_FILTER);
}

/* MSRs which the TD asks for and KVM leaves to us: see device_msr() */
static void filter_msrs(struct td *td)
{
    static uint8_t none[TDVMM_MSRS / 8 + 1];
    struct kvm_msr_filter filter = {
        .ranges[0] = {
            .flags = KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE,
            .base = TDVMM_MSR, .nmsrs = TDVMM_MSRS, .bitmap = none,
        },
    };

    if (ioctl(td->vm, KVM_X86_SET_MSR_FILTER, &filter)) {
        die("KVM_X86_SET_MSR_FILTER: %m");
    }
}

static struct kvm_cpuid2 *supported_cpuid(void)
{
    struct kvm_cpuid2 *have = calloc(1, sizeof(*have) + MAX_CPUID *
                                     sizeof(have->entries[0]));

    have->nent = MAX_CPUID;
    if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, have)) {
        die("KVM_GET_SUPPORTED_CPUID: %m");
    }
    return have;
}

static struct td_capabilities *capabilities(struct td *td)
{
    struct td_capabilities *caps = NULL;
    uint64_t status;

    for (unsigned n = 4; n <= MAX_CPUID; n *= 2) {
        free(caps);
        caps = calloc(1, sizeof(*caps) + n * sizeof(caps->cpuid.entries[0]));
        caps->cpuid.nent = n;
        if (!tdx(td->vm, TD_OP_CAPABILITIES, 0, caps, &status)) {
            return caps;
        }
        if (errno != E2BIG) {
            break;
        }
    }
    die("KVM does not say what a TD can have: %m");
}

/* Of what can be configured, that which the machine has */
static void choose_cpuid(struct kvm_cpuid2 *wanted,
                         const struct kvm_cpuid2 *can)
{
    struct kvm_cpuid2 *have = supported_cpuid();

    for (unsigned i = 0; i < can->nent; i++) {
        struct kvm_cpuid_entry2 e = can->entries[i];
        const struct kvm_cpuid_entry2 *h = NULL;

        for (unsigned k = 0; !h && k < have->nent; k++) {
            h = &have->entries[k];
            h = h->function == e.function && h->index == e.index ? h : NULL;
        }
        if (e.function != CPUID_GPA_WIDTH && (!h || !opt.cpuid)) {
            continue;
        }
        /* Without the flag an entry would stand for all its subleaves */
        e.flags = h ? h->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0;
        e.eax &= h ? h->eax : 0;
        e.ebx &= h ? h->ebx : 0;
        e.ecx &= h ? h->ecx : 0;
        e.edx &= h ? h->edx : 0;
        if (e.function == CPUID_GPA_WIDTH) {
            e.eax = (e.eax & 0xff00ffff) | GPA_WIDTH << 16;
        }
        wanted->entries[wanted->nent++] = e;
    }
    free(have);
}

static void init_vm(struct td *td)
{
    struct td_capabilities *caps = capabilities(td);
    struct td_init_vm *init = calloc(1, sizeof(*init) + caps->cpuid.nent *
                                     sizeof(init->cpuid.entries[0]));
    uint64_t status;
    int r;

    init->attributes = opt.attributes;
    init->xfam = td->xfam = caps->xfam;
    choose_cpuid(&init->cpuid, &caps->cpuid);
    do {
        r = tdx(td->vm, TD_OP_INIT_VM, 0, init, &status);
    } while (r && errno == EAGAIN);
    if (r && errno == ENOSPC) {
        die("all KeyIDs are used up: there are as many TDs as there can be");
    }
    if (r && (opt.attributes & ~caps->attributes)) {
        die("KVM lets a TD have the attributes %#llx, not %#lx",
            caps->attributes, opt.attributes);
    }
    if (r && status) {
        die("KVM_TDX_INIT_VM: %m; the module said %#lx, so that one of %u "
            "CPUID leaves, XFAM %#llx or attributes %#llx are not to its "
            "liking (try --no-cpuid)", status, init->cpuid.nent,
            init->xfam, init->attributes);
    }
    if (r) {
        die("KVM_TDX_INIT_VM: %m");
    }
    free(init);
    free(caps);
}

/* Ordinary memory, whose writes KVM logs; a log of private pages it refuses */
static void create_logged_slot(struct td *td)
{
    struct td_slot slot = {
        .slot = SLOT_LOGGED, .flags = KVM_MEM_LOG_DIRTY_PAGES,
        .gpa = TDVMM_LOGGED, .size = TDVMM_LOGGED_SIZE
    };
    void *shared = mmap(NULL, slot.size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED) {
        die("no memory for the slot with a log: %m");
    }
    td->slot[SLOT_LOGGED].shared = shared;
    td->slot[SLOT_LOGGED].size = slot.size;
    slot.shared = (uintptr_t)shared;
    if (ioctl(td->vm, TD_IOC_SLOT, &slot)) {
        die("KVM_SET_USER_MEMORY_REGION2 with a log: %m");
    }
    slot.slot = SLOT_RAM;
    slot.flags = TD_SLOT_GUEST_MEMFD | KVM_MEM_LOG_DIRTY_PAGES;
    slot.gpa = 0;
    slot.size = td->slot[SLOT_RAM].size;
    slot.memfd = td->slot[SLOT_RAM].memfd;
    slot.shared = (uintptr_t)td->slot[SLOT_RAM].shared;
    if (!ioctl(td->vm, TD_IOC_SLOT, &slot)) {
        die("KVM logs writes to private memory");
    }
}

unsigned td_dirty_pages(struct td *td)
{
    static uint64_t bits[TDVMM_LOGGED_SIZE / PAGE / 64];
    struct kvm_dirty_log log = { .slot = SLOT_LOGGED, .dirty_bitmap = bits };
    unsigned n = 0;

    if (ioctl(td->vm, KVM_GET_DIRTY_LOG, &log)) {
        die("KVM_GET_DIRTY_LOG: %m");
    }
    for (unsigned i = 0; i < sizeof(bits) / 8; i++) {
        n += __builtin_popcountll(bits[i]);
    }
    return n;
}

/* Give memory back, to be zeroes; a small kernel may have no madvise() */
static void forget(void *at, uint64_t size)
{
    if (mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
             MAP_NORESERVE | MAP_FIXED, -1, 0) != at) {
        die("%#lx bytes of memory cannot be given back: %m", size);
    }
}

static void create_slot(struct td *td, unsigned n, uint64_t gpa, uint64_t size)
{
    struct td_memfd memfd = { .size = size };
    struct td_slot slot = {
        .slot = n, .flags = TD_SLOT_GUEST_MEMFD, .gpa = gpa, .size = size
    };
    struct td_attributes private = {
        .gpa = gpa, .size = size, .attributes = TD_MEMORY_PRIVATE
    };

    image_create(td, n, gpa, size);
    if (opt.vm) {
        vm_create_slot(td, n);
        return;
    }
    td->slot[n].shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE |
                              MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (td->slot[n].shared == MAP_FAILED) {
        die("no memory for a TD of %#lx bytes: %m", size);
    }
    td->slot[n].memfd = ioctl(td->vm, TD_IOC_MEMFD, &memfd);
    if (td->slot[n].memfd < 0) {
        die("KVM has no guest_memfd of %#lx bytes: %m", size);
    }
    slot.shared = (uintptr_t)td->slot[n].shared;
    slot.memfd = td->slot[n].memfd;
    if (ioctl(td->vm, TD_IOC_SLOT, &slot)) {
        die("KVM_SET_USER_MEMORY_REGION2 at %#lx: %m", gpa);
    }
    if (ioctl(td->vm, TD_IOC_ATTRIBUTES, &private)) {
        die("KVM_SET_MEMORY_ATTRIBUTES at %#lx: %m", gpa);
    }
}

/* KVM's CPUID of a vCPU is what the module says, and KVM's own leaves */
static void set_cpuid(struct vcpu *vcpu)
{
    static const struct kvm_cpuid_entry2 signature = {
        .function = 0x40000000, .eax = 0x40000001,
        .ebx = 0x4b4d564b, .ecx = 0x564b4d56, .edx = 0x4d,
    };
    struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + (MAX_CPUID + 1) *
                                      sizeof(cpuid->entries[0]));
    uint64_t status;

    cpuid->nent = MAX_CPUID;
    if (tdx(vcpu->fd, TD_OP_GET_CPUID, 0, cpuid, &status)) {
        die("KVM_TDX_GET_CPUID: %m, status %#lx", status);
    }
    cpuid->entries[cpuid->nent++] = signature;
    if (ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid)) {
        die("KVM_SET_CPUID2 of %u entries: %m", cpuid->nent);
    }
    free(cpuid);
}

static void create_vcpu(struct td *td, unsigned index)
{
    struct vcpu *vcpu = &td->vcpu[index];
    int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    uint64_t status;

    vcpu->td = td;
    vcpu->index = index;
    vcpu->fd = ioctl(td->vm, KVM_CREATE_VCPU, index);
    if (vcpu->fd < 0) {
        die("vCPU %u: %m; a TD has at most as many as the host has CPUs",
            index);
    }
    vcpu->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
                     vcpu->fd, 0);
    if (vcpu->run == MAP_FAILED) {
        die("vCPU %u: %m", index);
    }
    if (opt.vm) {
        vm_init_vcpu(vcpu, kvm);
        return;
    }
    set_cpuid(vcpu);
    if (tdx(vcpu->fd, TD_OP_INIT_VCPU, 0, (void *)opt.argument, &status)) {
        die("KVM_TDX_INIT_VCPU of vCPU %u: %m, status %#lx", index, status);
    }
}

static void add_region(struct td *td, unsigned n, uint64_t page,
                       uint64_t pages, bool measure)
{
    struct td_init_memory region = {
        .source = (uintptr_t)td->slot[n].image + page * PAGE,
        .gpa = td->slot[n].gpa + page * PAGE, .pages = pages,
    };
    uint64_t status;

    /* KVM moves the region on when it is interrupted */
    while (region.pages && tdx(td->vcpu[0].fd, TD_OP_INIT_MEMORY,
                               measure ? TD_MEASURE : 0, &region, &status)) {
        if (errno != EAGAIN && errno != EINTR) {
            die("KVM_TDX_INIT_MEM_REGION at %#llx, %llu pages to go: %m, "
                "status %#lx", region.gpa, region.pages, status);
        }
    }
}

static void finalize(struct td *td)
{
    uint64_t status;
    int r;

    do {
        r = tdx(td->vm, TD_OP_FINALIZE, 0, NULL, &status);
    } while (r && errno == EBUSY);
    if (r) {
        die("KVM_TDX_FINALIZE_VM: %m, status %#lx", status);
    }
}

void td_create(struct td *td, unsigned number)
{
    pthread_mutexattr_t again;

    memset(td, 0, sizeof(*td));
    td->number = number;
    /* A device that ends the TD has the lock */
    pthread_mutexattr_init(&again);
    pthread_mutexattr_settype(&again, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&td->lock, &again);
    create_vm(td);
    if (!opt.vm) {
        filter_msrs(td);
    }
    if (opt.stage < STAGE_INIT) {
        return;
    }
    if (!opt.vm) {
        init_vm(td);
    }
    if (opt.stage < STAGE_VCPUS) {
        return;
    }
    create_slot(td, SLOT_RAM, 0, opt.mem);
    create_slot(td, SLOT_LOADER, TDVMM_LOADER, PAGE);
    if (!opt.vm) {
        create_logged_slot(td);
    }
    for (unsigned i = 0; i < opt.smp; i++) {
        create_vcpu(td, i);
    }
    if (opt.stage < STAGE_MEMORY) {
        return;
    }
    td_prepare(td);
    if (opt.vm) {
        return;
    }
    image_regions(td, add_region);
    for (unsigned i = 0; i <= SLOT_LOADER; i++) {
        forget(td->slot[i].image, td->slot[i].size);
    }
    if (opt.stage >= STAGE_FINALIZE) {
        finalize(td);
    }
}

void td_destroy(struct td *td)
{
    int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

    for (unsigned i = 0; i < opt.smp; i++) {
        if (td->vcpu[i].run) {
            munmap(td->vcpu[i].run, size);
            close(td->vcpu[i].fd);
        }
    }
    for (int i = 0; i < SLOTS; i++) {
        if (!td->slot[i].size) {
            continue;
        }
        if (td->slot[i].shared != td->slot[i].image) {
            munmap(td->slot[i].shared, td->slot[i].size);
        }
        if (td->slot[i].image) {
            munmap(td->slot[i].image, td->slot[i].size);
            free(td->slot[i].loaded);
            close(td->slot[i].memfd);
        }
    }
    close(td->vm);
}

bool td_convert(struct td *td, uint64_t gpa, uint64_t size, bool private)
{
    struct td_attributes attributes = {
        .gpa = gpa, .size = size,
        .attributes = private ? TD_MEMORY_PRIVATE : 0,
    };
    uint64_t at = gpa - td->slot[SLOT_RAM].gpa;

    /* Only RAM can be either; the loader's page stays private */
    if (gpa % PAGE || size % PAGE || at >= td->slot[SLOT_RAM].size ||
        size > td->slot[SLOT_RAM].size - at) {
        return false;
    }
    if (ioctl(td->vm, TD_IOC_ATTRIBUTES, &attributes)) {
        die("KVM_SET_MEMORY_ATTRIBUTES at %#lx: %m", gpa);
    }
    /* What it was before is not needed any more */
    if (private) {
        forget(td->slot[SLOT_RAM].shared + at, size);
    } else if (fallocate(td->slot[SLOT_RAM].memfd, FALLOC_FL_PUNCH_HOLE |
                         FALLOC_FL_KEEP_SIZE, at, size)) {
        die("guest_memfd does not let go of %#lx: %m", gpa);
    }
    return true;
}
