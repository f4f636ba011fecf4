/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scenario: what stands before, what each task does, what lands on it, and what
 * must hold in the end. Its promise is one sentence that can be false. Where a task
 * is preempted for good, the others must get to their ends, and nothing is checked
 * then but what they check themselves.
 */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "explore.h"
#include "hold.h"
#include "machine.h"

#define SCENARIO_TASKS 4

struct scenario {
    const char *name;
    const char *promise;
    const char *port;  /* of OSHEAP_OPTIONS; NULL: rseq */
    unsigned pages;    /* of the heap */
    bool unstarted;    /* the heap gets its region by the first call */
    bool before_os;    /* no mutexes yet */
    bool unmarked;     /* the port cannot tell a handler from the task it interrupted */
    unsigned for_good; /* bits of tasks: a preemption of one may be its last step */
    unsigned hurried;  /* bits of tasks that may not wait */
    void (*setup)(void);
    void (*task[SCENARIO_TASKS])(void);
    void (*handler[SCENARIO_TASKS])(void); /* lands on that task, once */
    unsigned core[SCENARIO_TASKS];
    void (*check)(void);
    unsigned outcomes; /* if not 0: bits of exactly the outcomes that must be met */
    struct bounds quick, deep;
};

/* This execution has that outcome, a bit of the above. */
void scenario_outcome(unsigned outcome);

extern const struct scenario *const scenarios[];

#define REQUIRE(condition)                                                     \
    do {                                                                       \
        if (!(condition)) {                                                    \
            machine_fail("%s:%d: not so: %s", __FILE__, __LINE__, #condition); \
        }                                                                      \
    } while (0)

#endif
