/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seal: from hardening level 1 on, the last word of every block of newlib's. It is made
 * of the place where the block ends, its size and the heap's secret, so that no content of
 * a program's has it by accident: a pointer is the start of a live block if the header
 * before it leads to its seal. Freeing a block breaks its seal.
 *
 *   | newlib's header: size | what the program has | seal | the next header
 *
 * Written by who has the block, or is inside the fallback. Who frees a block claims it by a
 * compare-and-swap of its seal.
 */
#ifndef OSH_SEAL_H
#define OSH_SEAL_H

#include "os/os_heap.h"
#include "osh_atomic.h"
#include "osh_config.h"
#include "osh_guard.h"

#include <stddef.h>
#include <stdint.h>

/* In a seal's low bits, which a size leaves alone. */
enum osh_seal { OSH_SEAL_LIVE, OSH_SEAL_DEFERRED, OSH_SEAL_FREED };

#define OSH_SEAL_BYTES (OSH_HARDENING > 0 ? sizeof(uintptr_t) : 0)

/* What a request for `size` takes from newlib: the seal behind a word at least, which is a
 * deferred block's link. SIZE_MAX, which newlib refuses, when that is too much. */
static inline size_t osh_seal_padded(size_t size)
{
    if (OSH_HARDENING > 0 && size < sizeof(uintptr_t)) {
        size = sizeof(uintptr_t);
    }
    return size > SIZE_MAX - OSH_SEAL_BYTES ? SIZE_MAX : size + OSH_SEAL_BYTES;
}

/* What is wrong with a pointer that should be a block with that seal: OS_HEAP_FREED_TWICE
 * where it certainly was one, OS_HEAP_BAD_HEADER for anything else that is none; 0 when the
 * seal is there. Any context. O(1). */
OSH_HIDDEN enum os_heap_misuse osh_seal_fault(const void *block, enum osh_seal seal);

/* Takes a live block from everybody else who frees it: it is deferred from then on. False: it is no
 * live block. Any context. O(1). */
OSH_HIDDEN bool osh_seal_claim(void *block);

/* Seals a block that newlib has just handed out or resized, or breaks the seal of one that it
 * is about to get back. */
OSH_HIDDEN void osh_seal_set(void *block, enum osh_seal seal);

/* The seal at `at` of a live block whose chunk has `size` bytes. */
static inline uintptr_t osh_seal_of(const void *at, size_t size)
{
    return osh_guard_key(at) ^ size;
}

#endif
