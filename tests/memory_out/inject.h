/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out when the test says so. The linker puts these functions
 * between the arena and those who take from it (--wrap), so the library is the
 * one that ships.
 */
#ifndef INJECT_H
#define INJECT_H

#include <stdbool.h>
#include <stddef.h>

enum inject_kind {
    INJECT_PAGES,  /* osh_arena_claim_run, osh_arena_claim_page */
    INJECT_GROWTH, /* osh_arena_sbrk upward, osh_arena_extend_break */
    INJECT_KINDS
};

/* From now on the n-th such call (1: the next) fails, and the `streak` - 1 that follow it. */
void inject(enum inject_kind kind, size_t n, size_t streak);

/* All goes well again. True when a call has failed. */
bool inject_stop(void);

/* May a call still fail? */
bool inject_armed(void);

/* Has one failed since inject()? False after inject_stop(). */
bool inject_has_failed(void);

#endif
