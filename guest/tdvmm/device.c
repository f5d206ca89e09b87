/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a TD finds: a UART, and what its tests are to have (abi.h).
 */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "tdvmm.h"

#define MSI_BASE 0xfee00000
#define MSI_NMI (4 << 8)
#define NMI_VECTOR 2

/* UART: registers and bits */
enum { DATA, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR };
#define LCR_DLAB 0x80
#define IER_DATA 1
#define IER_EMPTY 2
#define IIR_NONE 0xc1               /* no interrupt, FIFOs are on */
#define IIR_DATA 0xc4
#define IIR_EMPTY 0xc2
#define LSR_DATA 0x01
#define LSR_EMPTY 0x60
#define MSR_READY 0xb0
#define ESCAPE 1                    /* Ctrl-A x ends the TD, as in QEMU */

static struct termios saved;

static void console_restore(void)
{
    tcsetattr(0, TCSANOW, &saved);
}

void console_start(void)
{
    struct termios raw;

    if (isatty(0) && !tcgetattr(0, &saved)) {
        raw = saved;
        raw.c_lflag &= ~(ICANON | ECHO | ISIG);
        raw.c_iflag &= ~(IXON | ICRNL);
        raw.c_cc[VMIN] = 1;
        tcsetattr(0, TCSANOW, &raw);
        atexit(console_restore);
    }
}

/* A character that was read ahead: the end of a file can be read as well */
static struct {
    bool closed, ready, escaped;
    uint8_t c;
} input;

static bool can_read(struct td *td)
{
    struct pollfd in = { .fd = 0, .events = POLLIN };

    if (td->number || input.closed) {
        return false;
    }
    if (!input.ready && poll(&in, 1, 0) > 0) {
        input.ready = read(0, &input.c, 1) == 1;
        input.closed = !input.ready;
    }
    return input.ready;
}

static uint8_t read_char(struct td *td)
{
    if (!can_read(td)) {
        return 0;
    }
    if (input.escaped && input.c == 'x') {
        td_end(td, 0);
    }
    input.escaped = input.c == ESCAPE && isatty(0);
    input.ready = false;
    return input.c;
}

static uint8_t uart_read(struct td *td, unsigned reg)
{
    if (reg < 2 && (td->uart[LCR] & LCR_DLAB)) {
        return td->divisor[reg];
    }
    switch (reg) {
    case DATA:
        return read_char(td);
    case IIR_FCR:
        /* There is no interrupt, but a driver that polls looks for one */
        return td->uart[IER] & IER_DATA && can_read(td) ? IIR_DATA :
            td->uart[IER] & IER_EMPTY ? IIR_EMPTY : IIR_NONE;
    case LSR:
        return LSR_EMPTY | (can_read(td) ? LSR_DATA : 0);
    case MSR:
        return MSR_READY;
    default:
        return td->uart[reg];
    }
}

/* One TD has the console; several write whole lines, each with its number */
static void uart_write(struct td *td, unsigned reg, uint8_t value)
{
    if (reg < 2 && (td->uart[LCR] & LCR_DLAB)) {
        td->divisor[reg] = value;
    } else if (reg != DATA) {
        td->uart[reg] = value;
    } else if (opt.tds == 1) {
        if (write(1, &value, 1) != 1) {
            td_end(td, TDVMM_UNEXPECTED);
        }
    } else if (value == '\n' || td->column == sizeof(td->line) - 1) {
        td->line[td->column] = 0;
        td->column = 0;
        printf("td%u: %s\n", td->number, td->line);
        fflush(stdout);
    } else if (value != '\r') {
        td->line[td->column++] = value;
    }
}

/* The guest knows that it is the host's turn, and reads what came of it */
static void invert(struct td *td, uint64_t page)
{
    uint8_t *p = td->slot[SLOT_RAM].shared + page * PAGE;

    if (page >= td->slot[SLOT_RAM].size / PAGE) {
        td->differed = -1;
        return;
    }
    td->differed = 0;
    for (unsigned i = 1; i < PAGE; i++) {
        td->differed += p[i] != p[0];
    }
    for (unsigned i = 0; i < PAGE; i++) {
        p[i] = ~p[i];
    }
}

struct message {
    int vm;
    uint32_t what;
};

static void *send_later(void *opaque)
{
    struct message m = *(struct message *)opaque;
    struct timespec delay = { .tv_nsec = (m.what >> 16) % 1000 * 1000000l };
    uint8_t vector = m.what;
    struct kvm_msi msi = {
        .address_lo = MSI_BASE | (m.what >> 8 & 0xff) << 12,
        .data = vector == NMI_VECTOR ? MSI_NMI | vector : vector,
    };

    free(opaque);
    nanosleep(&delay, NULL);
    ioctl(m.vm, KVM_SIGNAL_MSI, &msi);
    close(m.vm);
    return NULL;
}

static void send(struct td *td, uint32_t what)
{
    struct message *m = malloc(sizeof(*m));
    pthread_t thread;

    *m = (struct message) { .vm = dup(td->vm), .what = what };
    pthread_create(&thread, NULL, send_later, m);
    pthread_detach(thread);
}

/* A part of @memory, @at bytes from its begin */
static void keep(uint8_t *memory, unsigned at, unsigned size, bool write,
                 uint8_t *data)
{
    memcpy(write ? memory + at : data, write ? data : memory + at, size);
}

/*
 * Timer and clock of a PC, which are not there either. Linux asks them all the
 * same, and again for a second each, while what it reads is all ones: then a
 * counter has not moved yet, and a clock is about to.
 */
static bool is_clock(uint16_t port)
{
    return port / 4 == 0x40 / 4 || port / 2 == 0x70 / 2;
}

static void port(struct td *td, uint16_t port, unsigned size, bool write,
                 uint8_t *data)
{
    uint32_t value = 0;

    memcpy(&value, data, size);
    if (!write) {
        memset(data, 0xff, size);
    }
    if (port >= TDVMM_UART && port < TDVMM_UART + 8) {
        if (write) {
            uart_write(td, port - TDVMM_UART, value);
        } else {
            data[0] = uart_read(td, port - TDVMM_UART);
        }
    } else if (port >= TDVMM_SCRATCH &&
               port + size <= TDVMM_SCRATCH + TDVMM_SCRATCH_SIZE) {
        keep(td->ports, port - TDVMM_SCRATCH, size, write, data);
    } else if (port == TDVMM_INVERT && size == 4) {
        if (write) {
            invert(td, value);
        } else {
            memcpy(data, &td->differed, 4);
        }
    } else if (port == TDVMM_DIRTY && size == 4 && !write) {
        value = td_dirty_pages(td);
        memcpy(data, &value, 4);
    } else if (port == TDVMM_GO_ON && size == 4 && !write) {
        value = opt.until && access(opt.until, F_OK);
        memcpy(data, &value, 4);
    } else if (port == TDVMM_SEND && size == 4 && write) {
        send(td, value);
    } else if (!write && (port == TDVMM_POWER_STATUS || is_clock(port))) {
        memset(data, 0, size);
    }
}

void device_port(struct vcpu *vcpu, uint16_t number, unsigned size, bool write,
                 uint8_t *data)
{
    struct td *td = vcpu->td;

    if (number == TDVMM_SLEEP && write) {
        usleep(1000 * data[0]);
        return;
    }
    pthread_mutex_lock(&td->lock);
    port(td, number, size, write, data);
    pthread_mutex_unlock(&td->lock);
    if (opt.exits && (number < TDVMM_UART || number >= TDVMM_UART + 8)) {
        uint32_t value = 0;

        memcpy(&value, data, size);
        say(td, "exit %s %#x size %u value %#x", write ? "out" : "in", number,
            size, value);
    }
    if (number == TDVMM_EXIT && write) {
        td_end(td, data[0]);
    } else if (number == TDVMM_POWER && write &&
               data[0] == (TDVMM_S5 << 2 | 1 << 5)) {
        td_end(td, 0);
    }
}

void device_mmio(struct vcpu *vcpu, uint64_t gpa, unsigned size, bool write,
                 uint8_t *data)
{
    struct td *td = vcpu->td;

    pthread_mutex_lock(&td->lock);
    if (gpa >= TDVMM_MMIO && gpa + size <= TDVMM_MMIO + PAGE) {
        keep(td->mmio, gpa - TDVMM_MMIO, size, write, data);
    } else if (!write) {
        memset(data, 0xff, size);
    }
    pthread_mutex_unlock(&td->lock);
    if (opt.exits) {
        uint64_t value = 0;

        memcpy(&value, data, size);
        say(td, "exit mmio %s %#lx size %u value %#lx",
            write ? "write" : "read", gpa, size, value);
    }
}
