/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The image of a module: not code, but a description of what the model is to
 * be (P-SEAMLDR 10).
 */

#include "../tdx-module/include/describe.h"
#include "state.h"

SeamldrStatus image_parse(LoaderCall *c, TdxModuleConfig *cfg,
                          const uint8_t *image, size_t len,
                          const SeamSigstruct *sig)
{
    const SeamImage *head = (const SeamImage *)image;
    uint32_t length = GUINT32_FROM_LE(head->length);
    g_autofree char *why = NULL;
    SeamldrStatus status;

    status = loader_require(c, !memcmp(head->magic, SEAM_IMAGE_MAGIC,
                                       sizeof(head->magic)) &&
                            GUINT32_FROM_LE(head->version) ==
                            SEAM_IMAGE_VERSION, SEAMLDR_EBADPARAM,
                            "the image is not one for QEMU") ?:
             loader_require(c, length <= len - sizeof(*head),
                            SEAMLDR_EBADPARAM, "the description ends outside "
                            "of the image");
    if (status) {
        return status;
    }
    why = tdx_module_from_description(cfg, head->description, length);
    if (why) {
        return loader_fails(c, SEAMLDR_EBADPARAM, "the description: %s", why);
    }
    cfg->sigstruct = (TdxHandoffRules) {
        .module_hv = GUINT16_FROM_LE(sig->module_hv),
        .min_update_hv = GUINT16_FROM_LE(sig->min_update_hv),
        .no_downgrade = sig->no_downgrade,
    };
    cfg->svn_minor = sig->svn_minor;
    cfg->svn_major = sig->svn_major;
    cfg->num_handoff_pages = GUINT16_FROM_LE(sig->num_handoff_pages);
    return SEAMLDR_SUCCESS;
}
