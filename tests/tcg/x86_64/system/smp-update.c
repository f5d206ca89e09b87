/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The module is replaced by all processors at once, as hosts do not dare to:
 * each may find the loader busy (smp-busy.c), each way back after a failure is
 * taken (P-SEAMLDR 3.5, 3.6), and what the PAMT had is there as long as it
 * must be.
 *
 * Link: seam-guest.c seam-host.c seam-sha384.c
 * Link: seam-guest-entry.S seam-host-call.S
 * Checked: x-tdx-check
 * QEMU: -cpu TDXHost -device tdx-module -m 4G -smp 2
 * QEMU: -cpu TDXHost -device tdx-module -m 4G -smp 4
 * QEMU: -cpu TDXHost -device tdx-module -m 4G -smp 2 -accel tcg,thread=single
 */

#include "seam-update.h"
#include "../../../../target/i386/tdx-module/abi/limits.h"

#define VMFAIL UINT64_MAX
#define REPLACE 1
#define ROUNDS 20
#define PAIR_RANGE (HOST_TDMR + 300 * HOST_RANGE)
#define PAIR_PAGE  (HOST_TDMR + 400 * HOST_RANGE)

static SeamldrParams params __attribute__((aligned(PAGE_SIZE)));
static SeamSigstruct sig __attribute__((aligned(PAGE_SIZE)));
static uint8_t image[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static uint32_t num_cpus, refused;
static uint64_t ends, unrecoverable, busy;

/* --- images --------------------------------------------------------------- */

static void put(void *to, const char *text, uint64_t len)
{
    for (uint64_t i = 0; i < len; i++) {
        ((uint8_t *)to)[i] = text[i];
    }
}

static void sign(void)
{
    const struct piece whole[2] = { { image, PAGE_SIZE } };
    const struct piece covered[2] = {
        { (uint8_t *)&sig, SEAM_SIG_COVERED_END },
        { (uint8_t *)&sig + SEAM_SIG_COVERED_AGAIN,
          sizeof(sig) - SEAM_SIG_COVERED_AGAIN },
    };

    sha384(whole, sig.seamhash);
    sha384(covered, sig.signature);
    for (unsigned i = SEAM_HASH_SIZE; i < sizeof(sig.signature); i++) {
        sig.signature[i] = sig.signature[i - SEAM_HASH_SIZE];
    }
}

static void make_image(void)
{
    static const char no_key[] = SEAM_SIG_NO_KEY;
    static const char words[] = "update=26\n";
    SeamImage *head = (SeamImage *)image;
    uint32_t regs[4];

    put(head->magic, SEAM_IMAGE_MAGIC, sizeof(head->magic));
    head->version = SEAM_IMAGE_VERSION;
    head->length = sizeof(words) - 1;
    put(head->description, words, head->length);

    cpuid(1, 0, regs);
    sig.header_type = SEAM_SIG_HEADER_TYPE;
    sig.header_length = SEAM_SIG_HEADER_LENGTH;
    sig.header_version = SEAM_SIG_HEADER_VERSION;
    sig.module_vendor = SEAMLDR_VENDOR_INTEL;
    sig.size = SEAM_SIG_SIZE;
    sig.key_size = sig.modulus_size = SEAM_SIG_KEY_SIZE;
    sig.exponent_size = SEAM_SIG_EXPONENT_SIZE;
    sig.exponent = SEAM_SIG_EXPONENT;
    sig.svn_minor = TDX_SVN_MINOR;
    sig.svn_major = TDX_SVN_MAJOR;
    sig.module_hv = 1;
    sig.no_downgrade = 1;
    sig.num_handoff_pages = 32;
    sig.cpuid_table_size = 1;
    sig.cpuid_table[0] = regs[0];
    for (unsigned i = 0; i < sizeof(sig.modulus); i++) {
        sig.modulus[i] = no_key[i % (sizeof(no_key) - 1)];
    }
    params.scenario = REPLACE;
    params.sigstruct = (uintptr_t)&sig;
    params.num_pages = 1;
    params.page[0] = (uintptr_t)image;
    sign();
}

/* --- steps of all processors ---------------------------------------------- */

/* What must be so on each of them */
static void must(bool good)
{
    if (!good) {
        __atomic_add_fetch(&refused, 1, __ATOMIC_SEQ_CST);
    }
}

/* A leaf of the loader, until it is not busy; counts how often it was */
static struct seam_regs loader(uint64_t leaf, uint64_t rcx)
{
    for (;;) {
        struct seam_regs r = { .rax = LOADER(leaf), .rcx = rcx, .rdx = 7 };

        if (seamcall_regs(&r)) {
            return r;
        }
        must(r.rax == LOADER(leaf) && r.rcx == rcx && r.rdx == 7);
        __atomic_add_fetch(&busy, 1, __ATOMIC_SEQ_CST);
        asm volatile("pause");
    }
}

/* INSTALL everywhere at once; the last one's status is in @ends */
static void install(uint64_t wanted)
{
    struct seam_regs r;

    host_barrier();
    r = loader(LDR_INSTALL, (uintptr_t)&params);
    must(r.rax == SEAMLDR_SUCCESS || r.rax == wanted);
    if (r.rax) {
        __atomic_add_fetch(&ends, 1, __ATOMIC_SEQ_CST);
        __atomic_add_fetch(&unrecoverable, r.rdx, __ATOMIC_SEQ_CST);
    } else {
        must(r.rdx == 0);
    }
    host_barrier();
}

/* INIT and LP.INIT everywhere, then @fn on one */
static void start(uint32_t cpu, void (*fn)(void))
{
    if (cpu == 0) {
        must(host_call(TDH_SYS_INIT, 0, 0, 0) == 0);
    }
    host_barrier();
    must(host_call(TDH_SYS_LP_INIT, 0, 0, 0) == 0);
    host_barrier();
    if (cpu == 0) {
        fn();
    }
    host_barrier();
}

static void update(void)
{
    must(host_call(TDH_SYS_UPDATE, 0, 0, 0) == 0);
}

/* There is no version 2 of it; state and handoff data stay */
static void update_in_vain(void)
{
    must(host_call(TDH_SYS_UPDATE | 2 << 16, 0, 0, 0) == TDX_OPERAND_INVALID);
}

static void shut_down(uint32_t cpu)
{
    host_barrier();
    if (cpu == 0) {
        must(host_call(TDH_SYS_SHUTDOWN, 1, 0, 0) == 0);
    }
}

static uint64_t remove_pair(void)
{
    return host_call(TDH_PHYMEM_PAMT_REMOVE, PAIR_RANGE | 1, 0, 0);
}

static uint64_t add_pair(void)
{
    return host_call(TDH_PHYMEM_PAMT_ADD, PAIR_RANGE | 1, PAIR_PAGE,
                     PAIR_PAGE + PAGE_SIZE);
}

static void work(uint32_t cpu)
{
    uint64_t status;

    if (cpu == 0) {
        make_image();
        ok(add_pair() == 0, "a page pair before");
    }

    for (unsigned i = 0; i < ROUNDS; i++) {
        shut_down(cpu);
        install(SEAMLDR_SUCCESS);
        start(cpu, update);
    }
    if (cpu == 0) {
        ok(!refused && !ends, "updates on all processors");
        ok(remove_pair() == 0, "and the page pair is there");
        ok(add_pair() == 0, "another one");
        sig.signature[0] ^= 1;
    }

    /* A: the image is refused, the next one is not */
    shut_down(cpu);
    install(SEAMLDR_EBADSIG);
    must(host_call(TDH_SYS_RD, 0, 0, 0) == TDX_SYS_SHUTDOWN);
    host_barrier();
    if (cpu == 0) {
        ok(!refused && ends == 1 && !unrecoverable,
           "a bad signature costs nothing");
        sig.signature[0] ^= 1;
    }
    install(SEAMLDR_SUCCESS);
    start(cpu, update);
    if (cpu == 0) {
        ok(!refused && ends == 1, "TDs are there after the next image");
        ok(remove_pair() == 0, "and the page pair");
        must(add_pair() == 0);
        sig.module_hv = 2;
        sign();
    }

    /* C: what does not start is replaced; nobody has to shut it down */
    shut_down(cpu);
    install(SEAMLDR_SUCCESS);
    if (cpu == 0) {
        must(host_call(TDH_SYS_INIT, 0, 0, 0) ==
             TDX_SYS_INCOMPATIBLE_SIGSTRUCT);
        must(host_call(TDH_SYS_INIT, 0, 0, 0) ==
             TDX_SYS_INCOMPATIBLE_SIGSTRUCT);
        ok(!refused && ends == 1, "another signature, and it does not start");
        sig.module_hv = 1;
        sign();
    }

    /* D: so is what has started and does not take the TDs */
    install(SEAMLDR_SUCCESS);
    start(cpu, update_in_vain);
    must(host_call(TDH_PHYMEM_PAGE_RDMD, HOST_TDMR, 0, 0) ==
         TDX_SYS_NOT_READY);
    install(SEAMLDR_SUCCESS);
    start(cpu, update);
    if (cpu == 0) {
        ok(!refused && ends == 1, "the third image takes what the first had");
        ok(remove_pair() == 0, "and the page pair is there");
    }

    /* D: without UPDATE the module starts as at boot */
    shut_down(cpu);
    install(SEAMLDR_SUCCESS);
    start(cpu, host_configure);
    if (cpu == 0) {
        ok(!refused && add_pair() == 0, "TDH.SYS.CONFIG in its place");
        image[PAGE_SIZE - 1] ^= 1;
    }

    /* B: nothing is left; keys are forgotten, and a module loaded */
    shut_down(cpu);
    install(SEAMLDR_EBADHASH);
    must(host_call(TDH_SYS_RD, 0, 0, 0) == VMFAIL);
    host_barrier();
    if (cpu == 0) {
        ok(!refused && ends == 2 && unrecoverable == 1,
           "other pages cost the module");
        image[PAGE_SIZE - 1] ^= 1;
    }
    install(SEAMLDR_EBADPARAM);
    if (cpu == 0) {
        ok(ends == 3 && unrecoverable == 1, "there is nothing to update");
        params.scenario = 0;
    }
    install(SEAMLDR_ECLEANUPREQ);
    do {
        status = loader(LDR_CLEANUP, 0).rax;
    } while (status == SEAMLDR_EINTERRUPT);
    must(status == 0);
    install(SEAMLDR_SUCCESS);
    start(cpu, host_configure);
    if (cpu == 0) {
        ok(!refused && ends == 4, "CLEANUP, and a module from nothing");
        ok(add_pair() == 0 && remove_pair() == 0, "that works");
    }
}

int main(void)
{
    guest_init();
    num_cpus = num_processors();
    ok(host_run(num_cpus, work), "the host comes up");
    ml_printf("# the loader was busy %lu times\n", busy);
    return test_end();
}
