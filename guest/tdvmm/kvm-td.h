/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What tdvmm asks of KVM beyond <linux/kvm.h> of Linux 6.1: guest_memfd,
 * memory attributes and TDX. By names of our own, so that newer headers,
 * which have all that, do as well.
 */

#ifndef TDVMM_KVM_TD_H
#define TDVMM_KVM_TD_H

#include <linux/kvm.h>

/* VM type, capabilities, exits */
enum {
    TD_VM_TYPE = 5,
    TD_CAP_APIC_BUS_NS = 237,
    TD_EXIT_MEMORY_FAULT = 39,
    TD_EXIT_TDX = 40,
    TD_EVENT_FATAL = 7,
};

/* The hypercall by which KVM hands MapGPA on; its third argument */
#define TD_HC_MAP_GPA 12
#define TD_MAP_GPA_PRIVATE (1 << 4)

/* Memory: in the attributes of a range, and in a memory fault's flags */
#define TD_MEMORY_PRIVATE (1 << 3)
#define TD_SLOT_GUEST_MEMFD (1 << 2)

struct td_slot {
    __u32 slot;
    __u32 flags;
    __u64 gpa;
    __u64 size;
    __u64 shared;               /* where its shared pages are, in here */
    __u64 memfd_offset;
    __u32 memfd;                /* of its private pages */
    __u32 pad;
    __u64 reserved[14];
};

struct td_attributes {
    __u64 gpa;
    __u64 size;
    __u64 attributes;
    __u64 flags;
};

struct td_memfd {
    __u64 size;
    __u64 flags;
    __u64 reserved[6];
};

#define TD_IOC_SLOT _IOW(KVMIO, 0x49, struct td_slot)
#define TD_IOC_ATTRIBUTES _IOW(KVMIO, 0xd2, struct td_attributes)
#define TD_IOC_MEMFD _IOWR(KVMIO, 0xd4, struct td_memfd)

/* KVM_MEMORY_ENCRYPT_OP of a VM or of a vCPU */
enum td_op {
    TD_OP_CAPABILITIES,
    TD_OP_INIT_VM,
    TD_OP_INIT_VCPU,
    TD_OP_INIT_MEMORY,
    TD_OP_FINALIZE,
    TD_OP_GET_CPUID,
};

#define TD_MEASURE 1            /* flag of TD_OP_INIT_MEMORY */

struct td_command {
    __u32 op;
    __u32 flags;
    __u64 data;
    __u64 status;               /* of the SEAMCALL that failed, if one did */
};

struct td_capabilities {
    __u64 attributes;
    __u64 xfam;
    __u64 reserved[4 + 250];
    struct kvm_cpuid2 cpuid;    /* a 1 is a bit that can be configured */
};

struct td_init_vm {
    __u64 attributes;
    __u64 xfam;
    __u64 mrconfigid[6];
    __u64 mrowner[6];
    __u64 mrownerconfig[6];
    __u64 reserved[12];
    struct kvm_cpuid2 cpuid;
};

struct td_init_memory {
    __u64 source;
    __u64 gpa;
    __u64 pages;
};

/* Where struct kvm_run has its union, of these exits */
union td_exit {
    struct {
        __u64 flags;
        __u64 gpa;
        __u64 size;
    } fault;
    struct {
        __u64 flags;
        __u64 function;         /* of the TDVMCALL */
        __u64 status;           /* what the guest is told */
        __u64 data[5];
    } tdx;
    struct {
        __u32 type;
        __u32 count;
        __u64 data[16];         /* by register number, if fatal */
    } event;
};

#endif
