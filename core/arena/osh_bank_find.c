/* SPDX-License-Identifier: Apache-2.0 */
/* Where a bank has room. */
#include "osh_bank_map.h"

/* The first granule from `from` on at a multiple of `alignment` bytes. */
static size_t first_aligned(const struct osh_bank *bank, size_t from, size_t alignment)
{
    uintptr_t address = bank->base + ((uintptr_t)from << bank->shift);
    uintptr_t gap = ((uintptr_t)0 - address) & (alignment - 1);
    return from + (gap >> bank->shift); /* the address is a multiple of a granule */
}

/* Do `count` ones stand in a row in `free`? */
static bool has_row(osh_word_t free, size_t count)
{
    size_t length = 1; /* a one of `free` is the first of so many */
    while (free != 0 && length < count) {
        size_t step = length < count - length ? length : count - length;
        free = step < OSH_BANK_HALF ? free & free >> step : 0;
        length += step;
    }
    return free != 0;
}

/* The first place for `count` granules inside a word that is not all free, behind its first taken
 * granule. */
static size_t find_inside(const struct osh_bank *bank, size_t word, osh_word_t full, size_t count,
                          size_t alignment)
{
    unsigned at = (unsigned)__builtin_ctzl(full);
    while (full >> at != 0) {
        at += (unsigned)__builtin_ctzl(~(full >> at));
        osh_word_t rest = full >> at;
        unsigned free = rest != 0 ? (unsigned)__builtin_ctzl(rest) : OSH_BANK_HALF - at;
        size_t first = first_aligned(bank, word * OSH_BANK_HALF + at, alignment);
        at += free;
        if (free > 0 && first + count <= word * OSH_BANK_HALF + at) {
            return first;
        }
    }
    return OSH_NO_GRANULE;
}

size_t osh_bank_find(const struct osh_bank *bank, size_t word, size_t count, size_t alignment,
                     size_t *free_word)
{
    size_t start = OSH_NO_GRANULE; /* of the row of free granules at the end of the word before */
    *free_word = bank->words;
    for (; word < bank->words; word++) {
        osh_word_t full = osh_bank_taken(osh_load(&bank->map[word])); /* the claim looks again */
        if (full == OSH_BANK_LOW) {
            start = OSH_NO_GRANULE;
            continue;
        }
        *free_word = *free_word < word ? *free_word : word;
        unsigned lead = full != 0 ? (unsigned)__builtin_ctzl(full) : OSH_BANK_HALF;
        start = start != OSH_NO_GRANULE ? start : word * OSH_BANK_HALF;
        size_t found = first_aligned(bank, start, alignment);
        if (found + count <= word * OSH_BANK_HALF + lead) {
            return found;
        }
        if (full == 0) {
            continue;
        }
        if (has_row(~full & OSH_BANK_LOW, count)) {
            found = find_inside(bank, word, full, count, alignment);
            if (found != OSH_NO_GRANULE) {
                return found;
            }
        }
        unsigned behind = osh_top_bit(full) + 1;
        start = behind < OSH_BANK_HALF ? word * OSH_BANK_HALF + behind : OSH_NO_GRANULE;
    }
    return OSH_NO_GRANULE;
}
