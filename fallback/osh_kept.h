/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kept blocks: large blocks that were freed a short time ago, kept for the next request of about
 * the same size. So a repeated pair of malloc and free takes no lock. A slot is one word, empty or
 * with one block: put is a compare-and-swap, get is an exchange. For newlib, or the arena, the
 * block is in use; its seal, or a row's word, says that it is free.
 *
 * Lock-free, any context. Before a call returns NULL all kept blocks go back: newlib's to newlib,
 * rows to the arena.
 */
#ifndef OSH_KEPT_H
#define OSH_KEPT_H

#include "osh_compiler.h"

#include <stdbool.h>
#include <stddef.h>

/* Sets the most bytes to keep, for a region of `region` bytes. Once, when the heap starts. */
OSH_HIDDEN void osh_kept_start(size_t region);

/* Sets how much is kept by the pages that are free. Whoever asks newlib for a block calls it, so
 * that fewer blocks are kept when memory becomes short. */
OSH_HIDDEN void osh_kept_limit(void);

/* Takes a block of at least `size` usable bytes, and not much more; NULL: none is kept. O(1). */
OSH_HIDDEN void *osh_kept_get(size_t size);

/* Keeps a block with `bytes` usable bytes that the caller's free has claimed. False: the
 * size has no slot, its slots are full, or enough bytes are kept. O(1). */
OSH_HIDDEN bool osh_kept_put(void *block, size_t bytes);

/* If a block was refused because enough are kept: passes one that is kept to `give`, each time
 * another, so that no block keeps smaller ones out for ever. Under the fallback's mutex. */
OSH_HIDDEN void osh_kept_turn_over(void (*give)(void *block));

/* In a region of OSH_ROW_REGION bytes or more, where all large blocks are rows: sets the most bytes
 * to keep to about an eighth of what is in use, and frees rows until no more is kept. After a row
 * was freed to the arena. O(slots). */
OSH_HIDDEN void osh_kept_follow(void);

/* Passes every kept block to `give`. O(slots). */
OSH_HIDDEN void osh_kept_reclaim(void (*give)(void *block));

/* In the child of a fork: counts the bytes anew, since another thread may have been in the middle
 * of a put or a get. O(slots). */
OSH_HIDDEN void osh_kept_repair(void);

/* Usable bytes of the kept blocks: a snapshot. */
OSH_HIDDEN size_t osh_kept_bytes(void);

#endif
