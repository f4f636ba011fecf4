/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much stack each public call takes: the stack below the call is painted, and what is no longer
 * paint afterwards was used. Random calls, with memory that runs out, blocks freed in a handler and
 * misuse. One core; the mutexes are taken. tests/stack compares this with the compiler's figures.
 */
#include "check.h"
#include "kernel.h"
#include "os/os_heap.h"
#include "os/os_heap_port.h"
#include "osh_config.h"

#include <stdlib.h>

#define DEEP 1536u /* bytes that are painted */
#define PAINT ((uintptr_t)0xa5c3f00du)
#define SLOTS 512u
#define ROUNDS 4u
#define CALLS 1500u

extern char __osh_heap_start[], __osh_heap_end[];

/* One call's arguments and result. */
static void *block;
static size_t size;
static struct rng rng = {1};
static void *slots[SLOTS];
static bool reported;

/* A function that makes one call, and the most stack that it has used. */
#define EACH_CALL(CALL)                                                                     \
    CALL(os_heap_init,                                                                      \
         (void)os_heap_init(__osh_heap_start, (size_t)(__osh_heap_end - __osh_heap_start))) \
    CALL(os_malloc, block = os_malloc(size))                                                \
    CALL(os_free, os_free(block))                                                           \
    CALL(os_realloc, block = os_realloc(block, size))                                       \
    CALL(os_calloc, block = os_calloc(1, size))                                             \
    CALL(os_reallocarray, block = os_reallocarray(block, 1, size))                          \
    CALL(os_aligned_alloc, block = os_aligned_alloc(64, size))                              \
    CALL(os_malloc_usable_size, size = os_malloc_usable_size(block))                        \
    CALL(os_free_sized, os_free_sized(block, size))                                         \
    CALL(os_heap_trim, (void)os_heap_trim())                                                \
    CALL(os_heap_stats, os_heap_stats(&stats))                                              \
    CALL(os_heap_gauge, os_heap_gauge(&gauge))                                              \
    CALL(os_heap_check, CHECK(os_heap_check() == NULL))                                     \
    CALL(os_heap_set_report_hook, (void)os_heap_set_report_hook(told))                      \
    CALL(os_heap_misuse_text, CHECK(os_heap_misuse_text(OS_HEAP_OVERRUN) != NULL))          \
    CALL(os_heap_interrupt_enter, os_heap_interrupt_enter())                                \
    CALL(os_heap_interrupt_leave, os_heap_interrupt_leave())                                \
    CALL(malloc, block = malloc(size))                                                      \
    CALL(free, free(block))                                                                 \
    CALL(calloc, block = calloc(1, size))                                                   \
    CALL(realloc, block = realloc(block, size))

static struct os_heap_stats stats;
static struct os_heap_gauge gauge;

static void told(const struct os_heap_report *report)
{
    (void)report;
    reported = true;
}

#define DEFINE(name, statement)                                      \
    static __attribute__((noinline, noclone)) void call_##name(void) \
    {                                                                \
        statement;                                                   \
    }
EACH_CALL(DEFINE)

static uintptr_t stack_pointer(void)
{
    uintptr_t sp;
#if defined(__riscv)
    __asm__ volatile("mv %0, sp" : "=r"(sp));
#else
    __asm__ volatile("mov %0, sp" : "=r"(sp));
#endif
    return sp;
}

#define STACK(address) (*(volatile uintptr_t *)(address))

/* Interrupts are off, so nothing else uses the stack. */
static __attribute__((noinline)) void measure(void (*call)(void), unsigned *most)
{
    uintptr_t sp = stack_pointer() & ~(sizeof(uintptr_t) - 1);
    for (uintptr_t at = sp - DEEP; at < sp; at += sizeof(uintptr_t)) {
        STACK(at) = PAINT;
    }
    call();
    uintptr_t at = sp - DEEP;
    while (at < sp && STACK(at) == PAINT) {
        at += sizeof(uintptr_t);
    }
    CHECK(at > sp - DEEP); /* else all of the paint is gone */
    *most = sp - at > *most ? (unsigned)(sp - at) : *most;
}

#define COUNT(name, statement) static unsigned most_##name;
EACH_CALL(COUNT)
#define MEASURE(name) measure(call_##name, &most_##name)

static void drop(void **slot)
{
    block = *slot;
    *slot = NULL;
    switch (rng_next(&rng) % 8) {
    case 0:
        MEASURE(free);
        break;
    case 1: /* a handler defers what is large */
        MEASURE(os_heap_interrupt_enter);
        MEASURE(os_free);
        MEASURE(os_heap_interrupt_leave);
        break;
    case 2:
        MEASURE(os_malloc_usable_size);
        MEASURE(os_free_sized);
        break;
    default:
        MEASURE(os_free);
        break;
    }
}

static void fill(void **slot)
{
    size = rng_size(&rng, 4);
    switch (rng_next(&rng) % 8) {
    case 0:
        MEASURE(malloc);
        break;
    case 1:
        MEASURE(calloc);
        break;
    case 2:
        MEASURE(os_calloc);
        break;
    case 3:
        MEASURE(os_aligned_alloc);
        break;
    case 4:
        block = NULL;
        MEASURE(os_realloc);
        break;
    default:
        MEASURE(os_malloc);
        break;
    }
    *slot = block;
}

static void resize(void **slot)
{
    block = *slot;
    size = 1 + rng_size(&rng, 4);
    switch (rng_next(&rng) % 4) {
    case 0:
        MEASURE(realloc);
        break;
    case 1:
        MEASURE(os_reallocarray);
        break;
    default:
        MEASURE(os_realloc);
        break;
    }
    *slot = block != NULL ? block : *slot;
}

static void watch(void)
{
    MEASURE(os_heap_stats);
    MEASURE(os_heap_gauge);
    MEASURE(os_heap_trim);
    MEASURE(os_heap_check);
    MEASURE(os_heap_misuse_text);
}

/* Takes all memory in pieces of one size, and gives every one of them back. */
static void run_out(size_t of)
{
    void *taken = NULL;
    for (;;) {
        size = of;
        MEASURE(os_malloc);
        if (block == NULL) {
            break;
        }
        *(void **)block = taken;
        taken = block;
    }
    watch();
    while (taken != NULL) {
        block = taken;
        taken = *(void **)block;
        MEASURE(os_free);
    }
}

/* Each is reported, and does nothing. At level 0 it would do harm. */
static void misuse(void)
{
    static uintptr_t word;
    size = 24;
    MEASURE(os_malloc);
    void *once = block;
    MEASURE(os_free);
    block = once;
    reported = false;
    MEASURE(os_free);
    CHECK(reported);
    block = &word;
    MEASURE(os_malloc_usable_size);
    block = &word;
    MEASURE(os_free);
    block = &word;
    MEASURE(os_realloc);
}

bool kernel_started(void)
{
    return true;
}

void kernel_yield(void)
{
}

void kernel_enter(void)
{
    board_exit(2); /* no other core was started */
}

uintptr_t kernel_tick(uintptr_t context, uintptr_t pc)
{
    (void)pc;
    return context;
}

#define REPORT(name, statement) report(#name, most_##name);

int main(void)
{
    MEASURE(os_heap_init);
    MEASURE(os_heap_set_report_hook);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned n = 0; n < CALLS; n++) {
            void **slot = &slots[rng_next(&rng) % SLOTS];
            if (*slot == NULL) {
                fill(slot);
            } else if (rng_next(&rng) % 3 == 0) {
                resize(slot);
            } else {
                drop(slot);
            }
        }
        for (unsigned i = 0; i < SLOTS && round % 2 != 0; i++) {
            if (slots[i] != NULL) {
                drop(&slots[i]);
            }
        }
        watch();
        run_out(rng_size(&rng, round % 2 != 0 ? 16 : 0) + sizeof(void *));
    }
    if (OSH_HARDENING > 0) {
        misuse();
    }
    EACH_CALL(REPORT)
    passed();
}
