/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What tdvmm and the code in its TDs agree on: addresses, ports and the
 * loader's parameters. Read by C and by assembler.
 */

#ifndef TDVMM_ABI_H
#define TDVMM_ABI_H

/* The page with the reset vector; it begins with struct loader_params */
#define TDVMM_LOADER 0xfffff000

/* In it, where an ordinary VM starts in 64-bit mode */
#define TDVMM_START64 (TDVMM_LOADER + 0xfe0)

/*
 * RAM below 1 MiB. The tables map the first 4 GiB at their address, and
 * again as shared memory from TDVMM_SHARED_VIEW on.
 */
#define TDVMM_TABLES 0x10000
#define TDVMM_MAILBOX 0x1c000           /* of ACPI, where APs wait */
#define TDVMM_ZERO_PAGE 0x1e000
#define TDVMM_COMMAND_LINE 0x1f000
#define TDVMM_STACKS 0x20000            /* one for each vCPU */
#define TDVMM_STACK_SIZE 0x1000
#define TDVMM_ACPI 0xe0000
#define TDVMM_PAYLOAD 0x100000          /* unless --load says otherwise */
#define TDVMM_SHARED_BIT 47
#define TDVMM_SHARED_VIEW 0x8000000000

/* Selectors in the loader's GDT */
#define TDVMM_CS32 0x08
#define TDVMM_CS 0x10
#define TDVMM_DS 0x18

/* Ports: a 16550 at TDVMM_UART, and tdvmm's own */
#define TDVMM_UART 0x3f8
#define TDVMM_EXIT 0x500        /* out: the TD ends, with this status */
#define TDVMM_SLEEP 0x501       /* out: come back after so many ms */
#define TDVMM_SCRATCH 0x510     /* keeps what was written, any size */
#define TDVMM_SCRATCH_SIZE 16
#define TDVMM_INVERT 0x520      /* out: this shared page, by its number, is
                                   compared and inverted; in: how many bytes
                                   of the last one were not the first one */
#define TDVMM_SEND 0x524        /* out: vector, APIC ID << 8, delay in ms
                                   << 16; vector 2 is an NMI */
#define TDVMM_DIRTY 0x528       /* in: how many pages of the logged slot were
                                   written since it was read last */
#define TDVMM_GO_ON 0x52c       /* in: 1 until there is the file of --until */
#define TDVMM_POWER 0x600       /* ACPI's sleep control */
#define TDVMM_POWER_STATUS 0x601
#define TDVMM_S5 5

/* Statuses with which tdvmm ends, besides those of TDVMM_EXIT */
#define TDVMM_RESET 3           /* by ACPI's way */
#define TDVMM_SHUTDOWN 4        /* by a triple fault */
#define TDVMM_FATAL 5           /* by ReportFatalError */
#define TDVMM_UNEXPECTED 6      /* an exit that cannot go on */
#define TDVMM_FAILED 7          /* the TD did not come to run */
#define TDVMM_TIMEOUT 8

/* A page of MMIO that keeps what was written */
#define TDVMM_MMIO 0xd0000000

/* A slot of shared memory alone, of which KVM logs what is written */
#define TDVMM_LOGGED 0xc0000000
#define TDVMM_LOGGED_SIZE 0x100000

/*
 * MSRs that keep what was written. Of those that KVM knows in a TD some ask
 * user space first: the variable MTRRs, which a TD's own CPU does not have.
 */
#define TDVMM_MSR 0x200
#define TDVMM_MSRS 8

/* Members of the loader's parameters, 8 bytes each */
#define TDVMM_P_ENTRY 0
#define TDVMM_P_ARGUMENT 8      /* 0: what KVM_TDX_INIT_VCPU passed */
#define TDVMM_P_MAILBOX 16      /* 0: all vCPUs go to the entry */
#define TDVMM_P_READY 24        /* not 0: memory is accepted */
#define TDVMM_P_RANGES 32       /* to accept: start and end; ends with 0, 0 */
#define TDVMM_MAX_RANGES 14

#ifndef __ASSEMBLER__
struct loader_params {
    uint64_t entry;
    uint64_t argument;
    uint64_t mailbox;
    uint64_t ready;
    uint64_t range[TDVMM_MAX_RANGES][2];
};
#endif

#endif
