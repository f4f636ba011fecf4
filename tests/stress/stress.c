/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole API from many threads for as long as one likes: stamped blocks,
 * hand-over between threads, threads that are born and die, reclaim, trim and
 * statistics at any time. Between phases everything stands still: then the heap
 * must be consistent, and empty once all is freed.
 */
#include "board.h"
#include "crew.h"
#include "os/os_heap.h"
#include "worker.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PHASE_TURNS 20000u

struct options {
    unsigned seconds;
    unsigned threads;
    uint64_t seed;
};

static void usage(FILE *where)
{
    (void)fprintf(where, "usage: stress [--seconds N] [--threads N] [--seed N]\n"
                         "  --seconds N  run for so long (3)\n"
                         "  --threads N  threads at work at a time (4)\n"
                         "  --seed N     what the random numbers begin with (1)\n");
}

static uint64_t number(const char *text)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 0);
    if (end == text || *end != '\0' || value == 0) {
        usage(stderr);
        exit(2);
    }
    return value;
}

static struct options parse(int count, char **arguments)
{
    static const struct option names[] = {{"seconds", required_argument, NULL, 's'},
                                          {"threads", required_argument, NULL, 't'},
                                          {"seed", required_argument, NULL, 'r'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    struct options options = {3, 4, 1};
    int option;
    while ((option = getopt_long(count, arguments, "", names, NULL)) != -1) {
        switch (option) {
        case 's':
            options.seconds = (unsigned)number(optarg);
            break;
        case 't':
            options.threads = (unsigned)number(optarg);
            break;
        case 'r':
            options.seed = number(optarg);
            break;
        case 'h':
            usage(stdout);
            exit(0);
        default:
            usage(stderr);
            exit(2);
        }
    }
    if (options.threads > CREW_MAX) {
        (void)fprintf(stderr, "stress: at most %d threads\n", CREW_MAX);
        exit(2);
    }
    return options;
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void expect(int condition, const char *what, const char *detail)
{
    if (!condition) {
        (void)fprintf(stderr, "stress: %s: %s\n", what, detail);
        abort();
    }
}

/* Nothing runs: look at everything. */
static void quiet_point(bool all_is_freed)
{
    const char *wrong = os_heap_check();
    expect(wrong == NULL, "os_heap_check", wrong != NULL ? wrong : "");
    if (all_is_freed) {
        struct os_heap_stats stats;
        char live[32];
        os_heap_stats(&stats);
        (void)snprintf(live, sizeof(live), "%zu bytes", stats.live);
        expect(stats.live == 0, "live when all is freed", live);
    }
}

int main(int count, char **arguments)
{
    struct options options = parse(count, arguments);
    struct timespec start;
    struct work work = {.turns = rounds(PHASE_TURNS)};
    unsigned phases = 0;
    quiet_point(true); /* starts the heap */
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        /* Each phase is a generation of threads; the board is what they leave. */
        work.seed = options.seed + (uint64_t)phases * 1000003u;
        run_crew(options.threads, worker_run, &work);
        bool all_is_freed = phases % 4 == 3;
        if (all_is_freed) {
            board_clear();
        }
        quiet_point(all_is_freed);
        phases++;
    } while (seconds_since(&start) < options.seconds);
    board_clear();
    quiet_point(true);
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    (void)printf("stress: %u phases of %u threads on the port %s, seed %llu: all held\n", phases,
                 options.threads, stats.port, (unsigned long long)options.seed);
    return 0;
}
