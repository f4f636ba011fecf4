/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that stand for interrupts: their handlers, and a timer that interrupts
 * the calling thread, and no other, again and again. */
#ifndef PEST_H
#define PEST_H

#include <time.h>

/* Calls `handler` on that signal. */
void pest_handle(int number, void (*handler)(int number));

struct pest {
    timer_t timer;
};

/* Signal `number`, which has a handler, every so many microseconds. */
struct pest pest_start(int number, unsigned microseconds);

/* No signal comes any more when this returns. By the same thread. */
void pest_stop(struct pest pest, int number);

#endif
