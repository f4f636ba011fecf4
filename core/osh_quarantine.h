/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hardening level 3: freed blocks wait for OSH_QUARANTINE_BLOCKS more frees before
 * they can be used again, and are looked at when they leave. Wait-free, any context.
 */
#ifndef OSH_QUARANTINE_H
#define OSH_QUARANTINE_H

#include "osh_compiler.h"

#include <stdbool.h>
#include <stddef.h>

/* Lets a block in and returns the one whose place it takes, or NULL. */
OSH_HIDDEN void *osh_quarantine_exchange(void *block);

/* Takes any block out; NULL when there is none. */
OSH_HIDDEN void *osh_quarantine_take(void);

/* What slot `slot` holds now, below OSH_QUARANTINE_BLOCKS: a snapshot. */
OSH_HIDDEN void *osh_quarantine_peek(unsigned slot);

#endif
