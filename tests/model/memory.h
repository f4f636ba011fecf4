/* SPDX-License-Identifier: Apache-2.0 */
/* What the atomic operations are made of. All but the last two are part of a step of
 * the running task; locations are shared ones but for memory_value. */
#ifndef MEMORY_H
#define MEMORY_H

#include "state.h"

uintptr_t memory_value(const struct location *location);

/* The newest message of a shared word, made up from memory if need be. */
struct message *memory_newest(struct location *location);

/* One of the messages that the task may still see: the newest, or an older one within
 * the bounds. `but`: not one of this value. `or_none`: NULL is the first choice. */
struct message *memory_see(struct location *location, const uintptr_t *but, bool or_none);

/* One step, in which the task read `read` (NULL: nothing). */
void memory_step(struct location *location, unsigned kind, const struct message *read);
void memory_learn(const struct location *location, const struct message *message,
                  enum machine_order order);

/* Makes `value` the newest; a read-modify-write carries on the release of what it read. */
void memory_publish(struct location *location, uintptr_t value, enum machine_order order,
                    const struct message *continued);

/* For a trace. */
const char *memory_age(const struct location *location, const struct message *message);

static inline bool memory_acquires(enum machine_order order)
{
    return order == MACHINE_ACQUIRE || order == MACHINE_ACQ_REL;
}

static inline bool memory_releases(enum machine_order order)
{
    return order == MACHINE_RELEASE || order == MACHINE_ACQ_REL;
}

#endif
