/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_seal.h"

#include "osh_newlib.h"

enum os_heap_misuse osh_seal_fault(const void *block, enum osh_seal seal)
{
    if (!osh_newlib_is_possible(block)) {
        return OS_HEAP_BAD_HEADER;
    }
    size_t size;
    const uintptr_t *at = osh_newlib_seal(block, &size);
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

bool osh_seal_claim(void *block)
{
    if (!osh_newlib_is_possible(block)) {
        return false;
    }
    size_t size;
    uintptr_t *at = osh_newlib_seal(block, &size);
    uintptr_t live = osh_seal_of(at, size);
    /* If several tasks free the block, one of them finds it live. Publishes nothing: the list, slot
     * or mutex that the block goes to publishes it. */
    return osh_cas(at, &live, live ^ OSH_SEAL_DEFERRED);
}

void osh_seal_set(void *block, enum osh_seal seal)
{
    size_t size;
    uintptr_t *at = osh_newlib_seal(block, &size);
    osh_store(at, osh_seal_of(at, size) ^ (uintptr_t)seal); /* publishes nothing */
}
