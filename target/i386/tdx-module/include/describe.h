/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A module in words, as an image has it: lines KEY=NUMBER, the keys being
 * those of abi/description-list.h.
 */

#ifndef TDX_INCLUDE_DESCRIBE_H
#define TDX_INCLUDE_DESCRIBE_H

#include "module.h"

/* More bytes than any description that makes sense has */
#define TDX_DESCRIPTION_MAX 4096

/**
 * tdx_module_describe: @cfg in words, to be freed; without what a SIGSTRUCT
 * says
 */
char *tdx_module_describe(const TdxModuleConfig *cfg);

/**
 * tdx_module_from_description: the module that @text describes.  What it says
 * nothing of is as in tdx_module_config_modelled().
 * @text: any bytes, @len of them; not trusted
 * @cfg: the module; what a SIGSTRUCT says agrees with the rest of it
 * Returns NULL; or in a line, to be freed, why there can be no such module
 * here: an unknown key, no number, a feature or a limit that is not modelled.
 */
char *tdx_module_from_description(TdxModuleConfig *cfg, const char *text,
                                  size_t len);

#endif /* TDX_INCLUDE_DESCRIBE_H */
