/* SPDX-License-Identifier: Apache-2.0 */
/* Gives free pages to the system, with one call for each row of pages. */
#include "osh_arena.h"

#include "arch.h"
#include "osh_arena_open.h"
#include "osh_claims.h"
#include "osh_gaps.h"
#include "osh_take.h"

/* A row that the system refuses is offered in halves, because one page in it may be locked. If all
 * pages are locked this would not end soon, so there is a limit. */
enum { MOST_HALVINGS = 64 };

/* Bits set on `used`: a count, which publishes nothing. */
static osh_word_t committed OSH_ALIGNED(OSH_CACHELINE);

void osh_arena_recommitted(size_t pages)
{
    osh_store(&committed, pages); /* nobody else is there */
}

void osh_arena_uncommitted(size_t pages)
{
    (void)osh_fetch_add(&committed, (osh_word_t)0 - pages);
}

size_t osh_arena_committed_pages(void)
{
    return osh_load(&committed);
}

/* Releases the claimed pages from `first` up to `end`. The system has taken those from `given` up
 * to `given_end`. */
static void release_row(size_t first, size_t end, size_t given, size_t given_end)
{
    for (size_t word = first / OSH_WORD_BITS; word * OSH_WORD_BITS < end; word++) {
        size_t next = (word + 1) * OSH_WORD_BITS;
        if (given < given_end && given < next && given_end > word * OSH_WORD_BITS) {
            /* Before the release, because the next owner sets these bits again. Publishes nothing:
             * the release below does. */
            osh_word_t taken = osh_claims_bits(word, given, given_end);
            /* A row that moved away may have cleared some since we looked. */
            taken &= osh_fetch_and(&osh_arena.used[word], ~taken);
            osh_arena_uncommitted(osh_count_bits(taken));
        }
        /* Publishes that we are done with the pages; pairs with the claims in osh_arena.c. */
        (void)osh_fetch_and(&osh_arena.claimed[word], ~osh_claims_bits(word, first, end));
    }
    osh_raise(&osh_arena.top_word, (end - 1) / OSH_WORD_BITS); /* a hint: publishes nothing */
    osh_gaps_released(end - 1);
}

/* Offers a claimed row of pages to the system and releases it; returns the bytes that the system
 * took. Pages that it did not take stay marked as used. */
static size_t give_row(size_t first, size_t end, unsigned *halvings)
{
    uintptr_t from = osh_arena_address(first);
    uintptr_t to = osh_arena_address(end);
    if (!osh_arch_decommit(&from, &to)) {
        if (end - first > 1 && *halvings > 0) {
            size_t middle = first + (end - first) / 2;
            --*halvings;
            size_t bytes = give_row(first, middle, halvings);
            return bytes + give_row(middle, end, halvings);
        }
        to = from;
    }
    release_row(first, end, (from - osh_arena.base) >> OSH_PAGE_LOG2,
                (to - osh_arena.base) >> OSH_PAGE_LOG2);
    return to - from;
}

/* Are all pages of the word and of its neighbour free? Together they may be a huge page. */
static bool is_free_pair(size_t word)
{
    size_t other = word ^ 1;
    return osh_load(&osh_arena.claimed[word]) == 0 &&
           (other >= osh_arena.words || osh_load(&osh_arena.claimed[other]) == 0);
}

/* The lowest `count` bits of a word, or all of them. */
static osh_word_t lowest(osh_word_t word, size_t count)
{
    for (size_t have = osh_count_bits(word); have > count; have--) {
        word &= ~((osh_word_t)1 << osh_top_bit(word));
    }
    return word;
}

size_t osh_arena_give(size_t most, bool whole)
{
    size_t bytes = 0;
    size_t first = 0; /* the claimed row begins here */
    size_t end = 0;   /* and ends before this page */
    unsigned halvings = MOST_HALVINGS;
    for (size_t word = 0; word < osh_arena.words; word++) {
        size_t offered = bytes + ((end - first) << OSH_PAGE_LOG2);
        if (offered >= most) {
            break;
        }
        if (osh_arena_is_closed(word)) {
            word = osh_arena_high() - 1;
            continue;
        }
        osh_word_t idle = osh_load(&osh_arena.used[word]) & ~osh_load(&osh_arena.claimed[word]);
        size_t left = (most - offered) >> OSH_PAGE_LOG2;
        if (idle == 0 || (whole && (osh_count_bits(idle) > left || !is_free_pair(word)))) {
            continue;
        }
        idle = lowest(idle, left);
        /* Claims those that nobody else has claimed meanwhile. Observes the last owners' accesses
         * to the pages; pairs with osh_claims_release(). */
        idle &= ~osh_fetch_or(&osh_arena.claimed[word], idle);
        for (; idle != 0; idle &= idle - 1) {
            size_t page = word * OSH_WORD_BITS + (size_t)__builtin_ctzl(idle);
            if (page != end) {
                bytes += first < end ? give_row(first, end, &halvings) : 0;
                first = page;
            }
            end = page + 1;
        }
    }
    return bytes + (first < end ? give_row(first, end, &halvings) : 0);
}

size_t osh_arena_decommit(void)
{
    return osh_arena_give(SIZE_MAX, false);
}
