/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A hostile VMX host: VMCSs, EPT, bitmaps, virtual APICs, descriptor tables,
 * MSR lists and guest code as chance has it.  Nothing is expected of the CPU
 * but that QEMU survives; scripts/vmx-fuzz runs it with a seed on the command
 * line.  Without one it is a short test that chance reaches what it should.
 *
 * Link: seam-guest.c seam-guest-entry.S vmx-guest-host.c vmx-random-memory.c
 * QEMU: -cpu TDXHost
 */

#include "vmx-random.h"

#define FW_CFG_SELECTOR 0x510
#define FW_CFG_DATA 0x511
#define FW_CFG_CMDLINE 0x15
#define ROUNDS 500
#define ENTRIES 6       /* of a round, at most */
#define SEED 20261126   /* when none is given */
#define TIMER 20000     /* the preemption timer ends what does not end */

static uint32_t reasons[128], entered, refused, vmfailed;

static const uint32_t fields[] = {
#define X(name, encoding, member, group, a, b) encoding,
    X86_VMCS_FIELD_LIST(X)
#undef X
};

/* Controls that may be as they are, many or few of them set */
static void random_controls(uint64_t field, uint32_t msr, uint32_t must)
{
    uint64_t allowed = rdmsr(msr);
    uint32_t value = random64();

    if (rarely(2)) {
        value &= random64();
    }
    if (rarely(4)) {
        value &= random64() & random64();
    }
    if (!rarely(64)) {
        value = (value | must | (uint32_t)allowed) & allowed >> 32;
    }
    vmwrite(field, value);
}

/* If the control @bit of @*word is set, @need of @*other must be. */
static void needs(uint32_t *word, uint32_t bit, uint32_t *other, uint32_t need)
{
    if (*word & bit) {
        *other |= need;
    }
}

/* Controls that go together, as VM entry wants them */
static void settle_controls(void)
{
    uint32_t pin = vmread(X86_VMCS_PIN_CONTROLS);
    uint32_t proc = vmread(X86_VMCS_PROC_CONTROLS);
    uint32_t proc2 = vmread(X86_VMCS_PROC2_CONTROLS);
    uint32_t exit = vmread(X86_VMCS_EXIT_CONTROLS);

    needs(&pin, X86_VMX_PIN_POSTED_INTERRUPTS, &exit,
          X86_VMX_EXIT_ACK_INTERRUPT);
    needs(&pin, X86_VMX_PIN_POSTED_INTERRUPTS, &proc2,
          X86_VMX_PROC2_VIRTUAL_INTR_DELIVERY);
    needs(&proc2, X86_VMX_PROC2_VIRTUAL_INTR_DELIVERY, &pin,
          X86_VMX_PIN_EXT_INTR_EXITING);
    needs(&proc2, X86_VMX_PROC2_VIRTUAL_INTR_DELIVERY |
          X86_VMX_PROC2_X2APIC_MODE | X86_VMX_PROC2_APIC_REGISTER_VIRT,
          &proc, X86_VMX_PROC_TPR_SHADOW);
    needs(&proc, X86_VMX_PROC_NMI_WINDOW_EXITING, &pin,
          X86_VMX_PIN_VIRTUAL_NMIS);
    needs(&pin, X86_VMX_PIN_VIRTUAL_NMIS, &pin, X86_VMX_PIN_NMI_EXITING);
    needs(&proc2, X86_VMX_PROC2_UNRESTRICTED_GUEST | X86_VMX_PROC2_PML,
          &proc2, X86_VMX_PROC2_EPT);
    vmwrite(X86_VMCS_PIN_CONTROLS, pin);
    vmwrite(X86_VMCS_PROC_CONTROLS, proc);
    vmwrite(X86_VMCS_PROC2_CONTROLS, proc2);
    vmwrite(X86_VMCS_EXIT_CONTROLS, exit);
}

static void set_controls(void)
{
    random_controls(X86_VMCS_PIN_CONTROLS, X86_MSR_VMX_TRUE_PINBASED_CTLS,
                    X86_VMX_PIN_PREEMPTION_TIMER);
    random_controls(X86_VMCS_PROC_CONTROLS, X86_MSR_VMX_TRUE_PROCBASED_CTLS,
                    rarely(8) ? 0 : X86_VMX_PROC_SECONDARY);
    random_controls(X86_VMCS_PROC2_CONTROLS, X86_MSR_VMX_PROCBASED_CTLS2,
                    rarely(4) ? 0 : X86_VMX_PROC2_EPT);
    random_controls(X86_VMCS_EXIT_CONTROLS, X86_MSR_VMX_TRUE_EXIT_CTLS,
                    X86_VMX_EXIT_HOST_64);
    random_controls(X86_VMCS_ENTRY_CONTROLS, X86_MSR_VMX_TRUE_ENTRY_CTLS,
                    rarely(8) ? 0 : X86_VMX_ENTRY_IA32E_GUEST);
    if (!rarely(8)) {
        settle_controls();
    }
}

/* As after reset, so that a region's leftovers do not decide alone */
static void clear_fields(void)
{
    for (unsigned i = 0; i < sizeof(fields) / 4; i++) {
        vmwrite(fields[i], 0);
    }
}

/* Now and then an event to deliver, most of them such that exist */
static void inject(void)
{
    uint32_t info = random64() & 0xfff;

    if (!rarely(3)) {
        return;
    }
    switch (below(4)) {
    case 0:
        info = X86_VMCS_EVENT_EXT_INTR << X86_VMCS_EVENT_TYPE_SHIFT |
               below(256);
        vmwrite(X86_VMCS_GUEST_RFLAGS, 0x202);
        break;
    case 1:
        info = X86_VMCS_EVENT_HW_EXCEPTION << X86_VMCS_EVENT_TYPE_SHIFT |
               (rarely(2) ? EXC_UD : EXC_GP | 1 << 11);
        break;
    case 2:
        info = X86_VMCS_EVENT_SW_INTR << X86_VMCS_EVENT_TYPE_SHIFT |
               below(256);
        break;
    }
    vmwrite(X86_VMCS_ENTRY_INTR_INFO, X86_VMCS_EVENT_VALID | info);
    vmwrite(X86_VMCS_ENTRY_INSTR_LENGTH, 1 + below(15));
}

/* What a VMM has to say for controls that chance has set */
static void set_addresses(void)
{
    uint64_t eptp = page(A_EPT4) | X86_MEM_TYPE_WB | 3 << X86_EPTP_WALK_SHIFT;

    vmwrite(X86_VMCS_MSR_BITMAP, page(A_MSR_BITMAP));
    vmwrite(X86_VMCS_IO_BITMAP_A, page(A_IO_A));
    vmwrite(X86_VMCS_IO_BITMAP_B, page(A_IO_B));
    vmwrite(X86_VMCS_VIRTUAL_APIC_ADDR, page(A_VAPIC));
    vmwrite(X86_VMCS_POSTED_INTR_DESC_ADDR, page(A_PI));
    vmwrite(X86_VMCS_POSTED_INTR_VECTOR, below(256));
    if (rarely(2)) {
        vmwrite(X86_VMCS_TPR_THRESHOLD, below(16));
    }
    vmwrite(X86_VMCS_PML_ADDR, page(A_PML));
    vmwrite(X86_VMCS_PML_INDEX, below(600));
    vmwrite(X86_VMCS_EPT_POINTER, eptp | (rarely(2) ? X86_EPTP_AD : 0));
    vmwrite(X86_VMCS_VPID, 1 + below(3));
    vmwrite(X86_VMCS_TSC_MULTIPLIER, random64() | 1);
    vmwrite(X86_VMCS_EXCEPTION_BITMAP, rarely(2) ? random64() : 0);
    vmwrite(X86_VMCS_HOST_EFER, rdmsr(X86_MSR_EFER));
    vmwrite(X86_VMCS_GUEST_EFER, rdmsr(X86_MSR_EFER));
    vmwrite(X86_VMCS_HOST_PAT, rdmsr(X86_MSR_PAT));
    vmwrite(X86_VMCS_GUEST_PAT, rdmsr(X86_MSR_PAT));
    vmwrite(X86_VMCS_GUEST_CR3, page(A_PML4));
    vmwrite(X86_VMCS_GUEST_RIP, page(A_CODE));
    vmwrite(X86_VMCS_GUEST_RSP, page(A_STACK) + PAGE_SIZE / 2);
    if (!rarely(4)) {
        vmwrite(X86_VMCS_GUEST_GDTR_BASE, page(A_GDT));
        vmwrite(X86_VMCS_GUEST_IDTR_BASE, page(A_IDT));
    }
    if (rarely(4)) {
        vmwrite(X86_VMCS_ENTRY_MSR_LOAD_ADDR, page(A_MSR_LOAD));
        vmwrite(X86_VMCS_ENTRY_MSR_LOAD_COUNT, below(4));
    }
    vmwrite(X86_VMCS_EXIT_MSR_STORE_COUNT, rarely(4) ? below(4) : 0);
    inject();
    if (rarely(4)) {
        vmwrite(X86_VMCS_GUEST_CR0, rarely(2) ? CR0_NE : CR0_NE | CR0_PE);
        vmx_controls(X86_VMCS_ENTRY_CONTROLS, X86_MSR_VMX_TRUE_ENTRY_CTLS, 0);
        vmwrite(X86_VMCS_PROC2_CONTROLS, vmread(X86_VMCS_PROC2_CONTROLS) |
                X86_VMX_PROC2_EPT | X86_VMX_PROC2_UNRESTRICTED_GUEST);
        vmwrite(X86_VMCS_PROC_CONTROLS, vmread(X86_VMCS_PROC_CONTROLS) |
                X86_VMX_PROC_SECONDARY);
    }
    vmwrite(X86_VMCS_EXIT_MSR_STORE_ADDR, page(A_MSR_STORE));
    /* These would end the host in most cases. */
    vmwrite(X86_VMCS_EXIT_MSR_LOAD_COUNT, 0);
    vmwrite(X86_VMCS_CR3_TARGET_COUNT, below(5));
}

/* Not what an exit loads, so that this program goes on */
static bool spared(uint32_t field)
{
    return (field & 0xc00) == 0xc00 || field == X86_VMCS_PREEMPTION_TIMER ||
           field == X86_VMCS_PIN_CONTROLS || field == X86_VMCS_EXIT_CONTROLS ||
           field == X86_VMCS_EXIT_MSR_LOAD_COUNT ||
           field == X86_VMCS_EXIT_MSR_STORE_COUNT ||
           field == X86_VMCS_EXIT_MSR_STORE_ADDR;
}

static void spoil(unsigned n, bool host)
{
    while (n-- > 0) {
        uint32_t field = fields[below(sizeof(fields) / 4)];

        if (host || !spared(field)) {
            vmwrite(field, rarely(3) ? vmread(field) ^ 1ull << below(64) :
                    random_value());
        }
    }
}

/* What a region has in memory is nobody's business, but VMPTRLD reads it. */
static void spoil_region(void)
{
    uint64_t pointer = (uintptr_t)vcpu.vmcs;

    asm volatile("vmclear %0" : : "m"(pointer) : "cc", "memory");
    for (unsigned i = 4; i < PAGE_SIZE; i++) {
        if (rarely(4)) {
            vcpu.vmcs[i] = random64();
        }
    }
}

static void count(uint32_t reason)
{
    if (reason == ~0u) {
        vmfailed++;
    } else if (reason & X86_VMX_EXIT_ENTRY_FAILURE) {
        refused++;
    } else {
        entered++;
        reasons[reason & 127]++;
    }
}

static void run_round(bool host)
{
    if (rarely(8)) {
        spoil_region();
    } else {
        vmx_init(&vcpu, guest_init);
        clear_fields();
    }
    make_tables();
    for (unsigned i = A_MSR_BITMAP; i <= A_PML; i++) {
        if (rarely(2)) {
            fill(i);
        }
    }
    make_lists();
    fill(rarely(2) ? A_IDT : A_DATA);
    fill(rarely(2) ? A_GDT : A_STACK);
    make_code();
    vmx_init(&vcpu, guest_init);
    set_controls();
    set_addresses();
    spoil(below(4), host);
    for (unsigned i = below(ENTRIES) + 1; i > 0; i--) {
        uint32_t reason;

        vmwrite(X86_VMCS_PREEMPTION_TIMER, below(TIMER));
        reason = vmx_run(&vcpu);
        count(reason);
        if (reason == ~0u || reason & X86_VMX_EXIT_ENTRY_FAILURE) {
            break;
        }
        if (rarely(2)) {
            vmx_skip();
        }
        if (rarely(4)) {
            fill(A_MSR_BITMAP + below(A_PML + 1 - A_MSR_BITMAP));
            spoil(1, host);
        }
    }
}

/* The decimal number on the command line */
static uint64_t given_seed(void)
{
    uint64_t value = 0;
    uint8_t c;

    outw(FW_CFG_SELECTOR, FW_CFG_CMDLINE);
    for (c = inb(FW_CFG_DATA); c >= '0' && c <= '9'; c = inb(FW_CFG_DATA)) {
        value = value * 10 + c - '0';
    }
    return value;
}

int main(void)
{
    uint64_t given = given_seed();
    unsigned kinds = 0;

    random_seed(given ? given : SEED);
    guest_init();
    vmx_on(&vcpu);
    for (unsigned i = 0; i < ROUNDS; i++) {
        run_round(false);
    }
    for (unsigned i = 0; i < 128; i++) {
        kinds += reasons[i] != 0;
        if (given && reasons[i]) {
            ml_printf("# reason %u: %u\n", i, reasons[i]);
        }
    }
    ml_printf("# %u entries, %u refused, %u VMfail\n", entered, refused,
              vmfailed);
    if (given) {
        /* From these an exit need not come back. */
        for (unsigned i = 0; i < 16; i++) {
            run_round(true);
        }
        return 0;
    }
    ok(entered > ROUNDS / 4, "chance enters the guest now and then");
    ok(refused > ROUNDS / 16 && vmfailed > ROUNDS / 16,
       "and is refused by either kind of check");
    ok(kinds > 15, "exits are of many kinds");
    return test_end();
}
