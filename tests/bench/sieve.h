/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a guest computes that does nothing but compute, in a memory of its own.
 */

#ifndef BENCH_SIEVE_H
#define BENCH_SIEVE_H

#include <stdint.h>

#define SIEVE_SIZE 200000
#define SIEVE_PRIMES 17984      /* below SIEVE_SIZE */

static uint8_t sieve_composite[SIEVE_SIZE];

/* So many primes are there; the answer is the same each time */
static unsigned sieve(void)
{
    unsigned primes = 0;

    for (unsigned i = 0; i < SIEVE_SIZE; i++) {
        sieve_composite[i] = i < 2;
    }
    for (unsigned i = 2; i < SIEVE_SIZE; i++) {
        if (sieve_composite[i]) {
            continue;
        }
        primes++;
        for (unsigned k = 2 * i; k < SIEVE_SIZE; k += i) {
            sieve_composite[k] = 1;
        }
    }
    return primes;
}

#endif /* BENCH_SIEVE_H */
