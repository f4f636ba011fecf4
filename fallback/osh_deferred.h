/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deferred frees: large blocks that could not be freed at once because the
 * newlib heap was in use. This is the only list of the library to which several cores push.
 * Nobody pops a single block: whoever drains the list takes all of it. So only pushes compare the
 * head, and for a push an equal head means an equal list: there is no ABA.
 *
 * Lock-free, any context, any core.
 */
#ifndef OSH_DEFERRED_H
#define OSH_DEFERRED_H

#include "osh_compiler.h"

#include <stdbool.h>
#include <stddef.h>

/* Adds a block of at least one word. */
OSH_HIDDEN void osh_deferred_push(void *block);

/* Takes the whole list, linked through the blocks' first words; NULL if it is empty. */
OSH_HIDDEN void *osh_deferred_take_all(void);
OSH_HIDDEN void *osh_deferred_next(void *block);

OSH_HIDDEN bool osh_deferred_pending(void);

/* Blocks that were ever pushed, or are about to be. A core that has taken blocks reads a count that
 * includes them. */
OSH_HIDDEN size_t osh_deferred_count(void);

#endif
