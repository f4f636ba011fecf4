/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of pages for large blocks, where memory is virtual. A row is claimed word by word: if others
 * have taken a page of it meanwhile, what was claimed is released.
 */
#include "osh_arena.h"

#include "osh_arena_open.h"
#include "osh_claims.h"
#include "osh_gaps.h"
#include "osh_gauge.h"

#include <string.h>

#if OSH_ROW_LEAST > 0

/* Others may take a page of the row that was found so often. */
enum { TRIES = 4 };

static void unclaim(size_t first, size_t end)
{
    for (size_t word = first / OSH_WORD_BITS; word * OSH_WORD_BITS < end; word++) {
        osh_word_t bits = osh_claims_bits(word, first, end);
        osh_claims_release(word, bits, osh_count_bits(bits));
    }
    if (first < end) {
        osh_gaps_released(end - 1);
    }
}

/* Claims pages `first` up to `end`, all or none. */
static bool claim(size_t first, size_t end)
{
    for (size_t page = first; page < end; page = (page / OSH_WORD_BITS + 1) * OSH_WORD_BITS) {
        size_t word = page / OSH_WORD_BITS;
        osh_word_t bits = osh_claims_bits(word, first, end);
        osh_word_t claimed = osh_load(&osh_arena.claimed[word]);
        /* Observes the last owners' accesses to the pages; pairs with osh_claims_release(). */
        while ((claimed & bits) == 0 &&
               !osh_cas(&osh_arena.claimed[word], &claimed, claimed | bits)) {
        }
        if ((claimed & bits) != 0) {
            unclaim(first, page);
            return false;
        }
        osh_claims_count(osh_count_bits(bits));
    }
    osh_gaps_claimed(first);
    return true;
}

/* Opens and claims the place. It may begin below the closed pages and end among them. */
static bool take(size_t first, size_t count)
{
    if (!osh_arena_open_word(first / OSH_WORD_BITS) || !osh_arena_open_up(first, first + count) ||
        !claim(first, first + count)) {
        return false;
    }
    osh_gauge_rows(count << OSH_PAGE_LOG2);
    return true;
}

size_t osh_arena_claim_row(size_t count)
{
    if (count > osh_arena_free_pages()) {
        return OSH_NO_PAGE;
    }
    struct osh_gap_hint hint;
    for (unsigned tries = TRIES; tries > 0; tries--) {
        size_t first = osh_gaps_find(count, &hint);
        if (first == OSH_NO_PAGE) {
            break;
        }
        if (take(first, count)) {
            osh_gaps_settle(hint);
            return first;
        }
    }
    /* A task may be about to set a hint; and the system may refuse to open more. */
    for (unsigned tries = TRIES; tries > 0; tries--) {
        size_t first = osh_gaps_search(count, tries <= TRIES / 2);
        if (first != OSH_NO_PAGE && take(first, count)) {
            return first;
        }
    }
    return OSH_NO_PAGE;
}

bool osh_arena_extend_row(size_t page, size_t count)
{
    if (page + count > osh_arena.pages || !osh_arena_open_up(page, page + count) ||
        !claim(page, page + count)) {
        return false;
    }
    osh_gauge_rows(count << OSH_PAGE_LOG2);
    return true;
}

void osh_arena_release_row(size_t page, size_t count)
{
    osh_gauge_rows((size_t)0 - (count << OSH_PAGE_LOG2));
    unclaim(page, page + count);
}

void osh_arena_use_row(size_t page, size_t count, bool clear)
{
    size_t end = page + count;
    for (size_t word = page / OSH_WORD_BITS; word * OSH_WORD_BITS < end; word++) {
        osh_word_t bits = osh_claims_bits(word, page, end);
        /* Nobody else changes the bits of claimed pages. */
        osh_word_t stale = osh_arena_zeroed ? osh_load(&osh_arena.used[word]) & bits : bits;
        for (; clear && stale != 0; stale &= stale - 1) {
            size_t used = word * OSH_WORD_BITS + (size_t)__builtin_ctzl(stale);
            memset((void *)osh_arena_address(used), 0, OSH_PAGE_BYTES);
        }
        osh_claims_use(word, bits);
    }
}

void osh_arena_unuse_row(size_t page, size_t count)
{
    size_t end = page + count;
    for (size_t word = page / OSH_WORD_BITS; word * OSH_WORD_BITS < end; word++) {
        osh_word_t bits = osh_claims_bits(word, page, end);
        /* The pages are the caller's: publishes nothing. */
        (void)osh_fetch_and(&osh_arena.used[word], ~bits);
    }
    osh_arena_uncommitted(count);
}

#endif
