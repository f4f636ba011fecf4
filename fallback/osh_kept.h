/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large blocks that were freed a short time ago, kept for the next request of about the same size:
 * so a pair of malloc and free that is repeated takes no lock. A slot for each size class above the
 * slabs', of one word, empty or with one block in it: put is a compare-and-swap, get an exchange.
 * To newlib such a block is in use; its seal says that it is free.
 *
 * Lock-free, any context. All of them go back to newlib before a call returns NULL.
 */
#ifndef OSH_KEPT_H
#define OSH_KEPT_H

#include "osh_compiler.h"

#include <stdbool.h>
#include <stddef.h>

/* Sets how many bytes are kept at most, for a region of so many. Once, when the heap starts. */
OSH_HIDDEN void osh_kept_start(size_t region);

/* Takes a block of `size` usable bytes at least, and not much more; NULL: none is kept. O(1). */
OSH_HIDDEN void *osh_kept_get(size_t size);

/* Keeps a block of newlib's that has so many usable bytes, and whose seal says that it is free.
 * False: it is too large, its slot is full, or enough is kept. O(1). */
OSH_HIDDEN bool osh_kept_put(void *block, size_t bytes);

/* Hands every block that is kept to `give`. O(slots). */
OSH_HIDDEN void osh_kept_reclaim(void (*give)(void *block));

/* Usable bytes of what is kept: a snapshot. */
OSH_HIDDEN size_t osh_kept_bytes(void);

#endif
