/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the heap does around a fork, for ports that have processes: it takes its mutexes before the
 * fork, so that nothing they protect is half changed, and releases them afterwards in both
 * processes. Task context; in an interrupt it does what it can without waiting.
 */
#ifndef OSH_FORK_H
#define OSH_FORK_H

#include "osh_compiler.h"

OSH_HIDDEN void osh_fork_prepare(void);
OSH_HIDDEN void osh_fork_in_parent(void);

/* In the child: one thread, no handler that could run, and mutexes of the child's own. */
OSH_HIDDEN void osh_fork_in_child(void);

#endif
