/* SPDX-License-Identifier: Apache-2.0 */
#include "race.h"

#include "osh_arena.h"
#include "state.h"

#include <stdlib.h>
#include <string.h>

#define CELLS_LOG2 12

struct cell {
    const void *address;
    uint64_t execution;
    uint16_t store[TASKS], load[TASKS];               /* clock of each task's last one */
    uint16_t atomic_store[TASKS], atomic_load[TASKS]; /* 0: none */
};

struct range {
    uintptr_t from, to;
};

static struct {
    struct cell *cells;
    struct range watched[4], except;
    unsigned ranges;
} races;

void race_watch(const void *from, const void *to)
{
    if (races.cells == NULL) {
        races.cells = calloc((size_t)1 << CELLS_LOG2, sizeof(struct cell));
        if (races.cells == NULL) {
            abort();
        }
    }
    races.watched[races.ranges++] = (struct range){(uintptr_t)from, (uintptr_t)to};
}

void race_except(const void *from, const void *to)
{
    races.except = (struct range){(uintptr_t)from, (uintptr_t)to};
}

static bool within(struct range range, const void *address)
{
    return (uintptr_t)address >= range.from && (uintptr_t)address < range.to;
}

bool race_in_scope(const void *address)
{
    for (unsigned i = 0; i < races.ranges; i++) {
        if (within(races.watched[i], address)) {
            return !within(races.except, address);
        }
    }
    return false;
}

/* Cells of earlier executions count as empty. */
static struct cell *cell_of(const void *address)
{
    size_t mask = ((size_t)1 << CELLS_LOG2) - 1;
    for (size_t i = mix((uintptr_t)address, 2) >> (64 - CELLS_LOG2), tries = 0;;
         i = (i + 1) & mask) {
        struct cell *cell = &races.cells[i];
        if (cell->execution != machine->execution) {
            memset(cell, 0, sizeof(*cell));
            cell->address = address;
            cell->execution = machine->execution;
            return cell;
        }
        if (cell->address == address) {
            return cell;
        }
        if (++tries == mask) {
            machine_fail("explorer: too many addresses are accessed in one execution");
        }
    }
}

static const uint16_t *unordered(const uint16_t *clocks)
{
    const struct task *task = machine->running;
    for (unsigned i = 0; i < machine->task_count; i++) {
        if (i != task->number && clocks[i] > task->now.clock[i]) {
            return &clocks[i];
        }
    }
    return NULL;
}

void race_forbid(const void *address, bool store, bool ordinary, const void *pc)
{
    struct cell *cell = cell_of(address);
    const uint16_t *clocks = cell->store;
    const uint16_t *race = unordered(clocks);
    const char *what = "an ordinary store";
    if (race == NULL && store) {
        race = unordered(clocks = cell->load);
        what = "an ordinary load";
    }
    if (race == NULL && ordinary) {
        race = unordered(clocks = cell->atomic_store);
        what = "an atomic store";
    }
    if (race == NULL && ordinary && store) {
        race = unordered(clocks = cell->atomic_load);
        what = "an atomic load";
    }
    if (race != NULL) {
        trace_step(pc, store ? "store" : "load", address, 0, " races");
        machine_fail("data race: task %u's %s %s of %p is not ordered after %s by task %u",
                     machine->running->number, ordinary ? "ordinary" : "atomic",
                     store ? "store" : "load", address, what, (unsigned)(race - clocks));
    }
    uint16_t *mine = ordinary ? (store ? cell->store : cell->load)
                              : (store ? cell->atomic_store : cell->atomic_load);
    mine[machine->running->number] = machine->running->clock;
}

static void ordinary(const void *address, bool store, const void *pc)
{
    if (machine == NULL || machine->running == NULL || !race_in_scope(address)) {
        return;
    }
    if (machine->running->handler != NULL) {
        schedule_point(POINT_ORDINARY);
    }
    struct location *location = store ? location_find(address) : NULL;
    if (location != NULL) {
        memory_ordinary_store(location);
    }
    race_forbid(address, store, true, pc);
    if (store && osh_arena_holds(address)) { /* the heap's own tables say little */
        trace_step(pc, "ordinary store to", address, 0, NULL);
    }
}

void race_user_store(void *address)
{
    ordinary(address, true, __builtin_return_address(0));
}

void race_user_load(const void *address)
{
    ordinary(address, false, __builtin_return_address(0));
}

/* What gcc's -fsanitize=thread calls. The names are its own. */
void __tsan_init(void);
void __tsan_init(void)
{
}

#define ON_ACCESS(name, address_type, store, bytes)                   \
    void name(address_type address);                                  \
    void name(address_type address)                                   \
    {                                                                 \
        ordinary(address, (store), __builtin_return_address(0));      \
        if ((bytes) > 8) {                                            \
            ordinary((address_type)((uintptr_t)address + 8), (store), \
                     __builtin_return_address(0));                    \
        }                                                             \
    }
ON_ACCESS(__tsan_read1, const void *, false, 1)
ON_ACCESS(__tsan_read2, const void *, false, 2)
ON_ACCESS(__tsan_read4, const void *, false, 4)
ON_ACCESS(__tsan_read8, const void *, false, 8)
ON_ACCESS(__tsan_read16, const void *, false, 16)
ON_ACCESS(__tsan_unaligned_read2, const void *, false, 2)
ON_ACCESS(__tsan_unaligned_read4, const void *, false, 4)
ON_ACCESS(__tsan_unaligned_read8, const void *, false, 8)
ON_ACCESS(__tsan_unaligned_read16, const void *, false, 16)
ON_ACCESS(__tsan_write1, void *, true, 1)
ON_ACCESS(__tsan_write2, void *, true, 2)
ON_ACCESS(__tsan_write4, void *, true, 4)
ON_ACCESS(__tsan_write8, void *, true, 8)
ON_ACCESS(__tsan_write16, void *, true, 16)
ON_ACCESS(__tsan_unaligned_write2, void *, true, 2)
ON_ACCESS(__tsan_unaligned_write4, void *, true, 4)
ON_ACCESS(__tsan_unaligned_write8, void *, true, 8)
ON_ACCESS(__tsan_unaligned_write16, void *, true, 16)

/* Volatile is how the library writes a load that races on purpose. */
/* A structure at once, word by word. */
void __tsan_write_range(void *address, unsigned long bytes);
void __tsan_write_range(void *address, unsigned long bytes)
{
    for (unsigned long at = 0; at < bytes; at += 8) {
        ordinary((char *)address + at, true, __builtin_return_address(0));
    }
}

void __tsan_volatile_read8(const void *address);
void __tsan_volatile_read8(const void *address)
{
    if (machine->running != NULL && race_in_scope(address)) {
        (void)machine_racy_load(address);
    }
}

void __tsan_volatile_read4(const void *address);
void __tsan_volatile_read4(const void *address)
{
    (void)address;
    machine_step("reads the number of its core");
}
