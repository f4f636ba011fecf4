/* SPDX-License-Identifier: Apache-2.0 */
/* The fuzzers' entry. OSHEAP_FUZZ_CALLS names a file of 8 bytes to which the calls
 * of the API are added, also by several processes. */
#include "calls.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static _Atomic uint64_t own_count;
static _Atomic uint64_t *count_of_calls;

static void open_counter(void)
{
    const char *path = getenv("OSHEAP_FUZZ_CALLS");
    count_of_calls = &own_count;
    if (path == NULL) {
        return;
    }
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    void *shared = MAP_FAILED;
    if (file >= 0 && ftruncate(file, sizeof(uint64_t)) == 0) {
        shared = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    if (shared == MAP_FAILED) {
        (void)fprintf(stderr, "fuzz: cannot count calls in %s\n", path);
        exit(2);
    }
    (void)close(file);
    count_of_calls = shared;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    if (count_of_calls == NULL) {
        open_counter();
    }
    atomic_fetch_add(count_of_calls, calls_run(bytes, count));
    return 0;
}
