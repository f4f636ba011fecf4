/* SPDX-License-Identifier: Apache-2.0 */
/* Single blocks and the lists of the cores at hardening level 2, where links are encoded. */
#ifndef OSH_CORE_LIST_H
#define OSH_CORE_LIST_H

#include "osh_compiler.h"

#include <stdbool.h>

/* Take: a block of this core's active list; NULL if the list is empty or stopped. Give:
 * puts a block on it; false if the list is full or stopped. The caller holds the whole list
 * meanwhile, and an interruption finds an empty one. */
OSH_HIDDEN void *osh_core_list_take(unsigned cls);
OSH_HIDDEN bool osh_core_list_give(unsigned cls, void *block);

/* Is the block in a core's list or in the depot? A snapshot: it may miss a block that
 * another task is moving. */
OSH_HIDDEN bool osh_core_lists_hold(unsigned cls, const void *block);

#endif
