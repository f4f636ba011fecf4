/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_shelf.h"

#include "osh_arena.h"
#include "osh_config.h"

/* A shelf with more than LONG_PART times its class's first slots is long. */
enum { LONG_PART = 4 };

/* Bytes of magazines for which shelves have got slots. */
static osh_word_t granted OSH_ALIGNED(OSH_CACHELINE);

/* For long blocks only a quarter of what is in use, by a snapshot: they soon are most of a small
 * process's memory. */
static size_t most_granted(unsigned cls)
{
    size_t most = OSH_DEPOT_GROWTH;
    size_t part = osh_load(&osh_arena.in_use) / 4 << OSH_PAGE_LOG2;
    return osh_class_is_single(cls) && part < most ? part : most;
}

void osh_shelf_grow(struct osh_shelf *shelf, unsigned cls, osh_word_t most)
{
    osh_word_t room = osh_load(&shelf->room);
    osh_word_t least = osh_class_is_single(cls) ? 1 : 4;
    osh_word_t grown = room < 2 ? room + least : 2 * room;
    grown = grown < most ? grown : most;
    size_t bytes = (grown - room) * osh_shelf_magazine_bytes(cls);
    /* A count: publishes nothing. */
    if (grown == room || osh_fetch_add(&granted, bytes) + bytes > most_granted(cls)) {
        (void)osh_fetch_add(&granted, grown == room ? 0 : (osh_word_t)0 - bytes);
        return;
    }
    osh_raise(&shelf->reached, grown); /* first, so that a reclaim looks at all that are filled */
    if (!osh_cas(&shelf->room, &room, grown)) {
        (void)osh_fetch_add(&granted, (osh_word_t)0 - bytes); /* somebody else did it */
    }
}

bool osh_shelf_halve(struct osh_shelf *shelf, unsigned cls, osh_word_t least)
{
    osh_word_t room = osh_load(&shelf->room);
    osh_word_t half = least + (room - least) / 2;
    /* Publishes nothing; nor does the count. */
    if (!osh_cas(&shelf->room, &room, half)) {
        return false;
    }
    (void)osh_fetch_add(&granted, (osh_word_t)0 - (room - half) * osh_shelf_magazine_bytes(cls));
    return true;
}

bool osh_shelf_any_grown(void)
{
    return osh_load(&granted) != 0;
}

void osh_shelf_note_own_get(struct osh_shelf *shelf, unsigned cls)
{
    osh_word_t room = osh_load(&shelf->room);
    osh_word_t own = osh_load(&shelf->own);
    if (!osh_class_is_single(cls) && own < room &&
        room > (osh_word_t)LONG_PART * osh_class_info[cls].depot) {
        osh_store(&shelf->own, own + 1);
    }
}
