/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The patterns and records that the heap writes into blocks at hardening level 2, and
 * checks later.
 *
 * Free blocks: the words after the link hold a pattern that depends on the block's address
 * and the heap's secret. The heap detects a write to a free block when it checks the pattern, or
 * the link. In a slab the link's words hold the pattern too.
 *
 * Live blocks, level 2: the end of the block is a record of the size asked for and the caller;
 * a pattern fills the bytes between.
 *
 *   | the bytes asked for | pattern | record |
 *
 * Any context. Nothing here allocates or waits.
 */
#ifndef OSH_GUARD_H
#define OSH_GUARD_H

#include "arch.h"
#include "os/os_heap.h"
#include "osh_class.h"

#include <stdbool.h>

/* Level 2: the record at the end of a block. */
struct osh_record {
    uintptr_t check; /* a checksum of the fields below, the address and the secret */
    uintptr_t size;  /* the size asked for; above it the cores that allocated and freed */
    const void *allocated_by;
    const void *freed_by; /* NULL: live */
};

#define OSH_TRAILER_BYTES (OSH_HARDENING >= 2 ? sizeof(struct osh_record) : 0)
#define OSH_TRAILER_CORE_BITS (OSH_WIDE ? 8 : 4)
#define OSH_TRAILER_SIZE_MAX (((uintptr_t)-1) >> (2 * OSH_TRAILER_CORE_BITS))

/* The bytes that a request for `size` takes, with its record; SIZE_MAX if that is too much. */
static inline size_t osh_guard_padded(size_t size)
{
    if (OSH_HARDENING < 2) {
        return size;
    }
    return size > OSH_TRAILER_SIZE_MAX ? SIZE_MAX : size + OSH_TRAILER_BYTES;
}

/* Draws the secret. Once, when the heap starts, before any block is touched. */
OSH_HIDDEN void osh_guard_start(void);

OSH_SHARED uintptr_t osh_guard_secret; /* written once */
#define OSH_GUARD_MULTIPLIER ((uintptr_t)(OSH_WIDE ? 0x9e3779b97f4a7c15ull : 0x9e3779b1u))

/* A word that depends on address and secret. */
OSH_SHARED_CODE uintptr_t osh_guard_key(const void *block)
{
    uintptr_t mixed = ((uintptr_t)block ^ osh_guard_secret) * OSH_GUARD_MULTIPLIER;
    return mixed ^ (mixed >> (OSH_WORD_BITS / 2));
}

/* How many words of a free block of `bytes` bytes have the pattern, those of the link
 * included. */
OSH_HIDDEN size_t osh_guard_words(size_t bytes);

/* Fills words `from` up to `to` of a free block; or checks that they are still filled. */
OSH_HIDDEN void osh_guard_fill(void *block, size_t from, size_t to);
OSH_HIDDEN bool osh_guard_is_filled(const void *block, size_t from, size_t to);

/* Checks a free block that is to be handed out. False, and reported, if it was written to. */
OSH_HIDDEN bool osh_guard_serve(void *block, size_t bytes);

/* True for every free block, and false for nearly every live one. */
OSH_HIDDEN bool osh_guard_looks_free(const void *block, size_t bytes);

/* Level 2: makes the block one of `size` bytes that `caller` has allocated. */
OSH_HIDDEN void osh_guard_seal(void *block, size_t bytes, size_t size, const void *caller);

/* Level 2: returns 0 and sets *size if record and pattern of the live block are unchanged; else
 * the misuse. */
OSH_HIDDEN enum os_heap_misuse osh_guard_opened(const void *block, size_t bytes, size_t *size);

/* Level 2: notes who frees the block. */
OSH_HIDDEN void osh_guard_note_free(void *block, size_t bytes, const void *caller);

/* Level 2: copies the record into a report, if the record is sound. */
OSH_HIDDEN void osh_guard_tell(struct os_heap_report *report, const void *block, size_t bytes);

#endif
