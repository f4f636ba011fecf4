/* SPDX-License-Identifier: Apache-2.0 */
#include "storm_round.h"

#include "run.h"

#include <string.h>
#include <sys/mman.h>

#define MAPS_MOST 65536u
#define LARGE_LIVE 64u
#define MOST_BYTES ((size_t)64 << 20)
#define BRINK_REGION ((size_t)64 << 20)

extern const struct storm_scenario storm_pair, storm_churn, storm_handoff, storm_burst, storm_bulk,
    storm_tiny, storm_mixed, storm_ladder, storm_large, storm_holes, storm_births, storm_crowd,
    storm_sharing, storm_erosion, storm_growth, storm_fresh, storm_afterwards, storm_brink;

static const struct storm_scenario *const scenarios[STORM_ROUNDS] = {
    &storm_pair,    &storm_churn,   &storm_handoff, &storm_burst, &storm_bulk,       &storm_tiny,
    &storm_mixed,   &storm_ladder,  &storm_large,   &storm_holes, &storm_births,     &storm_crowd,
    &storm_sharing, &storm_erosion, &storm_growth,  &storm_fresh, &storm_afterwards, &storm_brink,
};

/* What a run maps for itself it never unmaps: it is meant to end with its process.
 * The linker hands us its maps (--wrap), and they go when the round is over. */
void *__real_storm_map(size_t bytes);
void *__wrap_storm_map(size_t bytes);
void *__real_storm_map_lazy(size_t bytes);
void *__wrap_storm_map_lazy(size_t bytes);

static struct {
    void *at;
    size_t bytes;
} maps[MAPS_MOST];
static unsigned mapped;

static void *noted(void *at, size_t bytes)
{
    if (mapped == MAPS_MOST) {
        storm_die(EXIT_SYSTEM, "more than %u maps in a round", MAPS_MOST);
    }
    maps[mapped].at = at;
    maps[mapped++].bytes = bytes;
    return at;
}

void *__wrap_storm_map(size_t bytes)
{
    return noted(__real_storm_map(bytes), bytes);
}

void *__wrap_storm_map_lazy(size_t bytes)
{
    return noted(__real_storm_map_lazy(bytes), bytes);
}

const char *storm_round_name(unsigned n)
{
    return scenarios[n % STORM_ROUNDS]->name;
}

uint64_t storm_round(unsigned n, unsigned threads, double seconds)
{
    struct storm_result result = {0};
    storm.scenario = scenarios[n % STORM_ROUNDS];
    storm.threads = threads;
    storm.seconds = seconds;
    storm.warm_seconds = seconds / 10;
    storm.region_bytes = BRINK_REGION;
    storm.large_live = LARGE_LIVE;
    storm.most_bytes = MOST_BYTES;
    storm.first_phase = 0;
    storm.points = 0;
    storm.measures = 0;
    storm.verify = true;
    memset(&storm.recovery, 0, sizeof(storm.recovery));
    storm_execute(&result);
    while (mapped > 0) {
        mapped--;
        (void)munmap(maps[mapped].at, maps[mapped].bytes);
    }
    return result.ops;
}
