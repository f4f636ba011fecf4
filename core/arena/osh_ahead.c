/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_ahead.h"

#include "arch.h"
#include "osh_arena_open.h"
#include "osh_claims.h"
#include "osh_gaps.h"
#include "osh_gauge.h"
#include "osh_take.h"

#if OSH_ROW_LEAST > 0

#define HUGE_PAGES (OSH_HUGE_BYTES >> OSH_PAGE_LOG2)

/* The system has no such call, or the memory is not its own. */
static osh_word_t refused;

/* The most pages of slabs when memory was committed ahead. Only advice: publishes nothing. */
static osh_word_t most_slab_pages;

/* The pages of a chunk but for the caller's. */
struct chunk {
    size_t first, end;
    size_t own, own_end;
};

static osh_word_t bits_of(const struct chunk *chunk, size_t word)
{
    return osh_claims_bits(word, chunk->first, chunk->end) &
           ~osh_claims_bits(word, chunk->own, chunk->own_end);
}

/* Releases the chunk's pages below `end`. */
static void release(const struct chunk *chunk, size_t end)
{
    for (size_t word = chunk->first / OSH_WORD_BITS; word * OSH_WORD_BITS < end; word++) {
        /* Publishes what claim_rest() and its caller did; pairs with the claims in osh_arena.c. */
        (void)osh_fetch_and(&osh_arena.claimed[word], ~bits_of(chunk, word));
    }
    osh_raise(&osh_arena.top_word, (end - 1) / OSH_WORD_BITS); /* a hint: publishes nothing */
    if (chunk->own > chunk->first) {
        osh_gaps_released((chunk->own < end ? chunk->own : end) - 1);
    }
    if (chunk->own_end < end) {
        osh_gaps_released(end - 1);
    }
}

/* Claims the chunk's pages, if none of them is in use or committed. */
static bool claim_rest(const struct chunk *chunk)
{
    for (size_t word = chunk->first / OSH_WORD_BITS; word * OSH_WORD_BITS < chunk->end; word++) {
        osh_word_t bits = bits_of(chunk, word);
        osh_word_t claimed = osh_load(&osh_arena.claimed[word]);
        /* Observes the last owners' accesses and bits on `used`; pairs with osh_claims_release().
         */
        while ((claimed & bits) == 0 &&
               !osh_cas(&osh_arena.claimed[word], &claimed, claimed | bits)) {
        }
        bool taken = (claimed & bits) != 0;
        if (taken || (osh_load(&osh_arena.used[word]) & bits) != 0) {
            size_t end = (word + !taken) * OSH_WORD_BITS;
            if (end > chunk->first) {
                release(chunk, end < chunk->end ? end : chunk->end);
            }
            return false;
        }
    }
    return true;
}

static void commit(const struct chunk *chunk)
{
    size_t count = chunk->end - chunk->first;
    if (!claim_rest(chunk)) {
        return;
    }
    if (osh_arch_commit_huge((void *)osh_arena_address(chunk->first), count << OSH_PAGE_LOG2)) {
        for (size_t word = chunk->first / OSH_WORD_BITS; word * OSH_WORD_BITS < chunk->end;
             word++) {
            osh_claims_use(word, bits_of(chunk, word));
        }
    } else {
        osh_store(&refused, 1); /* publishes nothing */
    }
    release(chunk, chunk->end);
}

void osh_ahead_commit(size_t first, size_t count, size_t own, size_t own_count)
{
    /* A task that finds no page takes this mutex in the last resort: it then waits until the pages
     * that are claimed here are free again. */
    enum osh_taken taken = osh_take(OSH_MUTEX_RECLAIM, false);
    if (taken != OSH_REFUSED) {
        struct chunk chunk = {first, first + count, own, own + own_count};
        commit(&chunk);
        if (taken == OSH_LOCKED) {
            osh_arch_unlock(OSH_MUTEX_RECLAIM);
        }
    }
}

/* Pages of slabs: a snapshot. */
static size_t slab_pages(void)
{
    size_t in_use = osh_load(&osh_arena.in_use);
    size_t rows = osh_gauge_in_rows() >> OSH_PAGE_LOG2;
    return in_use > rows ? in_use - rows : 0;
}

void osh_ahead(size_t page, unsigned run)
{
    size_t now = slab_pages();
    bool less = now + HUGE_PAGES / 2 < osh_load(&most_slab_pages);
    if (now < OSH_HUGE_FROM >> OSH_PAGE_LOG2 || less || osh_load(&refused) != 0) {
        return;
    }
    size_t own = (size_t)1 << run;
    size_t first = page & ~(HUGE_PAGES - 1);
    if (first + HUGE_PAGES > osh_arena.pages) {
        return;
    }
    /* A glance, without claims: most huge pages have pages in use. */
    struct chunk chunk = {first, first + HUGE_PAGES, page, page + own};
    for (size_t word = first / OSH_WORD_BITS; word * OSH_WORD_BITS < chunk.end; word++) {
        osh_word_t taken = osh_load(&osh_arena.claimed[word]) | osh_load(&osh_arena.used[word]);
        if (!osh_arena_open_word(word) || (taken & bits_of(&chunk, word)) != 0) {
            return;
        }
    }
    osh_raise(&most_slab_pages, now);
    osh_ahead_commit(first, HUGE_PAGES, page, own);
}

#endif
