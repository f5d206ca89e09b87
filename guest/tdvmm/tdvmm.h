/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * tdvmm: the smallest VMM that runs a TD on Linux' KVM.
 */

#ifndef TDVMM_H
#define TDVMM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "kvm-td.h"

#define PAGE 0x1000ul
#define MAX_VCPUS 64

/* How far a TD is brought; each stage has those before it behind it */
enum stage {
    STAGE_VM, STAGE_INIT, STAGE_VCPUS, STAGE_MEMORY, STAGE_FINALIZE, STAGE_RUN
};

/* What becomes of RAM into which nothing was loaded */
enum ram { RAM_DEFAULT, RAM_ADDED, RAM_ACCEPTED, RAM_PENDING };

/* The command line */
struct options {
    const char *payload;
    const char *kernel;
    const char *initrd;
    const char *append;
    const char *list;           /* where to write what would be in memory */
    uint64_t load;              /* where the payload is */
    uint64_t mem;
    uint64_t argument;          /* the payload's, in RSI */
    uint64_t attributes;
    unsigned smp;
    unsigned tds;
    unsigned repeat;
    const char *until;          /* payloads go on until there is this */
    unsigned seconds;           /* until the TD is given up */
    enum stage stage;
    enum ram ram;
    bool vm;                    /* an ordinary VM, no TD */
    bool measure;
    bool cpuid;                 /* configure what KVM and the module can */
    bool keep;                  /* leave memory to its access, no MapGPA */
    bool exits;                 /* write each exit */
    bool quiet;
};

extern struct options opt;

struct vcpu {
    struct td *td;
    unsigned index;
    int fd;
    struct kvm_run *run;
    pthread_t thread;
};

/* RAM, the loader's page, and one that has only shared memory */
enum { SLOT_RAM, SLOT_LOADER, SLOT_LOGGED, SLOTS };

struct td {
    unsigned number;
    int vm;
    struct {
        uint64_t gpa, size;
        uint8_t *shared;        /* shared pages */
        uint8_t *image;         /* what private pages are to begin with */
        uint64_t *loaded;       /* a bit for each page of the image in use */
        int memfd;              /* private pages */
    } slot[SLOTS];
    struct vcpu vcpu[MAX_VCPUS];
    struct kvm_cpuid2 *cpuid;   /* as the TD was configured */
    uint64_t xfam;
    pthread_mutex_t lock;       /* of what follows, and of slot[].shared */
    bool ended;
    int status;                 /* what tdvmm exits with */
    unsigned long count[64];    /* exits by reason */
    uint8_t uart[8], divisor[2];
    uint8_t ports[TDVMM_SCRATCH_SIZE];
    uint8_t mmio[PAGE];
    uint64_t msr[TDVMM_MSRS];
    uint32_t differed;
    uint64_t notify;            /* the vector that the guest wants */
    char line[256];             /* of its output, if there are more TDs */
    unsigned column;
};

/* main.c */
void die(const char *format, ...) __attribute__((format(printf, 1, 2),
                                                 noreturn));
void say(const struct td *td, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* td.c: from nothing to a TD that can run, and back */
void td_create(struct td *td, unsigned number);
void td_destroy(struct td *td);
unsigned td_dirty_pages(struct td *td);
bool td_convert(struct td *td, uint64_t gpa, uint64_t size, bool private);

/* vm.c: what an ordinary VM has in place of that */
void vm_create_slot(struct td *td, unsigned n);
void vm_init_vcpu(struct vcpu *vcpu, int kvm);

/* image.c: what is in the TD's memory when it starts */
void image_create(struct td *td, unsigned n, uint64_t gpa, uint64_t size);
void image_regions(struct td *td,
                   void (*add)(struct td *td, unsigned n, uint64_t page,
                               uint64_t pages, bool measure));
void image_list(void);
uint8_t *td_load(struct td *td, uint64_t gpa, uint64_t size);
void td_prepare(struct td *td);

/* kernel.c, acpi.c: of an image that is Linux */
uint64_t kernel_prepare(struct td *td);
uint64_t acpi_prepare(struct td *td);

/* run.c: exits of a vCPU; the thread's function */
void *vcpu_run(void *vcpu);
void td_end(struct td *td, int status);

/* device.c: what the TD finds at ports and addresses */
void device_port(struct vcpu *vcpu, uint16_t port, unsigned size, bool write,
                 uint8_t *data);
void device_mmio(struct vcpu *vcpu, uint64_t gpa, unsigned size, bool write,
                 uint8_t *data);
void console_start(void);

#endif
