/* SPDX-License-Identifier: Apache-2.0 */
/* What a load may see, and what it then knows: see machine.h. */
#include "race.h"
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool acquires(enum machine_order order)
{
    return order == MACHINE_ACQUIRE || order == MACHINE_ACQ_REL;
}

static bool releases(enum machine_order order)
{
    return order == MACHINE_RELEASE || order == MACHINE_ACQ_REL;
}

static struct location *slot_of(const void *address)
{
    uint64_t hash = mix((uintptr_t)address, 1);
    for (size_t i = hash >> (64 - LOCATIONS_LOG2);; i = (i + 1) % (1 << LOCATIONS_LOG2)) {
        struct location *location = &machine->locations[i];
        if (location->address == address || location->address == NULL) {
            return location;
        }
    }
}

struct location *location_find(const void *address)
{
    struct location *location = slot_of(address);
    return location->address != NULL ? location : NULL;
}

static void note_user(struct location *location)
{
    location->tasks |= 1u << machine->running->number;
    if (location->index < 0 && (location->tasks & (location->tasks - 1)) != 0) {
        machine->more_shared = true;
        if (!machine->tracing) {
            explore_end(ENDED_STALE_SEARCH);
        }
    }
}

static struct location *location_make(const void *address, bool byte)
{
    struct location *location = slot_of(address);
    if (location->address == NULL) {
        if (++machine->locations_used == (1 << LOCATIONS_LOG2) / 2) {
            (void)fprintf(stderr, "explorer: too many words are used atomically\n");
            exit(EXIT_FAILURE);
        }
        *location = (struct location){.address = address, .index = -1, .byte = byte};
    }
    return location;
}

struct location *location_of(const void *address, bool byte)
{
    struct location *location = location_make(address, byte);
    note_user(location);
    return location;
}

void memory_share(const void *address, bool byte)
{
    location_make(address, byte)->tasks = ~0u;
    (void)memory_take_in_shared(); /* one by one: they keep their order */
}

void memory_forget_locations(void)
{
    memset(machine->locations, 0, sizeof(machine->locations));
    machine->locations_used = 0;
    machine->shared_count = 0;
}

unsigned memory_take_in_shared(void)
{
    for (size_t i = 0; i < 1 << LOCATIONS_LOG2; i++) {
        struct location *location = &machine->locations[i];
        if (location->index < 0 && (location->tasks & (location->tasks - 1)) != 0) {
            if (machine->shared_count == SHARED_MOST) {
                (void)fprintf(stderr, "explorer: more than %d words are shared\n", SHARED_MOST);
                exit(EXIT_FAILURE);
            }
            location->index = (int32_t)machine->shared_count;
            machine->shared[machine->shared_count++] = location;
        }
    }
    machine->more_shared = false;
    return machine->shared_count;
}

void memory_start(void)
{
    machine->messages_used = 0;
    machine->newest_hash = 0;
    machine->fences_hash = 0;
    view_clear(&machine->fences);
}

static uintptr_t memory_value(const struct location *location)
{
    return location->byte ? *(const uint8_t *)location->address
                          : *(const uintptr_t *)location->address;
}

static struct message *add_message(struct location *location, uintptr_t value, uint64_t hash)
{
    if (machine->messages_used == MESSAGES_MOST) {
        machine_fail("no progress: %d stores and the tasks are not done", MESSAGES_MOST);
    }
    uint32_t number = machine->messages_used++;
    struct message *message = &machine->messages[number];
    bool first = location->execution != machine->execution;
    message->older = first ? NOBODY : location->newest;
    message->at = first ? 0 : (uint16_t)(machine->messages[location->newest].at + 1);
    message->value = value;
    if (!first) {
        machine->newest_hash -= machine->messages[location->newest].hash;
        hash = mix(hash, machine->messages[location->newest].hash);
    }
    message->hash = mix(hash, (uint64_t)location->index);
    machine->newest_hash += message->hash;
    location->newest = number;
    location->execution = machine->execution;
    location->overwritten = false;
    return message;
}

/* The newest message of a shared word, made up from memory if need be. */
static struct message *newest(struct location *location)
{
    if (location->execution != machine->execution) {
        struct message *message = add_message(location, memory_value(location), 0);
        view_clear(&message->view);
    } else if (location->overwritten) {
        struct message *message =
            add_message(location, memory_value(location), location->overwriter);
        view_clear(&message->view);
        message->view.at[location->index] = message->at;
    }
    return &machine->messages[location->newest];
}

void memory_ordinary_store(struct location *location)
{
    struct task *task = machine->running;
    note_user(location);
    if (location->index >= 0) {
        schedule_point(POINT_SHARED);
        (void)newest(location); /* as it was before */
        location->overwritten = true;
        location->overwriter = mix(task->hash, task->points);
        task->hash = mix(task->hash, 4000);
        task->points = 0;
    }
}

/* One step of the running task, in which it read `read` (NULL: nothing). */
static void step(struct location *location, unsigned kind, const struct message *read)
{
    struct task *task = machine->running;
    task->hash = mix(task->hash, (uint64_t)location->index << 8 | kind);
    if (read != NULL) {
        task->hash = mix(task->hash, read->hash);
    }
    task->points = 0;
}

static void learn(const struct location *location, const struct message *message,
                  enum machine_order order)
{
    struct task *task = machine->running;
    uint16_t *at = &task->now.at[location->index];
    *at = *at > message->at ? *at : message->at;
    view_join(&task->acquirable, &message->view);
    if (acquires(order)) {
        view_join(&task->now, &message->view);
    }
}

static void publish(struct location *location, uintptr_t value, enum machine_order order,
                    const struct message *continued)
{
    struct task *task = machine->running;
    struct message *message = add_message(location, value, task->hash);
    task->now.at[location->index] = message->at;
    view_copy(&message->view, releases(order) ? &task->now : &task->released);
    message->view.at[location->index] = message->at;
    if (continued != NULL) {
        view_join(&message->view, &continued->view);
    }
    task->now.clock[task->number] = ++task->clock;
}

/* One of the messages that the task may still see and `value` tells, or, `but`,
 * does not tell: the newest such one, or an older one within the bounds. */
static struct message *see(struct location *location, bool but, uintptr_t value, bool newest_too)
{
    struct task *task = machine->running;
    struct message *seen[16];
    unsigned count = 0;
    struct message *message = newest(location);
    for (bool first = true;; first = false) {
        if ((!but || message->value != value) && (newest_too || !first)) {
            seen[count++] = message;
        }
        bool may_be_older = message->older != NOBODY &&
                            message->at > task->now.at[location->index] && count < 16 &&
                            machine->used.stale < machine->bounds.stale;
        if (!may_be_older) {
            break;
        }
        message = &machine->messages[message->older];
    }
    if (count == 0) {
        return NULL;
    }
    unsigned chosen = count > 1 ? explore_choose(count, false) : 0;
    if (seen[chosen] != newest(location)) {
        machine->used.stale++;
    }
    return seen[chosen];
}

static const char *age(const struct location *location, const struct message *message)
{
    return message == &machine->messages[location->newest] ? "" : " (an old value)";
}

static uintptr_t load(struct location *location, enum machine_order order, const void *pc)
{
    schedule_point(location->index >= 0 ? POINT_SHARED : POINT_PRIVATE);
    race_forbid(location->address, false, false, pc);
    uintptr_t value = memory_value(location);
    const char *note = "";
    if (location->index >= 0) {
        struct message *message = see(location, false, 0, true);
        value = message->value;
        step(location, 1, message);
        learn(location, message, order);
        note = age(location, message);
    }
    if (location->index >= 0) { /* of other words loads say little */
        trace_step(pc, acquires(order) ? "load acquire" : "load", location->address, value, note);
    }
    return value;
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
        (void)newest(location);
        step(location, 2, NULL);
        publish(location, value, order, NULL);
    }
    put(location, value);
    trace_step(pc, what, location->address, value, "");
}

static void store(struct location *location, uintptr_t value, enum machine_order order,
                  const void *pc)
{
    schedule_point(location->index >= 0 ? POINT_SHARED : POINT_PRIVATE);
    store_here(location, value, order, pc, releases(order) ? "store release" : "store");
}

uintptr_t machine_load(const uintptr_t *word, enum machine_order order)
{
    if (machine->running == NULL) {
        return *word;
    }
    return load(location_of(word, false), order, __builtin_return_address(0));
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
        step(location, 3, newest(location));
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
        const struct message *read = newest(location);
        step(location, 4, read);
        learn(location, read, order);
        publish(location, value, order, read);
    }
    put(location, value);
    trace_step(pc, what, location->address, value, "");
    return old;
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
    /* What makes it fail, newest first; after success, which is the usual. */
    struct message *other = NULL;
    if (!same || machine->used.stale < machine->bounds.stale) {
        unsigned before = machine->used.stale;
        struct message *first = newest(location);
        bool visible = !same || (first->older != NOBODY &&
                                 first->at > machine->running->now.at[location->index]);
        if (visible && same) {
            visible = explore_choose(2, false) == 1;
        }
        if (visible) {
            other = see(location, true, *expected, true);
            if (other == NULL) {
                machine->used.stale = before;
            }
        }
    }
    if (same && other == NULL) {
        (void)modify(location, value, order, pc, "cas to");
        return true;
    }
    race_forbid(word, false, false, pc);
    step(location, 5, other);
    learn(location, other, MACHINE_RELAXED);
    *expected = other->value;
    trace_step(pc, "cas fails on", word, other->value, age(location, other));
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
            struct message *message = newest(both[i]);
            step(both[i], 5, message);
            learn(both[i], message, MACHINE_RELAXED);
        }
        expected[i] = target[i];
    }
    trace_step(pc, "double cas fails on", target, target[0], "");
    return false;
}

void machine_fence(void)
{
    struct task *task = machine->running;
    if (task == NULL) {
        return;
    }
    schedule_point(POINT_SHARED);
    view_join(&task->now, &task->acquirable);
    view_join(&task->now, &machine->fences);
    view_copy(&machine->fences, &task->now);
    view_copy(&task->released, &task->now);
    task->now.clock[task->number] = ++task->clock;
    task->hash = mix(task->hash, machine->fences_hash);
    machine->fences_hash = task->hash;
    task->points = 0;
    trace_step(__builtin_return_address(0), "fence", NULL, 0, NULL);
}

static void order_both(struct task *one, struct task *other)
{
    view_join(&one->now, &other->now);
    view_join(&other->now, &one->now);
    view_copy(&other->acquirable, &other->now);
    view_copy(&other->released, &other->now);
    uint64_t hash = other->hash;
    other->hash = mix(other->hash, one->hash);
    one->hash = mix(one->hash, hash);
    other->now.clock[other->number] = ++other->clock;
    one->now.clock[one->number] = ++one->clock;
}

static void fence_tasks(int core, bool interrupt)
{
    struct task *task = machine->running;
    if (task == NULL) {
        return;
    }
    schedule_point(POINT_SHARED);
    view_join(&task->now, &task->acquirable);
    for (unsigned i = 0; i < machine->task_count; i++) {
        struct task *other = &machine->tasks[i];
        if (other != task && (core < 0 || other->core == (unsigned)core)) {
            view_join(&other->now, &other->acquirable);
            order_both(task, other);
            other->interrupted = other->interrupted || interrupt;
        }
    }
    view_copy(&task->released, &task->now);
    task->points = 0;
}

void machine_fence_core(int core)
{
    if (machine->tracing) {
        trace_say("task %u fences core %d", machine->running->number, core);
    }
    fence_tasks(core, true);
}

void machine_fence_all(void)
{
    fence_tasks(-1, false);
}
