/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_brink.h"

OSH_VARIABLE osh_word_t osh_brink;

static osh_word_t marked(const osh_word_t *mark)
{
    return (osh_word_t)mark | OSH_BRINK_OUT;
}

void osh_brink_wipe(void)
{
    osh_word_t now = osh_load(&osh_brink);
    /* Publishes nothing; pairs with the compare-and-swap of osh_brink_looked(), which fails then.
     */
    while ((now & OSH_BRINK_OUT) != 0 && now != OSH_BRINK_OUT &&
           !osh_cas(&osh_brink, &now, OSH_BRINK_OUT)) {
    }
}

osh_word_t osh_brink_look(const osh_word_t *mark)
{
    osh_word_t now = osh_load(&osh_brink);
    /* Observes what was given back before the lists were stopped; pairs with osh_brink_begin(). */
    while ((now & OSH_BRINK_OUT) != 0 && !osh_cas(&osh_brink, &now, marked(mark))) {
    }
    osh_fence(); /* mark, then look: pairs with the fence before each osh_brink_came_free() */
    return now & 1 ? now : OSH_BRINK_OUT;
}

bool osh_brink_is_looking(const osh_word_t *mark)
{
    return osh_load(&osh_brink) == marked(mark); /* observes nothing: if not, we look again */
}

void osh_brink_looked(const osh_word_t *mark, osh_word_t now)
{
    osh_word_t expected = marked(mark);
    (void)osh_cas(&osh_brink, &expected, now); /* publishes nothing; pairs with osh_brink_wipe() */
}

void osh_brink_begin(void)
{
    /* Publishes what was given back; pairs with osh_brink_look(). */
    osh_store_release(&osh_brink, OSH_BRINK_OUT);
}

void osh_brink_end(void)
{
    /* Wipes a mark, so that no look that is under way notes a refusal. Publishes the start of the
     * heap; pairs with osh_brink_now(). */
    (void)osh_exchange(&osh_brink, OSH_BRINK_FAR);
}
