/* SPDX-License-Identifier: Apache-2.0 */
/* The explorer's machine.h over simulated caches: memory is in order here, and nothing
 * interrupts a core but that others run at each transfer. */
#include "machine.h"

#include "lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

uintptr_t machine_load(const uintptr_t *word, enum machine_order order)
{
    (void)order;
    lines_access(word, sizeof(*word), LINES_READ);
    return *word;
}

void machine_store(uintptr_t *word, uintptr_t value, enum machine_order order)
{
    (void)order;
    lines_access(word, sizeof(*word), LINES_WRITE);
    *word = value;
}

bool machine_cas(uintptr_t *word, uintptr_t *expected, uintptr_t value, enum machine_order order)
{
    (void)order;
    lines_access(word, sizeof(*word), LINES_ATOMIC);
    if (*word == *expected) {
        *word = value;
        return true;
    }
    *expected = *word;
    return false;
}

uintptr_t machine_exchange(uintptr_t *word, uintptr_t value, enum machine_order order)
{
    (void)order;
    lines_access(word, sizeof(*word), LINES_ATOMIC);
    uintptr_t old = *word;
    *word = value;
    return old;
}

uintptr_t machine_fetch_add(uintptr_t *word, uintptr_t value, enum machine_order order)
{
    (void)order;
    lines_access(word, sizeof(*word), LINES_ATOMIC);
    uintptr_t old = *word;
    *word = old + value;
    return old;
}

bool machine_cas2(uintptr_t *target, uintptr_t *expected, uintptr_t first, uintptr_t second,
                  enum machine_order order)
{
    (void)order;
    lines_access(target, 2 * sizeof(*target), LINES_ATOMIC);
    if (target[0] == expected[0] && target[1] == expected[1]) {
        target[0] = first;
        target[1] = second;
        return true;
    }
    expected[0] = target[0];
    expected[1] = target[1];
    return false;
}

uint8_t machine_load_byte(const uint8_t *byte)
{
    lines_access(byte, 1, LINES_READ);
    return *byte;
}

void machine_store_byte(uint8_t *byte, uint8_t value)
{
    lines_access(byte, 1, LINES_WRITE);
    *byte = value;
}

uintptr_t machine_racy_load(const uintptr_t *word)
{
    return machine_load(word, MACHINE_RELAXED);
}

void machine_fence(void)
{
}

/* A system call: no line moves. */
void machine_step(const char *what)
{
    (void)what;
}

void machine_yield(void)
{
    if (lines_running()) {
        lines_pause();
    }
}

void machine_wait_for_zero(const uintptr_t *word)
{
    while (*word != 0) {
        machine_yield();
    }
}

unsigned machine_core(void)
{
    return lines_running() ? lines_core() : 0;
}

unsigned machine_interrupt_depth(void)
{
    return 0;
}

bool machine_may_wait(void)
{
    return true;
}

/* A sequence is one core's alone: no other task runs on it. */
void machine_begin(void)
{
}

bool machine_interrupted(void)
{
    return false;
}

bool machine_commit(uintptr_t *word, uintptr_t value, enum machine_order order)
{
    machine_store(word, value, order);
    return true;
}

/* A reclaim, which no workload gets to: a core in mid-sequence would have to begin it anew. */
void machine_fence_core(int core)
{
    machine_fail("core %d is fenced", core);
}

void machine_fence_all(void)
{
}

void machine_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("lines: ", stderr);
    /* clang-analyzer 14 does not see va_start here. */
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
    exit(EXIT_FAILURE);
}
