/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Runs a vCPU, and answers what it asks for.
 */

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tdvmm.h"

/* TDVMCALLs that KVM hands on, and what a guest may be told */
enum { GET_CALL_INFO = 0x10000, GET_QUOTE = 0x10002, SETUP_NOTIFY = 0x10004 };
#define CALL_UNSUPPORTED 0x8000000000000003

enum { RDX = 2, RBX = 3, RSI = 6, RDI = 7, R8 = 8, R9, R12 = 12, R13, R14,
       R15 };

/* Where the union of struct kvm_run begins */
static union td_exit *exit_data(struct kvm_run *run)
{
    return (union td_exit *)&run->hw;
}

void td_end(struct td *td, int status)
{
    pthread_mutex_lock(&td->lock);
    if (!td->ended) {
        td->ended = true;
        td->status = status;
        for (unsigned i = 0; i < opt.smp; i++) {
            td->vcpu[i].run->immediate_exit = 1;
            if (td->vcpu[i].thread) {
                pthread_kill(td->vcpu[i].thread, SIGUSR1);
            }
        }
    }
    pthread_mutex_unlock(&td->lock);
}

/* What a guest says before it gives up: a code, and 64 characters */
static void fatal_error(struct td *td, const __u64 *reg)
{
    static const int order[] = { R14, R15, RBX, RDI, RSI, R8, R9, RDX };
    char text[8 * 8 + 1] = "";

    for (int i = 0; i < 8; i++) {
        memcpy(text + 8 * i, &reg[order[i]], 8);
    }
    for (char *c = text; *c; c++) {
        *c = isprint((unsigned char)*c) ? *c : '.';
    }
    say(td, "the guest reports a fatal error %#llx: %s", reg[R12],
        text);
    if (opt.exits) {
        say(td, "GPA of what else it says (R13): %#llx", reg[R13]);
    }
    td_end(td, TDVMM_FATAL);
}

static void handle_event(struct vcpu *vcpu)
{
    union td_exit *e = exit_data(vcpu->run);

    if (e->event.type == TD_EVENT_FATAL && e->event.count == 16) {
        fatal_error(vcpu->td, e->event.data);
    } else {
        say(vcpu->td, "system event %u", e->event.type);
        td_end(vcpu->td, TDVMM_UNEXPECTED);
    }
}

static void handle_hypercall(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    uint64_t gpa = run->hypercall.args[0];
    uint64_t size = run->hypercall.args[1] * PAGE;
    bool private = run->hypercall.args[2] & TD_MAP_GPA_PRIVATE;

    if (opt.exits) {
        say(vcpu->td, "exit map-gpa %#lx-%#lx %s", gpa, gpa + size - 1,
            private ? "private" : "shared");
    }
    run->hypercall.ret = run->hypercall.nr != TD_HC_MAP_GPA ||
        !td_convert(vcpu->td, gpa, size, private) ? EINVAL : 0;
}

/* An access to the other half of a page: it becomes what was accessed */
static void handle_fault(struct vcpu *vcpu)
{
    union td_exit *e = exit_data(vcpu->run);
    bool private = e->fault.flags & TD_MEMORY_PRIVATE;
    uint64_t gpa = e->fault.gpa, size = e->fault.size;

    if (opt.exits) {
        say(vcpu->td, "exit memory-fault %#lx-%#lx %s", gpa, gpa + size - 1,
            private ? "private" : "shared");
    }
    if (opt.keep || !td_convert(vcpu->td, gpa, size, private)) {
        say(vcpu->td, "vCPU %u accessed %#lx, which is not %s memory",
            vcpu->index, gpa, private ? "private" : "shared");
        td_end(vcpu->td, TDVMM_UNEXPECTED);
    }
}

static void handle_tdx(struct vcpu *vcpu)
{
    union td_exit *e = exit_data(vcpu->run);

    if (opt.exits) {
        say(vcpu->td, "exit tdvmcall %#llx", e->tdx.function);
    }
    switch (e->tdx.function) {
    case GET_CALL_INFO:
        /* Nothing beyond what each VMM has */
        break;
    case SETUP_NOTIFY:
        vcpu->td->notify = e->tdx.data[0];
        e->tdx.status = 0;
        break;
    case GET_QUOTE:
    default:
        e->tdx.status = CALL_UNSUPPORTED;
        break;
    }
}

static void handle_msr(struct vcpu *vcpu, bool write)
{
    struct kvm_run *run = vcpu->run;
    uint32_t n = run->msr.index - TDVMM_MSR;

    if (opt.exits) {
        say(vcpu->td, "exit %s %#x", write ? "wrmsr" : "rdmsr",
            run->msr.index);
    }
    run->msr.error = n >= TDVMM_MSRS;
    if (run->msr.error) {
        return;
    }
    if (write) {
        vcpu->td->msr[n] = run->msr.data;
    } else {
        run->msr.data = vcpu->td->msr[n];
    }
}

static void handle_io(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    uint8_t *data = (uint8_t *)run + run->io.data_offset;

    for (unsigned i = 0; i < run->io.count; i++) {
        device_port(vcpu, run->io.port, run->io.size,
                    run->io.direction == KVM_EXIT_IO_OUT,
                    data + i * run->io.size);
    }
}

/* A VM that KVM has given up answers nothing, whatever it is asked */
static void say_if_dead(struct vcpu *vcpu)
{
    struct kvm_mp_state state;

    if (ioctl(vcpu->td->vm, KVM_CHECK_EXTENSION, KVM_CAP_NR_VCPUS) < 0 &&
        errno == EIO && ioctl(vcpu->fd, KVM_GET_MP_STATE, &state) &&
        errno == EIO && ioctl(vcpu->fd, KVM_RUN, 0) && errno == EIO) {
        say(vcpu->td, "vCPU %u: KVM has given the VM up: EIO", vcpu->index);
    }
}

static void handle_exit(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;

    switch (run->exit_reason) {
    case KVM_EXIT_IO:
        handle_io(vcpu);
        break;
    case KVM_EXIT_MMIO:
        device_mmio(vcpu, run->mmio.phys_addr, run->mmio.len,
                    run->mmio.is_write, run->mmio.data);
        break;
    case KVM_EXIT_HYPERCALL:
        handle_hypercall(vcpu);
        break;
    case TD_EXIT_MEMORY_FAULT:
        handle_fault(vcpu);
        break;
    case TD_EXIT_TDX:
        handle_tdx(vcpu);
        break;
    case KVM_EXIT_X86_RDMSR:
    case KVM_EXIT_X86_WRMSR:
        handle_msr(vcpu, run->exit_reason == KVM_EXIT_X86_WRMSR);
        break;
    case KVM_EXIT_SYSTEM_EVENT:
        handle_event(vcpu);
        break;
    case KVM_EXIT_SHUTDOWN:
        say(vcpu->td, "vCPU %u: triple fault", vcpu->index);
        td_end(vcpu->td, TDVMM_SHUTDOWN);
        break;
    case KVM_EXIT_FAIL_ENTRY:
        say(vcpu->td, "vCPU %u does not enter: exit reason %#llx",
            vcpu->index, run->fail_entry.hardware_entry_failure_reason);
        td_end(vcpu->td, TDVMM_UNEXPECTED);
        break;
    case KVM_EXIT_INTERNAL_ERROR:
        say(vcpu->td, "vCPU %u: KVM's internal error %u, TDH.VP.ENTER "
            "returned %#llx", vcpu->index, run->internal.suberror,
            run->internal.ndata ? run->internal.data[0] : 0);
        say_if_dead(vcpu);
        td_end(vcpu->td, TDVMM_UNEXPECTED);
        break;
    default:
        say(vcpu->td, "vCPU %u: exit %u of KVM, which nobody knows",
            vcpu->index, run->exit_reason);
        td_end(vcpu->td, TDVMM_UNEXPECTED);
        break;
    }
}

void *vcpu_run(void *opaque)
{
    struct vcpu *vcpu = opaque;
    struct td *td = vcpu->td;
    struct kvm_run *run = vcpu->run;

    while (!__atomic_load_n(&td->ended, __ATOMIC_RELAXED)) {
        int r = ioctl(vcpu->fd, KVM_RUN, 0);

        if (r && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        /* A memory fault is an error that says where it was */
        if (r && run->exit_reason != TD_EXIT_MEMORY_FAULT) {
            say(td, "vCPU %u: KVM_RUN: %m", vcpu->index);
            td_end(td, TDVMM_UNEXPECTED);
            break;
        }
        if (run->exit_reason < sizeof(td->count) / sizeof(td->count[0])) {
            __atomic_add_fetch(&td->count[run->exit_reason], 1,
                               __ATOMIC_RELAXED);
        }
        handle_exit(vcpu);
    }
    return NULL;
}
