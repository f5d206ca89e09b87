/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names of completion statuses and operands.
 */

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "states.h"
#include "status.h"
#include "gpr.h"

static const struct {
    TdxStatus value;
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

bool tdx_status_find(const char *name, TdxStatus *status)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(status_names); i++) {
        const char *full = status_names[i].name;

        if (!g_ascii_strcasecmp(name, full) ||
            (g_str_has_prefix(full, "TDX_") &&
             !g_ascii_strcasecmp(name, full + strlen("TDX_")))) {
            *status = status_names[i].value;
            return true;
        }
    }
    return false;
}

bool tdx_operand_find(const char *name, uint32_t *id)
{
    uint32_t i;

    for (i = 0; i <= UINT8_MAX; i++) {
        const char *known = tdx_operand_name(i);

        if (known && !g_ascii_strcasecmp(name, known)) {
            *id = i;
            return true;
        }
    }
    return false;
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

/* What bits 31:0 of a status mean */
typedef enum DetailsKind {
    DETAILS_NUMBER,
    DETAILS_OPERAND,      /* 0 is RAX */
    DETAILS_OPERAND_IF,   /* 0 is none */
    DETAILS_TDMR,
    DETAILS_TDMR_AREA,    /* TDMR, number of its reserved area */
    DETAILS_TDMR_PAMT,    /* TDMR, level of its PAMT */
    DETAILS_TDMR_OVERLAP, /* the same, and the other TDMR */
    DETAILS_MSR,
    DETAILS_CPUID,
    DETAILS_OP_STATE,
    DETAILS_VCPU_STATE,
} DetailsKind;

static DetailsKind details_kind(uint64_t code)
{
    static const struct {
        uint64_t code;
        DetailsKind kind;
    } kinds[] = {
        { TDX_OPERAND_INVALID, DETAILS_OPERAND },
        { TDX_OPERAND_ADDR_RANGE_ERROR, DETAILS_OPERAND },
        { TDX_OPERAND_BUSY, DETAILS_OPERAND },
        { TDX_OPERAND_BUSY_HOST_PRIORITY, DETAILS_OPERAND },
        { TDX_PAGE_METADATA_INCORRECT, DETAILS_OPERAND },
        { TDX_PAGE_NOT_FREE, DETAILS_OPERAND },
        { TDX_HPA_RANGE_NOT_FREE, DETAILS_OPERAND },
        { TDX_NO_PAMT_PAGE_PAIR, DETAILS_OPERAND },
        { TDX_MISSING_PAMT_PAGE_PAIR, DETAILS_OPERAND },
        { TDX_EPT_WALK_FAILED, DETAILS_OPERAND_IF },
        { TDX_EPT_ENTRY_NOT_PRESENT, DETAILS_OPERAND_IF },
        { TDX_EPT_ENTRY_STATE_INCORRECT, DETAILS_OPERAND_IF },
        { TDX_EPT_INVALID_PROMOTE_CONDITIONS, DETAILS_OPERAND_IF },
        { TDX_EPT_PAGE_NOT_FREE, DETAILS_OPERAND_IF },
        { TDX_GPA_RANGE_NOT_BLOCKED, DETAILS_OPERAND_IF },
        { TDX_GPA_RANGE_ALREADY_BLOCKED, DETAILS_OPERAND_IF },
        { TDX_TLB_TRACKING_NOT_DONE, DETAILS_OPERAND_IF },
        { TDX_INVALID_TDMR, DETAILS_TDMR },
        { TDX_NON_ORDERED_TDMR, DETAILS_TDMR },
        { TDX_TDMR_OUTSIDE_CMRS, DETAILS_TDMR },
        { TDX_INVALID_RESERVED_IN_TDMR, DETAILS_TDMR_AREA },
        { TDX_NON_ORDERED_RESERVED_IN_TDMR, DETAILS_TDMR_AREA },
        { TDX_INVALID_PAMT, DETAILS_TDMR_PAMT },
        { TDX_PAMT_OUTSIDE_CMRS, DETAILS_TDMR_PAMT },
        { TDX_PAMT_OVERLAP, DETAILS_TDMR_OVERLAP },
        { TDX_INCORRECT_MSR_VALUE, DETAILS_MSR },
        { TDX_INCONSISTENT_MSR, DETAILS_MSR },
        { TDX_INCORRECT_CPUID_VALUE, DETAILS_CPUID },
        { TDX_INCONSISTENT_CPUID_FIELD, DETAILS_CPUID },
        { TDX_CPUID_LEAF_NOT_SUPPORTED, DETAILS_CPUID },
        { TDX_OP_STATE_INCORRECT, DETAILS_OP_STATE },
        { TDX_VCPU_STATE_INCORRECT, DETAILS_VCPU_STATE },
    };
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].code == code) {
            return kinds[i].kind;
        }
    }
    return DETAILS_NUMBER;
}

bool tdx_status_names_operand(uint64_t status)
{
    return details_kind(tdx_op(status, 0)) == DETAILS_OPERAND;
}

uint32_t tdx_status_operand(uint64_t status)
{
    uint32_t id = (uint32_t)status;

    switch (details_kind(tdx_op(status, 0))) {
    case DETAILS_OPERAND:
        return id;
    case DETAILS_OPERAND_IF:
        return id ? id : UINT32_MAX;
    default:
        return UINT32_MAX;
    }
}

/* Empty when there are none */
static void format_details(uint64_t status, char *buf, size_t len)
{
    uint32_t details = (uint32_t)status;
    const char *operand = tdx_operand_name(tdx_status_operand(status));
    unsigned b0 = details & 0xff;
    unsigned b1 = details >> 8 & 0xff;
    unsigned b2 = details >> 16 & 0xff;

    switch (details_kind(tdx_op(status, 0))) {
    case DETAILS_OPERAND:
    case DETAILS_OPERAND_IF:
        if (operand) {
            snprintf(buf, len, "%s", operand);
            return;
        }
        break;
    case DETAILS_TDMR:
        snprintf(buf, len, "TDMR %u", b0);
        return;
    case DETAILS_TDMR_AREA:
        snprintf(buf, len, "TDMR %u, reserved area %u", b0, b1);
        return;
    case DETAILS_TDMR_PAMT:
        snprintf(buf, len, "TDMR %u, %s PAMT", b0, tdx_level_name(b1));
        return;
    case DETAILS_TDMR_OVERLAP:
        snprintf(buf, len, "TDMR %u, %s PAMT, TDMR %u", b0,
                 tdx_level_name(b1), b2);
        return;
    case DETAILS_MSR:
        snprintf(buf, len, "MSR 0x%x", details);
        return;
    case DETAILS_CPUID:
        snprintf(buf, len, "CPUID 0x%x", details);
        return;
    case DETAILS_OP_STATE:
        snprintf(buf, len, "%s", tdx_op_state_name(details));
        return;
    case DETAILS_VCPU_STATE:
        snprintf(buf, len, "%s", tdx_vcpu_state_name(details));
        return;
    case DETAILS_NUMBER:
        break;
    }
    if (details) {
        snprintf(buf, len, "0x%x", details);
    } else {
        buf[0] = '\0';
    }
}

char *tdx_status_format(uint64_t status, char *buf, size_t len)
{
    const char *name = tdx_status_name(status);
    char details[64];

    format_details(status, details, sizeof(details));
    if (!name) {
        snprintf(buf, len, "0x%016llx", (unsigned long long)status);
    } else if (*details) {
        snprintf(buf, len, "%s(%s)", name, details);
    } else {
        snprintf(buf, len, "%s", name);
    }
    return buf;
}
