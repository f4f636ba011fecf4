/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search: every execution of a scenario within its bounds, depth first.
 *
 * An execution is determined by what it chose wherever there was a choice. It is
 * run from the start; then the last choice that has alternatives left is changed,
 * and all begins again from a copy of memory. Bounds are on preemptions,
 * interrupts, migrations and loads of values that are not the newest, each counted
 * along an execution (Musuvathi and Qadeer, "Iterative context bounding", 2007).
 *
 * Two reductions, neither of which loses a violation within the bounds:
 * - Tasks are switched only at steps on words that more than one task uses in some
 *   execution. Which those are is found out on the way: when another one is
 *   found, the search starts anew with it. (The first use of such a word by a
 *   second task is reached with the switches there are.) A thousand executions at
 *   random, not counted, find most of them first.
 * - Two beginnings in which each task did the same steps and every read found the
 *   same write lead to the same state. Where such a state is met again, with the
 *   same task running and as much of the bounds used, the search turns back. States
 *   are told apart by 64-bit hashes.
 */
#ifndef EXPLORE_H
#define EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define EXPLORE_CHOICES 8192

struct bounds {
    unsigned preemptions, interrupts, migrations, stale;
};

struct result {
    uint64_t executions; /* run to their end */
    uint64_t cut;        /* given up in a state met before */
    uint64_t steps;
    unsigned shared; /* words that several tasks use */
    bool violated;
    bool exhausted;    /* every execution within the bounds was looked at */
    char message[512]; /* the violation */
};

/* What the search explores. It may end before the function returns: see
 * explore_end. */
struct exploration {
    void (*run)(void);         /* one execution, from the start to the check */
    uint64_t (*state)(void);   /* hash of the state now */
    unsigned (*restart)(void); /* takes in newly found shared words; how many there are */
    double seconds;            /* give up after so long; 0: never */
    const uint8_t *replay;     /* choices of a single execution, or NULL */
    size_t replay_length;
};

/* Once, before anything is kept to be set back. */
void explore_start(void);

void explore(const struct exploration *what, struct result *result);

/* One of `options` alternatives, 0 to options - 1; 0 is the usual one. `cut`:
 * may the execution end here if this state was met before? */
unsigned explore_choose(unsigned options, bool cut);

/* Ends the execution from anywhere in it. */
enum ending { ENDED_WELL, ENDED_CUT, ENDED_STALE_SEARCH, ENDED_VIOLATION };
_Noreturn void explore_end(enum ending ending);

/* The message of a violation, for explore_end(ENDED_VIOLATION). */
char *explore_message(size_t *bytes);

/* Between choices: ends the execution if this state was met before. */
void explore_pass(void);

/* Is this the first execution that ends in this memory? If not, what is checked in
 * the end has been checked. */
bool explore_first_to_end_in(uint64_t memory);

/* Where that is, outside of explore(). */
void explore_message_to(struct result *result);

/* The choices of the execution that was run last, trailing zeros left out. */
size_t explore_choices(uint8_t *choices, size_t most);

#endif
