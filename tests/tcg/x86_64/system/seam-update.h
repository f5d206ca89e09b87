/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What bare-metal guests that call the P-SEAMLDR share.
 */

#ifndef SEAM_UPDATE_H
#define SEAM_UPDATE_H

#include "seam-host.h"
#include "../../../../target/i386/seamldr/abi/layout.h"

#define LOADER(leaf) (1ull << 63 | (leaf))

#define SEAMLDR_LEAF(number, id, name) LDR_##id = number,
enum {
#include "../../../../target/i386/seamldr/abi/leaf-list.h"
};
#undef SEAMLDR_LEAF
#define SEAMLDR_STATUS(name, value) name = value,
enum status {
#include "../../../../target/i386/seamldr/abi/status-list.h"
};
#undef SEAMLDR_STATUS

struct piece {
    const uint8_t *data;
    uint64_t len;
};

/* SHA-384 of two pieces, one after the other */
void sha384(const struct piece p[2], uint8_t digest[48]);

#endif /* SEAM_UPDATE_H */
