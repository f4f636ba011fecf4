/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the heap does around a fork, for ports that have processes: before, holds what
 * must not be in the middle of a change, and afterwards lets it go in both processes.
 * Task context; in an interrupt it does what it can without waiting.
 */
#ifndef OSH_FORK_H
#define OSH_FORK_H

#include "osh_compiler.h"

OSH_HIDDEN void osh_fork_prepare(void);
OSH_HIDDEN void osh_fork_in_parent(void);

/* Alone, with no handler that could run, and mutexes that are this process's own. */
OSH_HIDDEN void osh_fork_in_child(void);

#endif
