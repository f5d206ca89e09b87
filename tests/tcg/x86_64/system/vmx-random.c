/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A hostile VMX host: VMCSs, EPT, bitmaps, virtual APICs, descriptor tables,
 * MSR lists and guest code as chance has it.  Nothing is expected of the CPU
 * but that QEMU survives; scripts/vmx-fuzz runs it with a seed on the command
 * line.  Without one it is a short test that chance reaches what it should.
 *
 * Link: seam-guest.c seam-guest-entry.S vmx-guest-host.c
 * QEMU: -cpu TDXHost
 */

#include "vmx-guest.h"
#include "../../../../target/i386/x86-defs/ept.h"

#define FW_CFG_SELECTOR 0x510
#define FW_CFG_DATA 0x511
#define FW_CFG_CMDLINE 0x15
#define ROUNDS 500
#define ENTRIES 6       /* of a round, at most */
#define SEED 20261126   /* when none is given */
#define TIMER 20000     /* the preemption timer ends what does not end */

#define ARENA_PAGES 512
#define LARGE (2ull << 20)
#define PAGE_PRESENT 7ull
#define PAGE_LARGE 0x80ull

/* Pages with a purpose; the others are just there. */
enum {
    A_PML4, A_PDPT, A_PD, A_EPT4, A_EPT3, A_EPT2, A_EPT1, A_MSR_BITMAP,
    A_IO_A, A_IO_B, A_VAPIC, A_PI, A_PML, A_MSR_LOAD, A_MSR_STORE, A_GDT,
    A_IDT, A_CODE, A_STACK, A_DATA, A_USED,
};

static struct vmx_vcpu vcpu;
static uint8_t arena[ARENA_PAGES][PAGE_SIZE] __attribute__((aligned(LARGE)));
static uint64_t seed;
static uint32_t reasons[128], entered, refused, vmfailed;

static const uint32_t fields[] = {
#define X(name, encoding, member, group, a, b) encoding,
    X86_VMCS_FIELD_LIST(X)
#undef X
};

static const uint32_t msrs[] = {
#define X(name, number) number,
    X86_MSR_LIST(X)
#undef X
};

static uint64_t random64(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * 0x2545f4914f6cdd1d;
}

static uint32_t below(uint32_t n)
{
    return (random64() >> 32) % n;
}

/* Once in @n times */
static bool rarely(uint32_t n)
{
    return !below(n);
}

static uint64_t page(unsigned n)
{
    return (uintptr_t)arena[n];
}

/* --- values ------------------------------------------------------------- */

/* Addresses: most of them ours, some of devices, of nothing, of VMX regions */
static uint64_t random_address(void)
{
    switch (below(16)) {
    case 0:
        return 0xfee00000 + (below(2) ? 0 : below(PAGE_SIZE));
    case 1:
        return 0xfec00000;
    case 2:
        return 1ull << below(64);
    case 3:
        return (uintptr_t)vcpu.vmcs;
    case 4:
        return page(below(ARENA_PAGES)) + below(PAGE_SIZE);
    case 5:
        return page(below(ARENA_PAGES)) | random64() << 46;
    case 6:
        return 0x7ffff000 + (uint64_t)below(4) * PAGE_SIZE;
    default:
        return page(below(rarely(4) ? ARENA_PAGES : A_USED));
    }
}

static uint64_t random_value(void)
{
    switch (below(8)) {
    case 0:
        return 0;
    case 1:
        return ~0ull;
    case 2:
        return 1ull << below(64);
    case 3:
        return (1ull << below(64)) - 1;
    case 4:
        return below(256);
    case 5:
        return random64();
    default:
        return random_address();
    }
}

/* A page of one value, of few set bits, or of anything */
static void fill(unsigned n)
{
    uint64_t *p = (uint64_t *)arena[n];
    uint64_t value = rarely(2) ? 0 : ~0ull;
    unsigned kind = below(3);

    for (unsigned i = 0; i < PAGE_SIZE / 8; i++) {
        p[i] = kind == 0 ? value : kind == 1 ? random64() :
               rarely(16) ? random_value() : 0;
    }
}

/* --- memory ------------------------------------------------------------- */

/* The guest's page tables and EPT have the arena where it is, and no more. */
static void make_tables(void)
{
    uint64_t base = page(0);
    uint64_t *pml4 = (uint64_t *)arena[A_PML4];
    uint64_t *pdpt = (uint64_t *)arena[A_PDPT];
    uint64_t *pd = (uint64_t *)arena[A_PD];
    uint64_t *ept4 = (uint64_t *)arena[A_EPT4];
    uint64_t *ept3 = (uint64_t *)arena[A_EPT3];
    uint64_t *ept2 = (uint64_t *)arena[A_EPT2];
    uint64_t *ept1 = (uint64_t *)arena[A_EPT1];

    for (unsigned i = A_PML4; i <= A_EPT1; i++) {
        for (unsigned j = 0; j < PAGE_SIZE; j++) {
            arena[i][j] = 0;
        }
    }
    pml4[0] = page(A_PDPT) | PAGE_PRESENT;
    pdpt[0] = page(A_PD) | PAGE_PRESENT;
    pd[base / LARGE] = base | PAGE_PRESENT | PAGE_LARGE;
    ept4[0] = page(A_EPT3) | X86_EPT_RWX;
    ept3[0] = page(A_EPT2) | X86_EPT_RWX;
    ept2[base / LARGE] = page(A_EPT1) | X86_EPT_RWX;
    for (unsigned i = 0; i < ARENA_PAGES; i++) {
        ept1[i] = page(i) | X86_EPT_RWX |
                  X86_MEM_TYPE_WB << X86_EPT_MEM_TYPE_SHIFT;
    }
    /* What the walks meet otherwise */
    for (unsigned n = below(8); n-- > 0;) {
        uint64_t *table = (uint64_t *)arena[A_PML4 + below(A_EPT1 + 1)];
        unsigned i = rarely(2) ? below(512) : base / LARGE;

        table[i] = rarely(2) ? table[i] ^ 1ull << below(64) :
                   random_address() | (random64() & 0xfff);
    }
}

/* What an exit stores must be there; what an entry loads may be anything. */
static void make_lists(void)
{
    static const uint32_t known[] = {
        X86_MSR_TSC, X86_MSR_SYSENTER_EIP, X86_MSR_KERNEL_GS_BASE,
    };
    uint64_t *stored = (uint64_t *)arena[A_MSR_STORE];
    uint64_t *list = (uint64_t *)arena[A_MSR_LOAD];

    for (unsigned i = 0; i < PAGE_SIZE / 8; i += 2) {
        stored[i] = known[below(3)];
        list[i] = rarely(2) ? known[below(3)] : rarely(8) ? random_value() :
                  msrs[below(sizeof(msrs) / 4)];
        list[i + 1] = random_value();
    }
}

/* --- guest code --------------------------------------------------------- */

/* Instructions that exit, or work otherwise in a guest; RDX is the address */
static const char *const insns[] = {
    "\x0f\xa2", "\x0f\x32", "\x0f\x30", "\x0f\x31", "\x0f\x33", "\xf4",
    "\xe4\x80", "\xe6\x80", "\xec", "\xf3\x6c", "\xf3\x6e", "\x6d",
    "\x0f\x20\xc0", "\x0f\x22\xc0", "\x0f\x20\xd8", "\x0f\x22\xd8",
    "\x0f\x22\xe0", "\x44\x0f\x22\xc0", "\x44\x0f\x20\xc0", "\x0f\x06",
    "\x0f\x01\xf0", "\x0f\x01\xe0", "\x0f\x21\xf8", "\x0f\x23\xf8",
    "\x0f\x01\x3a", "\x0f\x01\x12", "\x0f\x01\x1a", "\x0f\x01\x02",
    "\x0f\x01\x0a", "\x0f\x00\xd0", "\x0f\x00\xd8", "\x0f\x00\xc0",
    "\x0f\x01\xc1", "\x0f\x01\xc2", "\x0f\x01\xc3", "\x0f\x01\xc4",
    "\x0f\xc7\x32", "\x66\x0f\xc7\x32", "\xf3\x0f\xc7\x32", "\x0f\x78\x02",
    "\x0f\x79\x02", "\x66\x0f\x38\x80\x02", "\x66\x0f\x38\x81\x02",
    "\x66\x0f\x38\x82\x02", "\x0f\x01\xd1", "\x0f\x01\xd0", "\x0f\x01\xf9",
    "\xf3\x0f\xc7\xf8", "\x0f\xc7\xf0", "\x0f\xc7\xf8", "\x0f\x08", "\x0f\x09",
    "\xf3\x90", "\x0f\x01\xc8", "\x0f\x01\xc9", "\xcc", "\xcd\x20", "\xcd\x80",
    "\xf1", "\x0f\x0b", "\xfa", "\xfb", "\x9d", "\x48\xcf", "\x8e\xd0",
    "\x0f\x05", "\x0f\x34", "\x0f\x07", "\x0f\x35", "\xff\x2a", "\xff\x1a",
    "\x48\x8b\x02", "\x48\x89\x02", "\xf0\x48\x0f\xc1\x02", "\xff\xe2",
    "\x66\x0f\x01\xcc", "\x66\x0f\x01\xcd", "\x66\x0f\x01\xce",
    "\x66\x0f\x01\xcf", "\x0f\xaa", "\xeb\xfe", "\xf3\xa4", "\xf3\xab",
};

static void emit_register(uint8_t **code, unsigned reg, uint64_t value)
{
    *(*code)++ = 0x48;
    *(*code)++ = 0xb8 | reg;
    for (unsigned i = 0; i < 8; i++) {
        *(*code)++ = value >> (8 * i);
    }
}

static void make_code(void)
{
    uint8_t *code = arena[A_CODE];
    const char *insn;

    while (code < arena[A_CODE] + PAGE_SIZE - 128) {
        if (rarely(3)) {
            emit_register(&code, 0, random_value());
        }
        if (rarely(3)) {
            emit_register(&code, 1, rarely(3) ? 0x800 + below(0x40) :
                          rarely(8) ? random_value() :
                          msrs[below(sizeof(msrs) / 4)]);
        }
        if (rarely(3)) {
            emit_register(&code, 2, random_value());
        }
        /* Ports from 0x80 on, and those at the end */
        if (rarely(8)) {
            emit_register(&code, 2, rarely(2) ? 0x80 : 0xfffe + below(2));
        }
        if (rarely(8)) {
            emit_register(&code, 6 + below(2), random_value());
        }
        if (rarely(16)) {
            *code++ = random64();
        }
        insn = insns[below(sizeof(insns) / sizeof(insns[0]))];
        /* One opcode ends in a zero byte; none begins so. */
        do {
            *code++ = *insn++;
        } while (*insn);
    }
    *code++ = 0xf4;
}

/* --- the VMCS ----------------------------------------------------------- */

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

    seed = given ? given : SEED;
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
