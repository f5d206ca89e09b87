/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ACPI tables of a TD that runs Linux: hardware-reduced, one UART without an
 * interrupt, and the mailbox by which CPUs but the first are woken.
 */

#include <string.h>

#include "tdvmm.h"

#define ADDRESS_IO 1
#define FLAG_RESET (1 << 10)
#define FLAG_REDUCED (1 << 20)
#define BOOT_NO_VGA (1 << 2)
#define BOOT_NO_RTC (1 << 5)

struct header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision;
    char creator[4];
    uint32_t creator_revision;
} __attribute__((packed));

struct address {
    uint8_t space, width, offset, access;
    uint64_t address;
} __attribute__((packed));

struct fadt {
    struct header header;
    uint8_t unused0[109 - 36];
    uint16_t boot;
    uint8_t unused1;
    uint32_t flags;
    struct address reset;
    uint8_t reset_value;
    uint16_t unused2;
    uint8_t minor;
    uint64_t facs, dsdt;
    uint8_t unused3[244 - 148];
    struct address sleep_control, sleep_status;
    uint64_t hypervisor;
} __attribute__((packed));

struct madt_cpu {                   /* local x2APIC */
    uint8_t type, length;
    uint16_t reserved;
    uint32_t apic_id, flags, uid;
} __attribute__((packed));

struct madt_wakeup {
    uint8_t type, length;
    uint16_t version;
    uint32_t reserved;
    uint64_t mailbox;
} __attribute__((packed));

struct madt {
    struct header header;
    uint32_t apic, flags;
    struct madt_wakeup wakeup;
    struct madt_cpu cpu[MAX_VCPUS];
} __attribute__((packed));

struct tables {
    struct {
        char signature[8];
        uint8_t checksum;
        char oem[6];
        uint8_t revision;
        uint32_t rsdt, length;
        uint64_t xsdt;
        uint8_t checksum2, reserved[3];
    } __attribute__((packed)) rsdp;
    uint8_t pad[28];
    struct {
        struct header header;
        uint64_t entry[2];
    } __attribute__((packed)) xsdt;
    struct fadt fadt;
    struct madt madt;
    struct {
        struct header header;
        uint8_t code[];
    } __attribute__((packed)) dsdt;
};

/*
 * Name (_S5, Package () { 5, 5, 0, 0 })
 * Device (\_SB.COM1) {
 *     Name (_HID, EISAID ("PNP0501"))
 *     Name (_UID, 1)
 *     Name (_CRS, ResourceTemplate () { IO (Decode16, 0x3f8, 0x3f8, 1, 8) })
 * }
 */
static const uint8_t dsdt[] = {
    0x08, '_', 'S', '5', '_', 0x12, 0x08, 4, 0x0a, TDVMM_S5, 0x0a, TDVMM_S5,
    0, 0,
    0x5b, 0x82, 0x2e, 0x5c, 0x2e, '_', 'S', 'B', '_', 'C', 'O', 'M', '1',
    0x08, '_', 'H', 'I', 'D', 0x0c, 0x41, 0xd0, 0x05, 0x01,
    0x08, '_', 'U', 'I', 'D', 0x01,
    0x08, '_', 'C', 'R', 'S', 0x11, 0x0d, 0x0a, 10,
    0x47, 1, TDVMM_UART & 0xff, TDVMM_UART >> 8, TDVMM_UART & 0xff,
    TDVMM_UART >> 8, 1, 8, 0x79, 0,
};

static uint8_t complement(const void *data, unsigned size)
{
    uint8_t sum = 0;

    for (unsigned i = 0; i < size; i++) {
        sum -= ((const uint8_t *)data)[i];
    }
    return sum;
}

static void finish(struct header *header, const char *signature,
                   unsigned revision, unsigned length)
{
    memcpy(header->signature, signature, 4);
    header->length = length;
    header->revision = revision;
    memcpy(header->oem, "TDVMM ", 6);
    memcpy(header->oem_table, "TDVMM   ", 8);
    memcpy(header->creator, "TDVM", 4);
    header->checksum = complement(header, length);
}

static void port(struct address *address, unsigned number)
{
    *address = (struct address) {
        .space = ADDRESS_IO, .width = 8, .access = 1, .address = number
    };
}

uint64_t acpi_prepare(struct td *td)
{
    struct tables *t = (void *)td_load(td, TDVMM_ACPI,
                                       sizeof(*t) + sizeof(dsdt));
    uint64_t at = TDVMM_ACPI;

    memcpy(t->dsdt.code, dsdt, sizeof(dsdt));
    finish(&t->dsdt.header, "DSDT", 2, sizeof(t->dsdt) + sizeof(dsdt));

    t->fadt.boot = BOOT_NO_VGA | BOOT_NO_RTC;
    t->fadt.flags = FLAG_REDUCED | FLAG_RESET;
    port(&t->fadt.reset, TDVMM_EXIT);
    t->fadt.reset_value = TDVMM_RESET;
    t->fadt.dsdt = at + offsetof(struct tables, dsdt);
    port(&t->fadt.sleep_control, TDVMM_POWER);
    port(&t->fadt.sleep_status, TDVMM_POWER_STATUS);
    finish(&t->fadt.header, "FACP", 6, sizeof(t->fadt));

    t->madt.apic = 0xfee00000;
    t->madt.wakeup = (struct madt_wakeup) {
        .type = 16, .length = sizeof(t->madt.wakeup),
        .mailbox = TDVMM_MAILBOX,
    };
    for (unsigned i = 0; i < opt.smp; i++) {
        t->madt.cpu[i] = (struct madt_cpu) {
            .type = 9, .length = sizeof(t->madt.cpu[i]),
            .apic_id = i, .flags = 1, .uid = i,
        };
    }
    finish(&t->madt.header, "APIC", 5,
           offsetof(struct madt, cpu[0]) + opt.smp * sizeof(t->madt.cpu[0]));

    t->xsdt.entry[0] = at + offsetof(struct tables, fadt);
    t->xsdt.entry[1] = at + offsetof(struct tables, madt);
    finish(&t->xsdt.header, "XSDT", 1, sizeof(t->xsdt));

    memcpy(t->rsdp.signature, "RSD PTR ", 8);
    memcpy(t->rsdp.oem, "TDVMM ", 6);
    t->rsdp.revision = 2;
    t->rsdp.length = sizeof(t->rsdp);
    t->rsdp.xsdt = at + offsetof(struct tables, xsdt);
    t->rsdp.checksum = complement(&t->rsdp, 20);
    t->rsdp.checksum2 = complement(&t->rsdp, sizeof(t->rsdp));
    return at;
}
