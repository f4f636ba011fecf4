/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_deferred.h"

#include "osh_atomic.h"
#include "osh_config.h"
#include "osh_guard.h"

static osh_word_t head OSH_ALIGNED(OSH_CACHELINE); /* any core may write it at any time */
static osh_word_t pushed;

/* At hardening level 2 links are kept encoded. */
static osh_word_t key_of(const void *block)
{
    return OSH_HARDENING >= 2 ? osh_guard_key(block) : 0;
}

void osh_deferred_push(void *block)
{
    /* Counts before the push, so that a core that has taken the block reads a count that includes
     * it. The CAS below publishes the count; osh_deferred_take_all() observes it. */
    (void)osh_fetch_add(&pushed, 1);
    osh_word_t now = osh_load(&head);
    osh_word_t key = key_of(block);
    do {
        *(osh_word_t *)block = now ^ key;
        /* Publishes the block and its link; pairs with the exchange below. */
    } while (!osh_cas(&head, &now, (osh_word_t)block));
}

void *osh_deferred_take_all(void)
{
    if (osh_load(&head) == 0) {
        return NULL;
    }
    /* Observes every link; pairs with the CAS above. */
    return (void *)osh_exchange(&head, 0);
}

void *osh_deferred_next(void *block)
{
    return (void *)(*(osh_word_t *)block ^ key_of(block));
}

bool osh_deferred_pending(void)
{
    return osh_load(&head) != 0;
}

size_t osh_deferred_count(void)
{
    return osh_load(&pushed);
}
