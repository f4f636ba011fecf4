/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_seal.h"

enum os_heap_misuse osh_seal_fault(const void *block, enum osh_seal seal)
{
    size_t size;
    uintptr_t *at;
    if (!osh_newlib_find_seal(block, &at, &size)) {
        return OS_HEAP_BAD_HEADER;
    }
    uintptr_t word = osh_load(at);
    uintptr_t broken = word ^ osh_seal_of(at, size);
    if (broken == (uintptr_t)seal) {
        return 0;
    }
    /* mallocr repeats the size of a free chunk in its last word, unless it merges the chunk with
     * the next one. */
    bool freed = broken == OSH_SEAL_FREED || broken == OSH_SEAL_DEFERRED || word == size;
    return freed ? OS_HEAP_FREED_TWICE : OS_HEAP_BAD_HEADER;
}
