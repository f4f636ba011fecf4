/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timer aimed at each instruction of the operations on a core's lists in turn,
 * its handler changing the same list. Wants `-icount shift=0`, where an instruction
 * takes a nanosecond: a sled of 0, 1, 2, ... of them before the operation moves it
 * under the timer. Prints where it was interrupted, and how often in a row, for
 * tests/inject/firmware.py to compare with the instructions there are.
 *
 * In place of the kernel of the other images: one task and a handler.
 */
#include "inject.h"
#include "arch.h"
#include "board.h"
#include "check.h"
#include "kernel.h"
#include "os/os_heap.h"
#include "os/os_heap_port.h"

#define AIM_NS 700u /* from arming to the interrupt */

enum operation {
    POP,
    PUSH,
    POP_SURE,
    PUSH_SURE,
    EXCHANGE,
    EXCHANGE_CHAIN,
    MALLOC,
    FREE,
    OPERATIONS
};
static volatile bool armed;
static volatile bool fired;
static enum interference interference;
static unsigned shots;

/* The operations, as functions of their own with nothing around. */
void *inject_pop(unsigned index);
bool inject_push(unsigned index, void *block);

__attribute__((noinline)) void *inject_pop(unsigned index)
{
    return osh_arch_pop(index);
}

__attribute__((noinline)) bool inject_push(unsigned index, void *block)
{
    return osh_arch_push(index, block);
}

/* With a second core the task moves on to it in the middle of an operation: its context
 * is handed over, and that core, which looks every now and then, takes it. */
#define POLL_NS 3000u
#define FAR_NS 100000000u
static bool moving;
static volatile unsigned home; /* the core that has the task, or is to take it */
static volatile uintptr_t handed;
static uintptr_t idle_context[2];

static uintptr_t hand_over(uintptr_t context, unsigned core)
{
    home = 1 - core;
    /* Publishes the context, and all that the task did here; pairs with take_over(). */
    __atomic_store_n(&handed, context, __ATOMIC_RELEASE);
    board_timer_arm(POLL_NS);
    return idle_context[core];
}

static uintptr_t take_over(uintptr_t context, unsigned core)
{
    /* Observes what the task did on the other core; pairs with hand_over(). */
    uintptr_t task_context = __atomic_load_n(&handed, __ATOMIC_ACQUIRE);
    if (task_context == 0 || home != core) {
        board_timer_arm(POLL_NS);
        return context;
    }
    handed = 0;
    idle_context[core] = context;
    board_timer_arm(FAR_NS);
    return task_context;
}

static uintptr_t shoot(uintptr_t context, uintptr_t pc, unsigned core)
{
    board_timer_arm(FAR_NS);
    if (!armed) {
        return context;
    }
    armed = false;
    inject_interfere(interference);
    shots++;
    fired = true;
    if (!moving) {
        inject_record(pc);
        return context;
    }
    inject_record_moved(pc);
    return hand_over(context, core);
}

uintptr_t kernel_tick(uintptr_t context, uintptr_t pc)
{
    os_heap_interrupt_enter();
    unsigned core = board_core();
    bool has_task = core == home && handed == 0;
    context = has_task ? shoot(context, pc, core) : take_over(context, core);
    os_heap_interrupt_leave();
    return context;
}

static void wait_for_shot(void)
{
    while (!fired) {
    }
    __asm__ volatile("" ::: "memory"); /* what the handler wrote */
}

static bool twice; /* pushes the block that is the first of the list */
static unsigned reports;

static void operate(enum operation operation, unsigned sled)
{
    struct osh_chain chain = {NULL, 0};
    void *block;
    bool mine = operation == PUSH || operation == PUSH_SURE || operation == FREE;
    block = !mine ? NULL : twice ? osh_arch_peek(home, OSH_ACTIVE, inject_cls).head : inject_give();
    if (operation == EXCHANGE_CHAIN) {
        (void)osh_arch_exchange(OSH_ACTIVE, inject_cls, &chain);
    }
    fired = false;
    armed = true;
    inject_align_to_tick();
    board_timer_arm(AIM_NS);
    inject_wait_in_sled(sled);
    switch (operation) {
    case POP:
        block = inject_pop(inject_cls);
        break;
    case PUSH:
        block = inject_push(inject_cls, block) ? NULL : block;
        break;
    case POP_SURE:
        block = osh_arch_pop_slow(inject_cls);
        break;
    case PUSH_SURE:
        block = osh_arch_push_slow(inject_cls, block) ? NULL : block;
        break;
    case EXCHANGE:
    case EXCHANGE_CHAIN:
        (void)osh_arch_exchange(OSH_ACTIVE, inject_cls, &chain);
        break;
    case MALLOC:
        block = os_malloc(INJECT_SIZE);
        break;
    default:
        os_free(block);
        block = NULL;
        break;
    }
    wait_for_shot();
    inject_hold(block);
    inject_hold_chain(chain);
}

static unsigned shortest = INJECT_SLED_FROM;
static void sweep(enum operation operation, unsigned length)
{
    for (unsigned sled = INJECT_SLED; sled-- > shortest;) {
        inject_prepare(length, moving, home);
        operate(operation, sled);
        inject_check_blocks();
    }
    inject_end_rows();
}

static void note_report(const struct os_heap_report *report)
{
    reports += report->misuse == OS_HEAP_FREED_TWICE;
}

/* The first block of the list is given to it again. That is reported, and changes
 * nothing, wherever it is interrupted. */
static void pushed_twice(void)
{
    static const enum operation pushing[] = {PUSH, PUSH_SURE, FREE};
    interference = NEUTRAL;
    twice = true;
    shortest = INJECT_SLED_LONG;
    (void)os_heap_set_report_hook(note_report);
    for (unsigned i = 0; i < sizeof(pushing) / sizeof(pushing[0]); i++) {
        reports = 0;
        sweep(pushing[i], 4);
        CHECK(reports == INJECT_SLED - shortest);
    }
    (void)os_heap_set_report_hook(NULL);
    shortest = INJECT_SLED_FROM;
    twice = false;
}

/* A class that is not cached has lists that refuse everything. */
static void refusals(void)
{
    unsigned cached = inject_cls;
    for (unsigned sled = INJECT_SLED; sled-- > INJECT_SLED_FROM;) {
        struct osh_chain chain = {NULL, 0};
        fired = false;
        armed = true;
        interference = POP_ONE;
        inject_align_to_tick();
        board_timer_arm(AIM_NS);
        inject_wait_in_sled(sled);
        CHECK(!osh_arch_exchange(OSH_ACTIVE, 0, &chain));
        wait_for_shot();
        CHECK(inject_cls == cached);
        inject_check_blocks();
    }
}

/* The same in the middle of which the task moves to the other core and back. */
static void migrations(void)
{
    static const enum interference with[] = {POP_ONE, PUSH_ONE, SWAP_SECOND};
    board_start_cores();
    moving = true;
    for (unsigned i = 0; i < sizeof(with) / sizeof(with[0]); i++) {
        interference = with[i];
        for (unsigned operation = POP; operation <= EXCHANGE_CHAIN; operation++) {
            sweep((enum operation)operation, 4);
        }
    }
}

static void task(void)
{
    inject_start_counter();
    inject_blocks_start();
    for (unsigned with = 0; with < INTERFERENCES; with++) {
        interference = (enum interference)with;
        for (unsigned operation = 0; operation < OPERATIONS; operation++) {
            /* A miss would go on to depot and slabs. */
            bool may_miss = operation == MALLOC || operation == FREE;
            if (operation != MALLOC || interference != TAKE_ALL) {
                sweep((enum operation)operation, 4);
            }
            if (!may_miss) {
                sweep((enum operation)operation, 0);
                sweep((enum operation)operation, inject_limit);
            }
        }
    }
    refusals();
    if (OSH_HARDENING == 1) {
        pushed_twice();
    }
    if (BOARD_CORES > 1) {
        migrations();
    }
    inject_print_places();
    report("shots", shots);
    board_puts("ok\n");
    board_exit(0);
}

static unsigned char task_stack[8192] __attribute__((aligned(16)));
static unsigned char idle_stacks[2][4096] __attribute__((aligned(16)));

static void idle_entry(void)
{
    board_timer_arm(POLL_NS);
    for (;;) {
        board_wait();
    }
}

int main(void)
{
    idle_context[0] = board_new_context((uintptr_t)idle_stacks[1], idle_entry);
    board_run_on((uintptr_t)(task_stack + sizeof(task_stack)), task);
}

/* The second core idles until it is handed the task; more are not needed. */
_Noreturn void kernel_enter(void)
{
    if (board_core() == 1) {
        board_run_on((uintptr_t)(idle_stacks + 2), idle_entry);
    }
    for (;;) {
        board_wait();
    }
}

bool kernel_started(void)
{
    return false;
}

void kernel_yield(void)
{
    board_wait();
}
