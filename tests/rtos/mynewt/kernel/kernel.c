/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's calls on the test kernel. They refuse what Mynewt does not allow: a call of a mutex
 * in a handler, and a wait in a critical section or with the scheduler suspended, which would leave
 * the task in the mutex's list without sleeping.
 */
#include "kernel.h"
#include "mynewt_test.h"
#include "os/mynewt.h"

uint8_t sysinit_active;
unsigned test_waits;

static volatile unsigned suspensions; /* one core; a task in this state is not switched */
static volatile bool in_handler;
static void (*handler)(void);

static void refuse(const char *why)
{
    board_puts("Mynewt: ");
    board_puts(why);
    board_puts("\n");
    board_exit(4);
}

static void handle(void)
{
    in_handler = true;
    handler();
    in_handler = false;
}

void test_on_tick(void (*on_tick)(void))
{
    handler = on_tick;
    kernel_on_tick(on_tick != NULL ? handle : NULL);
}

int os_started(void)
{
    return kernel_started();
}

struct os_task *os_sched_get_current_task(void)
{
    return kernel_self();
}

void os_sched_suspend(void)
{
    kernel_suspend();
    suspensions++;
}

int os_sched_resume(void)
{
    int left = (int)--suspensions;
    kernel_resume();
    return left > 0 ? left : kernel_suspended(); /* by the test itself */
}

os_error_t os_mutex_init(struct os_mutex *mutex)
{
    *mutex = (struct os_mutex){NULL, 0, 0};
    return OS_OK;
}

os_error_t os_mutex_pend(struct os_mutex *mutex, os_time_t timeout)
{
    if (in_handler) {
        refuse("a mutex in a handler");
    }
    uintptr_t state = board_mask();
    bool masked = state == board_mask();
    board_unmask(state);
    if (timeout != 0 && (kernel_suspended() || kernel_in_section() || masked)) {
        refuse("a task waits that may not");
    }
    for (;;) {
        state = board_mask();
        bool mine = mutex->mu_owner == kernel_self();
        bool taken = mutex->mu_level == 0 || mine;
        if (taken) {
            mutex->mu_owner = kernel_self();
            mutex->mu_level++;
        }
        board_unmask(state);
        if (taken || timeout == 0) {
            return taken ? OS_OK : OS_TIMEOUT;
        }
        test_waits++;
        kernel_yield();
    }
}

os_error_t os_mutex_release(struct os_mutex *mutex)
{
    if (mutex->mu_level == 0 || mutex->mu_owner != kernel_self()) {
        refuse("a mutex is released by a task that does not have it");
    }
    uintptr_t state = board_mask();
    if (--mutex->mu_level == 0) {
        mutex->mu_owner = NULL;
    }
    board_unmask(state);
    return OS_OK;
}

void __assert_func(const char *file, int line, const char *function, const char *expression)
{
    (void)line;
    (void)function;
    (void)expression;
    board_puts("assert: ");
    board_puts(file);
    board_puts("\n");
    board_exit(3);
}

void sysinit_panic(const char *message)
{
    __assert_func(message, 0, NULL, NULL);
}
