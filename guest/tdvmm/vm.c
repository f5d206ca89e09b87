/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The same guest as an ordinary VM, to compare with: memory that the host
 * sees, and a vCPU that begins as a TD's does.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tdvmm.h"

#define MAX_CPUID 256
#define CPUID_FEATURES 1
#define CPUID_TOPOLOGY 0xb
#define TSC_DEADLINE (1u << 24)     /* ECX; KVM has it, and does not say so */
#define APIC_ID_SHIFT 24            /* EBX */
#define CR0_PE (1 << 0)
#define CR0_PG (1u << 31)
#define CR4_PAE (1 << 5)
#define CR4_OSFXSR (1 << 9)
#define EFER_LME (1 << 8)
#define EFER_LMA (1 << 10)
#define GPA_WIDTH 48

void vm_create_slot(struct td *td, unsigned n)
{
    struct kvm_userspace_memory_region region = {
        .slot = n, .guest_phys_addr = td->slot[n].gpa,
        .memory_size = td->slot[n].size,
        .userspace_addr = (uintptr_t)td->slot[n].image,
    };

    td->slot[n].memfd = -1;
    td->slot[n].shared = td->slot[n].image;
    if (ioctl(td->vm, KVM_SET_USER_MEMORY_REGION, &region)) {
        die("KVM_SET_USER_MEMORY_REGION at %#lx: %m", td->slot[n].gpa);
    }
}

static void set_cpuid(struct vcpu *vcpu, int kvm)
{
    struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + MAX_CPUID *
                                      sizeof(cpuid->entries[0]));

    cpuid->nent = MAX_CPUID;
    if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid)) {
        die("KVM_GET_SUPPORTED_CPUID: %m");
    }
    for (unsigned i = 0; i < cpuid->nent; i++) {
        struct kvm_cpuid_entry2 *e = &cpuid->entries[i];

        if (e->function == CPUID_FEATURES) {
            e->ecx |= TSC_DEADLINE;
            e->ebx = (e->ebx & ((1u << APIC_ID_SHIFT) - 1)) |
                vcpu->index << APIC_ID_SHIFT;
        } else if (e->function == CPUID_TOPOLOGY) {
            e->edx = vcpu->index;
        }
    }
    if (ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid)) {
        die("KVM_SET_CPUID2 of %u entries: %m", cpuid->nent);
    }
    free(cpuid);
}

/*
 * In 64-bit mode and on the loader's page tables: the way there, which a TD
 * takes by itself, is not what is to be compared.
 */
void vm_init_vcpu(struct vcpu *vcpu, int kvm)
{
    const struct kvm_segment data = {
        .limit = -1u, .selector = TDVMM_DS, .type = 3, .present = 1, .db = 1,
        .s = 1, .g = 1,
    };
    struct kvm_segment code = data;
    struct kvm_regs regs = {
        .rip = TDVMM_START64, .rflags = 2, .rbx = GPA_WIDTH, .rsi = vcpu->index,
        .rcx = opt.argument, .r8 = opt.argument,
    };
    struct kvm_sregs sregs;

    set_cpuid(vcpu, kvm);
    if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs)) {
        die("KVM_GET_SREGS: %m");
    }
    code.type = 0xb;
    code.selector = TDVMM_CS;
    code.db = 0;
    code.l = 1;
    sregs.cs = code;
    sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
    sregs.cr0 |= CR0_PE | CR0_PG;
    sregs.cr3 = TDVMM_TABLES;
    sregs.cr4 |= CR4_PAE | CR4_OSFXSR;
    sregs.efer = EFER_LME | EFER_LMA;
    if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) ||
        ioctl(vcpu->fd, KVM_SET_REGS, &regs)) {
        die("registers of vCPU %u: %m", vcpu->index);
    }
}
