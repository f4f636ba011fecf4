/* SPDX-License-Identifier: Apache-2.0 */
#include "stacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#define STACK_BYTES ((size_t)256 << 10)

static jmp_buf ended;
static ucontext_t creator;

static void task_top(unsigned number)
{
    struct task *task = &machine->tasks[number];
    if (_setjmp(task->top) == 0) {
        (void)setcontext(&creator);
    }
    task = machine->running;
    task->body();
    schedule_finish(task);
}

static void create(struct task *task)
{
    static ucontext_t context;
    volatile bool created = false;
    (void)getcontext(&context);
    context.uc_stack.ss_sp = malloc(STACK_BYTES);
    context.uc_stack.ss_size = STACK_BYTES;
    if (context.uc_stack.ss_sp == NULL) {
        (void)fprintf(stderr, "explorer: no memory for stacks\n");
        exit(EXIT_FAILURE);
    }
    makecontext(&context, (void (*)(void))task_top, 1, task->number);
    (void)getcontext(&creator);
    if (!created) {
        created = true;
        (void)setcontext(&context);
    }
}

void stacks_create(void)
{
    for (unsigned i = 0; i < TASKS; i++) {
        machine->tasks[i].number = i;
        create(&machine->tasks[i]);
    }
}

void stacks_run(struct task *(*first)(void))
{
    if (_setjmp(ended) != 0) {
        return;
    }
    for (unsigned i = 0; i < machine->task_count; i++) {
        __builtin_memcpy(machine->tasks[i].here, machine->tasks[i].top, sizeof(jmp_buf));
    }
    _longjmp(first()->here, 1);
}

void stacks_switch(struct task *from, struct task *to)
{
    if (_setjmp(from->here) == 0) {
        _longjmp(to->here, 1);
    }
}

void stacks_end(void)
{
    _longjmp(ended, 1);
}
