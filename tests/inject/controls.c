/* SPDX-License-Identifier: Apache-2.0 */
#include "controls.h"

#include "stepper.h"

#include <stdio.h>

const char *const operation_names[] = {"os_malloc", "os_free",  "pop",
                                       "push",      "exchange", "pop without generations"};

static struct path path;

static const struct rseq_cs *victim_sequence;
static uintptr_t commit_at; /* its last instruction */

static void change(void (*how)(struct rseq_cs *cs))
{
    for (struct rseq_cs *cs = sequences; cs < sequences_end; cs++) {
        if (cs == victim_sequence) {
            how(cs);
        }
    }
}

static void shorten(struct rseq_cs *cs)
{
    cs->post_commit_offset = commit_at - cs->start_ip;
}

static void delay(struct rseq_cs *cs)
{
    cs->start_ip = commit_at;
    cs->post_commit_offset = 1;
}

static void end_short(void)
{
    change(shorten);
}

static void begin_late(void)
{
    change(delay);
}

/* Does any step's blow find something wrong in a child that `before` has spoiled? */
static bool is_found(struct scenario s, void (*before)(void))
{
    for (s.interference = POP_ONE; s.interference < INTERFERENCES; s.interference++) {
        for (unsigned step = 0; step < path.steps; step++) {
            struct outcome outcome = stepper_run(&s, SIGNAL, step, &path, before);
            if (outcome.struck && !outcome.sound) {
                return true;
            }
        }
    }
    return false;
}

static struct controls controls;

static void control(const char *what, struct scenario s, void (*before)(void))
{
    controls.tried++;
    bool found = is_found(s, before);
    controls.found += found;
    (void)printf("%s control: %s, %s: %s\n", found ? "ok  " : "FAIL", operation_names[s.operation],
                 what, found ? "found" : "NOT FOUND");
}

static void control_sequences(struct scenario s)
{
    path.steps = 0;
    (void)stepper_run(&s, NO_BLOW, 0, &path, NULL);
    victim_sequence = NULL;
    for (unsigned step = 0; step < path.steps; step++) {
        if (path.sequence[step] != NULL) {
            victim_sequence = path.sequence[step];
            commit_at = path.at[step];
        }
    }
    if (victim_sequence != NULL) {
        control("a sequence that ends before its commit", s, end_short);
        control("a sequence that begins at its commit", s, begin_late);
    }
}

static void control_untagged(void)
{
    struct scenario s = {UNTAGGED_POP, NOTHING, 4};
    path.steps = 0;
    (void)stepper_run(&s, NO_BLOW, 0, &path, NULL);
    control("interrupted", s, NULL);
}

struct controls controls_run(bool rseq)
{
    if (rseq) {
        control_sequences((struct scenario){POP, NOTHING, 4});
        control_sequences((struct scenario){PUSH, NOTHING, 4});
        control_sequences((struct scenario){EXCHANGE, NOTHING, 4});
    }
    control_untagged();
    return controls;
}
