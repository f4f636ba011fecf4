/* SPDX-License-Identifier: Apache-2.0 */
/* One thread's part of the stress. */
#ifndef WORKER_H
#define WORKER_H

#include <stdint.h>

struct work {
    unsigned turns;
    uint64_t seed;
};

/* Does its turns with blocks of its own and of the board, and frees its own. */
void worker_run(unsigned member, void *work);

#endif
