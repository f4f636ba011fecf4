/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a victim in a process of its own, instruction by instruction, and
 * interrupts it before one of them.
 *
 * Every stop of a traced process is a preemption, which would send it back to the
 * start of its restartable sequence. So at each stop but the one that is meant, the
 * word by which the kernel knows that it is in one is cleared before it goes on.
 */
#ifndef STEPPER_H
#define STEPPER_H

#include "victim.h"

#include <stdbool.h>
#include <stdint.h>

#define MOST_STEPS 20000u

/* How the victim is interrupted. */
enum blow {
    NO_BLOW,
    SIGNAL,     /* whose handler interferes */
    LOOK,       /* the same, in a sequence; is it named to the kernel when it begins again? */
    PREEMPTION, /* and nothing else */
    MIGRATION   /* to another CPU, where the signal comes */
};

struct path {
    unsigned steps;
    uintptr_t at[MOST_STEPS];                   /* the address of each instruction */
    const struct rseq_cs *sequence[MOST_STEPS]; /* the sequence it is in, or NULL */
    bool inside[MOST_STEPS];                    /* it is part of a span: see cpu.h */
};

struct outcome {
    bool sound;           /* all checks of the victim held */
    char wrong[200];      /* else what did not */
    bool struck;          /* the step was reached */
    uintptr_t struck_at;  /* the address of its instruction */
    uintptr_t resumed_at; /* where it went on, after a signal */
    bool named_again;     /* what LOOK saw */
    bool home_changed;    /* the list of the core that it began on is another */
};

/* Before anything else, once: this process and the victims stay on one CPU. False
 * when there is no memory to share with them. */
bool stepper_start(void);

/* Is there another CPU? */
bool stepper_can_migrate(void);

/* Without a blow, `path` becomes the way that was gone. With one it is the way to `step`,
 * before which the blow falls (0 is the first behind the breakpoint): what of it need not
 * be stepped through is run. `before` changes the child before it begins; may be NULL. */
struct outcome stepper_run(const struct scenario *scenario, enum blow blow, unsigned step,
                           struct path *path, void (*before)(void));

#endif
