/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of one class, linked through their first words. */
#ifndef OSH_CHAIN_H
#define OSH_CHAIN_H

#include "osh_atomic.h"
#include "osh_compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct osh_chain {
    void *head; /* NULL when count is 0 */
    unsigned count;
};

/* The lists of a core for each class. There is a spare one only with OSH_SPARE_LIST. */
enum osh_which { OSH_ACTIVE, OSH_SPARE };

#endif
