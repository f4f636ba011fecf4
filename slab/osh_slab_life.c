/* SPDX-License-Identifier: Apache-2.0 */
/* How a page becomes a slab, is found, and becomes a page again. */
#include "osh_guard.h"
#include "osh_slab.h"

#include "osh_brink.h"
#include "osh_class_facts.h"
#include "osh_slab_table.h"

OSH_VARIABLE struct osh_slabs osh_slabs;

enum { NEAR_WORDS = OSH_NEAR_WORDS, FAR_WORDS = OSH_FAR_WORDS }; /* long, if written out */
#define WORDS_OF_PAGE(bytes) (FAR_WORDS > 0 && (bytes) < 64 ? FAR_WORDS : NEAR_WORDS)
#define WORDS_FOR(bytes) (OSH_SLAB_WORDS == 1 ? 1 : WORDS_OF_PAGE(bytes) << RUN_FOR(bytes))
#define LACKS_BITS(cls, bytes, step) +(OBJECTS_FOR(bytes) > WORDS_FOR(bytes) * (int)OSH_WORD_BITS)
_Static_assert(0 OSH_EACH_CLASS(LACKS_BITS) == 0, "a slab has a bit for each of its objects");
#define IS_TOO_MANY(cls, bytes, step) +(OBJECTS_FOR(bytes) > UINT16_MAX)
_Static_assert(0 OSH_EACH_CLASS(IS_TOO_MANY) == 0,
               "OSH_SLAB_OBJECTS: a slab has at most 65535 objects");

size_t osh_slab_table_bytes(size_t pages)
{
    return OSH_SLAB_TABLE_BYTES(pages);
}

void osh_slab_start(size_t pages, void *tables)
{
    osh_slabs.near = tables;
    if (OSH_FAR_WORDS > 0 || OSH_SLAB_MAPS > 0) {
        osh_slabs.far = osh_slabs.near + pages * OSH_NEAR_WORDS;
        osh_slabs.partial = osh_slabs.far + pages * OSH_FAR_WORDS;
    }
}

void osh_slab_list(size_t page, unsigned cls)
{
    if (OSH_SLAB_MAPS == 0) {
        return;
    }
    size_t word = page / OSH_WORD_BITS;
    /* After the caller set the slab's bits; pairs with unlist() in osh_slab.c, which has the
     * reason. */
    (void)osh_fetch_or(osh_slab_partial(word, cls), osh_arena_bit(page));
    if (OSH_SLAB_HINTS) {
        osh_raise(&osh_slabs.hint[cls], word);                    /* a hint: publishes nothing */
        osh_raise(&osh_slabs.floor[cls], osh_arena.words - word); /* the same */
    }
}

void osh_slab_set_class(size_t page, unsigned cls, unsigned byte)
{
    for (size_t i = 0; i < (size_t)1 << osh_class_run(cls); i++) {
        osh_store_byte(&osh_arena.page_class[page + i], (uint8_t)byte);
    }
}

unsigned osh_slab_free(size_t page, unsigned cls)
{
    const osh_word_t *bits = osh_slab_bits(page, cls);
    unsigned free = 0;
    for (unsigned i = osh_slab_words(cls); i-- > 0;) {
        /* Observes the objects' frees, for checks; pairs with osh_slab_set_bits(). */
        free += osh_count_bits(osh_load_acquire(&bits[i]));
    }
    return free;
}

osh_word_t osh_slab_set_bits(size_t page, unsigned cls, unsigned i, osh_word_t bits)
{
    /* Publishes the objects as free; pairs with the compare-and-swaps of take_from() and
     * take_word(). The slab may be given back right after. */
    osh_word_t before = osh_fetch_or(&osh_slab_bits(page, cls)[i], bits);
    osh_fence_atomic_load(); /* set the bits, then look at the map: pairs with unlist(). Pairs
                                with itself if two tasks set the last bits of two words of a slab:
                                one of them sees all bits set */
    if (OSH_SLAB_MAPS > 0 && !osh_slab_is_listed(page, cls)) {
        osh_slab_list(page, cls);
        osh_fence_atomic_load(); /* list, then look: pairs with osh_brink_look() */
    } else if (OSH_SLAB_HINTS) {
        osh_raise(&osh_slabs.hint[cls], page / OSH_WORD_BITS); /* a hint: publishes nothing */
    }
    osh_brink_came_free(); /* on the map, too */
    return before;
}

/* Could the slab be empty? Not if an object is live, or a task holds one inside a call. */
static bool looks_empty(size_t page, unsigned cls)
{
    const osh_word_t *bits = osh_slab_bits(page, cls);
    unsigned i = osh_slab_words(cls);
    /* Observes nothing: take_word() checks again. */
    while (i > 0 && osh_load(&bits[i - 1]) == osh_slab_full(cls, i - 1)) {
        i--;
    }
    return i == 0;
}

/* Takes all objects of word `i`, if all are free. */
static bool take_word(size_t page, unsigned cls, unsigned i)
{
    osh_word_t full = osh_slab_full(cls, i);
    /* Observes the objects' frees; pairs with osh_slab_set_bits(). */
    return osh_cas(&osh_slab_bits(page, cls)[i], &full, 0);
}

/* Gives the pages of a slab back; we have all its objects. */
static void give_up(size_t page, unsigned cls)
{
    osh_slab_set_class(page, cls, 0);
    if (OSH_SLAB_MAPS > 0) {
        /* Before the page can be a slab again, so that no new listing is lost. */
        (void)osh_fetch_and(osh_slab_partial(page / OSH_WORD_BITS, cls), ~osh_arena_bit(page));
    }
    osh_arena_release_run(page, osh_class_run(cls));
}

/* If word 0 cannot be taken, another task holds objects of it; that task looks at the slab itself
 * when it gives them back. If a later word cannot be taken, we put our words back and look again: a
 * task that gave objects meanwhile saw the slab as not empty, because we held some. */
void osh_slab_release(size_t page, unsigned cls)
{
    while (cls != 0 && (osh_slab_words(cls) == 1 || looks_empty(page, cls)) &&
           take_word(page, cls, 0)) {
        unsigned taken = 1;
        unsigned now = osh_slab_class(page); /* does not change while we have objects */
        if (OSH_UNLIKELY(now != cls)) {
            /* The page has become another slab. Gives its objects back, then looks at that slab. */
            const osh_word_t *word = osh_slab_bits(page, cls);
            osh_word_t bits = osh_slab_full(cls, 0);
            page = osh_class_slab(now, page);
            cls = now;
            (void)osh_slab_set_bits(page, cls, (unsigned)(word - osh_slab_bits(page, cls)), bits);
            continue;
        }
        while (taken < osh_slab_words(cls) && take_word(page, cls, taken)) {
            taken++;
        }
        if (taken == osh_slab_words(cls)) {
            give_up(page, cls);
            return;
        }
        while (taken-- > 0) {
            (void)osh_slab_set_bits(page, cls, taken, osh_slab_full(cls, taken));
        }
    }
}

/* The class of the slab that begins at `page`, if it is from `cls` to below `best`, has the
 * alignment and has a free object; else `best`. Reads the class once: the page may change at any
 * time. */
static unsigned better(size_t page, unsigned cls, unsigned best, size_t alignment)
{
    unsigned has = osh_slab_at(page);
    bool suits = has >= cls && has < best && (osh_class_bytes(has) & (alignment - 1)) == 0 &&
                 osh_slab_has_free(page, has);
    return suits ? has : best;
}

/* osh_slab_find() by the maps. */
static size_t find_listed(unsigned *cls, unsigned most, size_t alignment)
{
    size_t found = OSH_NO_PAGE;
    unsigned least = *cls;
    unsigned best = most + 1;
    for (unsigned map = least; map < best; map++) {
        size_t page = osh_arena.pages;
        while (best > least && (page = osh_slab_listed_below(page, map)) != OSH_NO_PAGE) {
            unsigned has = better(page, least, best, alignment);
            found = has < best ? page : found;
            best = has;
        }
        if (OSH_SLAB_MAPS == 1) {
            break;
        }
    }
    *cls = best;
    return found;
}

/* osh_slab_find() by looking at every slab, on a map or not. */
static size_t find_any(unsigned *cls, unsigned most, size_t alignment)
{
    size_t found = OSH_NO_PAGE;
    unsigned best = most + 1;
    for (size_t page = osh_arena.pages;
         best > *cls && (page = osh_slab_page_below(page)) != OSH_NO_PAGE;) {
        unsigned has = better(page, *cls, best, alignment);
        found = has < best ? page : found;
        best = has;
    }
    *cls = best;
    return found;
}

/* A task that takes a slab off a map may be preempted before its second look. Then the slab may
 * have free objects and be on no map. So an unsuccessful search of the maps counts only if no task
 * was inside unlist() meanwhile; otherwise we look at every slab. */
size_t osh_slab_find(unsigned *cls, unsigned most, size_t alignment)
{
    if (OSH_SLAB_MAPS == 0) {
        return find_any(cls, most, alignment);
    }
    unsigned wanted = *cls;
    osh_word_t ended = osh_load_acquire(&osh_slabs.unlisted); /* pairs with unlist() */
    bool still = osh_load_acquire(&osh_slabs.unlisting) == ended;
    size_t page = find_listed(cls, most, alignment);
    if (page != OSH_NO_PAGE) {
        return page;
    }
    osh_fence(); /* reads the maps before the count; pairs with the atomics of unlist() */
    if (still && osh_load(&osh_slabs.unlisting) == ended) {
        return page;
    }
    *cls = wanted;
    return find_any(cls, most, alignment);
}

/* Searching the maps is enough: a slab is on its map before anybody can find it empty. */
void osh_slab_release_empty(void)
{
    size_t page = osh_arena.pages;
    unsigned last = OSH_SLAB_MAPS > 1 ? OSH_CLASS_MAX : OSH_SLAB_MAPS;
    for (unsigned map = 1; map <= last;) {
        page = osh_slab_listed_below(page, map);
        if (page == OSH_NO_PAGE) {
            map++;
            page = osh_arena.pages;
            continue;
        }
        unsigned cls = osh_slab_at(page);
        if (cls != 0) {
            osh_slab_release(page, cls);
        }
    }
    while (OSH_SLAB_MAPS == 0 && (page = osh_slab_page_below(page)) != OSH_NO_PAGE) {
        unsigned cls = osh_slab_at(page);
        if (cls != 0) {
            osh_slab_release(page, cls);
        }
    }
}

bool osh_slab_object_is_free(unsigned cls, const void *object)
{
    size_t page = osh_class_slab(cls, osh_arena_page(object));
    unsigned index = osh_class_index(cls, (uintptr_t)object - osh_arena_address(page));
    return osh_arena_on_map(osh_slab_bits(page, cls), index);
}
