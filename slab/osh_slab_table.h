/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of the slabs. For the files of slab/, and for those that look at the heap as a whole;
 * not part of the contract of osh_slab.h.
 */
#ifndef OSH_SLAB_TABLE_H
#define OSH_SLAB_TABLE_H

#include "osh_arena_open.h"
#include "osh_class.h"
#include "osh_layout.h"

#define OSH_SLAB_HINTED (OSH_SLAB_HINTS ? OSH_CLASSES : 1u)

struct osh_slabs {
    osh_word_t *near;    /* OSH_NEAR_WORDS words per page: a bit per free object of its slab */
    osh_word_t *far;     /* OSH_FAR_WORDS words per page: the same for objects below 64 bytes */
    osh_word_t *partial; /* OSH_SLAB_MAPS words per 64 (32) pages: the maps */
    /* Written now and then, so not in the line of those above: */
    osh_word_t
        hint[OSH_SLAB_HINTED] OSH_ALIGNED(OSH_CACHELINE); /* probably no slab on the map above */
    osh_word_t floor[OSH_SLAB_HINTED]; /* words of a map minus the lowest that ever had a slab */
    /* How often unlist() has begun, and how often it has ended: see osh_slab_find(). */
    osh_word_t unlisting OSH_ALIGNED(OSH_CACHELINE);
    osh_word_t unlisted;
};

OSH_SHARED struct osh_slabs osh_slabs;

/* The bits of the slab that begins at this page: a bit per free object. A slab of several pages
 * uses the words of all its pages. */
static inline osh_word_t *osh_slab_bits(size_t page, unsigned cls)
{
    bool is_far = OSH_FAR_WORDS > 0 && osh_class_bytes(cls) < 64;
    return is_far ? &osh_slabs.far[page * OSH_FAR_WORDS] : &osh_slabs.near[page * OSH_NEAR_WORDS];
}

/* How many words of bits a slab of the class uses. */
static inline unsigned osh_slab_words(unsigned cls)
{
    return OSH_SLAB_WORDS == 1 ? 1u : (osh_class_objects(cls) + OSH_WORD_BITS - 1u) / OSH_WORD_BITS;
}

/* The value of word `i` of a slab if all its objects are free. */
static inline osh_word_t osh_slab_full(unsigned cls, unsigned i)
{
    unsigned left = osh_class_objects(cls) - i * OSH_WORD_BITS;
    if (OSH_SLAB_WORDS > 1 && left > OSH_WORD_BITS) {
        left = OSH_WORD_BITS;
    }
    return ((osh_word_t)2 << (left - 1u)) - 1u;
}

/* Class of the slab that contains the page; 0 if there is none. For a caller with an object of the
 * slab the byte is right: taking the object observed it. */
static inline unsigned osh_slab_class(size_t page)
{
    return osh_load_byte(&osh_arena.page_class[page]);
}

/* The word that has the page's bit on the class's map. */
static inline osh_word_t *osh_slab_partial(size_t page_word, unsigned cls)
{
    return &osh_slabs.partial[page_word * OSH_SLAB_MAPS + (OSH_SLAB_MAPS > 1 ? cls : 0)];
}

/* Is the page on the class's map of slabs that may have free objects? */
static inline bool osh_slab_is_listed(size_t page, unsigned cls)
{
    return osh_load(osh_slab_partial(page / OSH_WORD_BITS, cls)) >> (page % OSH_WORD_BITS) & 1;
}

/* Class of the slab that begins at this page; 0 if none does. Later pages of a slab have the class
 * byte too. */
static inline unsigned osh_slab_at(size_t page)
{
    unsigned cls = osh_slab_class(page);
    return osh_class_slab(cls, page) == page ? cls : 0;
}

/* Is any object of the slab free? A snapshot: a caller that takes an object checks again. */
static inline bool osh_slab_has_free(size_t page, unsigned cls)
{
    const osh_word_t *bits = osh_slab_bits(page, cls);
    unsigned i = osh_slab_words(cls);
    while (i > 0 && osh_load(&bits[i - 1]) == 0) {
        i--;
    }
    return i > 0;
}

/* The highest page below `page` that is on the class's map; OSH_NO_PAGE if there is none. */
static inline size_t osh_slab_listed_below(size_t page, unsigned cls)
{
    while (page-- > 0) {
        size_t word = page / OSH_WORD_BITS;
        if (osh_arena_is_closed(word)) {
            page = osh_arena_low() * OSH_WORD_BITS;
            continue;
        }
        osh_word_t map = osh_load(osh_slab_partial(word, cls)) & (2 * osh_arena_bit(page) - 1);
        if (map != 0) {
            return word * OSH_WORD_BITS + osh_top_bit(map);
        }
        page -= page % OSH_WORD_BITS;
    }
    return page; /* OSH_NO_PAGE behind the last */
}

/* The highest page below `page` that may belong to a slab; OSH_NO_PAGE if there is none. Skips
 * words without claimed pages. */
static inline size_t osh_slab_page_below(size_t page)
{
    while (page-- > 0) {
        size_t word = page / OSH_WORD_BITS;
        if (osh_arena_is_closed(word)) {
            page = osh_arena_low() * OSH_WORD_BITS;
        } else if (!OSH_SMALL_CODE && osh_load(&osh_arena.claimed[word]) == 0) {
            page -= page % OSH_WORD_BITS; /* observes nothing */
        } else {
            break;
        }
    }
    return page; /* OSH_NO_PAGE behind the last */
}

/* Words of bits that each page of a slab of that class has. */
static inline unsigned osh_slab_page_words(unsigned cls)
{
    return OSH_FAR_WORDS > 0 && osh_class_bytes(cls) < 64 ? OSH_FAR_WORDS : OSH_NEAR_WORDS;
}

/* Puts a slab on the map. */
OSH_HIDDEN void osh_slab_list(size_t page, unsigned cls);

/* Sets bits of word `i` of a slab; the caller has these objects. Puts the slab on the map if it is
 * not there. Returns the word's old value. */
OSH_HIDDEN osh_word_t osh_slab_set_bits(size_t page, unsigned cls, unsigned i, osh_word_t bits);

/* Gives the pages of a slab back to the arena, if all its objects are free. */
OSH_HIDDEN void osh_slab_release(size_t page, unsigned cls);

/* Gives objects of word `i` of the slab's bits back. Returns those that were free already. */
OSH_SHARED_CODE osh_word_t osh_slab_give_bits(size_t page, unsigned cls, unsigned i,
                                              osh_word_t bits)
{
    osh_word_t before = osh_slab_set_bits(page, cls, i, bits);
    if ((before | bits) == osh_slab_full(cls, i)) {
        osh_slab_release(page, cls); /* does nothing unless the other words are full too */
    }
    return before & bits;
}

/* Writes `byte` as the class byte of all pages of a slab of class `cls`. */
OSH_HIDDEN void osh_slab_set_class(size_t page, unsigned cls, unsigned byte);

/* The first page of a slab with a free object, of the smallest class from *cls to `most` that has
 * such a slab and whose objects have the alignment. Stores the class in *cls. OSH_NO_PAGE if there
 * is none. */
OSH_HIDDEN size_t osh_slab_find(unsigned *cls, unsigned most, size_t alignment);

/* How many objects of the slab are free: a snapshot, for checks. */
OSH_HIDDEN unsigned osh_slab_free(size_t page, unsigned cls);

#endif
