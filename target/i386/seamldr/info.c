/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SEAMLDR.INFO and SEAMLDR.SEAMINFO: what the P-SEAMLDR tells, of itself, of
 * the module and of the machine (P-SEAMLDR 2).
 */

#include "state.h"

/* 2.2 */
static uint32_t remaining(const Seamldr *l)
{
    return l->st.remaining ? l->st.remaining
                           : l->cfg.seamdb_size - l->st.seamdb_used;
}

SeamldrStatus loader_info(LoaderCall *c)
{
    const Seamldr *l = c->l;
    SeamldrStatus status;
    SeamldrInfo info = {
        .vendor_id = GUINT32_TO_LE(SEAMLDR_VENDOR_INTEL),
        .build_date = GUINT32_TO_LE(l->cfg.build_date),
        .build_num = GUINT16_TO_LE(l->cfg.build_num),
        .minor = GUINT16_TO_LE(SEAMLDR_MINOR),
        .major = GUINT16_TO_LE(SEAMLDR_MAJOR),
        .update = GUINT16_TO_LE(SEAMLDR_UPDATE),
        .acm_x2apicid = GUINT32_TO_LE(l->ops->x2apic_id(l->opaque, 0)),
        .seam = l->st.extend,
    };

    status = loader_shared(c, "the buffer", c->gpr[TDX_RCX], sizeof(info)) ?:
             loader_require(c, !loader_fault(c, SEAMLDR_EBADPARAM, false),
                            SEAMLDR_EBADPARAM, "by fault");
    if (status) {
        return status;
    }
    info.seam.valid = GUINT64_TO_LE(info.seam.valid);
    info.seam.attributes = GUINT64_TO_LE(info.seam.attributes);
    if (l->cfg.update) {
        info.num_remaining_updates = GUINT32_TO_LE(remaining(l));
        info.features0 = GUINT64_TO_LE(SEAMLDR_FEATURE_CLEANUP);
    }
    loader_write(l, c->gpr[TDX_RCX], &info, sizeof(info));
    return SEAMLDR_SUCCESS;
}

SeamldrStatus loader_seaminfo(LoaderCall *c)
{
    const Seamldr *l = c->l;
    const TdxPlatformInfo *p = l->plat;
    SeamldrStatus status = loader_shared(c, "the buffer", c->gpr[TDX_RCX],
                                         sizeof(SeamldrSeamInfo));
    SeamldrSeamInfo info = {
        .num_lps = GUINT32_TO_LE(p->num_lps),
        .num_sockets = GUINT32_TO_LE(p->num_pkgs),
        .loader_base = GUINT64_TO_LE(l->own.base),
        .loader_size = GUINT64_TO_LE(l->own.size),
    };

    if (status) {
        return status;
    }
    for (unsigned i = 0; i < p->num_pkgs; i++) {
        info.socket_cpuid[i] = GUINT32_TO_LE(p->pkg_fms[i]);
    }
    for (unsigned i = 0; i < SEAMLDR_MAX_CMRS; i++) {
        info.cmr[i].base = GUINT64_TO_LE(p->cmr[i].base);
        info.cmr[i].size = GUINT64_TO_LE(p->cmr[i].size);
    }
    loader_write(l, c->gpr[TDX_RCX], &info, sizeof(info));
    return SEAMLDR_SUCCESS;
}
