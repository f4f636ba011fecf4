/* SPDX-License-Identifier: Apache-2.0 */
/* When free pages go to the system without a call of os_heap_trim. */
#include "osh_arena.h"

#include "arch.h"
#include "osh_take.h"

/* All in pages. Estimates: a store that is lost to another thread's does no harm, and none
 * publishes anything. */
static struct {
    osh_word_t budget;  /* what the heap has learned that it should keep */
    osh_word_t refused; /* what it keeps since the system did not take it */
    osh_word_t given;   /* to the system, and not committed again since */
    osh_word_t missed;  /* of these: committed again since the budget grew */
    osh_word_t lowest;  /* the fewest that were idle in this period */
    size_t least;       /* what the heap may keep in any case */
    /* Milliseconds: */
    osh_word_t since; /* when this period began */
    size_t period;    /* its length; 0: there are none */
} purge;

void osh_arena_purge_start(size_t idle_bytes, size_t decay)
{
    purge.least = idle_bytes >> OSH_PAGE_LOG2;
    purge.period = idle_bytes == SIZE_MAX ? 0 : decay;
}

/* The pages that are free and committed: a snapshot. */
static size_t idle_pages(void)
{
    size_t have = osh_arena_committed_pages();
    size_t in_use = osh_load(&osh_arena.in_use);
    return have > in_use ? have - in_use : 0;
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

/* Gives so many idle pages to the system, if it takes them; first those that split no huge page. */
static size_t give_idle(size_t wanted)
{
    size_t given = osh_arena_give(wanted << OSH_PAGE_LOG2, true) >> OSH_PAGE_LOG2;
    if (given < wanted) {
        given += osh_arena_give((wanted - given) << OSH_PAGE_LOG2, false) >> OSH_PAGE_LOG2;
    }
    return given;
}

/* More pages are idle than are allowed. */
static void keep_half(size_t idle, size_t allowed)
{
    size_t wanted = idle - allowed / 2;
    size_t given = give_idle(wanted);
    osh_word_t budget = osh_load(&purge.budget);
    osh_store(&purge.refused, given < wanted / 2 ? 2 * idle : 0);
    osh_store(&purge.budget, budget - budget / 16);
    osh_store(&purge.given, osh_load(&purge.given) + given);
}

/* If a period has ended: the pages that nobody needed in it. `idle` are idle now that `released`
 * were released. Between two releases the idle pages become fewer only, so those before a release
 * are the fewest. */
static size_t unneeded(size_t idle, size_t released)
{
    size_t before = idle > released ? idle - released : 0;
    osh_word_t least = osh_load(&purge.lowest);
    if (before < least) {
        osh_store(&purge.lowest, before);
        least = before;
    }
    osh_word_t since = osh_load(&purge.since); /* first, so that it is not after now */
    osh_word_t now = osh_arch_milliseconds();
    /* One task is told that the period is over. */
    if (now - since < purge.period || !osh_cas(&purge.since, &since, now)) {
        return 0;
    }
    osh_store(&purge.lowest, idle);
    return least;
}

void osh_arena_purge(size_t released)
{
    size_t allowed = idle_allowed();
    size_t idle = idle_pages();
    size_t old = purge.period != 0 ? unneeded(idle, released) : 0;
    if (OSH_LIKELY(idle <= allowed && old == 0)) {
        return;
    }
    /* A task that finds no page takes this mutex in the last resort: it then waits until the pages
     * that are claimed here are free again. */
    enum osh_taken taken = osh_take(OSH_MUTEX_RECLAIM, false);
    if (taken == OSH_REFUSED) {
        return; /* the next release tries again */
    }
    if (idle > allowed) {
        keep_half(idle, allowed);
    } else {
        (void)give_idle(old);
    }
    if (taken == OSH_LOCKED) {
        osh_arch_unlock(OSH_MUTEX_RECLAIM);
    }
}

/* Pages that are committed again after a purge were given back in vain. When they are a quarter of
 * what the heap may keep now, it may keep so many more. */
void osh_arena_committed(unsigned pages)
{
    osh_arena_uncommitted((size_t)0 - pages);
    osh_word_t given = osh_load(&purge.given);
    if (given == 0) {
        return;
    }
    osh_store(&purge.given, given > pages ? given - pages : 0);
    osh_word_t missed = osh_load(&purge.missed) + pages;
    size_t allowed = idle_allowed();
    if (missed >= allowed / 4) {
        osh_store(&purge.budget, allowed + missed);
        missed = 0;
    }
    osh_store(&purge.missed, missed);
}
