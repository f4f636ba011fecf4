/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Negative controls: sequences whose descriptions are wrong, and a pop that has none. The
 * blows must find that something is wrong.
 */
#ifndef CONTROLS_H
#define CONTROLS_H

#include <linux/rseq.h>
#include <stdbool.h>

/* Every restartable sequence that is linked in; the linker knows where they are. */
extern struct rseq_cs sequences[] __asm__("__start___rseq_cs") __attribute__((weak));
extern struct rseq_cs sequences_end[] __asm__("__stop___rseq_cs") __attribute__((weak));

extern const char *const operation_names[]; /* by enum operation */

struct controls {
    unsigned tried, found;
};

struct controls controls_run(bool rseq);

#endif
