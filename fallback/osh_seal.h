/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seal: from hardening level 1 on, the last word of every block of newlib's. It is made
 * of the address where the block ends, its size and the heap's secret, so no data of a program
 * equals it by accident. A pointer is the start of a live block if the header before it leads to a
 * right seal. A free breaks the seal.
 *
 *   | newlib's header: size | the program's bytes | seal | the next header
 *
 * Written by the block's owner, or inside the fallback. A free claims the block by a
 * compare-and-swap of its seal.
 */
#ifndef OSH_SEAL_H
#define OSH_SEAL_H

#include "os/os_heap.h"
#include "osh_atomic.h"
#include "osh_config.h"
#include "osh_guard.h"
#include "osh_newlib.h"

#include <stddef.h>
#include <stdint.h>

/* The state of a block, in the seal's low bits, which are 0 in a size. */
enum osh_seal { OSH_SEAL_LIVE, OSH_SEAL_DEFERRED, OSH_SEAL_FREED };

/* The bytes that a request for `size` takes from newlib: at least a word, for the link of a
 * deferred block, and the seal. SIZE_MAX, which newlib refuses, if that is too much. */
static inline size_t osh_seal_padded(size_t size)
{
    if (OSH_HARDENING > 0 && size < sizeof(uintptr_t)) {
        size = sizeof(uintptr_t);
    }
    return size > SIZE_MAX - OSH_SEAL_BYTES ? SIZE_MAX : size + OSH_SEAL_BYTES;
}

/* The seal at `at` of a live block whose chunk has `size` bytes. */
static inline uintptr_t osh_seal_of(const void *at, size_t size)
{
    return osh_guard_key(at) ^ size;
}

/* Checks that `block` has the seal `seal`. 0: it has. OS_HEAP_FREED_TWICE: it certainly is a block
 * that was freed. OS_HEAP_BAD_HEADER: anything else. Any context. O(1). */
OSH_HIDDEN enum os_heap_misuse osh_seal_fault(const void *block, enum osh_seal seal);

/* Claims a live block for the caller's free: its seal then says that it is deferred. False: it is
 * no live block, or another free has claimed it. Any context. O(1). */
OSH_SHARED_CODE bool osh_seal_claim(void *block)
{
    size_t size;
    uintptr_t *at;
    if (!osh_newlib_find_seal(block, &at, &size)) {
        return false;
    }
    uintptr_t live = osh_seal_of(at, size);
    /* If several tasks free the block, one of them finds it live. Publishes nothing: the list, slot
     * or mutex that the block goes to publishes it. */
    return osh_cas(at, &live, live ^ OSH_SEAL_DEFERRED);
}

/* Makes a claimed block live again. A seal that was overwritten meanwhile stays wrong. The caller
 * owns the block. Any context. O(1). */
OSH_SHARED_CODE void osh_seal_revive(void *block)
{
    size_t size;
    uintptr_t *at = osh_newlib_seal(block, &size);
    /* Taking the block observed the seal, and nobody else writes it: publishes nothing. */
    osh_store(at, osh_load(at) ^ OSH_SEAL_DEFERRED);
}

/* Writes the seal of a block that newlib has just handed out or resized, or breaks the seal of a
 * block that goes back to newlib. */
OSH_SHARED_CODE void osh_seal_set(void *block, enum osh_seal seal)
{
    size_t size;
    uintptr_t *at = osh_newlib_seal(block, &size);
    osh_store(at, osh_seal_of(at, size) ^ (uintptr_t)seal); /* publishes nothing */
}

#endif
