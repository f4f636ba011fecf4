/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of many sizes whose contents are checked, and threads that keep the allocator busy. */
#ifndef EDGES_WORK_H
#define EDGES_WORK_H

#include <stddef.h>

#define SLOTS 64u

struct work {
    unsigned char *block[SLOTS];
    size_t size[SLOTS];
    unsigned seed;
};

/* Says what failed, and ends the process with a status that is not 0. */
_Noreturn void die(const char *what);

/* A number that the last one decides. */
unsigned next_of(struct work *w);

/* Allocates, resizes or frees one block, and checks its contents before it goes. */
void turn(struct work *w);

/* The same in a signal handler, where blocks that need the mutex may be refused. */
void turn_in_handler(struct work *w);

/* Frees all. */
void drop(struct work *w);

/* Starts threads that take turns until crew_stop. Afterwards crew[0 .. CREW-1] are theirs. */
#define CREW 3u
void crew_start(void);
void crew_stop(void);
/* Sends a signal to each. */
void crew_signal(int number);

#endif
