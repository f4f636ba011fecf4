/* SPDX-License-Identifier: Apache-2.0 */
/* Which task runs, on which core, and what interrupts it. */
#include "port/model_port.h"
#include "stacks.h"
#include "state.h"

static bool enabled(const struct task *task)
{
    return !task->done && !task->gone && !task->yielding && !(task->waiting && *task->wanted != 0);
}

uint64_t schedule_state(void)
{
    uint64_t hash = mix(machine->newest_hash, machine->fences_hash);
    for (unsigned i = 0; i < machine->task_count; i++) {
        const struct task *task = &machine->tasks[i];
        hash = mix(hash, task->hash);
        hash = mix(hash, task->core | (uint64_t)task->depth << 8 |
                             (uint64_t)task->interrupted << 16 | (uint64_t)task->yielding << 17 |
                             (uint64_t)task->gone << 18 | (uint64_t)task->points << 20);
    }
    for (unsigned i = 0; i < machine->core_count; i++) {
        const struct core *core = &machine->cores[i];
        hash = mix(hash, (core->last != NULL ? core->last->number + 1 : 0) + core->left_hash);
    }
    hash = mix(hash, machine->used.preemptions | (uint64_t)machine->used.interrupts << 8 |
                         (uint64_t)machine->used.migrations << 16 |
                         (uint64_t)machine->used.stale << 24);
    return mix(hash, machine->running->number);
}

/* Whoever ran on the core before is interrupted in what it was doing there, and
 * has done it before what the task does now. */
static void enter_core(struct task *task)
{
    struct core *core = &machine->cores[task->core];
    if (core->last == task) {
        return;
    }
    if (core->last != NULL) {
        bool still_there = core->last->core == task->core;
        const struct view *left = still_there ? &core->last->now : &core->left;
        view_join(&task->now, left);
        view_join(&task->acquirable, left);
        task->hash = mix(task->hash, still_there ? core->last->hash : core->left_hash);
    }
    for (unsigned i = 0; i < machine->task_count; i++) {
        if (machine->tasks[i].core == task->core && &machine->tasks[i] != task) {
            machine->tasks[i].interrupted = true;
        }
    }
    core->last = task;
}

static void migrate(struct task *task, unsigned to)
{
    struct core *from = &machine->cores[task->core];
    if (from->last == task) {
        view_copy(&from->left, &task->now);
        from->left_hash = task->hash;
    }
    task->core = to;
    task->interrupted = true;
    task->hash = mix(task->hash, mix(task->points, 1000 + to));
    enter_core(task);
    model_port_on_core(task->core);
}

static void go_on_with(struct task *task)
{
    machine->running = task;
    enter_core(task);
    model_port_set_thread_lists(task->lists);
    model_port_on_core(task->core);
}

static void switch_to(struct task *task)
{
    struct task *from = machine->running;
    from->lists = model_port_thread_lists();
    go_on_with(task);
    trace_say("task %u goes on, on core %u", task->number, task->core);
    stacks_switch(from, task);
}

static void run_handler(struct task *task)
{
    void (*handler)(void) = task->handler;
    task->handler = NULL;
    task->hash = mix(task->hash, mix(task->points, 2000));
    task->depth++;
    trace_say("an interrupt lands on task %u", task->number);
    handler();
    trace_say("the interrupt handler on task %u returns", task->number);
    task->depth--;
    task->interrupted = true;
    task->hash = mix(task->hash, 2001);
}

/* Something happens, which is what those wait for who yielded. */
static void wake_yielding(const struct task *by)
{
    for (unsigned i = 0; i < machine->task_count; i++) {
        if (&machine->tasks[i] != by) {
            machine->tasks[i].yielding = false;
        }
    }
}

/* Called before every step: all that may happen first. */
void schedule_point(enum point point)
{
    struct task *task = machine->running;
    const struct bounds *bounds = &machine->bounds;
    struct bounds *used = &machine->used;
    bool may_switch = point == POINT_SHARED;
    task->points++;
    wake_yielding(task);
    if (++machine->steps > STEPS_MOST) {
        machine_fail("no progress: %d steps and the tasks are not done", STEPS_MOST);
    }
    for (;;) {
        struct task *others[TASKS];
        unsigned switches = 0;
        if (may_switch && used->preemptions < bounds->preemptions) {
            for (unsigned i = 0; i < machine->task_count; i++) {
                if (&machine->tasks[i] != task && enabled(&machine->tasks[i])) {
                    others[switches++] = &machine->tasks[i];
                }
            }
        }
        unsigned last_steps = task->may_go ? switches : 0; /* the same, for good */
        unsigned interrupts = task->handler != NULL && used->interrupts < bounds->interrupts;
        unsigned migrations = point != POINT_ORDINARY && used->migrations < bounds->migrations
                                  ? machine->core_count - 1
                                  : 0;
        unsigned others_run = switches + last_steps;
        if (others_run + interrupts + migrations == 0) {
            if (may_switch) {
                explore_pass();
            }
            return;
        }
        unsigned chosen = explore_choose(1 + others_run + interrupts + migrations, true);
        if (chosen == 0) {
            return;
        }
        if (chosen <= others_run) {
            used->preemptions++;
            if (chosen > switches) {
                task->gone = true;
                trace_say("task %u is preempted for good", task->number);
            }
            switch_to(others[(chosen - 1) % switches]);
            may_switch = false; /* we are back: having left again would be the same */
        } else if (chosen <= others_run + interrupts) {
            used->interrupts++;
            run_handler(task);
        } else {
            used->migrations++;
            unsigned to = chosen - others_run - interrupts - 1;
            migrate(task, to < task->core ? to : to + 1);
            trace_say("task %u migrates to core %u", task->number, task->core);
        }
    }
}

/* The running task cannot go on: any other may. */
static void go_elsewhere(void)
{
    struct task *others[TASKS];
    unsigned count = 0;
    for (unsigned i = 0; i < machine->task_count; i++) {
        if (enabled(&machine->tasks[i])) {
            others[count++] = &machine->tasks[i];
        }
    }
    if (count == 0 && machine->running->yielding) {
        return; /* what it waits for has happened, and is seen in the end */
    }
    if (count == 0) {
        machine_fail("deadlock: no task can go on");
    }
    unsigned chosen = count > 1 ? explore_choose(count, true) : 0;
    if (others[chosen] != machine->running) {
        switch_to(others[chosen]);
    }
}

void machine_yield(void)
{
    struct task *task = machine->running;
    if (task != NULL) {
        schedule_point(POINT_PRIVATE);
        task->yielding = true;
        go_elsewhere();
        task->yielding = false;
    }
}

void machine_wait_for_zero(const uintptr_t *word)
{
    struct task *task = machine->running;
    if (task == NULL) {
        machine_fail("a mutex is held though all tasks are done");
    }
    task->waiting = true;
    task->wanted = word;
    if (!enabled(task)) {
        go_elsewhere();
    }
    task->waiting = false;
}

void schedule_finish(struct task *task)
{
    task->done = true;
    task->hash = mix(task->hash, 3000);
    wake_yielding(task);
    for (unsigned i = 0; i < machine->task_count; i++) {
        if (!machine->tasks[i].done && !machine->tasks[i].gone) {
            go_elsewhere();
        }
    }
    stacks_end();
}

static struct task *first_task(void)
{
    machine->running = &machine->tasks[0];
    unsigned first = machine->task_count > 1 ? explore_choose(machine->task_count, false) : 0;
    go_on_with(&machine->tasks[first]);
    trace_say("task %u begins, on core %u", first, machine->running->core);
    return machine->running;
}

void schedule_run(void)
{
    stacks_run(first_task);
    machine->running = NULL;
}

unsigned machine_core(void)
{
    if (machine->running == NULL) {
        return 0;
    }
    schedule_point(POINT_PRIVATE);
    return machine->running->core;
}

bool machine_may_wait(void)
{
    return machine_interrupt_depth() == 0 &&
           !(machine->running != NULL && machine->running->hurried);
}

unsigned machine_interrupt_depth(void)
{
    return machine->running != NULL && !machine->unmarked ? machine->running->depth : 0;
}

void machine_step(const char *what)
{
    if (machine->running != NULL) {
        schedule_point(POINT_PRIVATE);
        if (machine->tracing) {
            trace_say("task %u: %s", machine->running->number, what);
        }
    }
}

void machine_begin(void)
{
    if (machine->running != NULL) {
        machine->running->interrupted = false;
    }
}

bool machine_interrupted(void)
{
    return machine->running != NULL && machine->running->interrupted;
}
