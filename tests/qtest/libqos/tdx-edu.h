/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libqos: QEMU's educational PCI device, which copies between memory and a
 * buffer of its own, beside a TDX module.
 */

#ifndef QGRAPH_TDX_EDU_H
#define QGRAPH_TDX_EDU_H

#include "pci.h"
#include "pci-pc.h"

/* On the command line */
#define TDX_EDU "-device edu,addr=05.0 "

typedef struct QTdxEdu {
    QTestState *qts;
    QPCIBus *bus;
    QPCIDevice *dev;
    QPCIBar bar;
} QTdxEdu;

void tdx_edu_start(QTdxEdu *e, QTestState *qts);
void tdx_edu_stop(QTdxEdu *e);

/** tdx_edu_write: copy @len bytes of its buffer to memory at @to */
void tdx_edu_write(QTdxEdu *e, uint64_t to, uint64_t len);

/** tdx_edu_read: copy @len bytes of memory at @from to its buffer */
void tdx_edu_read(QTdxEdu *e, uint64_t from, uint64_t len);

#endif /* QGRAPH_TDX_EDU_H */
