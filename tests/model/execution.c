/* SPDX-License-Identifier: Apache-2.0 */
#include "execution.h"

#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_slab.h"
#include "port/model_port.h"
#include "race.h"
#include "stacks.h"
#include "state.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define REGION ((char *)0x10000000000)
#define REGION_BYTES ((size_t)128 << 10)

_Static_assert(SCENARIO_TASKS == TASKS, "a scenario has as many tasks as the machine");

struct machine *machine;

/* The linker's names for the program's data. */
extern char __data_start[], _end[];

/* A copy of the program's data and the region. */
struct copy {
    char *data;
    char *region;
    size_t region_bytes;
};
static struct copy pristine, ready;
static const struct scenario *scenario;
static bool exploring;

void *execution_allocate(size_t bytes)
{
    void *memory = calloc(1, bytes);
    if (memory == NULL) {
        (void)fprintf(stderr, "explorer: no memory\n");
        exit(EXIT_FAILURE);
    }
    return memory;
}

static void copy_take(const struct copy *copy)
{
    memcpy(copy->region, REGION, copy->region_bytes);
    memcpy(copy->data, __data_start, (size_t)(_end - __data_start));
}

static void copy_put_back(const struct copy *copy)
{
    struct copy from = *copy; /* it is itself part of what is put back */
    memcpy(__data_start, from.data, (size_t)(_end - __data_start));
    memcpy(REGION, from.region, from.region_bytes);
}

void machine_fail(const char *format, ...)
{
    size_t bytes;
    char *message = explore_message(&bytes);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, bytes, format, arguments);
    va_end(arguments);
    if (!exploring) {
        (void)fprintf(stderr, "explorer: %s: the setup fails: %s\n", scenario->name, message);
        exit(2);
    }
    explore_end(ENDED_VIOLATION);
}

void scenario_outcome(unsigned outcome)
{
    machine->outcomes |= 1u << outcome;
    if ((scenario->outcomes >> outcome & 1) == 0) {
        machine_fail("an outcome that must not be: %u", outcome);
    }
}

static void begin_tasks(void)
{
    machine->unmarked = scenario->unmarked;
    machine->task_count = 0;
    machine->core_count = 0;
    for (unsigned i = 0; i < CORES; i++) {
        machine->cores[i].last = NULL;
        machine->cores[i].left_hash = 0;
    }
    memset(&machine->used, 0, sizeof(machine->used));
    for (unsigned i = 0; i < TASKS && scenario->task[i] != NULL; i++) {
        struct task *task = &machine->tasks[i];
        view_clear(&task->now);
        view_clear(&task->acquirable);
        view_clear(&task->released);
        task->body = scenario->task[i];
        task->handler = scenario->handler[i];
        task->may_go = (scenario->for_good >> i & 1) != 0;
        task->hurried = (scenario->hurried >> i & 1) != 0;
        task->done = task->gone = task->waiting = task->yielding = task->interrupted = false;
        task->core = scenario->core[i];
        task->depth = 0;
        task->hash = i + 1;
        task->points = 0;
        task->now.clock[i] = task->clock = 1;
        task->lists = NULL;
        machine->task_count++;
        if (task->core >= machine->core_count) {
            machine->core_count = task->core + 1;
        }
    }
    if (machine->bounds.migrations > 0 && machine->core_count < 2) {
        machine->core_count = 2;
    }
}

static uint64_t hash_of(const char *bytes, size_t count, uint64_t hash)
{
    const uint64_t *words = (const uint64_t *)(const void *)bytes;
    uint64_t lanes[4] = {hash, 1, 2, 3};
    for (size_t i = 0; i + 4 <= count / sizeof(*words); i += 4) {
        for (unsigned lane = 0; lane < 4; lane++) {
            lanes[lane] = (lanes[lane] ^ words[i + lane]) * 0x9e3779b97f4a7c15u;
            lanes[lane] ^= lanes[lane] >> 29;
        }
    }
    for (size_t i = count & ~(size_t)31; i < count; i++) {
        lanes[0] = (lanes[0] ^ (uint8_t)bytes[i]) * 0x9e3779b97f4a7c15u;
    }
    return mix(mix(lanes[0], lanes[1]), mix(lanes[2], lanes[3]));
}

static uint64_t memory_hash(void)
{
    size_t data = (size_t)(_end - __data_start);
    return hash_of(REGION, ready.region_bytes, hash_of(__data_start, data, 4));
}

static bool all_came_back(void)
{
    bool back = true;
    for (unsigned i = 0; i < machine->task_count; i++) {
        back = back && !machine->tasks[i].gone;
    }
    return back;
}

void execution_run(void)
{
    machine->running = NULL;
    copy_put_back(&ready);
    machine->execution++;
    machine->steps = 0;
    memory_start();
    begin_tasks();
    schedule_run();
    if (all_came_back() && explore_first_to_end_in(memory_hash())) {
        scenario->check();
    }
}

void execution_make_ready(const struct scenario *chosen)
{
    static struct result unused; /* has the message if the setup fails */
    machine->running = NULL;
    copy_put_back(&pristine);
    explore_message_to(&unused);
    scenario = chosen;
    words_forget();
    (void)model_port_choose(chosen->port);
    model_port_os_started(!chosen->before_os);
    size_t tables = osh_arena_table_bytes(chosen->pages) + osh_slab_table_bytes(chosen->pages);
    size_t bytes = ((tables + OSH_PAGE_BYTES - 1) & ~(size_t)(OSH_PAGE_BYTES - 1)) +
                   ((size_t)chosen->pages << OSH_PAGE_LOG2);
    model_port_region(REGION, bytes);
    if (!chosen->unstarted && os_heap_init(REGION, bytes) != 0) {
        (void)fprintf(stderr, "explorer: the heap does not start\n");
        exit(EXIT_FAILURE);
    }
    if (!chosen->unstarted) {
        model_port_start_lists();
    }
    if (chosen->setup != NULL) {
        chosen->setup();
    }
    exploring = true;
    ready.region_bytes = bytes;
    copy_take(&ready);
}

void execution_start(void)
{
    /* A fixed place, so that a replay meets the same addresses. */
    void *region = mmap(REGION, REGION_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (region != REGION) {
        (void)fprintf(stderr, "explorer: the address range of the heap is taken\n");
        exit(EXIT_FAILURE);
    }
    machine = execution_allocate(sizeof(*machine));
    explore_start();
    trace_start();
    race_watch(__data_start, _end);
    race_watch(REGION, REGION + REGION_BYTES);
    /* The first two let the fast paths in and are read without ordering, and the base with the
     * second one; what is read behind them everybody was made to see before. */
    race_except(&osh_hot.fast_sizes, &osh_hot.base + 1);
    model_port_start();
    stacks_create();
    pristine = (struct copy){execution_allocate((size_t)(_end - __data_start)),
                             execution_allocate(REGION_BYTES), REGION_BYTES};
    ready = (struct copy){execution_allocate((size_t)(_end - __data_start)),
                          execution_allocate(REGION_BYTES), REGION_BYTES};
    copy_take(&pristine);
}
