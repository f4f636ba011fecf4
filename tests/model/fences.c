/* SPDX-License-Identifier: Apache-2.0 */
/* What orders one task against others without a word between them. */
#include "memory.h"

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
    if (machine->tracing && machine->running != NULL) { /* not the check of what is left */
        trace_say("task %u fences core %d", machine->running->number, core);
    }
    fence_tasks(core, true);
}

void machine_fence_all(void)
{
    fence_tasks(-1, false);
}
