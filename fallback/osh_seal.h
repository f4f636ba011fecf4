/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seal: from hardening level 1 on, the last word of every block of newlib's. It is made
 * of the place where the block ends, its size and the heap's secret, so that no content of
 * a program's has it by accident: a pointer is the start of a live block if the header
 * before it leads to its seal. Freeing a block breaks its seal.
 *
 *   | newlib's header: size | what the program has | seal | the next header
 *
 * Written by who has the block, or is inside the fallback.
 */
#ifndef OSH_SEAL_H
#define OSH_SEAL_H

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

/* The seal at `at` of a live block whose chunk has `size` bytes. */
static inline uintptr_t osh_seal_of(const void *at, size_t size)
{
    return osh_guard_key(at) ^ size;
}

#endif
