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

/* All in pages. */
static struct {
    osh_word_t committed; /* bits set on `used` */
    osh_word_t budget;    /* what the heap has learned that it should keep */
    osh_word_t refused;   /* what it keeps since the system did not take it */
    osh_word_t given;     /* to the system, and not committed again since */
    osh_word_t missed;    /* of these: committed again since the budget grew */
    size_t least;         /* what the heap may keep in any case */
} purge;

void osh_arena_purge_start(size_t idle_bytes)
{
    purge.least = idle_bytes >> OSH_PAGE_LOG2;
}

void osh_arena_recommitted(size_t pages)
{
    osh_store(&purge.committed, pages); /* nobody else is there */
}

void osh_arena_uncommitted(size_t pages)
{
    (void)osh_fetch_add(&purge.committed, (osh_word_t)0 - pages); /* a count */
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
            (void)osh_fetch_and(&osh_arena.used[word], ~taken);
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

/* Offers free pages that were used, from the lowest up, until the system has taken `most` bytes.
 * With `whole` only those of pairs of words that are all free. */
static size_t decommit(size_t most, bool whole)
{
    size_t bytes = 0;
    size_t first = 0; /* the claimed row begins here */
    size_t end = 0;   /* and ends before this page */
    unsigned halvings = MOST_HALVINGS;
    for (size_t word = 0; word < osh_arena.words && bytes < most; word++) {
        if (osh_arena_is_closed(word)) {
            word = osh_arena_high() - 1;
            continue;
        }
        osh_word_t idle = osh_load(&osh_arena.used[word]) & ~osh_load(&osh_arena.claimed[word]);
        if (whole && idle != 0 && !is_free_pair(word)) {
            continue;
        }
        if (idle != 0) {
            /* Claims those that nobody else has claimed meanwhile. Observes the last owners'
             * accesses to the pages; pairs with osh_claims_release(). */
            idle &= ~osh_fetch_or(&osh_arena.claimed[word], idle);
        }
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
    return decommit(SIZE_MAX, false);
}

/* The pages that are free and committed: a snapshot. */
static size_t idle_pages(void)
{
    size_t committed = osh_load(&purge.committed);
    size_t in_use = osh_load(&osh_arena.in_use);
    return committed > in_use ? committed - in_use : 0;
}

size_t osh_arena_idle_bytes(void)
{
    return idle_pages() << OSH_PAGE_LOG2;
}

/* The most that the budget may be. */
static size_t most_learned(size_t in_use)
{
    size_t most = OSH_IDLE_MOST >> OSH_PAGE_LOG2;
    return most > in_use ? most : in_use;
}

/* What the heap may keep: a part of what is in use, what the user says, and what it has learned. */
static size_t idle_allowed(void)
{
    size_t in_use = osh_load(&osh_arena.in_use);
    size_t allowed = in_use / 8 > purge.least ? in_use / 8 : purge.least;
    size_t learned = osh_load(&purge.budget);
    size_t most = most_learned(in_use);
    learned = learned < most ? learned : most;
    learned = learned > osh_load(&purge.refused) ? learned : osh_load(&purge.refused);
    return allowed > learned ? allowed : learned;
}

/* Counts and budget are estimates: a store that is lost to another thread's does no harm, and none
 * publishes anything. */
void osh_arena_purge(void)
{
    size_t allowed = idle_allowed();
    size_t idle = idle_pages();
    if (OSH_LIKELY(idle <= allowed)) {
        return;
    }
    /* A task that finds no page takes this mutex in the last resort: it then waits until the pages
     * that are claimed here are free again. */
    enum osh_taken taken = osh_take(OSH_MUTEX_RECLAIM, false);
    if (taken == OSH_REFUSED) {
        return; /* the next release tries again */
    }
    size_t wanted = idle - allowed / 2;
    /* First those that split no huge page. */
    size_t given = decommit(wanted << OSH_PAGE_LOG2, true) >> OSH_PAGE_LOG2;
    if (given < wanted) {
        given += decommit((wanted - given) << OSH_PAGE_LOG2, false) >> OSH_PAGE_LOG2;
    }
    osh_word_t budget = osh_load(&purge.budget);
    osh_store(&purge.refused, given < wanted / 2 ? 2 * idle : 0);
    osh_store(&purge.budget, budget - budget / 16);
    osh_store(&purge.given, osh_load(&purge.given) + given);
    if (taken == OSH_LOCKED) {
        osh_arch_unlock(OSH_MUTEX_RECLAIM);
    }
}

/* Pages that are committed again after a purge were given back in vain. So many of them double the
 * budget as the heap may keep now. */
void osh_arena_committed(unsigned pages)
{
    (void)osh_fetch_add(&purge.committed, pages); /* a count */
    osh_word_t given = osh_load(&purge.given);
    if (given == 0) {
        return;
    }
    osh_store(&purge.given, given > pages ? given - pages : 0);
    osh_word_t missed = osh_load(&purge.missed) + pages;
    size_t allowed = idle_allowed();
    if (missed >= allowed / 4) {
        missed = 0;
        osh_store(&purge.budget, 2 * allowed);
    }
    osh_store(&purge.missed, missed);
}
