/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lean: compiled for size (-Os) in a configuration of the smallest kind, which the presets
 * tiny and small are on firmware: slabs of one page, one list a core and class, no depot, no
 * hints. The region has few pages then, and what other configurations keep for speed is not
 * worth its code:
 *
 *   - what a class has is computed from its number, not read from a table;
 *   - pages and slabs are looked for one by one, not a word of bits at a time;
 *   - blocks go between a core's list and the slabs one by one: a block that finds the list
 *     full goes to its slab, the others remain; a refill is one block.
 *
 * Protocols, invariants and what a call may do in an interrupt are the same.
 */
#ifndef OSH_LEAN_H
#define OSH_LEAN_H

#include "osh_compiler.h"
#include "osh_config.h"

#define OSH_LEAN                                                                       \
    (OSH_SMALL_CODE && OSH_RUN_LOG2 == 0 && OSH_DEPOT_SLOTS == 0 && !OSH_SPARE_LIST && \
     !OSH_SLAB_HINTS)

#endif
