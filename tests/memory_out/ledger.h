/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Knows every block that the tests hold: the linker puts it between them and the
 * heap. It looks at each call's result by itself: a block is inside the heap,
 * aligned, as large as asked for; calloc's is zero; a realloc that fails leaves
 * the old block as it was. Complaints end the process with status 1.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <stdbool.h>
#include <stddef.h>

/* Begins with no block. The heap has started. */
void ledger_start(void);

/* Usable bytes of all blocks held. */
size_t ledger_live(void);

/* Frees all of them. */
void ledger_free_all(void);

/* Is this thread within a call of the heap? */
bool ledger_in_library(void);

/* Ends the brackets of an interrupt that the test was in. */
void ledger_leave_interrupt(void);

/* Says what is wrong and ends the process. */
_Noreturn void complain(const char *what, const void *block) __attribute__((cold));

#endif
