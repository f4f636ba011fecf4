/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zephyr's calls over the test kernel, for the port as it stands. They replace the test kernel's
 * own hooks. A thread that waits where Zephyr's rules or the port's forbid it ends the program
 * with status 4; so does a mutex that its owner takes again, or that another thread gives back.
 */
#include "kernel.h"

#include "spin.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

/* The test kernel's tasks, in the order in which they first asked for themselves; the first is
 * main, before the kernel runs. */
static struct {
    void *task;
    struct k_thread thread;
} threads[2 + KERNEL_TASKS + BOARD_CORES];
static unsigned known = 1;
static struct spin threads_spin;
static struct spin mutex_spin;

/* Per core. The test kernel announces its handlers by the heap's calls, which are wrapped: the port
 * must ask k_is_in_isr. */
static volatile unsigned nested[BOARD_CORES];
static volatile unsigned critical[BOARD_CORES];

static void wrong(const char *what)
{
    board_puts("zephyr: ");
    board_puts(what);
    board_puts("\n");
    board_exit(4);
}

static unsigned here(const volatile unsigned *counts)
{
    uintptr_t state = board_mask();
    unsigned count = counts[board_core()];
    board_unmask(state);
    return count;
}

void __wrap_os_heap_interrupt_enter(void);
void __wrap_os_heap_interrupt_enter(void)
{
    nested[board_core()]++; /* handlers run with interrupts masked */
}

void __wrap_os_heap_interrupt_leave(void);
void __wrap_os_heap_interrupt_leave(void)
{
    nested[board_core()]--;
}

k_tid_t k_current_get(void)
{
    void *task = kernel_self();
    unsigned i = 0;
    uintptr_t state = board_mask();
    spin_lock(&threads_spin);
    while (i < known && threads[i].task != task) {
        i++;
    }
    if (i == known) {
        threads[known++].task = task;
    }
    spin_unlock(&threads_spin);
    board_unmask(state);
    return &threads[i].thread;
}

bool k_is_in_isr(void)
{
    return here(nested) != 0;
}

bool k_is_pre_kernel(void)
{
    return !kernel_started();
}

bool k_can_yield(void)
{
    return kernel_started() && !k_is_in_isr();
}

/* As in Zephyr: down from 0, so that 0xff is locked once. */
void k_sched_lock(void)
{
    k_current_get()->base.sched_locked--;
}

void k_sched_unlock(void)
{
    k_current_get()->base.sched_locked++;
}

static bool try_mutex(struct k_mutex *mutex)
{
    k_tid_t self = k_current_get();
    uintptr_t state = board_mask();
    spin_lock(&mutex_spin);
    bool taken = mutex->lock_count == 0 || mutex->owner == self;
    if (taken) {
        mutex->lock_count++;
        mutex->owner = self;
    }
    unsigned count = mutex->lock_count;
    spin_unlock(&mutex_spin);
    board_unmask(state);
    if (taken && count > 1) {
        wrong("the owner takes a mutex again");
    }
    return taken;
}

int k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout)
{
    if (k_is_in_isr()) {
        wrong("mutexes cannot be used inside ISRs");
    }
    while (!try_mutex(mutex)) {
        if (timeout.ticks == 0) {
            return -EBUSY;
        }
        if (k_current_get()->base.sched_locked != 0 || kernel_in_section() || !k_can_yield()) {
            wrong("a thread waits that may not");
        }
        kernel_yield();
    }
    return 0;
}

int k_mutex_unlock(struct k_mutex *mutex)
{
    uintptr_t state = board_mask();
    spin_lock(&mutex_spin);
    bool mine = mutex->lock_count == 1 && mutex->owner == k_current_get();
    mutex->lock_count = 0;
    mutex->owner = NULL;
    spin_unlock(&mutex_spin);
    board_unmask(state);
    if (!mine) {
        wrong("a mutex is given back by another thread");
    }
    return 0;
}

/* One expiry, at once: in a handler, which is what the sample is to show. */
void k_timer_start(struct k_timer *timer, k_timeout_t duration, k_timeout_t period)
{
    (void)duration;
    (void)period;
    uintptr_t state = board_mask();
    nested[board_core()]++;
    timer->expiry_fn(timer);
    nested[board_core()]--;
    board_unmask(state);
}

int32_t k_msleep(int32_t ms)
{
    (void)ms;
    return 0;
}

/* What the kernel has taken from a thread's pool: k_free must reach it. */
unsigned real_frees;
void k_free(void *ptr)
{
    (void)ptr;
    real_frees++;
}

void k_panic(void)
{
    board_exit(3);
}

void printk(const char *fmt, ...)
{
    char line[120];
    va_list values;
    va_start(values, fmt);
    (void)vsnprintf(line, sizeof(line), fmt, values);
    va_end(values);
    board_puts(line);
}

/* The names that the suite knows. */
void kernel_suspend(void)
{
    k_sched_lock();
}

void kernel_resume(void)
{
    k_sched_unlock();
}

/* Asked in the tick, of the thread that it interrupted. */
bool kernel_suspended(void)
{
    return k_current_get()->base.sched_locked != 0;
}

bool kernel_in_section(void)
{
    return here(critical) != 0;
}

uintptr_t kernel_critical_enter(void)
{
    uintptr_t state = board_mask();
    critical[board_core()]++;
    return state;
}

void kernel_critical_leave(uintptr_t state)
{
    critical[board_core()]--;
    board_unmask(state);
}
