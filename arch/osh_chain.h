/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of one class, linked through their first words. */
#ifndef OSH_CHAIN_H
#define OSH_CHAIN_H

#include "osh_atomic.h"
#include "osh_compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number of blocks in a chain. On Linux it is as wide as the register in which a chain is
 * returned: else the CPU cannot forward the narrow store of the count to the wide load that
 * follows, and waits until all links before it have reached the cache. */
#if OSH_VIRTUAL
typedef osh_word_t osh_count_t;
#else
typedef unsigned osh_count_t;
#endif

struct osh_chain {
    void *head; /* NULL when count is 0 */
    osh_count_t count;
};

/* The lists of a core for each class. There is a spare one only with OSH_SPARE_LIST. */
enum osh_which { OSH_ACTIVE, OSH_SPARE };

#endif
