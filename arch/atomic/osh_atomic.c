/* SPDX-License-Identifier: Apache-2.0 */
/* The atomics as functions, for a library compiled for size. They have the orderings of the
 * inline functions, which osh_atomic.h lists. */
#define OSH_ATOMIC_SHARED
#include "osh_atomic.h"

#if OSH_SMALL_CODE && !defined(OSH_ONE_UNIT)
OSH_HIDDEN bool osh_shared_cas(osh_word_t *word, osh_word_t *expected, osh_word_t value);
OSH_HIDDEN osh_word_t osh_shared_exchange(osh_word_t *word, osh_word_t value);
OSH_HIDDEN osh_word_t osh_shared_fetch_add(osh_word_t *word, osh_word_t value);
OSH_HIDDEN osh_word_t osh_shared_fetch_or(osh_word_t *word, osh_word_t bits);
OSH_HIDDEN osh_word_t osh_shared_fetch_and(osh_word_t *word, osh_word_t bits);
OSH_HIDDEN void osh_shared_raise(osh_word_t *word, osh_word_t value);
OSH_HIDDEN unsigned osh_shared_count_bits(osh_word_t word);

bool osh_shared_cas(osh_word_t *word, osh_word_t *expected, osh_word_t value)
{
    return osh_cas(word, expected, value);
}

osh_word_t osh_shared_exchange(osh_word_t *word, osh_word_t value)
{
    return osh_exchange(word, value);
}

osh_word_t osh_shared_fetch_add(osh_word_t *word, osh_word_t value)
{
    return osh_fetch_add(word, value);
}

osh_word_t osh_shared_fetch_or(osh_word_t *word, osh_word_t bits)
{
    return osh_fetch_or(word, bits);
}

osh_word_t osh_shared_fetch_and(osh_word_t *word, osh_word_t bits)
{
    return osh_fetch_and(word, bits);
}

void osh_shared_raise(osh_word_t *word, osh_word_t value)
{
    osh_raise(word, value);
}

unsigned osh_shared_count_bits(osh_word_t word)
{
    return osh_count_bits(word);
}
#endif
