/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names of completion statuses and operands.
 */

#include <stdio.h>

#include "status.h"
#include "../tdx-module.h"

static const struct {
    uint64_t value;
    const char *name;
} status_names[] = {
#define TDX_STATUS(name, value) { value, #name },
#include "status-list.h"
#undef TDX_STATUS
};

static const char *const gpr_names[TDX_NUM_GPRS] = {
    "RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
    "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15",
};

const char *tdx_status_name(uint64_t status)
{
    uint64_t code = tdx_op(status, 0);
    size_t i;

    for (i = 0; i < sizeof(status_names) / sizeof(status_names[0]); i++) {
        if (status_names[i].value == code) {
            return status_names[i].name;
        }
    }
    return NULL;
}

const char *tdx_operand_name(uint32_t id)
{
    if (id < TDX_NUM_GPRS) {
        return gpr_names[id];
    }
    switch (id) {
#define TDX_OPERAND(name, value) case value: return #name;
#include "operand-list.h"
#undef TDX_OPERAND
    default:
        return NULL;
    }
}

bool tdx_status_names_operand(uint64_t status)
{
    uint64_t code = tdx_op(status, 0);

    return code == TDX_OPERAND_INVALID ||
           code == TDX_OPERAND_ADDR_RANGE_ERROR ||
           code == TDX_OPERAND_BUSY ||
           code == TDX_OPERAND_BUSY_HOST_PRIORITY ||
           code == TDX_PAGE_METADATA_INCORRECT ||
           code == TDX_PAGE_NOT_FREE ||
           code == TDX_HPA_RANGE_NOT_FREE ||
           code == TDX_NO_PAMT_PAGE_PAIR ||
           code == TDX_MISSING_PAMT_PAGE_PAIR;
}

char *tdx_status_format(uint64_t status, char *buf, size_t len)
{
    const char *name = tdx_status_name(status);
    uint32_t details = (uint32_t)status;
    const char *operand = NULL;

    if (tdx_status_names_operand(status)) {
        operand = tdx_operand_name(details);
    }
    if (!name) {
        snprintf(buf, len, "0x%016llx", (unsigned long long)status);
    } else if (operand) {
        snprintf(buf, len, "%s(%s)", name, operand);
    } else if (details) {
        snprintf(buf, len, "%s(0x%x)", name, details);
    } else {
        snprintf(buf, len, "%s", name);
    }
    return buf;
}
