/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What bare-metal guests that replace the TDX module share.
 */

#ifndef SEAM_UPDATE_H
#define SEAM_UPDATE_H

#include "seam-host.h"

struct piece {
    const uint8_t *data;
    uint64_t len;
};

/* SHA-384 of two pieces, one after the other */
void sha384(const struct piece p[2], uint8_t digest[48]);

#endif /* SEAM_UPDATE_H */
