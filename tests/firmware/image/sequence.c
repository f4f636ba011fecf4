/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task that changes its core between reading the core's number and loading that
 * core's list: forced, by a call in the middle of the port's own sequence that does
 * not return before the task runs elsewhere. It must not take from, or give to, the
 * list of the core it has left. Where the sequence is masked, the call sees an
 * interrupt wait instead. Before that, with nothing in between: what an operation refuses.
 */
#if defined(__aarch64__)
#define HOOK "stp x29, x30, [sp, #-16]!\n\tbl inside_saving\n\tldp x29, x30, [sp], #16\n\t"
#elif defined(__riscv)
#define HOOK                                                             \
    "addi sp, sp, -16\n\t" PUT " ra, (sp)\n\tcall inside_saving\n\t" GET \
    " ra, (sp)\n\taddi sp, sp, 16\n\t"
#if __riscv_xlen == 64
#define PUT "sd"
#define GET "ld"
#else
#define PUT "sw"
#define GET "lw"
#endif
#elif !defined(__ARM_ARCH_6M__)
#define HOOK "push {r0-r3, ip, lr}\n\tbl inside\n\tpop {r0-r3, ip, lr}\n\t"
#endif
#ifdef HOOK
#define OSH_SEQUENCE_ENTERED HOOK
#endif

#include "arch.h"
#include "check.h"
#include "kernel.h"
#include "os/os_heap.h"

#define SIZE 40u
#define WANTED 14u

static osh_word_t *list_of(unsigned cls)
{
    return &osh_lists_of(board_core())->word[cls];
}

/* A stopped list refuses everything, and remains as it is. */
static void stopped_refuses(unsigned cls, void *block)
{
    osh_word_t word = *list_of(cls);
    CHECK(word == (osh_word_t)&osh_empty[0]);
    CHECK(osh_cpu_exchange(cls, (osh_word_t)&osh_empty[1]) == word);
    CHECK(osh_cpu_pop(cls) == NULL);
    CHECK(block == NULL || !osh_cpu_push(cls, block));
    CHECK(*list_of(cls) == word);
}

/* A list takes so many blocks as it has room for, and gives them back, the last one first. */
static void room_is_counted(unsigned cls)
{
    static void *blocks[1000];
    unsigned limit = osh_class_limit(cls);
    CHECK(limit > 0 && limit < 1000);
    for (unsigned i = 0; i <= limit; i++) {
        blocks[i] = os_malloc(SIZE);
        CHECK(blocks[i] != NULL);
    }
    osh_word_t before = osh_cpu_exchange(cls, (osh_word_t)&osh_empty[cls]);
    CHECK(before != 0);
    CHECK(osh_cpu_pop(cls) == NULL);
    for (unsigned i = 0; i < limit; i++) {
        CHECK(osh_cpu_push(cls, blocks[i]));
    }
    CHECK(!osh_cpu_push(cls, blocks[limit]));
    CHECK(osh_cpu_exchange(cls, before) == (osh_word_t)blocks[limit - 1]);
    CHECK(osh_cpu_exchange(cls, (osh_word_t)blocks[limit - 1]) == before);
    for (unsigned i = limit; i-- > 0;) {
        CHECK(osh_cpu_pop(cls) == blocks[i]);
    }
    CHECK(osh_cpu_exchange(cls, before) == (osh_word_t)&osh_empty[cls]);
    for (unsigned i = 0; i <= limit; i++) {
        os_free(blocks[i]);
    }
}

#if OSH_HARDENING > 0
static unsigned twice;

static void note_twice(const struct os_heap_report *told)
{
    twice += told->misuse == OS_HEAP_FREED_TWICE;
}

/* From level 1 on the head of a list that is pushed again is reported, and stays where it is. */
static void head_is_reported(unsigned cls)
{
    void *block = os_malloc(SIZE);
    osh_word_t before = osh_cpu_exchange(cls, (osh_word_t)&osh_empty[cls]);
    (void)os_heap_set_report_hook(note_twice);
    CHECK(osh_cpu_push(cls, block) && twice == 0);
    CHECK(osh_cpu_push(cls, block) && twice == 1);
    (void)os_heap_set_report_hook(NULL);
    CHECK(osh_cpu_pop(cls) == block && osh_cpu_pop(cls) == NULL);
    CHECK(osh_cpu_exchange(cls, before) == (osh_word_t)&osh_empty[cls]);
    os_free(block);
}
#else
static void head_is_reported(unsigned cls)
{
    (void)cls;
}
#endif

/* What an operation refuses, with nothing in between. */
static void refusals(void)
{
    unsigned cls = osh_class_of(SIZE);
    stopped_refuses(cls, NULL); /* before the heap starts */
    void *block = os_malloc(SIZE);
    CHECK(block != NULL);
    stopped_refuses(0, block); /* the class of newlib's pages */
    os_free(block);
    room_is_counted(cls);
    head_is_reported(cls);
}

#if BOARD_CORES > 1 && defined(HOOK)

#if defined(__aarch64__)
__asm__(".text\n"
        "inside_saving:\n\t"
        "stp x29, x30, [sp, #-176]!\n\t"
        "stp x0, x1, [sp, #16]\n\tstp x2, x3, [sp, #32]\n\tstp x4, x5, [sp, #48]\n\t"
        "stp x6, x7, [sp, #64]\n\tstp x8, x9, [sp, #80]\n\tstp x10, x11, [sp, #96]\n\t"
        "stp x12, x13, [sp, #112]\n\tstp x14, x15, [sp, #128]\n\tstp x16, x17, [sp, #144]\n\t"
        "str x18, [sp, #160]\n\tbl inside\n\tldr x18, [sp, #160]\n\t"
        "ldp x0, x1, [sp, #16]\n\tldp x2, x3, [sp, #32]\n\tldp x4, x5, [sp, #48]\n\t"
        "ldp x6, x7, [sp, #64]\n\tldp x8, x9, [sp, #80]\n\tldp x10, x11, [sp, #96]\n\t"
        "ldp x12, x13, [sp, #112]\n\tldp x14, x15, [sp, #128]\n\tldp x16, x17, [sp, #144]\n\t"
        "ldp x29, x30, [sp], #176\n\tret\n");
#elif defined(__riscv)
#define EACH(how)                                                                               \
    how " ra, 0(sp)\n\t" how " a0, 8(sp)\n\t" how " a1, 16(sp)\n\t" how " a2, 24(sp)\n\t" how   \
        " a3, 32(sp)\n\t" how " a4, 40(sp)\n\t" how " a5, 48(sp)\n\t" how " a6, 56(sp)\n\t" how \
        " a7, 64(sp)\n\t" how " t0, 72(sp)\n\t" how " t1, 80(sp)\n\t" how " t2, 88(sp)\n\t" how \
        " t3, 96(sp)\n\t" how " t4, 104(sp)\n\t" how " t5, 112(sp)\n\t" how " t6, 120(sp)\n\t"
__asm__(".text\n"
        "inside_saving:\n\t"
        "addi sp, sp, -128\n\t" EACH(PUT) "call inside\n\t" EACH(GET) "addi sp, sp, 128\n\tret\n");
#endif

static volatile bool watching;
static volatile bool crossed, held;
static volatile unsigned left, arrived; /* the core before and behind */
static volatile bool finished;
static unsigned crossings, holds;

#ifdef __riscv
#define SEQUENCE_MASKS true
#else
#define SEQUENCE_MASKS false
#endif

/* What board_unmask() is to bring back. */
static uintptr_t before_mask;

/* Is an interrupt waiting for the end of a section that was masked already? */
static bool interrupt_waits(uintptr_t before)
{
#ifdef __riscv
    uintptr_t pending;
    __asm__ volatile("csrr %0, mip" : "=r"(pending));
    return (pending & 0x80) != 0 && (before & 8) == 0;
#else
    (void)before;
    return false;
#endif
}

void inside(void);
__attribute__((used)) void inside(void)
{
    if (!watching) {
        return;
    }
    unsigned began = board_core();
    /* Interrupts come in here alone: the core's number was read on this core, and the
     * rest of the sequence runs before the task can come back. */
    do {
        board_unmask(before_mask);
        before_mask = board_mask();
        held = interrupt_waits(before_mask);
        crossed = board_core() != began;
    } while (!held && !crossed);
    left = began;
    arrived = board_core();
    watching = false; /* an exchange begins again, undisturbed */
}

static void watch(void)
{
    crossed = held = false;
    watching = true;
    before_mask = SEQUENCE_MASKS ? 0 : board_mask();
}

static void note(bool refused)
{
    watching = false;
    if (crossed || !SEQUENCE_MASKS) {
        board_unmask(before_mask);
    }
    CHECK(crossed || held);
    CHECK(refused || !crossed);
    crossings += crossed;
    holds += held;
}

static void pop_across(unsigned cls)
{
    void *blocks[3];
    for (unsigned i = 0; i < 3; i++) {
        blocks[i] = os_malloc(SIZE);
        CHECK(blocks[i] != NULL);
    }
    for (unsigned i = 0; i < 3; i++) {
        os_free(blocks[i]);
    }
    watch();
    void *block = osh_cpu_pop(cls);
    note(block == NULL);
    os_free(block);
}

static void push_across(unsigned cls)
{
    void *block = os_malloc(SIZE);
    CHECK(block != NULL);
    watch();
    bool pushed = osh_cpu_push(cls, block);
    note(!pushed);
    if (!pushed) {
        os_free(block);
    }
}

/* Takes the list of the core that it arrives on, and leaves that of the other alone. */
static void exchange_across(unsigned cls)
{
    osh_word_t heads[BOARD_CORES];
    void *block = os_malloc(SIZE);
    CHECK(block != NULL);
    os_free(block); /* so that the list is not empty */
    for (unsigned core = 0; core < BOARD_CORES; core++) {
        heads[core] = osh_load(&osh_lists_of(core)->word[cls]);
    }
    watch();
    osh_word_t word = osh_cpu_exchange(cls, (osh_word_t)&osh_empty[cls]);
    note(true);
    CHECK(word == heads[arrived]);
    CHECK(left == arrived || osh_load(&osh_lists_of(left)->word[cls]) == heads[left]);
    while (((struct osh_link *)word)->next != 0) {
        osh_word_t below = ((struct osh_link *)word)->next;
        os_free((void *)word);
        word = below;
    }
}

static void task(unsigned number)
{
    /* All but one only want the cores, so that this one is moved about. */
    while (number != 0 && !finished) {
    }
    while (crossings + holds < 3 * WANTED && number == 0) {
        pop_across(osh_class_of(SIZE));
        push_across(osh_class_of(SIZE));
        exchange_across(osh_class_of(SIZE));
    }
    finished = true;
}

static void done(void)
{
    struct os_heap_stats stats;
    (void)os_heap_trim();
    os_heap_stats(&stats);
    report("crossed", crossings);
    report("held", holds);
    CHECK(stats.live == 0);
    passed();
}

int main(void)
{
    refusals();
    for (unsigned i = 0; i < BOARD_CORES + 2; i++) {
        kernel_task(task, i);
    }
    kernel_run(done);
}

#else

#ifdef HOOK
void inside(void);
__attribute__((used)) void inside(void)
{
}
#endif

int main(void)
{
    refusals();
    /* Nothing to move to: what interrupts the one core is in `storm`. */
    report("cores", BOARD_CORES);
    passed();
}

#endif
