/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * CPUID_VALUES: the CPUID that a TD's guest sees, as metadata
 * (TD life cycle 4.5).
 */

#include "td-fields.h"

/* Field code: leaf[31], leaf[6:0], subleaf or none, and which half */
#define FIELD_BASE       0x9410000300000000ULL
#define CODE_LEAF31      (1u << 16)
#define CODE_LEAF_SHIFT  9
#define CODE_LEAF_MASK   0x7fu
#define CODE_SUBLEAF_SHIFT 1
#define CODE_SUBLEAF_MASK  0x7fu
#define CODE_SUBLEAF_NONE  (1u << 8) /* and then bits 7:1 do not matter */
#define CODE_HALF          1u
#define CODE_RSVD          0xfe0000u

/* TDX_CPUID_FIXED0_BITMAP: bit of leaf 0x80000000 */
#define FIXED0_EXTENDED_BASE 52

static uint32_t code_of(uint32_t leaf, uint32_t subleaf)
{
    uint32_t code = (subleaf & CODE_SUBLEAF_MASK) << CODE_SUBLEAF_SHIFT;

    if (subleaf == TDX_CPUID_NO_SUBLEAF) {
        code |= CODE_SUBLEAF_NONE;
    }
    return code | (leaf & CODE_LEAF_MASK) << CODE_LEAF_SHIFT |
           (leaf >> 31 ? CODE_LEAF31 : 0);
}

static uint32_t leaf_of(uint32_t code)
{
    return ((code >> CODE_LEAF_SHIFT) & CODE_LEAF_MASK) |
           (code & CODE_LEAF31 ? 1u << 31 : 0);
}

/* A leaf without subleaves takes any */
static bool names(uint32_t code, uint32_t leaf, uint32_t subleaf)
{
    uint32_t wanted = code & CODE_SUBLEAF_NONE
                      ? TDX_CPUID_NO_SUBLEAF
                      : (code >> CODE_SUBLEAF_SHIFT) & CODE_SUBLEAF_MASK;

    return leaf_of(code) == leaf && (subleaf == TDX_CPUID_NO_SUBLEAF ||
                                     subleaf == wanted);
}

bool tdx_td_cpuid_is_fixed0(uint32_t leaf)
{
    unsigned bit = leaf & ~(1u << 31);

    if (leaf >> 31) {
        bit += FIXED0_EXTENDED_BASE;
    } else if (bit >= FIXED0_EXTENDED_BASE) {
        return false;
    }
    return bit < 64 && TDX_CPUID_FIXED0_BITMAP >> bit & 1;
}

/* @id with another field code; the bits that do not matter are kept */
static uint64_t with_code(uint64_t id, uint32_t code)
{
    const uint64_t kept = ~(TDX_FIELD_CODE_MASK | TDX_FIELD_CONTEXT_MASK);

    return (id & kept) | (FIELD_BASE & TDX_FIELD_CONTEXT_MASK) | code;
}

/* The field that follows @id, whose leaf is number @rank */
static uint64_t next_id(const TdxModule *m, uint64_t id, unsigned rank)
{
    uint32_t code = tdx_field_code(id);
    uint32_t leaf, subleaf;

    if (!(code & CODE_HALF)) {
        return with_code(id, code + 1);
    }
    if (tdx_native_cpuid_at(m, rank + 1, &leaf, &subleaf)) {
        return with_code(id, code_of(leaf, subleaf));
    }
    return tdx_td_first_id_from(m, TD_CLASS_CPUID + 1);
}

uint64_t tdx_td_cpuid_first_id(const TdxModule *m)
{
    uint32_t leaf, subleaf;

    tdx_native_cpuid_at(m, 0, &leaf, &subleaf);
    return FIELD_BASE + code_of(leaf, subleaf);
}

/* Number of the leaf that @code names; false when the module has none */
static bool find_leaf(const TdxModule *m, uint32_t code, unsigned *rank)
{
    uint32_t leaf, subleaf;

    for (*rank = 0; tdx_native_cpuid_at(m, *rank, &leaf, &subleaf);
         (*rank)++) {
        if (names(code, leaf, subleaf)) {
            return true;
        }
    }
    return false;
}

TdxStatus tdx_td_cpuid_read(TdxCall *c, TdxTdRef *td, uint64_t id)
{
    uint32_t code = tdx_field_code(id);
    uint32_t regs[TDX_NUM_CPUID_REGS] = { 0 };
    uint32_t leaf, subleaf;
    unsigned rank, low;
    bool known;

    if (!tdx_field_id_is_single(id) || code & CODE_RSVD) {
        return TDX_METADATA_FIELD_ID_INCORRECT;
    }
    known = find_leaf(c->m, code, &rank);
    if (!known && !tdx_td_cpuid_is_fixed0(leaf_of(code))) {
        return TDX_METADATA_FIELD_NOT_READABLE;
    }
    if (known) {
        tdx_native_cpuid_at(c->m, rank, &leaf, &subleaf);
        tdx_td_virtual_cpuid(td, leaf, subleaf, regs);
    }
    low = code & CODE_HALF ? TDX_CPUID_ECX : TDX_CPUID_EAX;
    c->gpr[TDX_R8] = (uint64_t)regs[low + 1] << 32 | regs[low];
    if (c->version) {
        c->gpr[TDX_RDX] = next_id(c->m, id, rank);
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_td_cpuid_write(const TdxCall *c, uint64_t id)
{
    uint32_t code = tdx_field_code(id);
    unsigned rank;

    if (!tdx_field_id_is_single(id) || code & CODE_RSVD) {
        return TDX_METADATA_FIELD_ID_INCORRECT;
    }
    return find_leaf(c->m, code, &rank) ? TDX_METADATA_FIELD_NOT_WRITABLE
                                        : TDX_METADATA_FIELD_NOT_READABLE;
}
