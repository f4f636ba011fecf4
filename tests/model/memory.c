/* SPDX-License-Identifier: Apache-2.0 */
/* What a load may see, and what a task then knows: see machine.h. */
#include "memory.h"

#include <string.h>

#define SEEN_MOST 32 /* older values are not offered, nor seen by a task ever */

void memory_start(void)
{
    machine->messages_used = 0;
    machine->newest_hash = 0;
    machine->fences_hash = 0;
    view_clear(&machine->fences);
}

uintptr_t memory_value(const struct location *location)
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
struct message *memory_newest(struct location *location)
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
    words_note_user(location);
    if (location->index >= 0) {
        schedule_point(POINT_SHARED);
        (void)memory_newest(location); /* as it was before */
        location->overwritten = true;
        location->overwriter = mix(task->hash, task->points);
        task->hash = mix(task->hash, 4000);
        task->points = 0;
    }
}

/* One step of the running task, in which it read `read` (NULL: nothing). */
void memory_step(struct location *location, unsigned kind, const struct message *read)
{
    struct task *task = machine->running;
    task->hash = mix(task->hash, (uint64_t)location->index << 8 | kind);
    if (read != NULL) {
        task->hash = mix(task->hash, read->hash);
    }
    task->points = 0;
}

void memory_learn(const struct location *location, const struct message *message,
                  enum machine_order order)
{
    struct task *task = machine->running;
    uint16_t *at = &task->now.at[location->index];
    *at = *at > message->at ? *at : message->at;
    view_join(&task->acquirable, &message->view);
    if (memory_acquires(order)) {
        view_join(&task->now, &message->view);
    }
}

void memory_publish(struct location *location, uintptr_t value, enum machine_order order,
                    const struct message *continued)
{
    struct task *task = machine->running;
    struct message *message = add_message(location, value, task->hash);
    task->now.at[location->index] = message->at;
    view_copy(&message->view, memory_releases(order) ? &task->now : &task->released);
    message->view.at[location->index] = message->at;
    if (continued != NULL) {
        view_join(&message->view, &continued->view);
    }
    task->now.clock[task->number] = ++task->clock;
}

struct message *memory_see(struct location *location, const uintptr_t *but, bool or_none)
{
    struct task *task = machine->running;
    struct message *newest = memory_newest(location);
    struct message *seen[SEEN_MOST];
    unsigned count = 0;
    if (or_none) {
        seen[count++] = NULL;
    }
    for (struct message *message = newest;; message = &machine->messages[message->older]) {
        bool allowed = message == newest || machine->used.stale < machine->bounds.stale;
        if (allowed && (but == NULL || message->value != *but)) {
            seen[count++] = message;
        }
        if (!allowed || message->at <= task->now.at[location->index] || count == SEEN_MOST) {
            break;
        }
    }
    struct message *chosen = seen[count > 1 ? explore_choose(count, false) : 0];
    if (chosen != NULL && chosen != newest) {
        machine->used.stale++;
    }
    return chosen;
}

const char *memory_age(const struct location *location, const struct message *message)
{
    return message == &machine->messages[location->newest] ? "" : " (an old value)";
}
