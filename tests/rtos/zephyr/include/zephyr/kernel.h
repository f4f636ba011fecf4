/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel calls that the Zephyr port, its sample and the suite use. Written from Zephyr's
 * documentation: names and types are the real ones, of each structure only the members used.
 * tests/rtos/zephyr/kernel.c gives the calls over the test kernel.
 */
#ifndef ZEPHYR_INCLUDE_KERNEL_H_
#define ZEPHYR_INCLUDE_KERNEL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define __noinit /* the real one's section is not zeroed at start; neither need it be */
#define __aligned(x) __attribute__((__aligned__(x)))
#define __weak __attribute__((weak))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define BUILD_ASSERT(condition, ...) _Static_assert(condition, "" __VA_ARGS__)

typedef struct {
    int64_t ticks;
} k_timeout_t;
#define K_NO_WAIT ((k_timeout_t){0})
#define K_FOREVER ((k_timeout_t){-1})
#define K_MSEC(ms) ((k_timeout_t){ms})

struct k_thread {
    struct {
        uint8_t sched_locked;
    } base;
};
typedef struct k_thread *k_tid_t;

struct k_mutex {
    struct k_thread *owner;
    uint32_t lock_count;
};
#define K_MUTEX_DEFINE(name) struct k_mutex name

struct k_timer;
typedef void (*k_timer_expiry_t)(struct k_timer *timer);
typedef void (*k_timer_stop_t)(struct k_timer *timer);
struct k_timer {
    k_timer_expiry_t expiry_fn;
};
#define K_TIMER_DEFINE(name, expiry, stop) struct k_timer name = {expiry}

k_tid_t k_current_get(void);
bool k_is_in_isr(void);
bool k_is_pre_kernel(void);
bool k_can_yield(void);
void k_sched_lock(void);
void k_sched_unlock(void);

int k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout);
int k_mutex_unlock(struct k_mutex *mutex);

void k_timer_start(struct k_timer *timer, k_timeout_t duration, k_timeout_t period);
int32_t k_msleep(int32_t ms);

void *k_malloc(size_t size);
void *k_calloc(size_t nmemb, size_t size);
void *k_realloc(void *ptr, size_t size);
void *k_aligned_alloc(size_t align, size_t size);
void k_free(void *ptr);

void k_panic(void);

#endif
