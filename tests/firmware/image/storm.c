/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupt handlers and tasks of all cores allocate, resize and free at once,
 * small and large, until enough operations on a core's lists have been
 * interrupted inside.
 */
#include "check.h"
#include "kernel.h"
#include "os/os_heap.h"

#define TASKS (2 * BOARD_CORES + 1)
#define SLOTS 12
#define HIT_SIZE 40u
#define ROUNDS (4000u / TEST_SHARE)
#define WANTED \
    (TEST_SHARE > 50u ? 1u : 50u / TEST_SHARE) /* operations that an interrupt met inside */
#define WANTED_TICKS (1500u / TEST_SHARE)
#define MOST_ROUNDS (50 * ROUNDS)

static struct stamped of_task[TASKS][SLOTS];
static struct stamped of_handler[BOARD_CORES][SLOTS];
static void *kept[BOARD_CORES];
static struct rng handler_rng[BOARD_CORES];
static unsigned refused[BOARD_CORES]; /* large requests in a handler */
static unsigned rounds_done[TASKS];
static unsigned char quiet[BOARD_CORES];

/*
 * Leaves the core's list of the tasks' favourite class with the same first
 * block and the same length, but another second block: A -> B -> A. An operation
 * that was interrupted between reading the list and changing it, and does not
 * notice, hands B out a second time.
 */
static void swap_second(unsigned core)
{
    void *first = os_malloc(HIT_SIZE);
    void *second = os_malloc(HIT_SIZE);
    if (first != NULL && second != NULL && kept[core] != NULL) {
        os_free(kept[core]);
        kept[core] = second;
    } else if (kept[core] == NULL) {
        kept[core] = second;
    } else {
        os_free(second);
    }
    os_free(first);
}

static void handler(void)
{
    unsigned core = board_core();
    struct rng *rng = &handler_rng[core];
    swap_second(core);
    for (unsigned i = 0; i < 4; i++) {
        struct stamped *s = &of_handler[core][rng_next(rng) % SLOTS];
        if (s->block == NULL) {
            size_t size = rng_size(rng, 1);
            bool got = stamped_new(s, size);
            refused[core] += !got;
        } else if (rng_next(rng) % 4 == 0) {
            (void)stamped_resize(s, 1 + rng_size(rng, 1));
        } else {
            stamped_free(s);
        }
    }
}

static void task(unsigned number)
{
    struct rng rng = {number + 1};
    for (unsigned round = 0; round < MOST_ROUNDS; round++) {
        if (round % 4 == 0 && round > ROUNDS && kernel_interrupted() >= WANTED &&
            kernel_ticks() >= WANTED_TICKS) {
            break;
        }
        struct stamped *s = &of_task[number][rng_next(&rng) % SLOTS];
        if (s->block == NULL) {
            (void)stamped_new(s, rng_size(&rng, 1));
        } else if (rng_next(&rng) % 8 == 0) {
            (void)stamped_resize(s, 1 + rng_size(&rng, 1));
        } else {
            stamped_free(s);
        }
        for (unsigned i = 0; i < 16; i++) {
            /* Hits, for interrupts to land in. */
            struct stamped hit;
            if (stamped_new(&hit, HIT_SIZE)) {
                stamped_free(&hit);
            }
        }
        rounds_done[number] = round;
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        stamped_free(&of_task[number][i]);
    }
}

static void quiet_core(void)
{
    struct stamped *mine = of_handler[board_core()];
    for (unsigned i = 0; i < SLOTS; i++) {
        stamped_free(&mine[i]);
    }
    os_free(kept[board_core()]);
    kept[board_core()] = NULL;
    /* Publishes that this core holds nothing; pairs with all_quiet(). */
    __atomic_store_n(&quiet[board_core()], 1, __ATOMIC_RELEASE);
}

static bool all_quiet(void)
{
    for (unsigned i = 0; i < BOARD_CORES; i++) {
        /* Observes what the core has freed; pairs with quiet_core(). */
        if (__atomic_load_n(&quiet[i], __ATOMIC_ACQUIRE) == 0) {
            return false;
        }
    }
    return true;
}

static void done(void)
{
    /* From here handlers only free what is left, each core its own. */
    kernel_on_tick(quiet_core);
    while (!all_quiet()) {
        kernel_yield();
    }
    kernel_on_tick(NULL);
    struct os_heap_stats stats;
    (void)os_heap_trim();
    os_heap_stats(&stats);
    unsigned rounds = 0;
    unsigned turned_away = 0;
    for (unsigned i = 0; i < TASKS; i++) {
        rounds += rounds_done[i];
    }
    for (unsigned i = 0; i < BOARD_CORES; i++) {
        turned_away += refused[i];
    }
    report("rounds", rounds);
    report("ticks", kernel_ticks());
    report("interrupted", kernel_interrupted());
    report("switches", kernel_switches());
    report("migrations", kernel_migrations());
    report("deferred", (unsigned)stats.deferred_frees);
    report("refused", turned_away);
    report("live", (unsigned)stats.live);
    CHECK(stats.live == 0);
    CHECK(kernel_interrupted() >= WANTED);
    CHECK(turned_away > 0 || TEST_SHARE > 20u);
    passed();
}

int main(void)
{
    for (unsigned core = 0; core < BOARD_CORES; core++) {
        handler_rng[core].state = 77 + core;
    }
    for (unsigned i = 0; i < TASKS; i++) {
        kernel_task(task, i);
    }
    kernel_on_tick(handler);
    kernel_run(done);
}
