/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel.h"

#include "os/os_heap_port.h"
#include "spin.h"

#define STACK_BYTES (1024u * (unsigned)sizeof(uintptr_t))

struct task {
    uintptr_t context;
    unsigned core; /* where it ran last */
    void (*entry)(unsigned);
    unsigned number;
};

static unsigned char stacks[KERNEL_TASKS + 1][STACK_BYTES] __attribute__((aligned(16)));
static unsigned char idle_stacks[BOARD_CORES][STACK_BYTES / 2] __attribute__((aligned(16)));
static struct task tasks[KERNEL_TASKS + 1];
static unsigned task_count;

/* Ready tasks, first to run first; under `queue_lock`, with interrupts masked. */
static struct spin queue_lock;
static struct task *queue[KERNEL_TASKS + 2];
static unsigned queue_head, queue_length;
static unsigned unfinished;

static struct task idle[BOARD_CORES];
static struct task *current[BOARD_CORES];
static uint32_t random_state[BOARD_CORES];

static void (*when_done)(void);
static void (*tick_handler)(void);
static volatile bool started;
static unsigned switches, migrations, ticks[BOARD_CORES], interrupted[BOARD_CORES];

static void put_ready(struct task *task)
{
    queue[(queue_head + queue_length++) % (KERNEL_TASKS + 2)] = task;
}

static struct task *take_ready(void)
{
    if (queue_length == 0) {
        return NULL;
    }
    struct task *task = queue[queue_head];
    queue_head = (queue_head + 1) % (KERNEL_TASKS + 2);
    queue_length--;
    return task;
}

static _Noreturn void never_again(void)
{
    for (;;) {
        board_wait();
    }
}

static struct task *running(void)
{
    uintptr_t state = board_mask();
    struct task *task = current[board_core()];
    board_unmask(state);
    return task;
}

void *kernel_self(void)
{
    return running();
}

static void begin(void)
{
    struct task *task = running();
    task->entry(task->number);
    uintptr_t state = board_mask();
    spin_lock(&queue_lock);
    bool last = --unfinished == 0;
    task->entry = NULL; /* it is not put back at its next tick */
    spin_unlock(&queue_lock);
    board_unmask(state);
    if (last) {
        when_done();
    }
    never_again();
}

void kernel_task(void (*entry)(unsigned), unsigned number)
{
    struct task *task = &tasks[task_count];
    task->entry = entry;
    task->number = number;
    task->context = board_new_context((uintptr_t)stacks[task_count + 1], begin);
    task_count++;
    unfinished++;
    put_ready(task);
}

void kernel_on_tick(void (*handler)(void))
{
    tick_handler = handler;
}

/* xorshift32: the intervals are to land anywhere. */
static uint32_t random_of(unsigned core)
{
    uint32_t x = random_state[core];
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    random_state[core] = x;
    return x;
}

static void arm(unsigned core)
{
    board_timer_arm(10000 + random_of(core) % 60000);
}

static void idle_entry(void)
{
    unsigned core = board_core(); /* idle tasks do not migrate */
    uintptr_t state = board_mask();
    arm(core);
    board_unmask(state);
    never_again();
}

void kernel_enter(void)
{
    unsigned core = board_core();
    current[core] = &idle[core];
    random_state[core] = 0x9e3779b9u * (core + 1);
    board_run_on((uintptr_t)idle_stacks[core + 1], idle_entry);
}

void kernel_run(void (*done)(void))
{
    when_done = done;
    started = true;
    board_start_cores();
    kernel_enter();
}

bool kernel_started(void)
{
    return started;
}

static struct task *choose(unsigned core)
{
    struct task *old = current[core];
    struct task *next = NULL;
    spin_lock(&queue_lock);
    if (old == &idle[core] || old->entry == NULL || random_of(core) % 4 == 0) {
        next = take_ready();
    }
    if (next == NULL) {
        next = old;
    } else if (old != &idle[core] && old->entry != NULL) {
        put_ready(old);
    }
    if (next != old) {
        switches++;
        migrations += next != &idle[core] && next->core != core;
        next->core = core;
    }
    current[core] = next;
    spin_unlock(&queue_lock);
    return next;
}

struct sequence {
    uintptr_t first, last;
};
extern const struct sequence __start_osh_sequences[], __stop_osh_sequences[];

static bool in_sequence(uintptr_t pc)
{
    for (const struct sequence *s = __start_osh_sequences; s < __stop_osh_sequences; s++) {
        if (pc - (s->first & ~(uintptr_t)1) <= s->last - s->first) {
            return true;
        }
    }
    return false;
}

uintptr_t kernel_tick(uintptr_t context, uintptr_t pc)
{
    unsigned core = board_core();
    os_heap_interrupt_enter();
    current[core]->context = context;
    ticks[core]++;
    interrupted[core] += in_sequence(pc);
    if (tick_handler != NULL) {
        tick_handler();
    }
    context = (kernel_suspended() ? current[core] : choose(core))->context;
    arm(core);
    os_heap_interrupt_leave();
    return context;
}

static unsigned sum(const unsigned *counts)
{
    unsigned total = 0;
    for (unsigned core = 0; core < BOARD_CORES; core++) {
        total += *(const volatile unsigned *)&counts[core];
    }
    return total;
}

unsigned kernel_switches(void)
{
    return switches;
}

unsigned kernel_migrations(void)
{
    return migrations;
}

unsigned kernel_ticks(void)
{
    return sum(ticks);
}

unsigned kernel_interrupted(void)
{
    return sum(interrupted);
}

void kernel_yield(void)
{
    board_wait(); /* the next tick is near, and may switch */
}
