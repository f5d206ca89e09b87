/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * tdvmm's command line, and its threads.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tdvmm.h"

static const char help[] =
"Runs a TD on KVM: a flat binary or a bzImage, a UART, no firmware.\n"
"\n"
"  tdvmm --payload FILE [OPTION...]\n"
"  tdvmm --kernel BZIMAGE [--initrd FILE] [--append TEXT] [OPTION...]\n"
"\n"
"  --mem SIZE          of RAM, as 64M or 1G (64M)\n"
"  --smp N             vCPUs (1)\n"
"  --tds N             so many TDs at the same time (1)\n"
"  --repeat N          so many times one after another (1)\n"
"  --load ADDRESS      where the payload goes, and begins (0x100000)\n"
"  --argument N        what the payload finds in RSI (0)\n"
"  --attributes BITS   of the TD (0x10000000: SEPT_VE_DISABLE)\n"
"  --ram HOW           RAM with nothing in it is 'added' before the TD runs\n"
"                      (kernel), 'accepted' by the loader, or left 'pending'\n"
"                      for the payload to accept (payload)\n"
"  --vm                an ordinary VM of one vCPU, to compare with\n"
"  --no-measure        MRTD without what is in the pages\n"
"  --no-cpuid          configure no CPUID bit, but the width of a GPA\n"
"  --no-convert        an access to the wrong half of memory ends the TD\n"
"  --list FILE         run nothing: write what would be in memory, for\n"
"                      scripts/td-measure --pages FILE\n"
"  --stage STAGE       go no further: vm, init, vcpus, memory, finalize, run\n"
"  --until FILE        hammer.bin, idle.bin go on until there is this file\n"
"  --seconds N         give up after so long\n"
"  --exits             write each exit but the UART's\n"
"  --quiet             write nothing of its own but what went wrong\n"
"\n"
"Ends with the status of the payload (0: the kernel powered off), 3 after a\n"
"reset, 4 a triple fault, 5 a fatal error of the guest, 6 an exit that cannot\n"
"go on, 7 when the TD did not come to run, 8 when time was up.\n";

static const char *const stages[] = {
    "vm", "init", "vcpus", "memory", "finalize", "run"
};
static const char *const rams[] = { "", "added", "accepted", "pending" };

struct options opt = {
    .load = TDVMM_PAYLOAD, .mem = 64 << 20, .attributes = 1 << 28,
    .smp = 1, .tds = 1, .repeat = 1, .stage = STAGE_RUN,
    .measure = true, .cpuid = true,
};

void die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fprintf(stderr, "tdvmm: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(TDVMM_FAILED);
}

void say(const struct td *td, const char *format, ...)
{
    va_list args;
    char text[300];

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (opt.tds > 1) {
        fprintf(stderr, "tdvmm: td%u: %s\n", td->number, text);
    } else {
        fprintf(stderr, "tdvmm: %s\n", text);
    }
}

static uint64_t number(const char *text, uint64_t limit)
{
    static const char units[] = "KMGT";
    char *end;
    uint64_t value;
    unsigned shift = 0;

    errno = 0;
    value = strtoull(text, &end, 0);
    if (*end && strchr(units, *end)) {
        shift = 10 * (strchr(units, *end++) - units + 1);
    }
    if (errno || end == text || *end || value > limit >> shift) {
        die("%s is no number up to %#lx", text, limit);
    }
    return value << shift;
}

static unsigned word(const char *text, const char *const *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (!strcmp(text, words[i])) {
            return i;
        }
    }
    die("%s is none of the words that --help lists", text);
}

static void parse(int argc, char **argv)
{
    enum { HELP = 'h', PAYLOAD, KERNEL, INITRD, APPEND, MEM, SMP, TDS, REPEAT,
           LOAD, ARGUMENT, ATTRIBUTES, RAM, VM, NO_MEASURE, NO_CPUID, NO_CONVERT,
           LIST, STAGE, UNTIL, SECONDS, EXITS, QUIET };
    static const struct option options[] = {
        { "help", 0, NULL, HELP },
        { "payload", 1, NULL, PAYLOAD },
        { "kernel", 1, NULL, KERNEL },
        { "initrd", 1, NULL, INITRD },
        { "append", 1, NULL, APPEND },
        { "mem", 1, NULL, MEM },
        { "smp", 1, NULL, SMP },
        { "tds", 1, NULL, TDS },
        { "repeat", 1, NULL, REPEAT },
        { "load", 1, NULL, LOAD },
        { "argument", 1, NULL, ARGUMENT },
        { "attributes", 1, NULL, ATTRIBUTES },
        { "ram", 1, NULL, RAM },
        { "vm", 0, NULL, VM },
        { "no-measure", 0, NULL, NO_MEASURE },
        { "no-cpuid", 0, NULL, NO_CPUID },
        { "no-convert", 0, NULL, NO_CONVERT },
        { "list", 1, NULL, LIST },
        { "stage", 1, NULL, STAGE },
        { "until", 1, NULL, UNTIL },
        { "seconds", 1, NULL, SECONDS },
        { "exits", 0, NULL, EXITS },
        { "quiet", 0, NULL, QUIET },
        { }
    };

    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case PAYLOAD: opt.payload = optarg; break;
        case KERNEL: opt.kernel = optarg; break;
        case INITRD: opt.initrd = optarg; break;
        case APPEND: opt.append = optarg; break;
        case MEM: opt.mem = number(optarg, TDVMM_LOGGED) & -PAGE; break;
        case SMP: opt.smp = number(optarg, MAX_VCPUS); break;
        case TDS: opt.tds = number(optarg, 1 << 16); break;
        case REPEAT: opt.repeat = number(optarg, -1u); break;
        case LOAD: opt.load = number(optarg, TDVMM_LOGGED); break;
        case ARGUMENT: opt.argument = number(optarg, -1ul); break;
        case ATTRIBUTES: opt.attributes = number(optarg, -1ul); break;
        case RAM: opt.ram = word(optarg, rams, 4); break;
        case VM: opt.vm = true; break;
        case NO_MEASURE: opt.measure = false; break;
        case NO_CPUID: opt.cpuid = false; break;
        case NO_CONVERT: opt.keep = true; break;
        case LIST: opt.list = optarg; break;
        case STAGE: opt.stage = word(optarg, stages, 6); break;
        case UNTIL: opt.until = optarg; break;
        case SECONDS: opt.seconds = number(optarg, 1 << 30); break;
        case EXITS: opt.exits = true; break;
        case QUIET: opt.quiet = true; break;
        case HELP:
            fputs(help, stdout);
            exit(0);
        default:
            exit(1);
        }
    }
    if (optind < argc || !opt.payload == !opt.kernel || !opt.smp || !opt.tds ||
        opt.mem < 2 << 20) {
        die("give --payload or --kernel, and at least 2M of memory; "
            "--help says more");
    }
    if (opt.vm && (opt.smp > 1 || opt.ram == RAM_ACCEPTED)) {
        die("--vm is for one vCPU, whose memory nobody accepts");
    }
    if (opt.ram == RAM_DEFAULT) {
        opt.ram = opt.kernel ? RAM_ADDED : RAM_PENDING;
    }
}

static void run(struct td *tds)
{
    for (unsigned i = 0; i < opt.tds; i++) {
        for (unsigned k = 0; k < opt.smp; k++) {
            struct vcpu *vcpu = &tds[i].vcpu[k];
            int r = pthread_create(&vcpu->thread, NULL, vcpu_run, vcpu);

            if (r) {
                die("no thread for vCPU %u: %s", k, strerror(r));
            }
        }
    }
}

/* Wait for all vCPUs; returns the first status that is not 0 */
static int wait(struct td *tds)
{
    struct timespec until;
    int status = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += opt.seconds ? opt.seconds : 1 << 30;
    for (unsigned i = 0; i < opt.tds; i++) {
        for (unsigned k = 0; k < opt.smp; k++) {
            if (pthread_timedjoin_np(tds[i].vcpu[k].thread, NULL, &until)) {
                say(&tds[i], "vCPU %u still runs after %u s", k, opt.seconds);
                for (unsigned n = 0; n < opt.tds; n++) {
                    td_end(&tds[n], TDVMM_TIMEOUT);
                }
                pthread_join(tds[i].vcpu[k].thread, NULL);
            }
        }
        status = status ? status : tds[i].status;
    }
    return status;
}

static void summary(const struct td *td)
{
    static const struct { unsigned reason; const char *name; } names[] = {
        { KVM_EXIT_IO, "io" }, { KVM_EXIT_MMIO, "mmio" },
        { KVM_EXIT_HYPERCALL, "map-gpa" },
        { TD_EXIT_MEMORY_FAULT, "memory-fault" }, { TD_EXIT_TDX, "tdvmcall" },
        { KVM_EXIT_X86_RDMSR, "rdmsr" }, { KVM_EXIT_X86_WRMSR, "wrmsr" },
    };
    char text[200];
    int at = 0;

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (td->count[names[i].reason]) {
            at += snprintf(text + at, sizeof(text) - at, " %s %lu",
                           names[i].name, td->count[names[i].reason]);
        }
    }
    text[at] = 0;
    say(td, "ended with %d; exits:%s", td->status, text);
}

static void wake(int signal)
{
}

int main(int argc, char **argv)
{
    struct sigaction action = { .sa_handler = wake };
    struct td *tds;
    int status = 0;

    parse(argc, argv);
    if (opt.list) {
        image_list();
        return 0;
    }
    sigaction(SIGUSR1, &action, NULL);
    tds = calloc(opt.tds, sizeof(*tds));
    if (!tds) {
        die("no memory for %u TDs", opt.tds);
    }
    if (opt.stage == STAGE_RUN) {
        console_start();
    }
    for (unsigned round = 0; round < opt.repeat && !status; round++) {
        for (unsigned i = 0; i < opt.tds; i++) {
            td_create(&tds[i], i);
        }
        if (opt.stage == STAGE_RUN) {
            run(tds);
            status = wait(tds);
        } else if (!opt.quiet && round + 1 == opt.repeat) {
            fprintf(stderr, "tdvmm: %u TDs came to stage '%s'\n", opt.tds,
                    stages[opt.stage]);
        }
        for (unsigned i = 0; i < opt.tds; i++) {
            if (opt.stage == STAGE_RUN && !opt.quiet) {
                summary(&tds[i]);
            }
            td_destroy(&tds[i]);
        }
    }
    return status;
}
