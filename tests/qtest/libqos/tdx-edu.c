/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libqos: copies by QEMU's educational PCI device.
 */

#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "tdx-edu.h"

#define DEVFN  QPCI_DEVFN(5, 0)
#define BUFFER 0x40000 /* in the device's own addresses */

/* Registers */
#define SRC    0x80
#define DST    0x88
#define COUNT  0x90
#define CMD    0x98

/* Commands */
#define RUN    1
#define TO_RAM 2

void tdx_edu_start(QTdxEdu *e, QTestState *qts)
{
    e->qts = qts;
    e->bus = qpci_new_pc(qts, NULL);
    e->dev = qpci_device_find(e->bus, DEVFN);
    g_assert_nonnull(e->dev);
    qpci_device_enable(e->dev);
    e->bar = qpci_iomap(e->dev, 0, NULL);
}

void tdx_edu_stop(QTdxEdu *e)
{
    qpci_iounmap(e->dev, e->bar);
    g_free(e->dev);
    qpci_free_pc(e->bus);
}

static void copy(QTdxEdu *e, uint64_t src, uint64_t dst, uint64_t len,
                 uint64_t command)
{
    qpci_io_writeq(e->dev, e->bar, SRC, src);
    qpci_io_writeq(e->dev, e->bar, DST, dst);
    qpci_io_writeq(e->dev, e->bar, COUNT, len);
    qpci_io_writeq(e->dev, e->bar, CMD, command | RUN);
    do {
        qtest_clock_step(e->qts, 200 * SCALE_MS);
    } while (qpci_io_readq(e->dev, e->bar, CMD) & RUN);
}

void tdx_edu_write(QTdxEdu *e, uint64_t to, uint64_t len)
{
    copy(e, BUFFER, to, len, TO_RAM);
}

void tdx_edu_read(QTdxEdu *e, uint64_t from, uint64_t len)
{
    copy(e, from, BUFFER, len, 0);
}
