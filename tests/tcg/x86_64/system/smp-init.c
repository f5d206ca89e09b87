/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A second processor in VMX operation: INIT stays pending until VMXOFF, and
 * a STARTUP signal does nothing meanwhile. VMXON does not exist in real mode.
 *
 * Link: seam-guest.c seam-guest-entry.S
 * QEMU: -cpu TDXHost -smp 2
 * QEMU: -cpu TDXHost -smp 2 -accel tcg,thread=single
 */

#include "seam-guest.h"

enum order {
    NOTHING,
    ENTER_VMX,
    LEAVE_VMX,
};

static uint32_t region[PAGE_SIZE / 4] __attribute__((aligned(PAGE_SIZE)));
/* What the other processor does; written by both processors */
static volatile int order, obeyed; /* shared */
static volatile uint64_t beats, starts, last_words; /* shared */

static bool vmxon(void)
{
    uint64_t pointer = (uintptr_t)region;
    bool good;

    asm volatile("vmxon %1" : "=@cca"(good) : "m"(pointer) : "memory");
    return good;
}

/* The other processor: counts, and obeys orders */
static void ap_main(void)
{
    starts++;
    for (;;) {
        beats++;
        if (order == obeyed) {
            continue;
        }
        if (order == ENTER_VMX) {
            write_cr4(read_cr4() | CR4_VMXE);
            last_words = vmxon();
            obeyed = ENTER_VMX;
        } else {
            /* An INIT that waits comes before the second instruction. */
            obeyed = LEAVE_VMX;
            asm volatile("vmxoff\n\t"
                         "movq $1, %0"
                         : "=m"(last_words));
        }
    }
}

/*
 * The other processor goes on: many rounds more than it takes to notice a
 * signal that was sent before.
 */
static void wait_for_beats(void)
{
    uint64_t before = beats;

    while (beats - before < 100000) {
        asm volatile("pause");
    }
}

/* STARTUP works on a processor that INIT stopped, and on no other. */
static void wait_for_start(void)
{
    uint64_t before = starts;

    ap_prepare(1, ap_main);
    while (starts == before) {
        ap_send_startup(1);
        asm volatile("pause");
    }
}

static void give_order(int what)
{
    order = what;
    while (obeyed != what) {
        asm volatile("pause");
    }
}

/*
 * With MIGRATE, for tests/functional: stop here until an NMI comes, which is
 * sent once the machine has moved to another QEMU.
 */
static void wait_for_nmi(void *arg)
{
#ifdef MIGRATE
    ml_printf("# migrate\n");
    for (;;) {
        asm volatile("pause");
    }
#endif
}

int main(void)
{
    guest_init();
    region[0] = rdmsr(X86_MSR_VMX_BASIC) & 0x7fffffff;

    ap_start(1, ap_main);
    wait_for_beats();
    ok(starts == 1, "the second processor runs");
    ok(ap_vmxon_real_mode_ud(), "VMXON in real mode does not exist");
    ap_send_startup(1);
    wait_for_beats();
    ok(starts == 1, "STARTUP does nothing while it runs");
    ap_send_init(1);
    wait_for_start();
    ok(starts == 2, "INIT stops it outside VMX operation");

    give_order(ENTER_VMX);
    ok(last_words == 1, "it entered VMX operation");
    ap_send_init(1);
    wait_for_beats();
    ap_send_startup(1);
    wait_for_beats();
    ok(starts == 2, "neither INIT nor STARTUP stop it in VMX operation");

    catch_fault(wait_for_nmi, NULL);
    last_words = 0;
    order = LEAVE_VMX;
    wait_for_start();
    ok(starts == 3, "VMXOFF lets the INIT through");
    ok(last_words == 0, "before the next instruction");
    give_order(ENTER_VMX);
    ok(last_words == 1, "VMX operation ended: VMXON works");
    last_words = 0;
    give_order(LEAVE_VMX);
    wait_for_beats();
    ok(last_words == 1 && starts == 3, "VMXOFF without an INIT goes on");
    return test_end();
}
