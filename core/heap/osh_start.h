/* SPDX-License-Identifier: Apache-2.0 */
/* Gives the heap its region, once. */
#ifndef OSH_START_H
#define OSH_START_H

#include "osh_compiler.h"

#include <stdbool.h>

/* Gives the heap its region if it has none yet. False if there is no region, or if another core is
 * starting the heap and the caller may not wait. */
OSH_HIDDEN bool osh_heap_started(void);

/* Has the heap started? Does not start it. */
OSH_HIDDEN bool osh_heap_has_started(void);

#endif
