/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shelf is the slots of a class in one part of the depot: how many there are, which may be
 * filled, and when there are more or fewer. Linux only; elsewhere nobody calls these functions.
 * All of this is advice: nothing is published through it.
 */
#ifndef OSH_SHELF_H
#define OSH_SHELF_H

#include "osh_atomic.h"
#include "osh_class.h"

struct osh_shelf {
    osh_word_t top;     /* empty from here on, but for puts that are about to raise it */
    osh_word_t room;    /* slots that may be filled */
    osh_word_t reached; /* the most that `room` ever was */
    osh_word_t refused; /* has it refused a magazine since it was emptied last? */
    osh_word_t own;     /* gets of its own core that no other core's ask has made up for */
};

/* Bytes of a full magazine. */
static inline size_t osh_shelf_magazine_bytes(unsigned cls)
{
    return (osh_class_is_single(cls) ? 1 : osh_class_magazine(cls)) * osh_class_bytes(cls);
}

/* Twice as many slots, `most` at most, unless that were too many bytes. */
OSH_HIDDEN void osh_shelf_grow(struct osh_shelf *shelf, unsigned cls, osh_word_t most);

/* Takes half of the slots away that it has above `least`. False: another thread did. */
OSH_HIDDEN bool osh_shelf_halve(struct osh_shelf *shelf, unsigned cls, osh_word_t least);

/* Has any shelf grown? */
OSH_HIDDEN bool osh_shelf_any_grown(void);

/* Counts a get by the shelf's own core, if the shelf is long: two cores that use many blocks of a
 * class, not in step, would else take each other's for ever. */
OSH_HIDDEN void osh_shelf_note_own_get(struct osh_shelf *shelf, unsigned cls);

#endif
