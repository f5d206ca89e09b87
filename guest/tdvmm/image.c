/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is in a TD's memory when it starts: page tables, the loader, and a
 * payload or a kernel.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "files.h"
#include "tdvmm.h"

#define PTE_TABLE 0x3               /* present, writable */
#define PTE_LARGE (PTE_TABLE | 0x80)
#define LARGE_SIZE (2ul << 20)
#define ENTRIES 512
#define GIBS 4                      /* what the tables map */

extern const uint8_t loader_start[], loader_end[];

void image_create(struct td *td, unsigned n, uint64_t gpa, uint64_t size)
{
    td->slot[n].gpa = gpa;
    td->slot[n].size = size;
    td->slot[n].image = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE |
                             MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    td->slot[n].loaded = calloc(size / PAGE / 64 + 1, 8);
    if (td->slot[n].image == MAP_FAILED || !td->slot[n].loaded) {
        die("no memory for the image of a TD of %#lx bytes: %m", size);
    }
}

static bool is_loaded(const struct td *td, unsigned n, uint64_t page)
{
    return td->slot[n].loaded[page / 64] & 1ull << page % 64;
}

uint8_t *td_load(struct td *td, uint64_t gpa, uint64_t size)
{
    for (int i = 0; i <= SLOT_LOADER; i++) {
        uint64_t at = gpa - td->slot[i].gpa;

        if (gpa < td->slot[i].gpa || at > td->slot[i].size ||
            size > td->slot[i].size - at) {
            continue;
        }
        for (uint64_t page = at / PAGE; page * PAGE < at + size; page++) {
            td->slot[i].loaded[page / 64] |= 1ull << page % 64;
        }
        return td->slot[i].image + at;
    }
    die("%#lx bytes at %#lx are not in the TD's memory; it wants a larger "
        "--mem", size, gpa);
}

void file_read(const char *name, void *to, uint64_t from, uint64_t size)
{
    int fd = open(name, O_RDONLY);

    if (fd < 0) {
        die("%s: %m", name);
    }
    for (uint64_t done = 0; done < size;) {
        ssize_t n = pread(fd, (uint8_t *)to + done, size - done, from + done);

        if (n <= 0) {
            die("%s cannot be read whole", name);
        }
        done += n;
    }
    close(fd);
}

uint64_t file_size(const char *name)
{
    struct stat st;

    if (stat(name, &st)) {
        die("%s: %m", name);
    }
    return st.st_size;
}

/* The first 4 GiB as they are, and once more as shared memory */
static void load_tables(struct td *td)
{
    uint64_t *top = (void *)td_load(td, TDVMM_TABLES,
                                    PAGE * (1 + 2 * (1 + GIBS)));
    uint64_t *pdpt = top + ENTRIES;
    uint64_t pa = TDVMM_TABLES + PAGE;

    for (int view = 0; view < 2; view++) {
        uint64_t high = view ? 1ull << TDVMM_SHARED_BIT : 0;

        top[view] = pa | PTE_TABLE;
        for (int i = 0; i < GIBS; i++) {
            pdpt[i] = (pa + PAGE * (1 + i)) | PTE_TABLE;
        }
        for (uint64_t i = 0; i < GIBS * ENTRIES; i++) {
            pdpt[ENTRIES + i] = i * LARGE_SIZE | high | PTE_LARGE;
        }
        pdpt += ENTRIES * (1 + GIBS);
        pa += PAGE * (1 + GIBS);
    }
}

/* The ranges of RAM into which nothing was loaded, for vCPU 0 to accept */
static void list_ranges(struct td *td, struct loader_params *params)
{
    uint64_t pages = td->slot[SLOT_RAM].size / PAGE;
    unsigned n = 0;
    bool open = false;

    for (uint64_t page = 0; page <= pages; page++) {
        bool empty = page < pages && !is_loaded(td, SLOT_RAM, page);

        if (empty && !open) {
            if (n == TDVMM_MAX_RANGES - 1) {
                die("more than %u ranges to accept", n);
            }
            params->range[n][0] = page * PAGE;
        } else if (!empty && open) {
            params->range[n++][1] = page * PAGE;
        }
        open = empty;
    }
}

void td_prepare(struct td *td)
{
    struct loader_params *params = (void *)td_load(td, TDVMM_LOADER, PAGE);

    memcpy(params, loader_start, loader_end - loader_start);
    load_tables(td);
    td_load(td, TDVMM_STACKS, opt.smp * TDVMM_STACK_SIZE);
    if (opt.kernel) {
        params->entry = kernel_prepare(td);
        params->argument = TDVMM_ZERO_PAGE;
        params->mailbox = TDVMM_MAILBOX;
    } else {
        uint64_t size = file_size(opt.payload);

        file_read(opt.payload, td_load(td, opt.load, size), 0, size);
        params->entry = opt.load;
    }
    if (opt.ram == RAM_ACCEPTED) {
        list_ranges(td, params);
    }
}

/* What was loaded is measured, the rest of RAM that is added is not */
void image_regions(struct td *td,
                   void (*add)(struct td *td, unsigned n, uint64_t page,
                               uint64_t pages, bool measure))
{
    for (unsigned n = 0; n <= SLOT_LOADER; n++) {
        uint64_t pages = td->slot[n].size / PAGE;

        for (uint64_t from = 0, to; from < pages; from = to) {
            bool loaded = is_loaded(td, n, from);

            for (to = from + 1; to < pages; to++) {
                if (is_loaded(td, n, to) != loaded) {
                    break;
                }
            }
            if (loaded || (n == SLOT_RAM && opt.ram == RAM_ADDED)) {
                add(td, n, from, to - from, loaded && opt.measure);
            }
        }
    }
}

static FILE *list, *pages;

static void list_region(struct td *td, unsigned n, uint64_t page,
                        uint64_t number, bool measure)
{
    const uint8_t *data = td->slot[n].image + page * PAGE;

    fprintf(list, "%#lx %#lx %s", td->slot[n].gpa + page * PAGE, number * PAGE,
            measure ? "measured" : "added");
    if (measure) {
        fprintf(list, " %s.bin %#lx", strrchr(opt.list, '/') ?
                strrchr(opt.list, '/') + 1 : opt.list, ftell(pages));
        fwrite(data, PAGE, number, pages);
    }
    fprintf(list, "\n");
}

/* Without KVM: what scripts/td-measure computes the MRTD of */
void image_list(void)
{
    static struct td td;
    char name[4096];

    snprintf(name, sizeof(name), "%s.bin", opt.list);
    list = fopen(opt.list, "w");
    pages = fopen(name, "w");
    if (!list || !pages) {
        die("%s: %m", opt.list);
    }
    image_create(&td, SLOT_RAM, 0, opt.mem);
    image_create(&td, SLOT_LOADER, TDVMM_LOADER, PAGE);
    td_prepare(&td);
    image_regions(&td, list_region);
    if (ferror(list) | ferror(pages) | fclose(list) | fclose(pages)) {
        die("%s cannot be written", opt.list);
    }
}
