/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Asks the TDX module for a TDREPORT, through the kernel of a TD, and writes
 * what it says in lines "NAME VALUE":
 *
 *   tdreport [FILE]      the report itself, 1024 bytes, goes to FILE
 *
 * Exit status 0 only if it holds the data that it was asked to hold.
 */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define DEVICE "/dev/tdx_guest"

struct request {
    uint8_t data[64];
    uint8_t report[1024];
};
#define GET_REPORT _IOWR('T', 1, struct request)

/* Where the report has what; the TDINFO begins in its second half */
static const struct {
    const char *name;
    unsigned at, size;
} fields[] = {
    { "attributes", 512, 8 }, { "xfam", 520, 8 }, { "mrtd", 528, 48 },
    { "mrconfigid", 576, 48 }, { "mrowner", 624, 48 },
    { "rtmr0", 720, 48 }, { "rtmr1", 768, 48 }, { "rtmr2", 816, 48 },
    { "rtmr3", 864, 48 },
};
#define REPORT_DATA 128

int main(int argc, char **argv)
{
    static struct request r;
    int fd = open(DEVICE, O_RDWR);
    FILE *out;

    for (unsigned i = 0; i < sizeof(r.data); i++) {
        r.data[i] = i ^ 0xa5;
    }
    if (fd < 0 || ioctl(fd, GET_REPORT, &r)) {
        perror("tdreport: " DEVICE);
        return 1;
    }
    for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        printf("%s ", fields[i].name);
        for (unsigned k = 0; k < fields[i].size; k++) {
            printf("%02x", r.report[fields[i].at + k]);
        }
        printf("\n");
    }
    if (argc > 1) {
        out = fopen(argv[1], "w");
        if (!out || fwrite(r.report, sizeof(r.report), 1, out) != 1 ||
            fclose(out)) {
            perror(argv[1]);
            return 1;
        }
    }
    if (memcmp(r.report + REPORT_DATA, r.data, sizeof(r.data))) {
        printf("data wrong\n");
        return 1;
    }
    printf("data right\n");
    return 0;
}
