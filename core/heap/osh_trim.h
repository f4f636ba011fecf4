/* SPDX-License-Identifier: Apache-2.0 */
/* What os_heap_trim does behind a reclaim. */
#ifndef OSH_TRIM_H
#define OSH_TRIM_H

#include "osh_compiler.h"

#include <stddef.h>

/* Gives free pages to the system, those of the depot's blocks too. The cores' lists stay, and run
 * on meanwhile. Returns the bytes that the system took. May wait; does nothing in an interrupt. */
OSH_HIDDEN size_t osh_heap_decommit(void);

#endif
