/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's calls for a program with one task. It too calls os_realloc. */
#include "os/mynewt.h"

uint8_t sysinit_active;
void sysinit(void);
void os_heap_mynewt_init(void); /* what newt writes from pkg.init */
void example_say(const char *text);
void example_exit(int status) __attribute__((noreturn));

static unsigned suspensions;
static char task;

void sysinit(void)
{
    os_free(os_realloc(NULL, 10));
    sysinit_active = 1;
    os_heap_mynewt_init();
    sysinit_active = 0;
}

int os_started(void)
{
    return 1;
}

struct os_task *os_sched_get_current_task(void)
{
    return (struct os_task *)&task;
}

void os_sched_suspend(void)
{
    suspensions++;
}

int os_sched_resume(void)
{
    return (int)--suspensions;
}

os_error_t os_mutex_init(struct os_mutex *mutex)
{
    *mutex = (struct os_mutex){NULL, 0, 0};
    return OS_OK;
}

os_error_t os_mutex_pend(struct os_mutex *mutex, os_time_t timeout)
{
    (void)timeout;
    mutex->mu_owner = os_sched_get_current_task();
    mutex->mu_level++;
    return OS_OK;
}

os_error_t os_mutex_release(struct os_mutex *mutex)
{
    mutex->mu_owner = --mutex->mu_level == 0 ? NULL : mutex->mu_owner;
    return OS_OK;
}

void __assert_func(const char *file, int line, const char *function, const char *expression)
{
    (void)line;
    (void)function;
    (void)expression;
    example_say(file);
    example_exit(3);
}

void sysinit_panic(const char *message)
{
    __assert_func(message, 0, NULL, NULL);
}
