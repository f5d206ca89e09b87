/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A bzImage in a TD: Linux' 64-bit boot protocol, without firmware.
 */

#include <string.h>
#include <asm/bootparam.h>

#include "files.h"
#include "tdvmm.h"

#define ENTRY_64 0x200              /* of the part in protected mode */
#define HEADER_AT offsetof(struct boot_params, hdr)
#define MIN_VERSION 0x020c          /* xloadflags */
#define SECTOR 512

enum { RAM = 1, RESERVED = 2, ACPI = 3, NVS = 4 };

static void add_range(struct boot_params *zero, uint64_t start, uint64_t end,
                      unsigned type)
{
    struct boot_e820_entry *entry = &zero->e820_table[zero->e820_entries++];

    entry->addr = start;
    entry->size = end - start;
    entry->type = type;
}

static void add_ranges(struct boot_params *zero)
{
    add_range(zero, 0, TDVMM_TABLES, RAM);
    add_range(zero, TDVMM_TABLES, TDVMM_MAILBOX, RESERVED);
    add_range(zero, TDVMM_MAILBOX, TDVMM_MAILBOX + PAGE, NVS);
    add_range(zero, TDVMM_MAILBOX + PAGE,
              TDVMM_STACKS + opt.smp * TDVMM_STACK_SIZE, RESERVED);
    add_range(zero, TDVMM_STACKS + opt.smp * TDVMM_STACK_SIZE, 0xa0000, RAM);
    add_range(zero, TDVMM_ACPI, 0xf0000, ACPI);
    add_range(zero, 0xf0000, 1 << 20, RESERVED);
    add_range(zero, 1 << 20, opt.mem, RAM);
    add_range(zero, TDVMM_LOADER, 1ull << 32, RESERVED);
}

uint64_t kernel_prepare(struct td *td)
{
    uint64_t size = file_size(opt.kernel), setup, end;
    struct boot_params *zero = (void *)td_load(td, TDVMM_ZERO_PAGE, PAGE);
    struct setup_header *hdr = &zero->hdr;
    const char *append = opt.append ? opt.append : "console=ttyS0";
    struct boot_params first;

    if (size < sizeof(first)) {
        die("%s is no bzImage", opt.kernel);
    }
    file_read(opt.kernel, &first, 0, sizeof(first));
    *hdr = first.hdr;
    if (hdr->header != 0x53726448 || hdr->version < MIN_VERSION ||
        !(hdr->xloadflags & XLF_KERNEL_64)) {
        die("%s is no bzImage of a 64-bit kernel", opt.kernel);
    }
    setup = (hdr->setup_sects ? hdr->setup_sects + 1 : 5) * SECTOR;
    end = hdr->pref_address + hdr->init_size;
    if (setup > size || size - setup > hdr->init_size) {
        die("%s is cut off", opt.kernel);
    }
    file_read(opt.kernel, td_load(td, hdr->pref_address, hdr->init_size),
              setup, size - setup);

    hdr->type_of_loader = 0xff;
    if (strlen(append) >= PAGE) {
        die("the kernel's command line is longer than %lu bytes", PAGE - 1);
    }
    strcpy((char *)td_load(td, TDVMM_COMMAND_LINE, PAGE), append);
    hdr->cmd_line_ptr = TDVMM_COMMAND_LINE;
    if (opt.initrd) {
        uint64_t length = file_size(opt.initrd);
        uint64_t at = (opt.mem - length) & -PAGE;

        if (length > opt.mem || at < end) {
            die("%s does not fit behind the kernel, which ends at %#lx; it "
                "wants a larger --mem", opt.initrd, end);
        }
        file_read(opt.initrd, td_load(td, at, length), 0, length);
        hdr->ramdisk_image = at;
        hdr->ramdisk_size = length;
    }
    td_load(td, TDVMM_MAILBOX, PAGE);
    add_ranges(zero);
    zero->acpi_rsdp_addr = acpi_prepare(td);
    /* What lies between the ranges of RAM is looked into as well */
    td_load(td, 0, 1 << 20);
    return hdr->pref_address + ENTRY_64;
}
