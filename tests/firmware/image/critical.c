/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task with interrupts masked, or with the scheduler suspended, calls the heap while
 * another task has its mutexes, and while nobody has: with memory to be had, and with
 * memory out. The kernel ends the program when a mutex is waited for there.
 */
#include "check.h"
#include "kernel.h"
#include "os/os_heap.h"
#include "os/os_heap_port.h"
#include "osh_config.h"

#define LARGE (2 * OSH_SLAB_MAX)
#define SMALL 40u

/* What the holder is to do, and what it has done. */
enum { HOLD, LET_GO, END };
static volatile unsigned wanted = LET_GO;
static volatile unsigned done_so_far = LET_GO;

static void holder(unsigned number)
{
    (void)number;
    bool holding = false;
    while (wanted != END) {
        bool hold = wanted == HOLD;
        for (unsigned mutex = 0; hold != holding && mutex < OS_HEAP_PORT_MUTEXES; mutex++) {
            (hold ? os_heap_port_lock : os_heap_port_unlock)(mutex);
        }
        holding = hold;
        done_so_far = hold ? HOLD : LET_GO;
        kernel_yield();
    }
}

static void have(unsigned what)
{
    wanted = what;
    while (done_so_far != what) {
        kernel_yield();
    }
}

/* Ways into a state in which a task may not wait, and out of it. */
struct way {
    uintptr_t (*enter)(void);
    void (*leave)(uintptr_t state);
};

static uintptr_t suspend(void)
{
    kernel_suspend();
    return 0;
}

static void resume(uintptr_t state)
{
    (void)state;
    kernel_resume();
}

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && !defined(__ARM_ARCH_6M__) && \
    !defined(__ARM_ARCH_8M_BASE__)
/* The others of the CPU's masks, with the one that the kernel uses clear. */
#define ALL_OF_LOW_PRIORITY 0x80u
static uintptr_t raise_basepri(void)
{
    uintptr_t state = kernel_critical_enter();
    *(volatile uint32_t *)0xe000ed20u |= ALL_OF_LOW_PRIORITY << 24; /* SysTick's priority */
    __asm__ volatile("msr basepri, %0" ::"r"(ALL_OF_LOW_PRIORITY) : "memory");
    board_unmask(state);
    return state;
}

static void lower_basepri(uintptr_t state)
{
    (void)board_mask();
    __asm__ volatile("msr basepri, %0" ::"r"(0) : "memory");
    kernel_critical_leave(state);
}

static uintptr_t set_faultmask(void)
{
    uintptr_t state = kernel_critical_enter();
    __asm__ volatile("msr faultmask, %0" ::"r"(1) : "memory");
    board_unmask(state);
    return state;
}

static void clear_faultmask(uintptr_t state)
{
    (void)board_mask();
    __asm__ volatile("msr faultmask, %0" ::"r"(0) : "memory");
    kernel_critical_leave(state);
}
#define OTHER_MASKS {raise_basepri, lower_basepri}, {set_faultmask, clear_faultmask},
#else
#define OTHER_MASKS
#endif

static const struct way ways[] = {
    {kernel_critical_enter, kernel_critical_leave}, {suspend, resume}, OTHER_MASKS};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

/* There is memory. */
static void allocate(const struct way *way, bool held)
{
    struct os_heap_stats stats;
    void *before = os_malloc(LARGE);
    CHECK(before != NULL);
    have(held ? HOLD : LET_GO);
    uintptr_t state = way->enter();
    void *small = os_malloc(SMALL);
    void *large = os_malloc(LARGE);
    void *grown = os_realloc(small, LARGE);
    os_free(before);
    (void)os_heap_trim();
    os_heap_stats(&stats);
    way->leave(state);
    CHECK(small != NULL);
    CHECK((large == NULL) == held);
    CHECK((grown == NULL) == held);
    os_free(large);
    os_free(grown != NULL ? grown : small);
    have(LET_GO);
}

/* Takes all there is, then asks for more where waiting is not possible. */
static void run_out(const struct way *way, bool held)
{
    void *chain = NULL;
    void *block;
    while ((block = os_malloc(SMALL)) != NULL) {
        *(void **)block = chain;
        chain = block;
    }
    have(held ? HOLD : LET_GO);
    uintptr_t state = way->enter();
    void *small = os_malloc(SMALL);
    void *large = os_malloc(LARGE);
    block = chain;
    chain = *(void **)chain;
    os_free(block);
    void *again = os_malloc(SMALL);
    way->leave(state);
    CHECK(small == NULL && large == NULL);
    CHECK(again != NULL);
    os_free(again);
    have(LET_GO);
    while (chain != NULL) {
        void *next = *(void **)chain;
        os_free(chain);
        chain = next;
    }
}

static void task(unsigned number)
{
    (void)number;
    for (unsigned way = 0; way < WAYS; way++) {
        for (unsigned held = 0; held < 2; held++) {
            allocate(&ways[way], held != 0);
            run_out(&ways[way], held != 0);
        }
    }
    wanted = END;
}

static void done(void)
{
    struct os_heap_stats stats;
    (void)os_heap_trim();
    os_heap_stats(&stats);
    CHECK(stats.live == 0);
    CHECK(stats.free_pages == stats.region);
    report("ways", (unsigned)WAYS);
    report("failed", (unsigned)stats.out_of_memory);
    passed();
}

int main(void)
{
    kernel_task(holder, 0);
    kernel_task(task, 1);
    kernel_run(done);
}
