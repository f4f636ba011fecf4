/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board's self-test, by all cores at once: a board that is right passes. And each thing
 * that it checks is broken once (BREAK_...): then it says so. No kernel; interrupts are the
 * board's own timer, whose handler returns as the tests' kernel does.
 */
#include "check.h"
#include "kernel.h"
#include "os/os_heap_port.h"

#include <string.h>

#define SOON 20000u /* nanoseconds */
#define LATER 100000000u

static volatile bool ticked[BOARD_CORES];

uintptr_t kernel_tick(uintptr_t context, uintptr_t pc)
{
    (void)pc;
    ticked[board_core()] = true;
    board_timer_arm(LATER); /* the timer's line falls */
    return context;
}

__attribute__((unused)) static void take_interrupt(void)
{
    volatile bool *mine = &ticked[board_core()];
    *mine = false;
    board_timer_arm(SOON);
    while (!*mine) {
    }
}

__attribute__((unused)) static void no_interrupt(void)
{
}

#if defined(BREAK_NUMBER) || defined(BREAK_ADD) || defined(BREAK_CAS) || defined(BREAK_FENCE) || \
    defined(BREAK_PUBLISH)
#include "arch.h"

/* So that others come in between, also where an emulator has few threads to run. */
__attribute__((unused)) static void linger(void)
{
    for (unsigned i = 0; i < 50; i++) {
        osh_relax();
    }
}

#if defined(BREAK_NUMBER)
#define EXPECTED "core number: two cores have the same"
#define osh_cpu_number() ((uintptr_t)OSH_CORE_FIRST)
#elif defined(BREAK_ADD)
#define EXPECTED "exclusives: additions of several cores were lost: is this memory Shareable?"
static osh_word_t torn_add(osh_word_t *word, osh_word_t value)
{
    osh_word_t was = osh_load(word);
    linger();
    osh_store(word, was + value);
    return was;
}
#define osh_fetch_add torn_add
#elif defined(BREAK_CAS)
#define EXPECTED "exclusives: two cores' compare-and-swaps succeeded at once"
static bool torn_cas(osh_word_t *word, osh_word_t *expected, osh_word_t value)
{
    osh_word_t was = osh_load(word);
    bool same = was == *expected;
    *expected = was;
    linger();
    if (same) {
        osh_store(word, value);
    }
    return same;
}
#define osh_cas torn_cas
#elif defined(BREAK_FENCE)
#define EXPECTED "barriers: two cores passed a fence, and neither saw the other's store"
/* The load is done before the store is seen by others, as without a fence it may be. */
#define osh_fence() __asm__ volatile("" ::: "memory")
#else
#define EXPECTED "barriers: a store is seen before the one that was released by it"
/* What a core without the barrier may do: the releasing store is seen first. */
static struct {
    osh_word_t *word;
    osh_word_t value;
} buffered[BOARD_CORES];
static void buffered_store(osh_word_t *word, osh_word_t value)
{
    unsigned core = board_core();
    if (buffered[core].word != NULL) {
        osh_store(buffered[core].word, buffered[core].value);
    }
    buffered[core].word = word;
    buffered[core].value = value;
}
static void drain(void)
{
    unsigned core = board_core();
    if (buffered[core].word != NULL) {
        osh_store(buffered[core].word, buffered[core].value);
        buffered[core].word = NULL;
    }
    osh_fence();
}
static void early_store(osh_word_t *word, osh_word_t value)
{
    osh_store_release(word, value);
    drain();
}
#define osh_fence drain
#define osh_store buffered_store
#define osh_store_release early_store
#endif

#include "osh_selftest.c"
#undef osh_cpu_number
#endif

#ifndef EXPECTED
#ifdef BREAK_RETURN
#define EXPECTED "exclusives: the return from an exception does not clear the reservation: CLREX"
#else
#define EXPECTED NULL
#endif
#endif

#if defined(BREAK_RETURN) && !defined(BOARD_NO_CLREX)
#define INTERRUPT no_interrupt /* as if it left the reservation as it was */
#else
#define INTERRUPT take_interrupt
#endif

/* A fault that depends on luck is looked for until it is met. */
#define RUNS (EXPECTED == NULL ? 1u : 3000u)

/* Two are enough to find a fault, and no more than an emulator has threads for. */
#define CORES (EXPECTED == NULL || BOARD_CORES == 1 ? BOARD_CORES : 2u)

static unsigned char stacks[BOARD_CORES][4096] __attribute__((aligned(16)));

static void each_core(void)
{
    const char *wrong = NULL;
    unsigned runs = 0;
    while (wrong == NULL && runs < RUNS && board_core() < CORES) {
        wrong = os_heap_port_selftest(board_core(), CORES, INTERRUPT);
        runs++;
    }
    if (board_core() == 0) {
        const char *expected = EXPECTED;
        report("runs", runs);
        if (wrong != NULL) {
            board_puts(wrong);
            board_puts("\n");
        }
        CHECK((wrong == NULL) == (expected == NULL));
        CHECK(wrong == NULL || strcmp(wrong, expected) == 0);
        passed();
    }
    for (;;) {
        board_wait();
    }
}

void kernel_enter(void)
{
    board_run_on((uintptr_t)stacks[board_core()] + sizeof(stacks[0]), each_core);
}

bool kernel_started(void)
{
    return false;
}

void kernel_yield(void)
{
}

int main(void)
{
    board_start_cores();
    kernel_enter();
}
