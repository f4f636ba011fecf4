/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hammers a list of blocks from threads that stay, threads that migrate and a
 * signal handler, while another thread takes the whole list away again and
 * again. Every block says whether somebody has it, so a block handed out twice
 * shows at once, and one that was lost in the end.
 */
#ifndef HAMMER_H
#define HAMMER_H

#include <stdbool.h>
#include <stddef.h>

/* The list under test. */
struct hammered {
    void *(*pop)(void);
    bool (*push)(void *block);                   /* false: it is full, the block stays mine */
    void (*take_all)(void (*give)(void *block)); /* NULL: nobody takes it all */
};

struct damage {
    size_t twice; /* blocks found in somebody's hands by somebody else */
    size_t lost;  /* blocks that nobody had in the end */
};

/* `blocks` of at least two words, `count` of them, the second word of each is
 * the hammer's. Returns when all threads have ended and the list is empty. */
struct damage hammer(const struct hammered *list, void **blocks, size_t count, unsigned turns);

#endif
