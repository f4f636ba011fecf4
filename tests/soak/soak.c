/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One heap, for as long as one likes: round after round a scenario of the storm
 * with every byte stamped; beside it threads that are born, work through the whole
 * API with signals whose handlers allocate and free, and die; and one that trims,
 * reclaims and asks for statistics at random. After each round all stands still:
 * the heap must be consistent, and now and then empty.
 *
 * Prints a line of progress every few seconds and one of JSON at the end.
 */
#include "board.h"
#include "crew.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "pest.h"
#include "resident.h"
#include "stamp.h"
#include "storm_round.h"
#include "worker.h"

#include <argp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUND_SECONDS 2.0
#define LIFE_TURNS 4000u
#define KEPT 8u

static struct {
    double minutes;
    uint64_t seed;
} options = {1, 1};

static atomic_bool stop;
static _Atomic uint64_t lives;
static _Atomic uint64_t turns;
static _Atomic uint64_t signals;
static _Atomic uint64_t trims;
static uint64_t storm_ops;
static uint64_t checks;
static uint64_t rounds_of[STORM_ROUNDS];

static void give_up(const char *what, const char *detail)
{
    (void)fprintf(stderr, "soak: %s: %s\n", what, detail);
    abort();
}

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* What the handlers of this thread have in hand. */
static _Thread_local void *kept[KEPT];
static _Thread_local uint64_t in_handler = 1;

static void in_signal(int number)
{
    (void)number;
    os_heap_signal_enter();
    uint64_t which = random_below(&in_handler, KEPT);
    if (kept[which] != NULL) {
        parcel_free(kept[which]);
        kept[which] = NULL;
    } else {
        size_t size = PARCEL_MIN + (size_t)random_below(&in_handler, 3000);
        kept[which] = parcel_pack(os_malloc(size), size, in_handler);
    }
    if (which == 0) {
        void *block = board_exchange(in_handler, NULL); /* of any size, from any thread */
        parcel_free(block);
    }
    os_heap_signal_leave();
    atomic_fetch_add_explicit(&signals, 1, memory_order_relaxed);
}

/* One life: born, at work under signals, dead; what it holds it leaves on the board. */
static void *live(void *seed)
{
    struct work work = {.turns = LIFE_TURNS, .seed = (uintptr_t)seed};
    struct pest pest = pest_start(SIGALRM, 150 + (unsigned)((uintptr_t)seed % 97));
    in_handler = work.seed * 2 + 1;
    worker_run((unsigned)(work.seed % 7), &work);
    pest_stop(pest, SIGALRM);
    for (unsigned i = 0; i < KEPT; i++) {
        parcel_free(board_exchange(work.seed + (uint64_t)i * 131, kept[i]));
    }
    atomic_fetch_add(&turns, work.turns);
    atomic_fetch_add(&lives, 1);
    return NULL;
}

static void *nursery(void *seed)
{
    uint64_t random = (uintptr_t)seed * 7919 + 1;
    while (!atomic_load(&stop)) {
        pthread_t child[2];
        unsigned count = 1 + (unsigned)random_below(&random, 2);
        for (unsigned i = 0; i < count; i++) {
            void *its_seed = (void *)(uintptr_t)(1 + random_below(&random, 1u << 30));
            if (pthread_create(&child[i], NULL, live, its_seed) != 0) {
                give_up("pthread_create", "no thread");
            }
        }
        for (unsigned i = 0; i < count; i++) {
            (void)pthread_join(child[i], NULL);
        }
    }
    return NULL;
}

static void *reclaimer(void *seed)
{
    uint64_t random = (uintptr_t)seed * 104729 + 1;
    while (!atomic_load(&stop)) {
        struct timespec pause = {0, (long)(1 + random_below(&random, 40)) * 1000000};
        struct os_heap_stats stats;
        (void)nanosleep(&pause, NULL);
        if (random_below(&random, 2) == 0) {
            (void)os_heap_trim();
            atomic_fetch_add(&trims, 1);
        } else {
            os_heap_stats(&stats);
            if (stats.cached > stats.cached_bound) {
                give_up("os_heap_stats", "more is cached than the bound");
            }
        }
    }
    return NULL;
}

static void quiet_point(bool all_is_freed)
{
    const char *wrong = os_heap_check();
    struct os_heap_stats stats;
    checks++;
    if (wrong != NULL) {
        give_up("os_heap_check", wrong);
    }
    if (!all_is_freed) {
        return;
    }
    (void)os_heap_trim();
    os_heap_stats(&stats);
    if (stats.live != 0 || stats.cached != 0 || stats.slab_pages + stats.fallback_pages != 0 ||
        stats.deferred_pending != 0) {
        give_up("when all is freed", "something is left");
    }
}

static void one_round(unsigned number)
{
    pthread_t beside[2];
    void *seed = (void *)(uintptr_t)(options.seed * 1000003 + number);
    unsigned which = (unsigned)((options.seed + number) % STORM_ROUNDS);
    atomic_store(&stop, false);
    if (pthread_create(&beside[0], NULL, nursery, seed) != 0 ||
        pthread_create(&beside[1], NULL, reclaimer, seed) != 0) {
        give_up("pthread_create", "no thread");
    }
    storm_ops += storm_round(which, 1 + number % 4, ROUND_SECONDS);
    rounds_of[which]++;
    atomic_store(&stop, true);
    (void)pthread_join(beside[0], NULL);
    (void)pthread_join(beside[1], NULL);
    bool all_is_freed = number % 3 == 2;
    if (all_is_freed) {
        board_clear();
    }
    quiet_point(all_is_freed);
}

static void progress(double elapsed, unsigned rounds)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    (void)fprintf(stderr,
                  "soak: %s: %.0f of %.0f s, %u rounds, %" PRIu64 " storm operations, %" PRIu64
                  " turns, %" PRIu64 " signals, %" PRIu64 " lives, %" PRIu64 " trims, peak %" PRIu64
                  " MiB\n",
                  stats.port, elapsed, options.minutes * 60, rounds, storm_ops, atomic_load(&turns),
                  atomic_load(&signals), atomic_load(&lives), atomic_load(&trims),
                  (uint64_t)resident_at_most() >> 20);
}

static void report(double elapsed, unsigned rounds)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    (void)printf("{\"port\": \"%s\", \"seed\": %" PRIu64 ", \"seconds\": %.1f, \"rounds\": %u, "
                 "\"storm_operations\": %" PRIu64 ", \"turns\": %" PRIu64 ", \"signals\": %" PRIu64
                 ", \"threads_born\": %" PRIu64 ", \"trims\": %" PRIu64 ", \"checks\": %" PRIu64
                 ", \"deferred_frees\": %zu, \"out_of_memory\": %zu, \"peak_rss_bytes\": %" PRIu64
                 ", \"scenarios\": {",
                 stats.port, options.seed, elapsed, rounds, storm_ops, atomic_load(&turns),
                 atomic_load(&signals), atomic_load(&lives), atomic_load(&trims), checks,
                 stats.deferred_frees, stats.out_of_memory, (uint64_t)resident_at_most());
    for (unsigned i = 0; i < STORM_ROUNDS; i++) {
        (void)printf("%s\"%s\": %" PRIu64, i > 0 ? ", " : "", storm_round_name(i), rounds_of[i]);
    }
    (void)printf("}}\n");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    char *end = NULL;
    switch (key) {
    case 'm':
        options.minutes = strtod(argument, &end);
        break;
    case 's':
        options.seed = strtoull(argument, &end, 0);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    if (end == argument || *end != '\0' || !(options.minutes > 0) || options.minutes > 10080) {
        argp_error(state, "'%s' is no number that makes sense here", argument);
    }
    return 0;
}

int main(int count, char **arguments)
{
    static const struct argp_option known[] = {
        {"minutes", 'm', "M", 0, "Run for so long (1)", 0},
        {"seed", 's', "N", 0, "What the random numbers begin with (1)", 0},
        {0},
    };
    static const struct argp argp = {.options = known, .parser = parse, .doc = "Soak of one heap."};
    argp_parse(&argp, count, arguments, 0, NULL, NULL);
    pest_handle(SIGALRM, in_signal);
    quiet_point(true); /* starts the heap */
    unsigned rounds = 0;
    double start = now();
    double told = start;
    while (now() - start < options.minutes * 60) {
        one_round(rounds++);
        if (now() - told > 5) {
            told = now();
            progress(told - start, rounds);
        }
    }
    board_clear();
    quiet_point(true);
    report(now() - start, rounds);
    return 0;
}
