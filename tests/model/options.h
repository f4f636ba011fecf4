/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "explore.h"

#define OPTIONS_SCENARIOS 64

/* Exit status: nothing was violated, but not every scenario was explored to the end. */
#define EXIT_UNFINISHED 3

struct options {
    const char *chosen[OPTIONS_SCENARIOS]; /* none: all */
    unsigned chosen_count;
    bool deep;
    double seconds;                                 /* for each scenario; 0: no limit */
    int preemptions, interrupts, migrations, stale; /* -1: the scenario's */
    const char *replay;
    const char *folder; /* where replays go */
    FILE *json;
    unsigned *json_rows;
};

/* Ends the program when they are wrong, or ask for help or a list. */
void options_read(struct options *options, int argc, char **argv);
bool options_chosen(const struct options *options, const char *name);
struct bounds options_bounds(const struct options *options, const struct bounds *given);

void options_add_json(const struct options *options, const char *name, const struct result *result,
                      bool kept);
void options_end_json(const struct options *options);

#endif
