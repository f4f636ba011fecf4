/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slabs: one page of equal objects each, or an aligned run of pages for larger
 * ones, described outside of it by a state word {class, free count} and a bit
 * per object, both those of the slab's first page, which names the slab. Lock-free, any context,
 * any core.
 *
 * Counts reserve, bits deliver. Whoever wants k objects first takes k off the
 * free count, by CAS on the state word, which also says the slab is still of
 * that class; only then it collects k bits. Whoever gives objects back first
 * sets their bits, then adds to the count. So the bits a reservation stands for
 * are always there or about to be found, and a slab whose count says "all
 * free" is nobody's but the one's who takes its state to 0.
 */
#ifndef OSH_SLAB_H
#define OSH_SLAB_H

#include "arch.h"
#include "osh_class.h"

#include <stddef.h>

/* Bytes of tables for so many pages. */
OSH_HIDDEN size_t osh_slab_table_bytes(size_t pages);

/* `tables` is zeroed memory of that size. After osh_arena_start. */
OSH_HIDDEN void osh_slab_start(size_t pages, void *tables);

/*
 * Takes up to `count` objects of a class, linked into a chain, from slabs that
 * have free ones and, when there are none, from a page fresh from the arena.
 * An empty chain means that neither was to be had.
 * O(count + OSH_REFILL_SLABS + words of slabs between them and the hint).
 */
OSH_HIDDEN struct osh_chain osh_slab_get(unsigned cls, unsigned count);

/* One object of this class or of a larger one whose objects are so aligned, from slabs that
 * exist; of the smallest such class. NULL: none has any. Goes by the slabs' states, not by
 * maps and hints, which another task may be about to correct. O(pages); again when another
 * task takes what was found. */
OSH_HIDDEN void *osh_slab_get_any(unsigned cls, size_t alignment);

/* Gives the chain's objects back to the slabs they came from, and empty slabs
 * to the arena, keeping one a class. O(length). */
OSH_HIDDEN void osh_slab_put(unsigned cls, struct osh_chain chain);

/* The same for one object, which needs no link: only in osh_slab_small.c. O(1). */
OSH_HIDDEN bool osh_slab_put_one(unsigned cls, void *object);

/* Gives the empty slabs that are kept to the arena. O(classes). */
OSH_HIDDEN void osh_slab_release_kept(void);

/* Gives every empty slab to the arena, by the slabs' states: the task that emptied one may
 * not have noted it yet. O(pages). */
OSH_HIDDEN void osh_slab_release_empty(void);

/* Free bits of a slab, one by one, for os_heap_check: those set in word `i`. */
OSH_HIDDEN unsigned osh_slab_words(unsigned cls);
OSH_HIDDEN osh_word_t osh_slab_free_bits(size_t page, unsigned cls, unsigned i);

/* Is this object free in its slab? */
OSH_HIDDEN bool osh_slab_object_is_free(unsigned cls, const void *object);

/* Is the page on the class's map of slabs that may have free objects? */
OSH_HIDDEN bool osh_slab_is_listed(size_t page, unsigned cls);

#endif
