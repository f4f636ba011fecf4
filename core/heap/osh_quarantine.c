/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_quarantine.h"

#include "osh_atomic.h"
#include "osh_config.h"

/* Levels without a quarantine use no slot. */
#define SLOTS (OSH_HARDENING >= 2 ? OSH_QUARANTINE_BLOCKS : 1)

static osh_word_t waiting[SLOTS];
static osh_word_t turn;

void *osh_quarantine_exchange(void *block)
{
    osh_word_t slot = osh_fetch_add(&turn, 1) % SLOTS; /* publishes nothing: any slot is right */
    /* Publishes the pattern of this block and observes that of the block that it replaces; pairs
     * with itself and with osh_quarantine_take(). */
    return (void *)osh_exchange(&waiting[slot], (osh_word_t)block);
}

void *osh_quarantine_take(void)
{
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        /* Observes the block's pattern; pairs with osh_quarantine_exchange(). */
        void *block =
            osh_load(&waiting[slot]) != 0 ? (void *)osh_exchange(&waiting[slot], 0) : NULL;
        if (block != NULL) {
            return block;
        }
    }
    return NULL;
}

void *osh_quarantine_peek(unsigned slot)
{
    return (void *)osh_load(&waiting[slot]);
}
