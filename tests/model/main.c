/* SPDX-License-Identifier: Apache-2.0 */
/* The explorer: runs scenarios and says what it found. */
#include "execution.h"
#include "options.h"
#include "port/model_port.h"
#include "replay.h"
#include "state.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Runs one execution again, and prints it step by step. True when it keeps the
 * promise. */
static bool show(const struct scenario *scenario, const uint8_t *choices, size_t length)
{
    struct exploration one = {execution_run, schedule_state, words_take_in_shared, 0,
                              choices,       length};
    struct result *result = execution_allocate(sizeof(*result));
    machine->tracing = true;
    trace_clear();
    explore(&one, result);
    machine->tracing = false;
    machine->running = NULL;
    trace_print();
    bool kept = !result->violated;
    if (kept) {
        (void)printf("%s: the promise holds in this execution\n", scenario->name);
    } else {
        (void)printf("%s: VIOLATION: %s\n%s: the promise: %s\n", scenario->name, result->message,
                     scenario->name, scenario->promise);
    }
    free(result);
    return kept;
}

static double seconds_now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void print_result(const struct scenario *scenario, const struct result *result,
                         double seconds)
{
    const struct bounds *bounds = &machine->bounds;
    const char *verdict = result->violated    ? "VIOLATED"
                          : result->exhausted ? "holds"
                                              : "holds so far";
    (void)printf("%-26s %9llu executions %9llu cut  %u/%u/%u/%u  %3u words %6.1f s  %s\n",
                 scenario->name, (unsigned long long)result->executions,
                 (unsigned long long)result->cut, bounds->preemptions, bounds->interrupts,
                 bounds->migrations, bounds->stale, result->shared, seconds, verdict);
    (void)fflush(stdout);
}

/* Of the scenarios: those explored to the end of their bounds, and those that time ran out on. */
struct totals {
    unsigned finished, unfinished, violated;
};

static void explore_scenario(const struct scenario *chosen, const struct options *options,
                             struct totals *totals)
{
    struct result *result = execution_allocate(sizeof(*result));
    struct exploration all = {execution_run,    schedule_state, words_take_in_shared,
                              options->seconds, NULL,           0};
    machine->outcomes = 0;
    machine->bounds = options_bounds(options, options->deep ? &chosen->deep : &chosen->quick);
    execution_make_ready(chosen);
    double began = seconds_now();
    explore(&all, result);
    machine->running = NULL;
    /* What a search that was given up has not met yet, it might have. */
    bool all_met = result->violated || !result->exhausted || machine->outcomes == chosen->outcomes;
    print_result(chosen, result, seconds_now() - began);
    bool kept = !result->violated && all_met;
    options_add_json(options, chosen->name, result, kept);
    totals->violated += !kept;
    totals->finished += kept && result->exhausted;
    totals->unfinished += kept && !result->exhausted;
    if (!all_met) {
        (void)printf("%s: VIOLATION: of the outcomes %#x only %#x were met\n", chosen->name,
                     chosen->outcomes, machine->outcomes);
    }
    if (result->violated) {
        uint8_t *choices = execution_allocate(EXPLORE_CHOICES);
        size_t length = explore_choices(choices, EXPLORE_CHOICES);
        replay_save(options->folder, chosen->name, choices, length);
        (void)show(chosen, choices, length);
        free(choices);
    }
    free(result);
}

/* The one execution of a file. */
static bool replay_file(const char *path)
{
    uint8_t *choices = execution_allocate(EXPLORE_CHOICES);
    struct replay *replay = replay_open(path);
    for (unsigned i = 0; scenarios[i] != NULL; i++) {
        if (strcmp(scenarios[i]->name, replay->scenario) == 0) {
            execution_make_ready(scenarios[i]);
            size_t length = replay_rest(replay, choices);
            bool kept = show(scenarios[i], choices, length);
            free(choices);
            return kept;
        }
    }
    (void)fprintf(stderr, "explorer: %s: there is no scenario '%s'\n", path, replay->scenario);
    exit(2);
}

int main(int argc, char **argv)
{
    struct options *options = execution_allocate(sizeof(*options));
    options_read(options, argc, argv);
    execution_start();
    if (options->replay != NULL) {
        return replay_file(options->replay) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    (void)printf("bounds are preemptions/interrupts/migrations/loads of old values\n");
    struct totals totals = {0, 0, 0};
    for (unsigned i = 0; scenarios[i] != NULL; i++) {
        if (options_chosen(options, scenarios[i]->name) && model_port_choose(scenarios[i]->port)) {
            explore_scenario(scenarios[i], options, &totals);
        }
    }
    options_end_json(options);
    (void)printf("%u scenarios: %u hold within their bounds, %u not explored to the end, "
                 "%u violated\n",
                 totals.finished + totals.unfinished + totals.violated, totals.finished,
                 totals.unfinished, totals.violated);
    return totals.violated > 0     ? EXIT_FAILURE
           : totals.unfinished > 0 ? EXIT_UNFINISHED
                                   : EXIT_SUCCESS;
}
