/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of Apache Mynewt what the port uses, written from its documentation: os/mynewt.h includes the
 * kernel's headers, sysinit's and the settings. No file of Mynewt's is here. kernel.c implements it
 * on the test kernel.
 */
#ifndef H_OS_MYNEWT_
#define H_OS_MYNEWT_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os/os_heap.h"

typedef uint32_t os_time_t;
#define OS_TIMEOUT_NEVER UINT32_MAX

enum os_error { OS_OK = 0, OS_INVALID_PARM = 5, OS_TIMEOUT = 6, OS_BAD_MUTEX = 9 };
typedef enum os_error os_error_t;

struct os_task;

struct os_mutex {
    struct os_task *mu_owner;
    uint16_t mu_level;
    uint8_t mu_prio;
};

int os_started(void);
struct os_task *os_sched_get_current_task(void);
void os_sched_suspend(void);
int os_sched_resume(void);
os_error_t os_mutex_init(struct os_mutex *mutex);
os_error_t os_mutex_pend(struct os_mutex *mutex, os_time_t timeout);
os_error_t os_mutex_release(struct os_mutex *mutex);

void __assert_func(const char *file, int line, const char *function, const char *expression)
    __attribute__((noreturn));

extern uint8_t sysinit_active;
void sysinit_panic(const char *message) __attribute__((noreturn));
#define SYSINIT_ASSERT_ACTIVE() ((sysinit_active) ? (void)0 : sysinit_panic("not in sysinit"))

#endif
