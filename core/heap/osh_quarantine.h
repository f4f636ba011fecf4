/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hardening level 2: freed blocks wait for OSH_QUARANTINE_BLOCKS more frees before
 * they can be used again. The heap checks a block's pattern when it leaves. Wait-free, any context.
 */
#ifndef OSH_QUARANTINE_H
#define OSH_QUARANTINE_H

#include "osh_compiler.h"

#include <stdbool.h>
#include <stddef.h>

/* Puts a block in and returns the block that it replaces, or NULL. */
OSH_HIDDEN void *osh_quarantine_exchange(void *block);

/* Takes any block out; NULL if there is none. */
OSH_HIDDEN void *osh_quarantine_take(void);

/* The block in slot `slot`, which is below OSH_QUARANTINE_BLOCKS: a snapshot. */
OSH_HIDDEN void *osh_quarantine_peek(unsigned slot);

#endif
