// SPDX-License-Identifier: Apache-2.0
// A worker: one allocator, one scenario, one run, one line of JSON.
#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "report.h"
#include "run.h"

enum { DEFAULT_REGION = 16 * 1024 * 1024, DEFAULT_LARGE_LIVE = 2000 };

// Shorter, and first touches of memory decide what is measured.
static const double SHORTEST_WARM_S = 0.1;

extern const struct storm_scenario storm_pair, storm_churn, storm_handoff, storm_burst, storm_bulk,
    storm_tiny, storm_mixed, storm_ladder, storm_large, storm_holes, storm_births, storm_crowd,
    storm_sharing, storm_erosion, storm_growth, storm_fresh, storm_afterwards, storm_brink;

static const struct storm_scenario *const scenarios[] = {
    &storm_pair,    &storm_churn,   &storm_handoff, &storm_burst, &storm_bulk,       &storm_tiny,
    &storm_mixed,   &storm_ladder,  &storm_large,   &storm_holes, &storm_births,     &storm_crowd,
    &storm_sharing, &storm_erosion, &storm_growth,  &storm_fresh, &storm_afterwards, &storm_brink,
};

enum { SCENARIOS = sizeof(scenarios) / sizeof(scenarios[0]) };

static const struct argp_option options[] = {
    {"scenario", 's', "NAME", 0, "What to do (see --list)", 0},
    {"threads", 't', "N", 0, "Threads that do it, default 1", 0},
    {"seconds", 'd', "S", 0, "Measured time, default 1", 0},
    {"warm", 'w', "S", 0, "Least time before that, default a tenth of it, at least 0.1", 0},
    {"region", 'r', "BYTES", 0, "Region of brink, default 16 MiB", 0},
    {"large-live", 'L', "N", 0, "Leave out the phases of large with more blocks", 0},
    {"verify", 'v', NULL, 0, "Stamp every byte of every block, check it when freed", 0},
    {"list", 'l', NULL, 0, "Name the scenarios", 0},
    {0},
};

static void list_scenarios(FILE *to)
{
    for (size_t i = 0; i < SCENARIOS; i++) {
        fprintf(to, "%-10s %s\n", scenarios[i]->name, scenarios[i]->about);
    }
}

static const struct storm_scenario *find_scenario(const char *name)
{
    for (size_t i = 0; i < SCENARIOS; i++) {
        if (strcmp(scenarios[i]->name, name) == 0) {
            return scenarios[i];
        }
    }
    return NULL;
}

static double number(struct argp_state *state, const char *text, double lo, double hi)
{
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !(value >= lo && value <= hi)) {
        argp_error(state, "'%s' is not a number from %g to %g", text, lo, hi);
    }
    return value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    switch (key) {
    case 's':
        storm.scenario = find_scenario(arg);
        if (storm.scenario == NULL) {
            argp_error(state, "no scenario '%s'; --list names them", arg);
        }
        return 0;
    case 't':
        storm.threads = (unsigned)number(state, arg, 1, STORM_MAX_THREADS);
        return 0;
    case 'd':
        storm.seconds = number(state, arg, 0.001, 86400);
        return 0;
    case 'w':
        storm.warm_seconds = number(state, arg, 0, 86400);
        return 0;
    case 'r':
        storm.region_bytes = (size_t)number(state, arg, 1 << 20, 4e9);
        return 0;
    case 'L':
        storm.large_live = (unsigned)number(state, arg, 8, DEFAULT_LARGE_LIVE);
        return 0;
    case 'v':
        storm.verify = true;
        return 0;
    case 'l':
        list_scenarios(stdout);
        exit(0);
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is not an option", arg);
        return 0;
    case ARGP_KEY_END:
        if (storm.scenario == NULL) {
            argp_error(state, "--scenario is needed");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void start_allocator(void)
{
    if (storm.scenario->region_only) {
        storm.verify = true; // nothing lost is what brink is about
    } else {
        storm.region_bytes = 0;
    }
    if (!storm_start(storm.region_bytes)) {
        storm_die(EXIT_SYSTEM, storm.region_bytes != 0 && !STORM_HAS_REGION
                                   ? STORM_NAME " cannot be kept within a region"
                                   : STORM_NAME " did not start");
    }
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "One run of the allocation storm on " STORM_NAME ".",
    };
    storm.threads = 1;
    storm.seconds = 1;
    storm.warm_seconds = -1;
    storm.region_bytes = DEFAULT_REGION;
    storm.large_live = DEFAULT_LARGE_LIVE;
    storm.most_bytes = SIZE_MAX;
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, NULL);
    if (storm.warm_seconds < 0) {
        storm.warm_seconds = fmax(storm.seconds / 10, SHORTEST_WARM_S);
    }
    start_allocator();
    struct storm_result result = {0};
    storm_execute(&result);
    storm_report(&result);
    return 0;
}
