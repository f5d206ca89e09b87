/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A P-SEAMLDR on a simulated machine, and images for it.
 */

#ifndef SIM_LOADER_H
#define SIM_LOADER_H

#include "seamldr/seamldr.h"
#include "sim-boot.h"

/* What sim_loader_call() and sim_module_call() return for VMfailInvalid */
#define SIM_VMFAIL UINT64_MAX

/* Where sim_image_write() puts things, in memory of the host's own */
#define SIM_IMAGE_PARAMS    0x18000000ULL
#define SIM_IMAGE_SIGSTRUCT 0x18001000ULL
#define SIM_IMAGE_PAGES     0x18002000ULL
#define SIM_LOADER_BUFFER   0x18300000ULL

/**
 * SimLoader: a machine and its loader.
 * @first_id: x2APIC id of LP 0; the others follow
 * @events: how often event_pending will say yes
 * @begun: begin() without end()
 * @inside: if set, called from within each call, at its begin and its end
 * @caller: LP of the call that is under way
 * @why: of the last call
 */
typedef struct SimLoader {
    SimPlatform *sim;
    Seamldr *loader;
    uint32_t first_id;
    unsigned events;
    unsigned begun;
    void (*inside)(struct SimLoader *s, unsigned lp);
    unsigned caller;
    uint64_t rdx;
    char why[SEAMLDR_WHY_SIZE];
} SimLoader;

/**
 * SimImage: an image before it is packed.
 * @words: description
 * @pages: of the image; SEAMHASH and signature come with sim_image_sign()
 */
typedef struct SimImage {
    SeamldrParams params;
    SeamSigstruct sig;
    uint8_t *pages;
    unsigned num_pages;
} SimImage;

/** sim_loader_new: on @sim, which has not started and belongs to it then */
SimLoader *sim_loader_new(SimPlatform *sim, const SeamldrConfig *cfg);
void sim_loader_free(SimLoader *s);

/** sim_loader_ready: a machine like sim_boot_machine()'s, its module READY */
SimLoader *sim_loader_ready(unsigned lps, unsigned pkgs);

/** sim_loader_config: what most tests take */
SeamldrConfig sim_loader_config(void);

/**
 * sim_loader_call: one call; returns RAX, or SIM_VMFAIL.  No
 * register but RAX and @s->rdx may change.
 */
uint64_t sim_loader_call(SimLoader *s, unsigned lp, SeamldrLeaf leaf,
                         uint64_t rcx);

/** sim_module_call: SEAMCALL of the module as the loader lets it; as above */
uint64_t sim_module_call(SimLoader *s, unsigned lp, uint64_t leaf,
                         uint64_t rcx);

/** sim_image_new: scenario update, @pages pages, signed */
SimImage *sim_image_new(const SimLoader *s, const char *words,
                        unsigned pages);
void sim_image_free(SimImage *i);

/** sim_image_hash: SEAMHASH of the pages as they are now */
void sim_image_hash(SimImage *i);

/** sim_image_sign: the signature of what is in the SIGSTRUCT now */
void sim_image_sign(SimImage *i);

/** sim_image_write: put it into memory as the parameters say */
void sim_image_write(SimLoader *s, const SimImage *i);

/** sim_image_put: one with these words, of one page */
void sim_image_put(SimLoader *s, const char *words);

/** sim_install: SEAMLDR.INSTALL on all LPs, the first ones must succeed */
uint64_t sim_install(SimLoader *s);

/** sim_shut_down: TDH.SYS.SHUTDOWN, which must succeed */
void sim_shut_down(SimLoader *s);

/** sim_update: TDH.SYS.INIT, LP.INIT and UPDATE, all of which must succeed */
void sim_update(SimLoader *s);

#endif /* SIM_LOADER_H */
