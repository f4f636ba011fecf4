/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts every operation on a core's lists before each of its instructions, in
 * turn, while a handler changes the same list, and looks whether a block was lost
 * or is in two places. On the port in use: OSHEAP_OPTIONS=port=portable for the other.
 *
 * usage: inject [--json FILE] [--most N]
 *   --most N  of each way the first N instructions (150)
 */
#include "controls.h"
#include "os/os_heap.h"
#include "stepper.h"

#include <linux/rseq.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_POINTS 2000u

/* Instructions: of the sequences, and all others of the operations. */
struct point {
    uintptr_t at;
    const struct rseq_cs *sequence;
    bool struck;
};
static struct point points[MOST_POINTS];
static unsigned point_count;

static struct path path;
static unsigned runs;
static unsigned aborts;
static unsigned failures;

static const char *const interference_names[] = {"nothing", "a pop", "a push",
                                                 "another second block", "an exchange"};

static struct point *point_at(uintptr_t at, const struct rseq_cs *sequence)
{
    for (unsigned i = 0; i < point_count; i++) {
        if (points[i].at == at) {
            return &points[i];
        }
    }
    if (point_count == MOST_POINTS) {
        (void)fprintf(stderr, "inject: more than %u instructions\n", MOST_POINTS);
        exit(2);
    }
    points[point_count] = (struct point){at, sequence, false};
    return &points[point_count++];
}

#define ENOUGH 30u /* failures: then no more is tried */

static void complain(const struct scenario *s, unsigned step, const char *what)
{
    if (failures++ < 10) {
        (void)fprintf(stderr, "FAILED %s of %u blocks, %s, before step %u (%#lx): %s\n",
                      operation_names[s->operation], s->length, interference_names[s->interference],
                      step, (unsigned long)path.at[step], what);
    }
}

/* The last step of the path that is in a sequence. */
#define NO_COMMIT MOST_STEPS
static unsigned commit;

/* One blow: the victim must be sound, and a sequence must have been sent back. */
static void strike(const struct scenario *s, enum blow blow, unsigned step, struct point *point)
{
    struct outcome outcome;
    /* An interrupt between exclusives makes them go round once more. */
    for (unsigned tries = 0; tries < 5; tries++) {
        outcome = stepper_run(s, blow, step, &path, NULL);
        if (!outcome.sound || (outcome.struck && outcome.struck_at == path.at[step])) {
            break;
        }
    }
    runs++;
    if (!outcome.struck || outcome.struck_at != path.at[step]) {
        complain(s, step, "never got there");
        return;
    }
    if (!outcome.sound) {
        complain(s, step, outcome.wrong);
    }
    point->struck = true;
    if (blow == PREEMPTION) {
        return;
    }
    uintptr_t expected = point->sequence != NULL ? point->sequence->abort_ip : point->at;
    aborts += point->sequence != NULL;
    if (outcome.resumed_at != expected) {
        complain(s, step, "it did not go on where it should");
    }
    if (blow == LOOK && !outcome.named_again) {
        complain(s, step, "the kernel is not told that it began again");
    }
    /* Whoever is moved before the commit commits elsewhere. Else the core's number was read
     * before the sequence began. */
    if (blow == MIGRATION && commit != NO_COMMIT && outcome.home_changed != (step > commit)) {
        complain(s, step,
                 step > commit ? "the core's list is as it was"
                               : "it changed the list of a core that it had left");
    }
}

/* A miss goes on to depot and slabs, which are not what this is about. */
static unsigned most_strikes = 150;

/* Every step of the undisturbed path, in turn. */
static void sweep(struct scenario s, enum blow blow)
{
    struct scenario undisturbed = s;
    undisturbed.interference = NOTHING;
    /* The shortest of three: an interrupt of the machine's own between exclusives makes one longer.
     */
    for (unsigned tries = 0; tries < 3; tries++) {
        static struct path seen;
        seen.steps = 0;
        struct outcome outcome = stepper_run(&undisturbed, NO_BLOW, 0, &seen, NULL);
        if (!outcome.sound) {
            complain(&s, 0, outcome.wrong);
            return;
        }
        if (tries == 0 || seen.steps < path.steps) {
            path = seen;
        }
    }
    commit = NO_COMMIT;
    for (unsigned step = 0; step < path.steps; step++) {
        commit = path.sequence[step] != NULL ? step : commit;
    }
    for (unsigned step = 0; step < path.steps; step++) {
        if ((blow == LOOK && path.sequence[step] == NULL) || failures >= ENOUGH) {
            continue;
        }
        if (step < most_strikes) {
            strike(&s, blow, step, point_at(path.at[step], path.sequence[step]));
        } else if (path.sequence[step] != NULL) {
            (void)point_at(path.at[step], path.sequence[step]); /* must be struck all the same */
        }
    }
}

static bool uses_rseq(void)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    return strcmp(stats.port, "rseq") == 0;
}

/* Instructions of sequences are told from the others: the sequences linked in,
 * entered, their instructions, those interrupted. */
struct totals {
    unsigned linked, entered, instructions, interrupted, all, all_interrupted;
};

static struct totals count(bool rseq)
{
    struct totals t = {0, 0, 0, 0, 0, 0};
    for (unsigned i = 0; i < point_count; i++) {
        t.all++;
        t.all_interrupted += points[i].struck;
        if (points[i].sequence != NULL) {
            t.instructions++;
            t.interrupted += points[i].struck;
        }
    }
    for (const struct rseq_cs *cs = sequences; rseq && cs < sequences_end; cs++) {
        bool entered = false;
        for (unsigned i = 0; i < point_count; i++) {
            entered |= points[i].sequence == cs;
        }
        t.linked++;
        t.entered += entered;
        if (!entered) {
            (void)fprintf(stderr, "never entered: the sequence at %#lx\n",
                          (unsigned long)cs->start_ip);
        }
    }
    return t;
}

int main(int argc, char **argv)
{
    const char *json = NULL;
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 < argc && strcmp(argv[i], "--json") == 0) {
            json = argv[i + 1];
        } else if (i + 1 < argc && strcmp(argv[i], "--most") == 0 && atoi(argv[i + 1]) > 0) {
            most_strikes = (unsigned)atoi(argv[i + 1]);
        } else {
            (void)fprintf(stderr, "usage: %s [--json FILE] [--most N]\n", argv[0]);
            return 2;
        }
    }
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (!stepper_start()) {
        (void)fprintf(stderr, "inject: no memory to share with the victim\n");
        return 2;
    }
    unsigned limit = victim_start();
    bool rseq = uses_rseq();
    for (enum operation operation = MALLOC; operation <= EXCHANGE; operation++) {
        const unsigned lengths[] = {4, 1, 0, limit};
        for (unsigned i = 0; i < 4; i++) {
            for (enum interference with = NOTHING; with < INTERFERENCES; with++) {
                if (i == 0 || with == SWAP_SECOND || with == TAKE_ALL || with == PUSH_ONE) {
                    sweep((struct scenario){operation, with, lengths[i]},
                          with == NOTHING ? PREEMPTION : SIGNAL);
                }
            }
        }
        if (rseq) {
            sweep((struct scenario){operation, NOTHING, 4}, LOOK);
        }
        if (stepper_can_migrate()) {
            sweep((struct scenario){operation, SWAP_SECOND, 4}, MIGRATION);
        }
        (void)printf("%s: %u blows so far, %u failures\n", operation_names[operation], runs,
                     failures);
    }
    struct controls controls = {0, 0};
    if (failures < ENOUGH) {
        controls = controls_run(rseq);
    }
    struct totals t = count(rseq);
    (void)printf("%s: %u sequences entered of %u, %u instructions in them, %u interrupted; "
                 "%u instructions in all, %u interrupted; %u runs, %u aborts seen, %u failures\n",
                 rseq ? "rseq" : "portable", t.entered, t.linked, t.instructions, t.interrupted,
                 t.all, t.all_interrupted, runs, aborts, failures);
    unsigned instructions = rseq ? t.instructions : t.all;
    unsigned interrupted = rseq ? t.interrupted : t.all_interrupted;
    bool passed = failures == 0 && interrupted == instructions && instructions > 0 &&
                  t.entered == t.linked && controls.found == controls.tried;
    if (json != NULL) {
        FILE *file = fopen(json, "w");
        if (file == NULL) {
            perror(json);
            return 2;
        }
        (void)fprintf(file,
                      "{\"instructions\": %u, \"interrupted\": %u, \"runs\": %u, \"failures\": %u, "
                      "\"controls\": %u, \"controls_found\": %u}\n",
                      instructions, interrupted, runs, failures, controls.tried, controls.found);
        (void)fclose(file);
    }
    return passed ? 0 : 1;
}
