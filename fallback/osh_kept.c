/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_kept.h"

#include "arch.h"
#include "osh_arena.h"
#include "osh_brink.h"
#include "osh_class.h"
#include "osh_deferred.h"
#include "osh_newlib.h"
#include "osh_row.h"
#include "osh_seal.h"

/* Sizes from 2^KEPT_LEAST to 2^KEPT_MOST bytes are kept; newlib has smaller blocks only if memory
 * was out. Each doubling has 2^KEPT_STEPS steps, and each step has KEPT_WAYS slots. Behind the last
 * step there are the slots of KEPT_FAR more steps, which stay empty. */
enum {
    KEPT_LEAST = OSH_KEPT_LEAST_LOG2,
    KEPT_MOST = OSH_KEPT_MOST_LOG2,
    KEPT_STEPS = OSH_CLASS_STEPS_LOG2,
    KEPT_WAYS = 2,
    KEPT_FAR = 1 << (KEPT_STEPS - 2), /* a get looks so many steps beyond the one of its size */
    KEPT_TURN = 16,                   /* slots that osh_kept_turn_over() looks at */
    KEPT_SLOTS = KEPT_WAYS * ((KEPT_MOST - KEPT_LEAST) << KEPT_STEPS),
};

static struct {
    osh_word_t bytes; /* of all kept blocks */
    /* What memory allows; they publish nothing: */
    osh_word_t limit; /* bytes to keep at most */
    osh_word_t reach; /* slots to look at */
    osh_word_t full;  /* 1: a block was refused because of the limit */
    osh_word_t slots[KEPT_SLOTS + KEPT_FAR * KEPT_WAYS];
} kept OSH_ALIGNED(OSH_CACHELINE);
static size_t most_bytes; /* this and the next are written once */
static bool follows;      /* does what is kept follow what is in use? */

void osh_kept_start(size_t region)
{
    size_t most = OSH_KEPT_BYTES;
    most_bytes = region / 8 < most ? region / 8 : most;
    follows = false;
    osh_kept_limit();
    if (OSH_VIRTUAL && region >= OSH_ROW_REGION) {
        follows = true;
        osh_store(&kept.limit, 0); /* until osh_kept_follow() */
    }
}

void osh_kept_limit(void)
{
    if (OSH_VIRTUAL && follows) {
        return; /* osh_kept_follow() says it */
    }
    size_t quarter = (osh_arena_free_pages() << OSH_PAGE_LOG2) / 4;
    bool plenty = quarter >= most_bytes;
    osh_store(&kept.limit, plenty ? most_bytes : quarter);
    osh_store(&kept.reach, (osh_word_t)KEPT_WAYS * (1u + (plenty ? (unsigned)KEPT_FAR : 1u)));
}

/* The first slot of the step to which `bytes` belongs. */
static osh_word_t *kept_slot_of(size_t bytes)
{
    size_t b = osh_top_bit(bytes);
    /* bytes >> (b - KEPT_STEPS) is 2^KEPT_STEPS in the first step of a doubling. */
    size_t step = (b << KEPT_STEPS) + (bytes >> (b - KEPT_STEPS));
    return &kept.slots[KEPT_WAYS * (step - ((KEPT_LEAST + 1) << KEPT_STEPS))];
}

static bool is_kept_size(size_t bytes)
{
    return bytes >> KEPT_LEAST != 0 && bytes >> KEPT_MOST == 0;
}

/* What a slot holds of a block: its address; of a row also its pages, above the address, so that
 * nothing is read to find its size. */
enum { ADDRESS_BITS = 48 };

_Static_assert(OSH_ROW_LEAST == 0 || ((uint64_t)OSH_ARCH_REGION_END >> ADDRESS_BITS == 0 &&
                                      (uint64_t)1 << KEPT_MOST >> OSH_PAGE_LOG2 < 1 << 16),
               "the pages of a kept row fit above its address");

static osh_word_t slot_word(const void *block, size_t bytes)
{
    uint64_t pages = osh_row_is(block) ? bytes >> OSH_PAGE_LOG2 : 0;
    return (osh_word_t)block | (osh_word_t)(pages << ADDRESS_BITS);
}

static size_t pages_of(osh_word_t word)
{
    return OSH_ROW_LEAST > 0 ? (size_t)((uint64_t)word >> ADDRESS_BITS) : 0;
}

static bool is_kept_row(osh_word_t word)
{
    return pages_of(word) > 0;
}

static void *block_of(osh_word_t word)
{
    uint64_t address = word & (((uint64_t)1 << ADDRESS_BITS) - 1);
    return (void *)(is_kept_row(word) ? (osh_word_t)address : word);
}

/* The usable bytes of the block in a slot that nobody can take meanwhile. */
static size_t bytes_of(osh_word_t word)
{
    return is_kept_row(word) ? pages_of(word) << OSH_PAGE_LOG2
                             : osh_newlib_usable((const void *)word);
}

/* The same while others may take the block: a hint. */
static size_t bytes_hint(osh_word_t word)
{
    return is_kept_row(word) ? pages_of(word) << OSH_PAGE_LOG2
                             : osh_newlib_usable_hint((const void *)word);
}

static void defer(void *block)
{
    osh_deferred_push(block);
    osh_fence_atomic_load(); /* push, then look: pairs with osh_brink_look() */
    osh_brink_came_free();
}

/* Makes a row live that was taken from a slot, or frees it if another came to the slot meanwhile
 * and that is too short. */
static void *row_or_free(void *block, bool fits)
{
    if (!fits) {
        osh_row_free(block);
        return NULL;
    }
    osh_row_revive(block);
    return block;
}

/* Takes the slot's block, if it has at least `size` bytes. */
static void *take_kept(osh_word_t *slot, size_t size)
{
    /* Observes the block; pairs with the compare-and-swap of osh_kept_put(). */
    osh_word_t word = osh_exchange(slot, 0);
    void *block = block_of(word);
    if (block == NULL) {
        return NULL;
    }
    size_t bytes = bytes_of(word);
    (void)osh_fetch_add(&kept.bytes, (osh_word_t)0 - bytes); /* publishes nothing */
    if (is_kept_row(word)) {
        return row_or_free(block, bytes >= size);
    }
    if (OSH_UNLIKELY(bytes < size)) {
        defer(block); /* another block came to the slot meanwhile */
        return NULL;
    }
    if (OSH_HARDENING > 0) {
        osh_seal_revive(block);
    }
    return block;
}

void *osh_kept_get(size_t size)
{
    if (!is_kept_size(size)) {
        return NULL;
    }
    osh_word_t *first = kept_slot_of(size);
    const osh_word_t *end = first + osh_load(&kept.reach);
    for (osh_word_t *slot = first; slot < end; slot++) {
        osh_word_t word = osh_load(slot);
        /* Only a hint: another task may have taken the block, and its size may be wrong. Observes
         * nothing; take_kept() checks again. */
        if (word != 0 && bytes_hint(word) >= size) {
            return osh_arch_in_interrupt() ? NULL : take_kept(slot, size);
        }
    }
    return NULL;
}

bool osh_kept_put(void *block, size_t bytes)
{
    if (!is_kept_size(bytes)) {
        return false;
    }
    osh_word_t *slot = kept_slot_of(bytes);
    if (osh_load(slot) != 0 && osh_load(++slot) != 0) {
        return false;
    }
    osh_word_t empty = 0;
    /* The sum announces the block, then we look whether memory is out: pairs with osh_brink_look(),
     * after which a look either finds a sum above 0 or keeps us out. The compare-and-swap publishes
     * the block; pairs with the exchange of take_kept() and of osh_kept_reclaim(). */
    bool enough = osh_fetch_add(&kept.bytes, bytes) + bytes > osh_load(&kept.limit);
    osh_fence_atomic_load();
    if (!enough && !osh_brink_is_out() && osh_cas(slot, &empty, slot_word(block, bytes))) {
        return true;
    }
    (void)osh_fetch_add(&kept.bytes, (osh_word_t)0 - bytes);
    if (enough) {
        osh_store(&kept.full, 1); /* publishes nothing */
    }
    return false;
}

/* Takes the slot's block out, and passes it on. False: the slot was empty. */
static bool empty_slot(osh_word_t *slot, void (*give)(void *block))
{
    /* Observes the block; pairs with the compare-and-swap of osh_kept_put(). */
    osh_word_t word = osh_load(slot) != 0 ? osh_exchange(slot, 0) : 0;
    if (word == 0) {
        return false;
    }
    void *block = block_of(word);
    (void)osh_fetch_add(&kept.bytes, (osh_word_t)0 - bytes_of(word));
    if (is_kept_row(word)) {
        osh_row_free(block);
    } else {
        give(block);
    }
    return true;
}

void osh_kept_turn_over(void (*give)(void *block))
{
    static unsigned next;
    if (OSH_VIRTUAL || OSH_LIKELY(osh_load(&kept.full) == 0)) {
        return;
    }
    osh_store(&kept.full, 0); /* publishes nothing */
    for (unsigned looked = 0; looked < KEPT_TURN; looked++) {
        next = next > 0 ? next - 1 : KEPT_SLOTS - 1;
        if (empty_slot(&kept.slots[next], give)) {
            break;
        }
    }
}

void osh_kept_follow(void)
{
    if (!OSH_VIRTUAL || !follows) {
        return; /* osh_kept_limit() says it whenever newlib is asked */
    }
    /* All that is loaded here is a snapshot. */
    size_t part = osh_load(&osh_arena.in_use) / 8 << OSH_PAGE_LOG2;
    part = part > 0 ? (size_t)1 << osh_top_bit(part) : 0; /* seldom changes */
    part = part < most_bytes ? part : most_bytes;
    if (osh_load(&kept.limit) != part) {
        osh_store(&kept.limit, part); /* publishes nothing */
    }
    for (unsigned i = 0; i < KEPT_SLOTS && osh_load(&kept.bytes) > osh_load(&kept.limit); i++) {
        if (is_kept_row(osh_load(&kept.slots[i]))) {
            (void)empty_slot(&kept.slots[i], defer); /* newlib's if it came there meanwhile */
        }
    }
}

void osh_kept_reclaim(void (*give)(void *block))
{
    for (unsigned slot = 0; slot < KEPT_SLOTS && osh_load(&kept.bytes) > 0; slot++) {
        (void)empty_slot(&kept.slots[slot], give);
    }
}

void osh_kept_repair(void)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < KEPT_SLOTS; i++) {
        osh_word_t word = osh_load(&kept.slots[i]);
        bytes += word != 0 ? bytes_of(word) : 0;
    }
    osh_store(&kept.bytes, bytes); /* nobody else is there */
}

size_t osh_kept_bytes(void)
{
    return osh_load(&kept.bytes);
}
