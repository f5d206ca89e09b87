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

#include "../../x86-defs/vcpu-state.h"
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

/* An XMM register, the low half first */
typedef struct TdxXmm {
    uint64_t half[2];
} TdxXmm;

#define TDX_NUM_XMMS 16

/**
 * TdxVmmState: registers of the VMM that are neither in its GPRs nor what a
 * VM exit loads, around the time that a TD runs on its logical processor.
 * @regs: without GPRs; @xsave_mask of it: the components of extended state
 *   that are in their initial state, apart from @xmm
 * @xmm: all XMM registers; the rest of their YMM and ZMM registers is zero
 */
typedef struct TdxVmmState {
    X86VcpuState regs;
    uint64_t debugctl;
    TdxXmm xmm[TDX_NUM_XMMS];
} TdxVmmState;

/* A report on a TD, up to and with its MAC (TDCALL 4.5.1) */
#define TDX_REPORTMACSTRUCT_SIZE 256

/* The key of its MAC, which never leaves a processor */
#define TDX_REPORT_KEY_SIZE 32

/* What the processor finds of a REPORTMACSTRUCT */
typedef enum TdxReportResult {
    TDX_REPORT_OK,
    TDX_REPORT_CPUSVN, /* made by a processor whose version is not accepted */
    TDX_REPORT_MAC,    /* not made on this platform, or changed since */
} TdxReportResult;

/**
 * tdx_report_sign, tdx_report_verify: what a machine without SEAMREPORT can
 * implement the operations @report and @verify_report by.
 * @key: secret of the machine
 */
void tdx_report_sign(uint8_t report[TDX_REPORTMACSTRUCT_SIZE],
                     const uint8_t key[TDX_REPORT_KEY_SIZE]);
TdxReportResult tdx_report_verify(
    const uint8_t report[TDX_REPORTMACSTRUCT_SIZE],
    const uint8_t key[TDX_REPORT_KEY_SIZE]);

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
     * @private_written: [@hpa, @hpa + @len), in one page, has other content
     * under the TD's key now, and the TD may run it as code.  NULL where
     * processors see that by themselves.
     */
    void (*private_written)(void *opaque, uint64_t hpa, uint64_t len);

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

    /*
     * What follows is needed to run TDs: by tdx_module_seamcall() when it is
     * given a TdxTdRun, and by tdx_module_td_exit().
     */

    /** @wrmsr: write a native MSR of @lp, which has it */
    void (*wrmsr)(void *opaque, unsigned lp, uint32_t msr, uint64_t value);

    /**
     * @vmm_save: read the registers of the VMM that is about to leave @lp to
     * a TD.  GPRs and what the processor has not stay as they are in @vmm.
     */
    void (*vmm_save)(void *opaque, unsigned lp, TdxVmmState *vmm);

    /** @vmm_load: give @lp back to the VMM with these registers */
    void (*vmm_load)(void *opaque, unsigned lp, const TdxVmmState *vmm);

    /**
     * @store: bring the rest of the state of the TD that has exited on @lp to
     * its VMCS and X86VcpuState, extended state in the format of XSAVES.  Few
     * exits need more than RIP, RSP, RFLAGS, CR0, CR4, IA32_EFER,
     * IA32_DEBUGCTL, access rights of CS and SS, blocking, pending debug
     * exceptions and the interrupt status, CR2, XCR0 and IA32_XSS; these are
     * there after each exit and stay as they are.  NULL: so is all the rest.
     */
    void (*store)(void *opaque, unsigned lp);

    /**
     * @event_pending: would an interrupt, NMI or SMI of the host end the TD
     * that runs on @lp at once, whatever its RFLAGS.IF?
     */
    bool (*event_pending)(void *opaque, unsigned lp);

    /** @ept_flush: forget what @lp has cached of translations by @eptp */
    void (*ept_flush)(void *opaque, unsigned lp, uint64_t eptp);

    /**
     * @report: complete a REPORTMACSTRUCT with the CPUSVN and the MAC, by
     * SEAMREPORT; false when the processor refuses
     */
    bool (*report)(void *opaque, unsigned lp,
                   uint8_t report[TDX_REPORTMACSTRUCT_SIZE]);

    /** @verify_report: check a REPORTMACSTRUCT, by SEAMVERIFYREPORT */
    TdxReportResult (*verify_report)(
        void *opaque, unsigned lp,
        const uint8_t report[TDX_REPORTMACSTRUCT_SIZE]);

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

    /* What TDs do; NULL for who does not look at that */

    /**
     * @td_exit: the vCPU of the TDVPR at @tdvpr has left for the module.
     * @what: the exit reason in words, NULL for a number that is none
     */
    void (*td_exit)(void *opaque, unsigned lp, uint64_t tdvpr,
                    uint32_t reason, const char *what,
                    uint64_t qualification);

    /** @tdcall: leaf @name, NULL if there is none, has answered @status */
    void (*tdcall)(void *opaque, unsigned lp, uint64_t tdvpr,
                   const char *name, const uint64_t *gpr, uint64_t status);

    /** @ve: the guest gets a #VE of @category that tells of @reason */
    void (*ve)(void *opaque, uint64_t tdvpr, uint32_t reason,
               uint8_t category);
} TdxObserver;

/**
 * tdx_firmware_msr: value of an MSR as firmware leaves it on a machine like
 * @info that it has enabled TDX on.  TDH.SYS.INIT accepts these values.
 * Returns false for an MSR that the module does not look at.
 */
bool tdx_firmware_msr(const TdxPlatformInfo *info, uint32_t msr,
                      uint64_t *value);

#endif /* TDX_INCLUDE_PLATFORM_H */
