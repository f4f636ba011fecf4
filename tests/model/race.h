/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ordinary accesses: each must be ordered, by what the atomics promise, against
 * every other access to the same address of which one is a store. Addresses are
 * told apart exactly; the library reads and writes each in one size.
 */
#ifndef RACE_H
#define RACE_H

#include <stdbool.h>
#include <stddef.h>

/* Memory in which accesses are looked at: the program's data and the region. But
 * for `except`, which is read without ordering on purpose. */
void race_watch(const void *from, const void *to);
void race_except(const void *from, const void *to);

/* What the scenarios' bodies do to blocks they own. */
void race_user_store(void *address);
void race_user_load(const void *address);

#endif
