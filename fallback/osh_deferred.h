/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deferred frees: large blocks that could not be freed at once because the
 * newlib heap was in use. The only list of the library that several cores push
 * on, and nobody pops one element: whoever drains takes all of it, so the head
 * is only ever compared by pushes, for which an equal value is an equal list.
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

/* Takes the whole list, linked through the first words; NULL when empty. */
OSH_HIDDEN void *osh_deferred_take_all(void);
OSH_HIDDEN void *osh_deferred_next(void *block);

OSH_HIDDEN bool osh_deferred_pending(void);

/* Blocks ever pushed, or about to be: at least as many as were taken, to who has taken
 * them. */
OSH_HIDDEN size_t osh_deferred_count(void);

#endif
