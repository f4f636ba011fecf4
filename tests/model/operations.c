/* SPDX-License-Identifier: Apache-2.0 */
/* The atomic operations, each a step of the running task. */
#include "memory.h"

/* The load itself, its turn having come. */
static uintptr_t load_here(struct location *location, enum machine_order order, const void *pc)
{
    race_forbid(location->address, false, false, pc);
    uintptr_t value = memory_value(location);
    const char *note = "";
    if (location->index >= 0) {
        struct message *message = memory_see(location, NULL, false);
        value = message->value;
        memory_step(location, 1, message);
        memory_learn(location, message, order);
        note = memory_age(location, message);
    }
    if (location->index >= 0) { /* of other words loads say little */
        trace_step(pc, memory_acquires(order) ? "load acquire" : "load", location->address, value,
                   note);
    }
    return value;
}

static uintptr_t load(struct location *location, enum machine_order order, const void *pc)
{
    schedule_point(location->index >= 0 ? POINT_SHARED : POINT_PRIVATE);
    return load_here(location, order, pc);
}

static void put(const struct location *location, uintptr_t value)
{
    if (location->byte) {
        *(uint8_t *)(uintptr_t)location->address = (uint8_t)value;
    } else {
        *(uintptr_t *)(uintptr_t)location->address = value;
    }
}

/* The store itself, its turn having come. */
static void store_here(struct location *location, uintptr_t value, enum machine_order order,
                       const void *pc, const char *what)
{
    race_forbid(location->address, true, false, pc);
    if (location->index >= 0) {
        (void)memory_newest(location);
        memory_step(location, 2, NULL);
        memory_publish(location, value, order, NULL);
    }
    put(location, value);
    trace_step(pc, what, location->address, value, "");
}

static void store(struct location *location, uintptr_t value, enum machine_order order,
                  const void *pc)
{
    schedule_point(location->index >= 0 ? POINT_SHARED : POINT_PRIVATE);
    store_here(location, value, order, pc, memory_releases(order) ? "store release" : "store");
}

uintptr_t machine_load(const uintptr_t *word, enum machine_order order)
{
    if (machine->running == NULL) {
        return *word;
    }
    return load(location_of(word, false), order, __builtin_return_address(0));
}

uintptr_t machine_load_exclusive(const uintptr_t *word)
{
    if (machine->running == NULL) {
        return *word;
    }
    struct location *location = location_of(word, false);
    schedule_point(location->index >= 0 ? POINT_SHARED : POINT_PRIVATE);
    machine_begin();
    return load_here(location, MACHINE_RELAXED, __builtin_return_address(0));
}

uint8_t machine_load_byte(const uint8_t *byte)
{
    if (machine->running == NULL) {
        return *byte;
    }
    return (uint8_t)load(location_of(byte, true), MACHINE_RELAXED, __builtin_return_address(0));
}

void machine_store(uintptr_t *word, uintptr_t value, enum machine_order order)
{
    if (machine->running == NULL) {
        *word = value;
        return;
    }
    store(location_of(word, false), value, order, __builtin_return_address(0));
}

void machine_store_byte(uint8_t *byte, uint8_t value)
{
    if (machine->running == NULL) {
        *byte = value;
        return;
    }
    store(location_of(byte, true), value, MACHINE_RELAXED, __builtin_return_address(0));
}

bool machine_commit(uintptr_t *word, uintptr_t value, enum machine_order order)
{
    if (machine->running == NULL) {
        *word = value;
        return true;
    }
    struct location *location = location_of(word, false);
    schedule_point(location->index >= 0 ? POINT_SHARED : POINT_PRIVATE);
    if (machine->running->interrupted) {
        if (machine->tracing) {
            trace_say("task %u: the sequence was interrupted and begins again",
                      machine->running->number);
        }
        return false;
    }
    store_here(location, value, order, __builtin_return_address(0), "commit");
    return true;
}

uintptr_t machine_racy_load(const uintptr_t *word)
{
    if (machine->running == NULL) {
        return *word;
    }
    struct location *location = location_of(word, false);
    schedule_point(location->index >= 0 ? POINT_SHARED : POINT_PRIVATE);
    if (location->index >= 0) {
        memory_step(location, 3, memory_newest(location));
    }
    trace_step(__builtin_return_address(0), "racy load", word, *word, "");
    return *word;
}

/* A read-modify-write whose turn has come: reads the newest, writes. */
static uintptr_t modify(struct location *location, uintptr_t value, enum machine_order order,
                        const void *pc, const char *what)
{
    uintptr_t old = memory_value(location);
    race_forbid(location->address, true, false, pc);
    if (location->index >= 0) {
        const struct message *read = memory_newest(location);
        memory_step(location, 4, read);
        memory_learn(location, read, order);
        memory_publish(location, value, order, read);
    }
    put(location, value);
    trace_step(pc, what, location->address, value, "");
    return old;
}

bool machine_store_exclusive(uintptr_t *word, uintptr_t loaded, uintptr_t value,
                             enum machine_order order)
{
    if (machine->running == NULL) {
        *word = value;
        return true;
    }
    struct location *location = location_of(word, false);
    schedule_point(location->index >= 0 ? POINT_SHARED : POINT_PRIVATE);
    if (machine->running->interrupted || *word != loaded) {
        if (location->index >= 0) {
            memory_step(location, 6, memory_newest(location));
        }
        trace_say("  task %u's store-exclusive fails", machine->running->number);
        return false;
    }
    (void)modify(location, value, order, __builtin_return_address(0), "store-exclusive to");
    return true;
}

bool machine_cas(uintptr_t *word, uintptr_t *expected, uintptr_t value, enum machine_order order)
{
    if (machine->running == NULL) {
        uintptr_t old = *word;
        bool same = old == *expected;
        *word = same ? value : old;
        *expected = old;
        return same;
    }
    const void *pc = __builtin_return_address(0);
    struct location *location = location_of(word, false);
    schedule_point(location->index >= 0 ? POINT_SHARED : POINT_PRIVATE);
    bool same = *word == *expected;
    if (location->index < 0) {
        if (same) {
            (void)modify(location, value, order, pc, "cas to");
        } else {
            race_forbid(word, false, false, pc);
            *expected = *word;
        }
        return same;
    }
    /* It succeeds, or it saw another value, an old one if need be. */
    const struct message *other = memory_see(location, expected, same);
    if (other == NULL) {
        (void)modify(location, value, order, pc, "cas to");
        return true;
    }
    race_forbid(word, false, false, pc);
    memory_step(location, 5, other);
    memory_learn(location, other, MACHINE_RELAXED);
    *expected = other->value;
    trace_step(pc, "cas fails on", word, other->value, memory_age(location, other));
    return false;
}

uintptr_t machine_exchange(uintptr_t *word, uintptr_t value, enum machine_order order)
{
    if (machine->running == NULL) {
        uintptr_t old = *word;
        *word = value;
        return old;
    }
    struct location *location = location_of(word, false);
    schedule_point(location->index >= 0 ? POINT_SHARED : POINT_PRIVATE);
    return modify(location, value, order, __builtin_return_address(0), "exchange for");
}

uintptr_t machine_fetch_add(uintptr_t *word, uintptr_t value, enum machine_order order)
{
    if (machine->running == NULL) {
        uintptr_t old = *word;
        *word = old + value;
        return old;
    }
    struct location *location = location_of(word, false);
    schedule_point(location->index >= 0 ? POINT_SHARED : POINT_PRIVATE);
    return modify(location, *word + value, order, __builtin_return_address(0), "add, giving");
}

bool machine_cas2(uintptr_t *target, uintptr_t *expected, uintptr_t first, uintptr_t second,
                  enum machine_order order)
{
    if (machine->running == NULL) {
        bool same = target[0] == expected[0] && target[1] == expected[1];
        expected[0] = target[0];
        expected[1] = target[1];
        if (same) {
            target[0] = first;
            target[1] = second;
        }
        return same;
    }
    const void *pc = __builtin_return_address(0);
    struct location *one = location_of(target, false);
    struct location *other = location_of(target + 1, false);
    schedule_point(one->index >= 0 || other->index >= 0 ? POINT_SHARED : POINT_PRIVATE);
    if (target[0] == expected[0] && target[1] == expected[1]) {
        (void)modify(one, first, order, pc, "double cas to");
        (void)modify(other, second, order, pc, "  and to");
        return true;
    }
    struct location *both[2] = {one, other};
    for (unsigned i = 0; i < 2; i++) {
        race_forbid(&target[i], false, false, pc);
        if (both[i]->index >= 0) {
            struct message *message = memory_newest(both[i]);
            memory_step(both[i], 5, message);
            memory_learn(both[i], message, MACHINE_RELAXED);
        }
        expected[i] = target[i];
    }
    trace_step(pc, "double cas fails on", target, target[0], "");
    return false;
}
