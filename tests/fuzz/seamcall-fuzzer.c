/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The libFuzzer target over the SEAMCALL surface.
 */

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_run(data, size);
    return 0;
}

/* libFuzzer's own changes, which know nothing of records, are rarely useful */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed)
{
    uint64_t random = seed;

    if (fuzz_random(&random) % 16 == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    return fuzz_mutate(data, size, max_size, &random);
}
