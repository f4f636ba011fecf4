/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_kept.h"

#include "arch.h"
#include "osh_brink.h"
#include "osh_class.h"
#include "osh_deferred.h"
#include "osh_newlib.h"
#include "osh_row.h"

/* Sizes from 2^KEPT_LEAST to 2^KEPT_MOST bytes are kept; newlib has smaller blocks only if memory
 * was out. Each doubling has 2^KEPT_STEPS steps, and each step has KEPT_WAYS slots. Behind the last
 * step there are KEPT_WAYS more slots that stay empty. */
enum {
    KEPT_LEAST = OSH_KEPT_LEAST_LOG2,
    KEPT_MOST = OSH_KEPT_MOST_LOG2,
    KEPT_STEPS = OSH_CLASS_STEPS_LOG2,
    KEPT_WAYS = 2,
    KEPT_SLOTS = KEPT_WAYS * ((KEPT_MOST - KEPT_LEAST) << KEPT_STEPS),
};

static osh_word_t kept_slots[KEPT_SLOTS + KEPT_WAYS] OSH_ALIGNED(OSH_CACHELINE);
static osh_word_t kept_bytes;
static size_t most_bytes; /* written once */

void osh_kept_start(size_t region)
{
    size_t most = OSH_KEPT_BYTES;
    most_bytes = region / 16 < most ? region / 16 : most;
}

/* The first slot of the step to which `bytes` belongs. */
static unsigned kept_slot_of(size_t bytes)
{
    unsigned b = osh_top_bit(bytes);
    return KEPT_WAYS * (((b - KEPT_LEAST) << KEPT_STEPS) +
                        ((unsigned)(bytes >> (b - KEPT_STEPS)) & ((1u << KEPT_STEPS) - 1u)));
}

static bool is_kept_size(size_t bytes)
{
    return bytes >> KEPT_LEAST != 0 && bytes >> KEPT_MOST == 0;
}

/* What a block of so many usable bytes counts as: a row as its pages. */
static size_t counted(const void *block, size_t usable)
{
    return osh_newlib_is_row(block) ? osh_row_bytes(block) : usable;
}

/* Takes the slot's block, if it has at least `size` bytes. */
static void *take_kept(osh_word_t *slot, size_t size)
{
    /* Observes the block; pairs with the compare-and-swap of osh_kept_put(). */
    void *block = (void *)osh_exchange(slot, 0);
    if (block == NULL) {
        return NULL;
    }
    size_t bytes = osh_newlib_usable(block);
    (void)osh_fetch_add(&kept_bytes, (osh_word_t)0 - counted(block, bytes)); /* publishes nothing */
    if (OSH_UNLIKELY(bytes < size)) {
        osh_deferred_push(block); /* another block came to the slot meanwhile */
        return NULL;
    }
    return block;
}

void *osh_kept_get(size_t size)
{
    if (!is_kept_size(size)) {
        return NULL;
    }
    osh_word_t *first = &kept_slots[kept_slot_of(size)];
    for (unsigned i = 0; i < 2 * KEPT_WAYS; i++) { /* of this step and the next */
        const void *block = (const void *)osh_load(&first[i]);
        /* Only a hint: another task may have taken the block, and its size may be wrong. Observes
         * nothing; take_kept() checks again. */
        if (block != NULL && osh_newlib_usable(block) >= size) {
            return osh_arch_in_interrupt() ? NULL : take_kept(&first[i], size);
        }
    }
    return NULL;
}

bool osh_kept_put(void *block, size_t bytes)
{
    if (osh_brink_is_out() || !is_kept_size(bytes)) {
        return false;
    }
    unsigned slot = kept_slot_of(bytes);
    if (osh_load(&kept_slots[slot]) != 0 && osh_load(&kept_slots[++slot]) != 0) {
        return false;
    }
    osh_word_t empty = 0;
    bytes = counted(block, bytes);
    /* The sum announces the block, then we look whether memory is out: pairs with osh_brink_look(),
     * after which a look either finds a sum above 0 or keeps us out. The compare-and-swap publishes
     * the block; pairs with the exchange of take_kept() and of osh_kept_reclaim(). */
    bool enough = osh_fetch_add(&kept_bytes, bytes) + bytes > most_bytes;
    osh_fence_atomic_load();
    if (!enough && !osh_brink_is_out() && osh_cas(&kept_slots[slot], &empty, (osh_word_t)block)) {
        return true;
    }
    (void)osh_fetch_add(&kept_bytes, (osh_word_t)0 - bytes);
    return false;
}

void osh_kept_reclaim(void (*give)(void *block))
{
    for (unsigned slot = 0; slot < KEPT_SLOTS && osh_load(&kept_bytes) > 0; slot++) {
        if (osh_load(&kept_slots[slot]) == 0) {
            continue;
        }
        /* Observes the block; pairs with the compare-and-swap of osh_kept_put(). */
        void *block = (void *)osh_exchange(&kept_slots[slot], 0);
        if (block != NULL) {
            (void)osh_fetch_add(&kept_bytes,
                                (osh_word_t)0 - counted(block, osh_newlib_usable(block)));
            give(block);
        }
    }
}

size_t osh_kept_bytes(void)
{
    return osh_load(&kept_bytes);
}
