/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_depot.h"

#include "osh_arena.h"
#include "osh_brink.h"
#include "osh_class.h"
#include "osh_config.h"
#include "osh_shelf.h"

#define IN_PARTS (OSH_DEPOT_PARTS > 1)

/* By part, then by slot, then by class: most classes use few slots, which then share pages. */
#define SLOTS_OF_CLASS (OSH_DEPOT_MOST > 0 ? OSH_DEPOT_MOST : 1)
static osh_word_t slots[OSH_CLASSES * SLOTS_OF_CLASS] OSH_ALIGNED(OSH_CACHELINE);

/* Has a magazine been put since the last reclaim? Apart from the slots, so that a line that is
 * seldom written remains everybody's. */
static osh_word_t filled OSH_ALIGNED(OSH_CACHELINE);

static struct {
    struct osh_shelf shelf[OSH_CLASSES] OSH_ALIGNED(OSH_CACHELINE);
    osh_word_t turn; /* which class of which part its core looks at next, for it to shrink */
} depot_part[IN_PARTS ? OSH_DEPOT_PARTS : 1];

/* Written once. Code that looks at slots avoids divisions: one takes as long as a look. */
static unsigned parts_in_use = 1;
static unsigned slots_of_part = SLOTS_OF_CLASS;
#define PARTS (IN_PARTS ? parts_in_use : 1u)
#define SLOTS_OF_PART (IN_PARTS ? slots_of_part : SLOTS_OF_CLASS)

/* Only where there are parts. */
static inline struct osh_shelf *shelf_of(unsigned number, unsigned cls)
{
    return &depot_part[number].shelf[cls];
}

/* The slots of a class that a part has at first. */
static unsigned share(unsigned number, unsigned cls)
{
    return (osh_class_info[cls].depot + PARTS - 1 - number) / PARTS;
}

void osh_depot_start(unsigned cores)
{
    unsigned number = cores < OSH_DEPOT_PARTS ? cores : OSH_DEPOT_PARTS;
    parts_in_use = number;
    slots_of_part = number > 1 ? SLOTS_OF_CLASS / number : SLOTS_OF_CLASS;
    for (unsigned p = 0; p < number; p++) {
        for (unsigned cls = 1; cls < OSH_CLASSES; cls++) {
            struct osh_shelf *shelf = shelf_of(p, cls);
            *shelf = (struct osh_shelf){.room = share(p, cls), .reached = share(p, cls)};
        }
    }
}

static unsigned here(void)
{
    unsigned core = IN_PARTS ? osh_arch_core() : 0;
    return core < PARTS ? core : core % PARTS; /* most need no division */
}

/* A put begins so many slots below the top: where a get is likely to have left a gap. */
enum { PUT_BELOW = 2 };

static osh_word_t *slot_of(unsigned cls, unsigned number, unsigned i)
{
    return &slots[(number * SLOTS_OF_PART + i) * OSH_CLASSES + cls];
}

/* Fills the slot, if it is empty. */
static bool put_at(unsigned number, unsigned cls, unsigned i, struct osh_chain magazine)
{
    osh_word_t empty = 0;
    /* Publishes the chain's links; pairs with the exchanges of get_of_part() and
     * osh_depot_reclaim(). */
    if (osh_load(slot_of(cls, number, i)) != 0 ||
        !osh_cas(slot_of(cls, number, i), &empty, osh_chain_pack(magazine))) {
        return false;
    }
    /* Put, then look at `filled` and the top; pairs with osh_depot_reclaim() and lower(). */
    osh_fence_atomic_load();
    if (osh_load(&filled) == 0) {
        osh_store(&filled, 1);
    }
    if (IN_PARTS) {
        osh_raise(&shelf_of(number, cls)->top, i + 1);
    }
    osh_brink_came_free();
    return true;
}

bool osh_depot_put(unsigned cls, struct osh_chain magazine)
{
    unsigned number = here();
    unsigned room =
        IN_PARTS ? (unsigned)osh_load(&shelf_of(number, cls)->room) : osh_class_info[cls].depot;
    unsigned top = IN_PARTS ? (unsigned)osh_load(&shelf_of(number, cls)->top) : 0;
    unsigned from = top > PUT_BELOW ? top - PUT_BELOW : 0;
    for (unsigned i = from; i < room; i++) {
        if (put_at(number, cls, i, magazine)) {
            return true;
        }
    }
    /* Gets that overtook each other may have left gaps further down. */
    for (unsigned i = from; i-- > 0 && from - i <= OSH_DEPOT_SLOTS;) {
        if (put_at(number, cls, i, magazine)) {
            return true;
        }
    }
    if (IN_PARTS && osh_load(&shelf_of(number, cls)->refused) == 0) {
        osh_store(&shelf_of(number, cls)->refused, 1);
    }
    return false;
}

/* The slots from `empty` on were empty. Lowers the top, unless a put raised it, then looks at them
 * once more: a put that filled one meanwhile may have seen the old top. Publishes nothing. */
static void lower(unsigned number, unsigned cls, osh_word_t top, unsigned empty)
{
    if (top == empty || !osh_cas(&shelf_of(number, cls)->top, &top, empty)) {
        return;
    }
    osh_fence_atomic_load(); /* lower, then look; pairs with osh_depot_put() */
    for (unsigned i = (unsigned)top; i-- > empty;) {
        if (osh_load(slot_of(cls, number, i)) != 0) {
            osh_raise(&shelf_of(number, cls)->top, i + 1);
            return;
        }
    }
}

/* From the last slot down: the magazine put last is the likeliest to be warm. */
static struct osh_chain get_of_part(unsigned number, unsigned cls)
{
    osh_word_t top = IN_PARTS ? osh_load(&shelf_of(number, cls)->top) : SLOTS_OF_CLASS;
    osh_word_t word = 0;
    unsigned i = (unsigned)top;
    while (word == 0 && i-- > 0) {
        if (osh_load(slot_of(cls, number, i)) != 0) {
            /* Observes the links; pairs with the CAS of osh_depot_put(). */
            word = osh_exchange(slot_of(cls, number, i), 0);
        }
    }
    if (IN_PARTS) {
        lower(number, cls, top, word != 0 ? i : 0);
    }
    if (IN_PARTS && word == 0 && osh_load(&shelf_of(number, cls)->refused) != 0) {
        osh_store(&shelf_of(number, cls)->refused, 0);
        osh_shelf_grow(shelf_of(number, cls), cls, SLOTS_OF_PART);
    }
    return osh_chain_unpack(cls, word);
}

struct osh_chain osh_depot_get(unsigned cls)
{
    unsigned number = here();
    struct osh_chain chain = get_of_part(number, cls);
    if (IN_PARTS && chain.count > 0) {
        osh_shelf_note_own_get(shelf_of(number, cls), cls);
    }
    return chain;
}

struct osh_chain osh_depot_get_elsewhere(unsigned cls, bool no_page)
{
    struct osh_chain chain = {NULL, 0};
    unsigned own = here();
    for (unsigned p = 1; p < PARTS && chain.count == 0; p++) {
        unsigned number = (own + p) % PARTS;
        struct osh_shelf *shelf = shelf_of(number, cls);
        osh_word_t gets = osh_load(&shelf->own);
        if (osh_load(&shelf->top) == 0 && osh_load(&shelf->refused) == 0) {
            continue;
        }
        if (gets > 0 && !no_page) {
            osh_store(&shelf->own, gets - 1);
        } else {
            chain = get_of_part(number, cls);
        }
    }
    return chain;
}

/* Passes magazines on until there are none or `most` have been. */
static bool empty_some(unsigned number, unsigned cls, unsigned most,
                       void (*give)(unsigned, struct osh_chain))
{
    for (; most > 0; most--) {
        struct osh_chain chain = get_of_part(number, cls);
        if (chain.count == 0) {
            return true;
        }
        give(cls, chain);
    }
    return false;
}

void osh_depot_shrink(unsigned cls, void (*give)(unsigned, struct osh_chain))
{
    osh_word_t *turn = &depot_part[here()].turn;
    for (unsigned left = OSH_DEPOT_SHRINKS; left > 0 && osh_shelf_any_grown(); left--) {
        osh_word_t now = osh_load(turn);
        unsigned other = (unsigned)(now % OSH_CLASSES);
        unsigned number = (unsigned)(now / OSH_CLASSES % PARTS);
        struct osh_shelf *shelf = shelf_of(number, other);
        osh_word_t least = other != 0 ? share(number, other) : 0;
        bool grown = other != cls && osh_load(&shelf->room) > least;
        if (grown && !empty_some(number, other, OSH_DEPOT_SHRINKS, give)) {
            return;
        }
        osh_store(turn, now + 1);
        if (grown && osh_shelf_halve(shelf, other, least)) {
            return;
        }
    }
}

void osh_depot_reclaim(void (*give)(unsigned cls, struct osh_chain magazine))
{
    if (osh_load(&filled) == 0) {
        return; /* whoever fills a slot just now sets `filled` next; that magazine may be missed */
    }
    osh_store(&filled, 0);
    osh_fence(); /* and then look: either we see the magazine, or who puts it sees the 0 */
    for (unsigned cls = 1; cls < OSH_CLASSES; cls++) {
        for (unsigned i = osh_depot_slots(cls); i-- > 0;) {
            osh_word_t *slot = slot_of(cls, i % PARTS, i / PARTS);
            /* Observes the links; pairs with the CAS of osh_depot_put(). */
            osh_word_t word = osh_load(slot) != 0 ? osh_exchange(slot, 0) : 0;
            if (word != 0) {
                give(cls, osh_chain_unpack(cls, word));
            }
        }
    }
}

size_t osh_depot_bytes(void)
{
    size_t bytes = 0;
    for (unsigned p = 0; IN_PARTS && p < PARTS; p++) {
        for (unsigned cls = 1; cls < OSH_CLASSES; cls++) {
            size_t magazines = osh_load(&shelf_of(p, cls)->top);
            bytes += magazines > 0 ? magazines * osh_shelf_magazine_bytes(cls) : 0;
        }
    }
    return bytes;
}

unsigned osh_depot_slots(unsigned cls)
{
    unsigned most = osh_class_info[cls].depot;
    for (unsigned p = 0; IN_PARTS && p < PARTS; p++) {
        unsigned reached = (unsigned)osh_load(&shelf_of(p, cls)->reached);
        most = p == 0 || reached > most ? reached : most;
    }
    return most * PARTS;
}

struct osh_chain osh_depot_peek(unsigned cls, unsigned slot)
{
    return osh_chain_unpack(cls, osh_load_acquire(slot_of(cls, slot % PARTS, slot / PARTS)));
}
