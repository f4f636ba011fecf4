/* SPDX-License-Identifier: Apache-2.0 */
/* Where a task may not wait: the scheduler suspended, and critical sections. */
#include "kernel.h"

/* Per core, written there alone: a task in such a state stays on its core. */
static volatile unsigned suspensions[BOARD_CORES];
static volatile unsigned sections[BOARD_CORES];

static void add_here(volatile unsigned *counts, unsigned n)
{
    uintptr_t state = board_mask();
    counts[board_core()] += n;
    board_unmask(state);
}

static bool any_here(const volatile unsigned *counts)
{
    uintptr_t state = board_mask();
    bool any = counts[board_core()] != 0;
    board_unmask(state);
    return any;
}

void kernel_suspend(void)
{
    add_here(suspensions, 1u);
}

void kernel_resume(void)
{
    add_here(suspensions, 0u - 1u);
}

bool kernel_suspended(void)
{
    return any_here(suspensions);
}

uintptr_t kernel_critical_enter(void)
{
    uintptr_t state = board_mask();
    add_here(sections, 1u);
    return state;
}

void kernel_critical_leave(uintptr_t state)
{
    add_here(sections, 0u - 1u);
    board_unmask(state);
}

bool kernel_in_section(void)
{
    return any_here(sections);
}
