/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the parts of the invariant checker share.
 *
 * A function that returns bool returns false when an invariant is violated,
 * which tdx_check_fail() has noted: pass it on.
 */

#ifndef TDX_CHECK_CHECK_INTERNAL_H
#define TDX_CHECK_CHECK_INTERNAL_H

#include <glib.h>
#include <inttypes.h>

#include "../vp/vp.h"

/**
 * TdxCheckPage: a page in use, of any size, as its PAMT entry describes it.
 * @owner: HPA of its TDR; a TDR owns itself
 * @claimed: a structure of its owner names it
 */
typedef struct TdxCheckPage {
    uint64_t hpa;
    uint64_t owner;
    uint64_t bepoch;
    uint8_t type; /* TdxPageType */
    uint8_t level;
    bool claimed;
} TdxCheckPage;

/**
 * TdxCheck: one check under way.
 * @page: TdxCheckPage of all pages in use; addresses ascend
 * @pair: uint64_t HPA of all PAMT pages; they ascend once all are known
 */
typedef struct TdxCheck {
    TdxModule *m;
    char *why;
    GArray *page;
    GArray *pair;
} TdxCheck;

/** tdx_check_fail: note what is wrong; returns false */
bool G_GNUC_PRINTF(2, 3) tdx_check_fail(TdxCheck *ck, const char *format, ...);

/**
 * tdx_check_unlocked: is nobody holding @lock?  A host-priority mark may stay
 */
bool tdx_check_unlocked(TdxCheck *ck, TdxLock lock, const char *what,
                        uint64_t hpa);

/** tdx_check_page_lock: nor but by TDs that run, of a 4K or 2M entry */
bool tdx_check_page_lock(TdxCheck *ck, TdxLock lock, const char *what,
                         uint64_t hpa, uint64_t size);

/** tdx_check_private: content of @hpa, NULL when no memory is there, noted */
void *tdx_check_private(TdxCheck *ck, uint64_t hpa, uint16_t hkid,
                        const char *what);

/** tdx_check_blank: is the page at @hpa known to hold zeros alone? */
bool tdx_check_blank(TdxCheck *ck, uint64_t hpa);

/** tdx_check_lookup: the page in use that begins at @hpa, or NULL */
TdxCheckPage *tdx_check_lookup(TdxCheck *ck, uint64_t hpa);

/**
 * tdx_check_claim: a structure of the TD at @owner names the page at @hpa.
 * @what: names that structure
 * Returns the page, NULL when it is not what the structure takes it for or
 * when another one has named it before; noted.
 */
TdxCheckPage *tdx_check_claim(TdxCheck *ck, uint64_t hpa, unsigned level,
                              TdxPageType type, uint64_t owner,
                              const char *what);

/** tdx_check_pamt: entries, page pairs, bitmap; fills @ck->page and ->pair */
bool tdx_check_pamt(TdxCheck *ck);

/** tdx_check_tds: TDs and their vCPUs, key ownership */
bool tdx_check_tds(TdxCheck *ck);

/** tdx_check_sept: the Secure EPT of one TD, those of its L2 VMs included */
bool tdx_check_sept(TdxCheck *ck, const TdxTdRef *td);

#endif /* TDX_CHECK_CHECK_INTERNAL_H */
