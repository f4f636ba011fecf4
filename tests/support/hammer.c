/* SPDX-License-Identifier: Apache-2.0 */
#include "hammer.h"

#include "crew.h"
#include "pest.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

enum role { STAYS, STAYS_TOO, MIGRATES, MIGRATES_TOO, TAKES_ALL, ROLES };

/* Second word of a block. */
enum { FREE = 0x5afe, TAKEN = 0xbad };

#define POCKET 8

static const struct hammered *list;
static _Atomic size_t twice;
static _Atomic unsigned working;

/* Blocks nobody could push, or taken with the whole list. */
static void *stash[65536];
static size_t stashed;
static pthread_mutex_t stash_lock = PTHREAD_MUTEX_INITIALIZER;

/* What the signal handler of this thread has in hand. */
static _Thread_local void *kept;

static void change(void *block, size_t from, size_t to)
{
    _Atomic size_t *word = (_Atomic size_t *)block + 1;
    /* Relaxed: the list alone must order one owner before the next. */
    if (atomic_exchange_explicit(word, to, memory_order_relaxed) != from) {
        atomic_fetch_add(&twice, 1);
    }
}

static void put_in_stash(void *block)
{
    (void)pthread_mutex_lock(&stash_lock);
    if (stashed < sizeof(stash) / sizeof(stash[0])) {
        stash[stashed++] = block;
    }
    (void)pthread_mutex_unlock(&stash_lock);
}

static void *take_from_stash(void)
{
    void *block = NULL;
    (void)pthread_mutex_lock(&stash_lock);
    if (stashed > 0) {
        block = stash[--stashed];
    }
    (void)pthread_mutex_unlock(&stash_lock);
    return block;
}

/* Out of the list and into our hands, or the other way round. */
static void *take(void)
{
    void *block = list->pop();
    if (block != NULL) {
        change(block, FREE, TAKEN);
    }
    return block;
}

static bool give(void *block)
{
    change(block, TAKEN, FREE);
    if (list->push(block)) {
        return true;
    }
    change(block, FREE, TAKEN);
    return false;
}

static void in_signal(int number)
{
    (void)number;
    if (kept == NULL) {
        kept = take();
    } else if (give(kept)) {
        kept = NULL;
    }
}

static void put_away(void *block)
{
    if (block != NULL) {
        change(block, TAKEN, FREE);
        put_in_stash(block);
    }
}

static void pop_and_push(unsigned member, unsigned turns)
{
    void *pocket[POCKET] = {NULL};
    uint64_t seed = member + 1;
    for (unsigned i = 0; i < turns; i++) {
        size_t slot = random_below(&seed, POCKET);
        if (member >= MIGRATES && i % 512 == 0) {
            pin_to_cpu((unsigned)random_below(&seed, usable_cpus()));
        }
        if (pocket[slot] == NULL) {
            pocket[slot] = take();
            if (pocket[slot] == NULL && i % 4 == 0 && (pocket[slot] = take_from_stash()) != NULL) {
                change(pocket[slot], FREE, TAKEN);
            }
        } else if (give(pocket[slot])) {
            pocket[slot] = NULL;
        }
    }
    for (unsigned slot = 0; slot < POCKET; slot++) {
        put_away(pocket[slot]);
    }
}

static void work(unsigned member, void *turns)
{
    if (member == TAKES_ALL) {
        while (list->take_all != NULL && atomic_load(&working) > 0) {
            list->take_all(put_in_stash);
        }
        return;
    }
    pin_to_cpu(0); /* those that stay share a CPU; the others leave it soon */
    struct pest pest = pest_start(SIGALRM, 100 + 7 * member);
    pop_and_push(member, *(unsigned *)turns);
    pest_stop(pest, SIGALRM);
    put_away(kept);
    atomic_fetch_sub(&working, 1);
}

struct damage hammer(const struct hammered *hammered, void **blocks, size_t count, unsigned turns)
{
    list = hammered;
    for (size_t i = 0; i < count; i++) {
        ((size_t *)blocks[i])[1] = FREE;
        put_in_stash(blocks[i]);
    }
    atomic_store(&working, TAKES_ALL);
    pest_handle(SIGALRM, in_signal);
    run_crew(ROLES, work, &turns);
    size_t found = stashed;
    if (list->take_all != NULL) {
        list->take_all(put_in_stash);
        found = stashed;
    }
    /* A broken list may go round in circles: count no more than there can be. */
    for (unsigned cpu = 0; cpu < usable_cpus(); cpu++) {
        pin_to_cpu(cpu);
        while (found <= 2 * count && list->pop() != NULL) {
            found++;
        }
    }
    return (struct damage){atomic_load(&twice), found < count ? count - found : found - count};
}
