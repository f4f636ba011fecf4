/* SPDX-License-Identifier: Apache-2.0 */
/* Of Apache Mynewt's kernel what docs/porting.md uses, as its documentation declares it. */
#ifndef H_OS_MYNEWT_
#define H_OS_MYNEWT_

#include <stdint.h>

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

#endif
