/* SPDX-License-Identifier: Apache-2.0 */
/* Who holds which block, as the tasks of a scenario see it. */
#ifndef HOLD_H
#define HOLD_H

#include "arch.h"

/* The block was handed out: nobody may hold a part of it. Writes to it. NULL is
 * nothing. Returns the block. */
void *hold(void *block, size_t bytes);
void hold_chain(unsigned cls, struct osh_chain chain);

/* The block is about to be given back. Reads what was written. */
void unhold(void *block, size_t bytes);

/* What os_free does to a block at hardening level 2. */
void refill(unsigned cls, void *block);

/* Words held now. */
size_t held(void);

/* A chain of these blocks. */
struct osh_chain chain_of(unsigned cls, void **blocks, unsigned count);

/* For the end, with nothing held: the heap's own check is content, and after a
 * reclaim nothing is claimed. */
void nothing_is_lost(void);

#endif
