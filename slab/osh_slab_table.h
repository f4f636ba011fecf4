/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the tables of the slabs are: shared by the files of slab/ and those that
 * look at the heap as a whole, not part of the contract.
 */
#ifndef OSH_SLAB_TABLE_H
#define OSH_SLAB_TABLE_H

#include "osh_arena.h"
#include "osh_class.h"

/* Words of bits a page of the smallest objects needs. */
#define OSH_SLAB_WORDS \
    ((unsigned)((OSH_PAGE_BYTES / OSH_BLOCK_MIN + OSH_WORD_BITS - 1) / OSH_WORD_BITS))

/* State and bits stand together in a record, so that a free touches one cache
 * line. The state is word 0 of it. */
#define OSH_RECORD_BITS 1u

#if OSH_VIRTUAL
/* Objects of 64 bytes and more make do with few bits. Only these are near the
 * state, in a power of two of words; those of smaller objects are far from it, so
 * that most of the tables remains untouched. */
#define OSH_NEAR_WORDS ((unsigned)((OSH_PAGE_BYTES / 64 + OSH_WORD_BITS - 1) / OSH_WORD_BITS))
#define OSH_FAR_WORDS OSH_SLAB_WORDS
#define OSH_RECORD_FITS(n) (OSH_NEAR_WORDS + OSH_RECORD_BITS <= (n))
#define OSH_RECORD_WORDS         \
    (OSH_RECORD_FITS(2)    ? 2u  \
     : OSH_RECORD_FITS(4)  ? 4u  \
     : OSH_RECORD_FITS(8)  ? 8u  \
     : OSH_RECORD_FITS(16) ? 16u \
                           : 32u)
#else
/* Where tables are RAM, touched or not, one record of just so many words is less. */
#define OSH_FAR_WORDS 0u
#define OSH_RECORD_WORDS (OSH_RECORD_BITS + OSH_SLAB_WORDS)
#endif

/* Is there a map of the slabs that may have free objects? Not where the code is to be
 * small and the region has few pages: there a refill looks at the states themselves. */
#define OSH_SLAB_MAPS (!OSH_SMALL_CODE || OSH_SLAB_HINTS)

/* Entries of the arrays below: one for each class, or none that is used. */
#define OSH_HINTS (OSH_SLAB_HINTS ? OSH_CLASSES : 1u)
#define OSH_KEPT (OSH_KEEP_SLABS ? OSH_CLASSES : 1u)

struct osh_slabs {
    osh_word_t *record;  /* OSH_RECORD_WORDS words per page: the state, class above free
                            count, 0: no slab; then a bit per free object */
    osh_word_t *far;     /* OSH_FAR_WORDS words per page: bits of objects below 64 bytes */
    osh_word_t *partial; /* OSH_CLASSES words per 64 (32) pages: may have free objects */
    /* Written now and then, so not in the line of those above: */
    osh_word_t hint[OSH_HINTS] OSH_ALIGNED(OSH_CACHELINE); /* no partial slab above, probably */
    osh_word_t floor[OSH_HINTS]; /* words of pages minus the lowest that ever had a slab */
    osh_word_t kept[OSH_KEPT];   /* page + 1 of the last slab that became empty, or 0 */
};

OSH_SHARED struct osh_slabs osh_slabs;

#define OSH_STATE_FREE ((osh_word_t)0xffff)
#define OSH_STATE_SHIFT 16

static inline osh_word_t osh_state(unsigned cls, unsigned free)
{
    return ((osh_word_t)cls << OSH_STATE_SHIFT) | free;
}

static inline unsigned osh_state_class(osh_word_t state)
{
    return (unsigned)(state >> OSH_STATE_SHIFT);
}

static inline unsigned osh_state_free(osh_word_t state)
{
    return (unsigned)(state & OSH_STATE_FREE);
}

static inline osh_word_t *osh_slab_state_word(size_t page)
{
    return &osh_slabs.record[page * OSH_RECORD_WORDS];
}

/* What the tables say of a page: its class, 0 when it is no slab, and how many
 * of its objects are free. */
struct osh_slab_state {
    unsigned cls;
    unsigned free;
};

OSH_INLINE struct osh_slab_state osh_slab_state(size_t page)
{
    osh_word_t state = osh_load_acquire(osh_slab_state_word(page)); /* for checks: bits, too */
    return (struct osh_slab_state){osh_state_class(state), osh_state_free(state)};
}

/* A slab's bits, one per free object, given its state word. */
static inline osh_word_t *osh_slab_bits_of(osh_word_t *state, size_t page, unsigned cls)
{
    if (OSH_FAR_WORDS > 0 && osh_class_bytes(cls) < 64) {
        return &osh_slabs.far[page * OSH_FAR_WORDS];
    }
    return state + OSH_RECORD_BITS;
}

static inline osh_word_t *osh_slab_bits(size_t page, unsigned cls)
{
    return osh_slab_bits_of(osh_slab_state_word(page), page, cls);
}

static inline osh_word_t *osh_slab_partial(size_t page_word, unsigned cls)
{
    return &osh_slabs.partial[page_word * OSH_CLASSES + cls];
}

/* Marks a slab as one that may have free objects. */
OSH_HIDDEN void osh_slab_list(size_t page, unsigned cls);

/* Makes fresh pages of the arena a slab, `count` of whose objects are
 * reserved for the caller at once; OSH_NO_PAGE when there is no page. */
OSH_HIDDEN size_t osh_slab_create(unsigned cls, unsigned count);

/* The first page of a slab that has something free, of the smallest class from *cls on
 * whose objects are so aligned, which it stores there; OSH_NO_PAGE: there is none. */
OSH_HIDDEN size_t osh_slab_find(unsigned *cls, size_t alignment);

/* Gives the pages back to the arena if all its objects are free. */
OSH_HIDDEN bool osh_slab_release(size_t page, unsigned cls);

#endif
