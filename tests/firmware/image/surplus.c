/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library that is built for fewer cores than the image runs: each call of the heap on
 * a surplus core is reported, the first as any other, also when other cores have blocks of
 * the size in their lists; and the heap of the others is as it was. No kernel: the first of
 * our cores lets one core after the other make its calls.
 */
#include "board.h"
#include "check.h"
#include "kernel.h"
#include "os/os_heap.h"
#include "os/os_heap_port.h"

#ifndef OSH_CORE_FIRST
#define OSH_CORE_FIRST 0u
#endif
#define CACHED_SIZE 40u /* of these core 0 has some in its list */
#define OTHER_SIZE 24u  /* of these nobody has */
#define BLOCKS 4u

static unsigned char stacks[BOARD_CORES][2048] __attribute__((aligned(16)));
static void *blocks[BLOCKS];
static volatile unsigned turn = BOARD_CORES; /* the core that may go on */
static volatile unsigned trial, reports;

#ifdef __OPTIMIZE_SIZE__
#define SMALL_CODE 1
#else
#define SMALL_CODE 0
#endif

/* Where nothing reads the number on a hit, only what misses is reported. */
#define HITS_ARE_CHECKED (OSH_CORES > 1 || OSH_HARDENING > 0 || SMALL_CODE)

static void hit(void)
{
    if (HITS_ARE_CHECKED) {
        CHECK(os_malloc(CACHED_SIZE) == NULL);
    } else {
        CHECK(os_malloc(OTHER_SIZE) == NULL);
    }
}

static void give(void)
{
    if (!HITS_ARE_CHECKED) {
        CHECK(os_malloc(OTHER_SIZE) == NULL);
    }
    os_free(blocks[0]);
}

static void miss(void)
{
    (void)os_malloc(OTHER_SIZE);
}

static void large(void)
{
    (void)os_malloc(2 * OSH_SLAB_MAX);
}

static void interrupt(void)
{
    os_heap_interrupt_enter();
}

static void check(void)
{
    (void)os_heap_check();
}

/* Compiled for size, M-profile asks the CPU alone, and need not know the core. */
#if SMALL_CODE && __ARM_ARCH_PROFILE == 'M'
#define TRIALS                 \
    {                          \
        hit, give, miss, check \
    }
#else
#define TRIALS                                   \
    {                                            \
        hit, give, miss, large, interrupt, check \
    }
#endif
static void (*const trials[])(void) = TRIALS;
#define TRIAL_COUNT (sizeof(trials) / sizeof(trials[0]))

/* A register of the core that a port is told to read instead (OSH_CORE_HEADER): there the
 * number is where MPIDR has it on cores with threads. */
static void write_number(unsigned core)
{
#if !defined(OSH_CORE_HEADER)
    (void)core;
#elif defined(__aarch64__)
    __asm__ volatile("msr tpidr_el0, %0" ::"r"((uintptr_t)core << 8));
#else
    __asm__ volatile("mcr p15, 0, %0, c13, c0, 2" ::"r"(core << 8));
#endif
}

static bool is_ours(unsigned core)
{
    return core - OSH_CORE_FIRST < OSH_CORES;
}

/* Who is next, after a surplus core: the next of these, or the first of ours. The others of
 * ours, who wait for a turn that never comes, must not see their number on the way. */
static void pass_on(void)
{
    unsigned next = turn;
    do {
        next++;
    } while (next < BOARD_CORES && is_ours(next));
    turn = next;
}

static void next_trial(void)
{
    (void)board_mask();
    if (trial < TRIAL_COUNT) {
        trials[trial++]();
        check_failed("reported", __FILE__, (int)trial);
    }
    trial = 0;
    pass_on();
    for (;;) {
        board_wait();
    }
}

static void told(const struct os_heap_report *report)
{
    CHECK(!is_ours(board_core()));
    CHECK(report->misuse == OS_HEAP_WRONG_CORE);
    CHECK((uintptr_t)report->address == board_core());
    CHECK(report->text != NULL && report->text == os_heap_misuse_text(OS_HEAP_WRONG_CORE));
    reports++;
    board_run_on((uintptr_t)stacks[board_core()] + sizeof(stacks[0]), next_trial);
}

/* The first of ours: has blocks in its list, and waits for the others. */
static void first(void)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = os_malloc(CACHED_SIZE);
        CHECK(blocks[i] != NULL);
    }
    for (unsigned i = 1; i < BLOCKS; i++) {
        os_free(blocks[i]);
    }
    turn = (unsigned)-1;
    pass_on();
    while (turn < BOARD_CORES) {
    }
    CHECK(reports == (BOARD_CORES - OSH_CORES) * TRIAL_COUNT);
    report("reports", reports);
    os_free(blocks[0]);
    (void)os_heap_trim();
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    CHECK(stats.live == 0);
    passed();
}

void kernel_enter(void)
{
    unsigned core = board_core();
    write_number(core);
    if (core == OSH_CORE_FIRST) {
        first();
    }
    while (turn != core) {
    }
    board_run_on((uintptr_t)stacks[core] + sizeof(stacks[0]), next_trial);
}

uintptr_t kernel_tick(uintptr_t context, uintptr_t pc)
{
    (void)pc;
    return context;
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
    (void)os_heap_set_report_hook(told);
    board_start_cores();
    kernel_enter();
}
