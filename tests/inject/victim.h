/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that is interrupted: one operation on a core's lists, between two
 * breakpoints, and what the handler does to the same lists meanwhile.
 */
#ifndef VICTIM_H
#define VICTIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum operation { MALLOC, FREE, POP, PUSH, EXCHANGE, UNTAGGED_POP, OPERATIONS };

/* What the handler does. */
enum interference {
    NOTHING,
    POP_ONE,
    PUSH_ONE,
    SWAP_SECOND, /* the same first block and length, another second block */
    TAKE_ALL,
    INTERFERENCES
};

struct scenario {
    enum operation operation;
    enum interference interference;
    unsigned length; /* of the active list before */
};

/* What parent and child share. */
struct report {
    uintptr_t resumed_at; /* where the handler returns to */
    unsigned handled;
    bool home_changed; /* the operation changed the list of the core it began on */
    char wrong[200];   /* what is false, in words; empty when all holds */
};

/* Where it keeps blocks of the class that the operations are on; once, before
 * any of the others. The length of a full list. */
unsigned victim_start(void);

/* Runs the scenario, with a breakpoint before the operation and one behind it, and
 * checks that no block is lost or in two places. In a process of its own. */
void victim_run(const struct scenario *scenario, struct report *report);

/* What the handler does, for another thread of that process while the victim stands still. */
void victim_interfere(void);

#endif
