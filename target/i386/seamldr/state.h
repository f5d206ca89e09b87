/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The P-SEAMLDR from inside: its object, a call under way, checks.
 */

#ifndef SEAMLDR_STATE_H
#define SEAMLDR_STATE_H

#include <glib.h>
#include <string.h>

#include "seamldr.h"

struct Seamldr {
    SeamldrConfig cfg;
    TdxModule *module;
    TdxModuleConfig boot;
    const TdxPlatformInfo *plat;
    const TdxPlatformOps *tdx;
    const SeamldrOps *ops;
    void *opaque;
    uint64_t hkid_mask;
    uint8_t hkid_start_bit;
    TdxRange own; /* where the loader itself lies */

    uint32_t busy; /* an LP is in loader mode; atomic */
    SeamldrState st;
    SeamldrFault *faults;
    SeamldrCalls calls[SEAMLDR_NUM_LEAVES + 1];
};

/**
 * LoaderCall: one under way.
 * @id: the x2APIC id of @lp
 * @fault: what it is to fail with where it comes to that; NULL: nothing
 */
typedef struct LoaderCall {
    Seamldr *l;
    unsigned lp;
    uint32_t id;
    uint64_t *gpr;
    const SeamldrFault *fault;
    bool fault_hit;
    char *why;
} LoaderCall;

/** loader_fails: @status, with the words for it */
SeamldrStatus G_GNUC_PRINTF(3, 4)
loader_fails(LoaderCall *c, SeamldrStatus status, const char *format, ...);

/* A check; the words are made only when it fails */
#define loader_require(c, ok, status, ...) \
    ((ok) ? SEAMLDR_SUCCESS : loader_fails(c, status, __VA_ARGS__))

/**
 * loader_fault: is the call to fail here with @status?  @fatal: a failure that
 * costs the module
 */
bool loader_fault(LoaderCall *c, SeamldrStatus status, bool fatal);

/** loader_shared: may the host name @hpa, which is to be aligned (1.6)? */
SeamldrStatus loader_shared(LoaderCall *c, const char *what, uint64_t hpa,
                            uint64_t align);

/** loader_read, loader_write: memory as the host sees it; @hpa has passed */
void loader_read(const Seamldr *l, uint64_t hpa, void *buf, size_t len);
void loader_write(const Seamldr *l, uint64_t hpa, const void *buf, size_t len);

/** loader_random: is there a random number? */
bool loader_random(const Seamldr *l);

/** session_add: @id has called; false: it had before */
bool session_add(SeamldrSession *s, uint32_t id);
bool session_has(const SeamldrSession *s, uint32_t id);
void session_end(SeamldrSession *s);

/** loader_set_ready: may the module be called from now on? */
void loader_set_ready(Seamldr *l, bool ready);

/** loader_set_dirty: all packages there are, or none */
void loader_set_dirty(Seamldr *l, bool dirty);
bool loader_is_dirty(const bool *dirty);

/* A leaf each */
SeamldrStatus loader_info(LoaderCall *c);
SeamldrStatus loader_seaminfo(LoaderCall *c);
SeamldrStatus loader_install(LoaderCall *c);
SeamldrStatus loader_shutdown(LoaderCall *c);
SeamldrStatus loader_cleanup(LoaderCall *c);

/* --- images -------------------------------------------------------------- */

/** sigstruct_check_fields: 4.1 */
SeamldrStatus sigstruct_check_fields(LoaderCall *c, const SeamSigstruct *sig);

/** sigstruct_check_key, sigstruct_check_signature: 3.3 rows 9 and 18 */
SeamldrStatus sigstruct_check_key(LoaderCall *c, const SeamSigstruct *sig);
SeamldrStatus sigstruct_check_signature(LoaderCall *c,
                                        const SeamSigstruct *sig);

/** sigstruct_check_cpus: rows 16 and 17 */
SeamldrStatus sigstruct_check_cpus(LoaderCall *c, const SeamSigstruct *sig);

/** loader_memory_needed: bytes of SEAM memory that the module takes (3.4) */
uint64_t loader_memory_needed(const Seamldr *l, const SeamSigstruct *sig);

/** loader_sha384: of one or two pieces */
void loader_sha384(uint8_t hash[SEAM_HASH_SIZE], const void *a, size_t a_len,
                   const void *b, size_t b_len);

/**
 * image_parse: which module the pages of an image are; EBADPARAM.
 * @sig: what it is signed with
 */
SeamldrStatus image_parse(LoaderCall *c, TdxModuleConfig *cfg,
                          const uint8_t *image, size_t len,
                          const SeamSigstruct *sig);

#endif /* SEAMLDR_STATE_H */
