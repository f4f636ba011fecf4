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
#include "arch.h"
#include "board.h"
#include "check.h"
#include "kernel.h"
#include "os/os_heap.h"
#include "os/os_heap_port.h"
#include "osh_class.h"
#include "osh_slab.h"

#define SIZE 24u
#define AIM_NS 700u /* from arming to the interrupt */
#define SLED 960u
#define SLED_FROM 480u
#define MOST_PCS 1600u
#define MOST_ROWS 200u
#define MOST_BLOCKS 64u

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
enum interference { POP_ONE, PUSH_ONE, SWAP_SECOND, TAKE_ALL, INTERFERENCES, NEUTRAL };

static unsigned cls;
static unsigned limit;
static unsigned blocks;
static void *all[MOST_BLOCKS];
static void *held[MOST_BLOCKS + 4];
static unsigned holding;

static volatile bool armed;
static volatile bool fired;
static enum interference interference;

struct place {
    uintptr_t pc;
    unsigned times;
    unsigned moved; /* and went on on another core */
};
static struct place places[MOST_PCS];
static unsigned place_count;

/* Shots in a row, each an instruction later than the one before, that were all
 * taken at one place: held off by a mask. */
struct row {
    uintptr_t before; /* where the shot before them was taken */
    uintptr_t pc;
    unsigned length;
};
static struct row rows[MOST_ROWS];
static unsigned row_count;
static struct row row;
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

/* SLED instructions that do nothing, and a return. */
void inject_sled(void);
#if defined(__thumb__)
#define NOP_BYTES 2u
#define RETURN "bx lr\n\t"
#define UNCOMPRESSED ".thumb_func\n\t"
#elif defined(__arm__)
#define NOP_BYTES 4u
#define RETURN "bx lr\n\t"
#define UNCOMPRESSED ".arm\n\t"
#elif defined(__aarch64__)
#define NOP_BYTES 4u
#define RETURN "ret\n\t"
#define UNCOMPRESSED
#else
#define NOP_BYTES 4u
#define RETURN "ret\n\t"
#define UNCOMPRESSED ".option norvc\n\t"
#endif
#if defined(__riscv)
#define PUSH_OPTION ".option push\n\t"
#define POP_OPTION ".option pop\n\t"
#else
#define PUSH_OPTION
#define POP_OPTION
#endif
__asm__(".pushsection .text.inject_sled, \"ax\", %progbits\n\t"
        ".balign 4096\n\t" PUSH_OPTION UNCOMPRESSED ".globl inject_sled\n\t"
        "inject_sled:\n\t"
        ".rept 960\n\tnop\n\t.endr\n\t" RETURN POP_OPTION ".popsection");
_Static_assert(SLED == 960, "as many as in the assembly");

static void wait_in_sled(unsigned instructions)
{
    uintptr_t entry = (uintptr_t)inject_sled + (uintptr_t)(SLED - instructions) * NOP_BYTES;
    ((void (*)(void))entry)();
}

/*
 * The timers of RISC-V and of A-profile tick every so many instructions: begins at
 * the same distance from a tick each time. Exact counters of instructions tell.
 */
#define TICK 400u /* a multiple of all their periods */
#if defined(__riscv)
#define COUNTER(now) __asm__ volatile("csrr %0, minstret" : "=r"(now))
#define COUNTER_START
#elif defined(__aarch64__)
#define COUNTER(now) __asm__ volatile("mrs %0, pmccntr_el0" : "=r"(now))
#define COUNTER_START                                              \
    __asm__ volatile("msr pmcr_el0, %0\n\t"                        \
                     "msr pmcntenset_el0, %1" ::"r"((uintptr_t)1), \
                     "r"((uintptr_t)1 << 31))
#elif defined(__ARM_ARCH_7A__)
#define COUNTER(now) __asm__ volatile("mrc p15, 0, %0, c9, c13, 0" : "=r"(now))
#define COUNTER_START                                                  \
    __asm__ volatile("mcr p15, 0, %0, c9, c12, 0\n\t"                  \
                     "mcr p15, 0, %1, c9, c12, 1" ::"r"((uintptr_t)1), \
                     "r"((uintptr_t)1 << 31))
#endif

static void align_to_tick(void)
{
#ifdef COUNTER
    uintptr_t now;
    COUNTER(now);
    wait_in_sled(TICK - (unsigned)(now % TICK));
#endif
}

static void hold(void *block)
{
    if (block != NULL) {
        CHECK(holding < MOST_BLOCKS + 4);
        held[holding++] = block;
    }
}

static void hold_chain(struct osh_chain chain)
{
    while (chain.count-- > 0) {
        void *block = chain.head;
        chain.head = osh_link_next(*(osh_word_t *)block);
        hold(block);
    }
}

static void push_or_hold(void *block)
{
    if (!osh_arch_push_slow(cls, block)) {
        hold(block);
    }
}

static void interfere(void)
{
    void *first;
    void *second;
    struct osh_chain none = {NULL, 0};
    switch (interference) {
    case POP_ONE:
        hold(osh_arch_pop_slow(cls));
        break;
    case PUSH_ONE:
        push_or_hold(held[--holding]);
        break;
    case SWAP_SECOND: /* the same first block and length: A -> B -> A */
        first = osh_arch_pop_slow(cls);
        second = osh_arch_pop_slow(cls);
        push_or_hold(held[--holding]);
        hold(second);
        if (first != NULL) {
            push_or_hold(first);
        }
        break;
    case NEUTRAL: /* the list is used and left as it was */
        first = osh_arch_pop_slow(cls);
        CHECK(first != NULL && osh_arch_push_slow(cls, first));
        break;
    default:
        if (osh_arch_exchange(OSH_ACTIVE, cls, &none)) {
            hold_chain(none);
        }
        break;
    }
}

static void end_row(void)
{
    unsigned i = 0;
    while (i < row_count &&
           (rows[i].before != row.before || rows[i].pc != row.pc || rows[i].length != row.length)) {
        i++;
    }
    if (row.length > 1 && i == row_count && i < MOST_ROWS) {
        rows[row_count++] = row;
    }
}

static struct place *place_of(uintptr_t pc)
{
    unsigned i = 0;
    while (i < place_count && places[i].pc != pc) {
        i++;
    }
    CHECK(i < MOST_PCS);
    place_count += i == place_count;
    places[i].pc = pc;
    return &places[i];
}

static void record(uintptr_t pc)
{
    if (pc != row.pc) {
        end_row();
        row = (struct row){row.pc, pc, 0};
    }
    row.length++;
    place_of(pc)->times++;
}

/*
 * With a second core the task moves on to it in the middle of an operation: its
 * context is handed over, and that core, which looks every now and then, takes it.
 */
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
    interfere();
    shots++;
    fired = true;
    if (!moving) {
        record(pc);
        return context;
    }
    place_of(pc)->moved++;
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

static unsigned char times[MOST_BLOCKS];

static void count_block(const void *block)
{
    for (unsigned i = 0; i < blocks; i++) {
        if (all[i] == block) {
            CHECK(times[i] == 0); /* nowhere else */
            times[i]++;
        }
    }
}

/* What is on lists, and what is held, is what there was: each block once. */
static void check_blocks(void)
{
    for (unsigned i = 0; i < blocks; i++) {
        times[i] = 0;
    }
    for (unsigned i = 0; i < holding; i++) {
        count_block(held[i]);
    }
    for (unsigned core = 0; core < osh_arch_cores(); core++) {
        struct osh_chain list = osh_arch_peek(core, OSH_ACTIVE, cls);
        CHECK(list.count <= limit);
        for (unsigned i = 0; i < list.count; i++) {
            CHECK(list.head != NULL);
            count_block(list.head);
            list.head = osh_link_next(*(osh_word_t *)list.head);
        }
        CHECK(list.head == NULL);
    }
    for (unsigned i = 0; i < blocks; i++) {
        CHECK(times[i] == 1); /* none lost */
    }
}

static void take_back(unsigned of, struct osh_chain chain)
{
    if (of == cls) {
        hold_chain(chain);
    } else {
        osh_slab_put(of, chain);
    }
}

/* Everything in hand but `length` blocks on the active list. */
static void prepare(unsigned length)
{
    struct osh_chain none = {NULL, 0};
    CHECK(osh_arch_exchange(OSH_ACTIVE, cls, &none));
    hold_chain(none);
    if (moving) {
        osh_arch_reclaim(home, take_back);
        osh_arch_reclaim(1 - home, take_back);
    }
    CHECK(holding == blocks);
    for (unsigned i = 0; i < length; i++) {
        CHECK(osh_arch_push_slow(cls, held[--holding]));
    }
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
    block = !mine ? NULL : twice ? osh_arch_peek(home, OSH_ACTIVE, cls).head : held[--holding];
    if (operation == EXCHANGE_CHAIN) {
        (void)osh_arch_exchange(OSH_ACTIVE, cls, &chain);
    }
    fired = false;
    armed = true;
    align_to_tick();
    board_timer_arm(AIM_NS);
    wait_in_sled(sled);
    switch (operation) {
    case POP:
        block = inject_pop(cls);
        break;
    case PUSH:
        block = inject_push(cls, block) ? NULL : block;
        break;
    case POP_SURE:
        block = osh_arch_pop_slow(cls);
        break;
    case PUSH_SURE:
        block = osh_arch_push_slow(cls, block) ? NULL : block;
        break;
    case EXCHANGE:
    case EXCHANGE_CHAIN:
        (void)osh_arch_exchange(OSH_ACTIVE, cls, &chain);
        break;
    case MALLOC:
        block = os_malloc(SIZE);
        break;
    default:
        os_free(block);
        block = NULL;
        break;
    }
    wait_for_shot();
    hold(block);
    hold_chain(chain);
}

static void sweep(enum operation operation, unsigned length)
{
    for (unsigned sled = SLED; sled-- > SLED_FROM;) {
        prepare(length);
        operate(operation, sled);
        check_blocks();
    }
    end_row();
    row = (struct row){0, 0, 0};
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
    (void)os_heap_set_report_hook(note_report);
    for (unsigned i = 0; i < sizeof(pushing) / sizeof(pushing[0]); i++) {
        reports = 0;
        sweep(pushing[i], 4);
        CHECK(reports == SLED - SLED_FROM);
    }
    (void)os_heap_set_report_hook(NULL);
    twice = false;
}

/* A class that is not cached has lists that refuse everything. */
static void refusals(void)
{
    unsigned cached = cls;
    for (unsigned sled = SLED; sled-- > SLED_FROM;) {
        struct osh_chain chain = {NULL, 0};
        fired = false;
        armed = true;
        interference = POP_ONE;
        align_to_tick();
        board_timer_arm(AIM_NS);
        wait_in_sled(sled);
        CHECK(!osh_arch_exchange(OSH_ACTIVE, 0, &chain));
        wait_for_shot();
        CHECK(cls == cached);
        check_blocks();
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

static void put_hex(uintptr_t value)
{
    char text[2 + 2 * sizeof(value)];
    char *p = &text[sizeof(text) - 1];
    *p = '\0';
    do {
        *--p = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value != 0);
    board_puts(p);
}

static void task(void)
{
#ifdef COUNTER
    COUNTER_START;
#endif
    cls = osh_class_of(SIZE);
    limit = osh_class_info[cls].magazine;
    blocks = limit + 8;
    CHECK(blocks <= MOST_BLOCKS);
    for (unsigned i = 0; i < blocks; i++) {
        all[i] = os_malloc(SIZE);
        CHECK(all[i] != NULL);
    }
    /* Off the lists with what the refills left there. */
    struct osh_chain rest = {NULL, 0};
    (void)osh_arch_exchange(OSH_SPARE, cls, &rest);
    rest = (struct osh_chain){NULL, 0};
    (void)osh_arch_exchange(OSH_ACTIVE, cls, &rest);
    for (unsigned i = 0; i < blocks; i++) {
        hold(all[i]);
    }
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
                sweep((enum operation)operation, limit);
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
    for (unsigned i = 0; i < place_count; i++) {
        board_puts("at ");
        put_hex(places[i].pc);
        board_puts(" ");
        report("times", places[i].times);
        report("moved", places[i].moved);
        board_puts("\n");
    }
    for (unsigned i = 0; i < row_count; i++) {
        board_puts("row ");
        put_hex(rows[i].before);
        board_puts(" ");
        put_hex(rows[i].pc);
        board_puts(" ");
        report("length", rows[i].length);
        board_puts("\n");
    }
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
