/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the TDX module model needs from the machine it runs on: constants of
 * the platform and a small table of operations.  Nothing else crosses.
 */

#ifndef TDX_INCLUDE_PLATFORM_H
#define TDX_INCLUDE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../abi/limits.h"

typedef struct TdxRange {
    uint64_t base;
    uint64_t size;
} TdxRange;

/**
 * TdxPlatformInfo: constants of a machine, as firmware and the P-SEAMLDR
 * hand them to the module when they load it.
 * @max_pa: CPUID 0x80000008 EAX[7:0], KeyID bits included
 * @keyid_bits: IA32_TME_ACTIVATE[35:32]
 * @mktme_keyids: IA32_MKTME_KEYID_PARTITIONING[31:0]
 * @tdx_keyids: IA32_MKTME_KEYID_PARTITIONING[63:32]
 * @num_lps: logical processors; callers are numbered 0 .. num_lps - 1
 * @num_pkgs: packages, at most TDX_MAX_PKGS
 * @pkg_fms: CPUID(1).EAX of each package
 * @cmr: convertible memory in bytes, in table order; size 0 is a null entry
 * @seamrr: the SEAM range
 * @seamverifyreport: SEAMOPS offers SEAMVERIFYREPORT (local attestation)
 */
typedef struct TdxPlatformInfo {
    uint8_t max_pa;
    uint8_t keyid_bits;
    uint32_t mktme_keyids;
    uint32_t tdx_keyids;
    uint32_t num_lps;
    uint32_t num_pkgs;
    uint32_t pkg_fms[TDX_MAX_PKGS];
    TdxRange cmr[TDX_MAX_CMRS];
    TdxRange seamrr;
    bool seamverifyreport;
} TdxPlatformInfo;

/* What programming a memory encryption key (PCONFIG) can answer */
typedef enum TdxKeyResult {
    TDX_KEY_OK,
    TDX_KEY_DEVICE_BUSY,
    TDX_KEY_NO_ENTROPY,
} TdxKeyResult;

/**
 * TdxPlatformOps: the operations a machine offers to the module.
 *
 * All of them may be called by several logical processors at once.  @opaque
 * is the pointer given to tdx_module_new().  hpa arguments never carry KeyID
 * bits; the KeyID is a separate argument where it matters.
 */
typedef struct TdxPlatformOps {
    /**
     * @read_shared / @write_shared: copy @len bytes from/to ordinary memory
     * as seen through a shared KeyID.
     * Returns false when the range is not wholly backed by memory; then a
     * read has filled @buf with ones and a write may have been partial, as
     * on a bus where nobody answers.
     */
    bool (*read_shared)(void *opaque, uint64_t hpa, void *buf, size_t len);
    bool (*write_shared)(void *opaque, uint64_t hpa, const void *buf,
                         size_t len);

    /**
     * @private_page: host pointer to the content that @hkid's private view of
     * the 4 KiB page around @hpa holds, plus the offset of @hpa in its page.
     * Valid up to the end of the page and until the next reset.  Reads zeros
     * where nothing was written yet.  NULL when no memory is there.
     */
    void *(*private_page)(void *opaque, uint64_t hpa, uint16_t hkid);

    /**
     * @private_blank: is the private content of the 4 KiB page around @hpa
     * known to be zeros, because nothing was ever written there?  Makes no
     * page.  NULL if that is never known; it only saves time.
     */
    bool (*private_blank)(void *opaque, uint64_t hpa);

    /**
     * @private_take: [@hpa, @hpa + @len), whole cache lines, is being written
     * with a private KeyID: what KeyID 0 saw there is lost, and the private
     * content reads zero.
     * Returns false when no memory is there.
     */
    bool (*private_take)(void *opaque, uint64_t hpa, uint64_t len);

    /**
     * @private_lost: has another KeyID written any cache line that [@hpa,
     * @hpa + @len) touches since it was last private_take()n, or was it never?
     * Reading that with a private KeyID is an integrity violation.
     */
    bool (*private_lost)(void *opaque, uint64_t hpa, uint64_t len);

    /**
     * @private_intact: private_page() of what private_lost() says nothing is
     * lost of; NULL otherwise.  [@hpa, @hpa + @len) lies in one page.  This
     * is what the module does with its own structures all the time.
     */
    void *(*private_intact)(void *opaque, uint64_t hpa, uint64_t len);

    /**
     * @private_drop_all: all memory is the host's again; whatever was private
     * reads zero in every view, now and when it becomes private again.  No
     * private page is in use, but other LPs run.
     */
    void (*private_drop_all)(void *opaque);

    /**
     * @fence_others: when this returns, each other LP has passed a full
     * memory barrier since it was called.  NULL where a machine has nothing
     * of the kind; calls then have barriers of their own, which costs more
     * time than this saves unless it is rare.
     */
    void (*fence_others)(void *opaque);

    /** @lp_package: package number of a logical processor, from 0 */
    uint32_t (*lp_package)(void *opaque, unsigned lp);

    /** @cpuid: native CPUID of @lp; @regs is EAX, EBX, ECX, EDX */
    void (*cpuid)(void *opaque, unsigned lp, uint32_t leaf, uint32_t subleaf,
                  uint32_t regs[4]);

    /**
     * @rdmsr: native MSR of @lp; false when reading it would #GP.  What the
     * machine does not model it takes from tdx_firmware_msr().
     */
    bool (*rdmsr)(void *opaque, unsigned lp, uint32_t msr, uint64_t *value);

    /** @random: fill @buf with random bytes; false when entropy ran out */
    bool (*random)(void *opaque, void *buf, size_t len);

    /** @key_config: program a fresh random key for @hkid on @lp's package */
    TdxKeyResult (*key_config)(void *opaque, unsigned lp, uint16_t hkid);

    /** @tlb_flush: global EPT invalidation on @lp */
    void (*tlb_flush)(void *opaque, unsigned lp);

    /** @tsc: time stamp counter of @lp */
    uint64_t (*tsc)(void *opaque, unsigned lp);

    /**
     * @fatal: the module has stopped for good; @why is one line for the log.
     * Every later SEAMCALL fails with VMfailInvalid.
     */
    void (*fatal)(void *opaque, const char *why);
} TdxPlatformOps;

typedef struct TdxCause TdxCause; /* abi/cause.h */

/**
 * TdxObserver: who looks on what happens inside of SEAMCALLs.
 *
 * Called in the thread of the SEAMCALL, for several at once, while locks of
 * the module are held: must not call the module.  @opaque is the pointer
 * given to tdx_module_new().  Names are constants, those of the ABI.
 */
typedef struct TdxObserver {
    /**
     * @state: @what ("LIFECYCLE_STATE", ...) has become @after.
     * @hpa: of the TDR or TDVPR that it belongs to; 0: to the module
     * @before: what it was; NULL: it is new
     */
    void (*state)(void *opaque, const char *what, uint64_t hpa,
                  const char *before, const char *after);

    /**
     * @pamt: @n entries in a row, from the one of the page at @hpa on, have
     * become @after.
     * @level: size of the pages, "4K", "2M" or "1G"
     * @before: page type up to now; NULL: there was no entry
     * @owner: HPA of the TDR that owned the pages or does now, 0 if none
     */
    void (*pamt)(void *opaque, uint64_t hpa, const char *level, uint64_t n,
                 const char *before, const char *after, uint64_t owner);

    /**
     * @cause: a check has failed.  The last one of a call is why its status
     * is no success, if that is so.
     */
    void (*cause)(void *opaque, const TdxCause *cause);
} TdxObserver;

/**
 * tdx_firmware_msr: value of an MSR as firmware leaves it on a machine like
 * @info that it has enabled TDX on.  TDH.SYS.INIT accepts these values.
 * Returns false for an MSR that the module does not look at.
 */
bool tdx_firmware_msr(const TdxPlatformInfo *info, uint32_t msr,
                      uint64_t *value);

#endif /* TDX_INCLUDE_PLATFORM_H */
