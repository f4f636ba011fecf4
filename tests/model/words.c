/* SPDX-License-Identifier: Apache-2.0 */
/* Words that are used atomically, and by whom. */
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void words_note_user(struct location *location)
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
    words_note_user(location);
    return location;
}

void words_share(const void *address, bool byte)
{
    location_make(address, byte)->tasks = ~0u;
    (void)words_take_in_shared(); /* one by one: they keep their order */
}

void words_forget(void)
{
    memset(machine->locations, 0, sizeof(machine->locations));
    machine->locations_used = 0;
    machine->shared_count = 0;
}

unsigned words_take_in_shared(void)
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
