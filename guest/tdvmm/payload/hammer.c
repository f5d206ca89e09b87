/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each vCPU accepts, writes, converts and gives away pages of its own, by
 * chance, as often as the argument says, and until the host says so; what it
 * finds in a page must be what it left there.
 */

#include "td.h"

#define REGION 0x1000000ul      /* of vCPU 0, and so on */
#define PAGES 512
#define VCPUS 64

enum state { PENDING, PRIVATE, SHARED_PAGE };

static uint8_t state[VCPUS][PAGES];
static uint32_t mark[VCPUS][PAGES];
static volatile unsigned finished, failed;

static uint32_t chance(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 16;
}

static void wrong(unsigned vcpu, const char *what, uint64_t gpa,
                  uint64_t value)
{
    print("vCPU ");
    print_hex(vcpu);
    print(": ");
    print(what);
    print(" at ");
    print_hex(gpa);
    print(": ");
    print_hex(value);
    print("\n");
    __atomic_add_fetch(&failed, 1, __ATOMIC_SEQ_CST);
}

/* The mark at both ends and in the middle of the page */
static void put(volatile void *page, uint32_t value)
{
    volatile uint32_t *p = page;

    p[0] = p[PAGE / 8] = p[PAGE / 4 - 1] = value;
}

static bool has(volatile void *page, uint32_t value)
{
    volatile uint32_t *p = page;

    return p[0] == value && p[PAGE / 8] == value && p[PAGE / 4 - 1] == value;
}

static void step(unsigned vcpu, unsigned page, uint32_t what)
{
    uint64_t gpa = REGION + (vcpu * PAGES + page) * PAGE;
    uint8_t *now = &state[vcpu][page];
    uint32_t *left = &mark[vcpu][page];
    volatile void *view = *now == SHARED_PAGE ? shared_view(gpa)
                                              : private_view(gpa);
    uint64_t status;

    if (*now == PENDING) {
        status = accept_page(gpa, 0);
        if (status) {
            wrong(vcpu, "accept", gpa, status);
        }
        *now = PRIVATE;
        *left = 0;
        view = private_view(gpa);
    }
    if (!has(view, *left)) {
        wrong(vcpu, *now == PRIVATE ? "private" : "shared", gpa,
              *(volatile uint32_t *)view);
    }
    if (what % 4) {
        *left = what;
        put(view, what);
    } else if (*now == PRIVATE) {
        status = map_gpa(gpa | SHARED, PAGE);
        if (status) {
            wrong(vcpu, "to shared", gpa, status);
        }
        *now = SHARED_PAGE;
        *left = 0;
    } else {
        status = map_gpa(gpa, PAGE);
        if (status) {
            wrong(vcpu, "to private", gpa, status);
        }
        *now = PENDING;
    }
}

/* Asked not too often: each time is an exit */
static bool go_on(uint64_t done, uint64_t least)
{
    return done < least || done % 16 || in(TDVMM_GO_ON, 4);
}

int payload_main(unsigned vcpu, uint64_t argument, unsigned width)
{
    struct tdcall info = { .rax = TDG_VP_INFO };
    uint64_t seed = rdtsc() | 1;

    take_exceptions();
    tdcall(&info);
    if (!vcpu) {
        print("hammer begins\n");
    }
    for (uint64_t n = 0; go_on(n, argument) && !failed; n++) {
        uint32_t what = chance(&seed);

        step(vcpu, chance(&seed) % PAGES, what ? what : 1);
    }
    __atomic_add_fetch(&finished, 1, __ATOMIC_SEQ_CST);
    while (vcpu || finished < (uint32_t)info.r8) {
        out(TDVMM_SLEEP, 1, 50);
    }
    print(failed ? "not ok hammer\n" : "ok hammer\n");
    return failed != 0;
}
