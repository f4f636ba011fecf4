/* SPDX-License-Identifier: Apache-2.0 */
#include "cores.h"

#include "alloc.h"
#include "counter.h"
#include "kernel.h"

static void (*work_of_all)(unsigned core);
static unsigned running;
static volatile unsigned met[BOARD_CORES];
static volatile unsigned epoch;
static void (*volatile interrupt_handler)(void);

bool kernel_started(void)
{
    return true; /* mutexes are taken, as they are when an OS runs */
}

void cores_yield(void)
{
    epoch = epoch + 1;
    counter_cpu_yield();
    epoch = epoch + 1;
}

void kernel_yield(void)
{
    cores_yield();
}

unsigned cores_epoch(void)
{
    return epoch;
}

unsigned cores_begin_epoch(void)
{
    return epoch = epoch + 1;
}

void cores_meet(unsigned core)
{
    unsigned times = met[core] + 1;
    /* Publishes what this core wrote before; pairs with the loads below. */
    __atomic_store_n(&met[core], times, __ATOMIC_RELEASE);
    for (unsigned other = 0; other < running; other++) {
        while ((int)(__atomic_load_n(&met[other], __ATOMIC_ACQUIRE) - times) < 0) {
            cores_yield();
        }
    }
}

static unsigned turn;

void cores_wait_turn(unsigned core)
{
    /* Observes what the core before wrote; pairs with cores_pass_turn. */
    while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != core) {
        cores_yield();
    }
}

void cores_pass_turn(unsigned core)
{
    /* Publishes what this core wrote; pairs with cores_wait_turn. */
    __atomic_store_n(&turn, (core + 1) % running, __ATOMIC_RELEASE);
}

static void enter(unsigned core)
{
    counter_cpu_start();
    if (core < running) {
        cores_meet(core);
        work_of_all(core);
        cores_meet(core);
    }
}

_Noreturn void kernel_enter(void)
{
    enter(board_core());
    for (;;) {
        cores_yield();
    }
}

void cores_run(unsigned cores, void (*work)(unsigned core))
{
    work_of_all = work;
    running = cores;
    if (cores > 1) {
        board_start_cores();
    }
    enter(0);
}

uintptr_t kernel_tick(uintptr_t context, uintptr_t pc)
{
    (void)pc;
    counter_cpu_quiet();
    alloc_interrupt(true);
    if (interrupt_handler != NULL) {
        interrupt_handler();
    }
    alloc_interrupt(false);
    interrupt_handler = NULL;
    return context;
}

void cores_interrupt(void (*handler)(void))
{
    interrupt_handler = handler;
    counter_cpu_interrupt();
    while (interrupt_handler != NULL) {
    }
}
