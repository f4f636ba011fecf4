/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_depot.h"

#include "osh_brink.h"
#include "osh_class.h"
#include "osh_config.h"

/* Whole cache lines, so that classes keep out of each other's way. */
#define SLOTS_OF_CLASS (OSH_DEPOT_SLOTS > 0 ? OSH_DEPOT_SLOTS : 1)
static osh_word_t slots[OSH_CLASSES * SLOTS_OF_CLASS] OSH_ALIGNED(OSH_CACHELINE);

/* Has a magazine been put since the last reclaim? Apart from the slots, so that a line that is
 * seldom written remains everybody's. */
static osh_word_t filled OSH_ALIGNED(OSH_CACHELINE);

static osh_word_t *slot_of(unsigned cls, unsigned i)
{
    return &slots[cls * SLOTS_OF_CLASS + i];
}

bool osh_depot_put(unsigned cls, struct osh_chain magazine)
{
    for (unsigned i = 0; i < osh_class_info[cls].depot; i++) {
        osh_word_t empty = 0;
        /* Publishes the chain's links; pairs with the exchange below. */
        if (osh_load(slot_of(cls, i)) == 0 &&
            osh_cas(slot_of(cls, i), &empty, osh_chain_pack(magazine))) {
            osh_fence_atomic_load(); /* put, then look; pairs with osh_depot_reclaim() */
            if (osh_load(&filled) == 0) {
                osh_store(&filled, 1);
            }
            osh_brink_came_free();
            return true;
        }
    }
    return false;
}

/* From the last slot down: the magazine put last is the likeliest to be warm. */
struct osh_chain osh_depot_get(unsigned cls)
{
    for (unsigned i = osh_class_info[cls].depot; i-- > 0;) {
        if (osh_load(slot_of(cls, i)) != 0) {
            /* Observes the links; pairs with the CAS above. */
            osh_word_t word = osh_exchange(slot_of(cls, i), 0);
            if (word != 0) {
                return osh_chain_unpack(cls, word);
            }
        }
    }
    return (struct osh_chain){NULL, 0};
}

void osh_depot_reclaim(void (*give)(unsigned cls, struct osh_chain magazine))
{
    if (osh_load(&filled) == 0) {
        return; /* who has put one since is in the middle of that */
    }
    osh_store(&filled, 0);
    osh_fence(); /* and then look: either we see the magazine, or who puts it sees the 0 */
    const osh_word_t *end = slots + (OSH_DEPOT_SLOTS > 0 ? OSH_CLASSES * SLOTS_OF_CLASS : 0);
    for (osh_word_t *slot = slots; slot < end; slot++) {
        if (osh_load(slot) == 0) {
            continue;
        }
        /* Observes the links; pairs with the CAS of osh_depot_put(). */
        osh_word_t word = osh_exchange(slot, 0);
        if (word != 0) {
            unsigned cls = (unsigned)(slot - slots) / SLOTS_OF_CLASS;
            give(cls, osh_chain_unpack(cls, word));
        }
    }
}

struct osh_chain osh_depot_peek(unsigned cls, unsigned slot)
{
    return osh_chain_unpack(cls, osh_load_acquire(slot_of(cls, slot)));
}
