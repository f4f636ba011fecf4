/* SPDX-License-Identifier: Apache-2.0 */
#include "victim.h"

#include "arch.h"
#include "cpu.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_class.h"
#include "osh_pair.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define SIZE 48u
#define MOST 512u

static unsigned cls;
static unsigned limit;
static void *held[MOST]; /* in the victim's hands or its handler's */
static unsigned holding;
static enum interference interference;
static struct report *report;

/* The list of UNTAGGED_POP: a pair whose generation stands still. */
static osh_word2_t untagged;

static void hold(void *block)
{
    if (block != NULL && holding < MOST) {
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

/* What an operation with a list of its own would be: the negative control of the
 * portable port. */
static void *untagged_pop(void)
{
    osh_word2_t now = osh_pair_read(&untagged);
    for (;;) {
        if (now.first == 0) {
            return NULL;
        }
        osh_word2_t next = {osh_pair_next(now.first), now.second + 1};
        if (osh_cas2(&untagged, &now, next)) {
            return (void *)now.first;
        }
    }
}

static bool untagged_push(void *block)
{
    osh_word2_t now = osh_pair_read(&untagged);
    for (;;) {
        osh_store(block, now.first);
        osh_word2_t next = {(osh_word_t)block, now.second - 1};
        if (osh_cas2(&untagged, &now, next)) {
            return true;
        }
    }
}

static bool is_untagged;

static void *pop(void)
{
    return is_untagged ? untagged_pop() : osh_arch_pop_slow(cls);
}

static void push(void *block)
{
    if (!(is_untagged ? untagged_push(block) : osh_arch_push_slow(cls, block))) {
        hold(block);
    }
}

void victim_interfere(void)
{
    void *first;
    void *second;
    struct osh_chain none = {NULL, 0};
    switch (interference) {
    case POP_ONE:
        hold(pop());
        break;
    case PUSH_ONE:
        push(held[--holding]);
        break;
    case SWAP_SECOND:
        first = pop();
        second = pop();
        push(held[--holding]);
        hold(second);
        if (first != NULL) {
            push(first);
        }
        break;
    case TAKE_ALL:
        if (osh_arch_exchange(OSH_ACTIVE, cls, &none)) {
            hold_chain(none);
        }
        break;
    default:
        break;
    }
}

static void handler(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    report->resumed_at = cpu_handled_at(context);
    report->handled++;
    victim_interfere();
}

/* Small: every check walks all of it. */
static char region[4u << 20] __attribute__((aligned(4096)));

unsigned victim_start(void)
{
    (void)os_heap_init(region, sizeof(region));
    cls = osh_class_of(SIZE);
    limit = osh_class_limit(cls);
    os_free(os_malloc(SIZE));
    return limit;
}

/* Both lists empty, then `length` blocks on the active one, and some in hand. */
static void prepare(unsigned length)
{
    for (unsigned i = 0; i < length + 12; i++) {
        hold(os_malloc(SIZE));
    }
    struct osh_chain none = {NULL, 0};
    (void)osh_arch_exchange(OSH_ACTIVE, cls, &none);
    hold_chain(none);
    none = (struct osh_chain){NULL, 0};
    (void)osh_arch_exchange(OSH_SPARE, cls, &none);
    hold_chain(none);
    for (unsigned i = 0; i < length; i++) {
        void *block = held[--holding];
        if (is_untagged) {
            (void)untagged_push(block);
        } else {
            (void)osh_arch_push_slow(cls, block);
        }
    }
}

static void operate(enum operation operation)
{
    void *got = NULL;
    void *block = held[--holding];
    bool took = true;
    struct osh_chain chain = {NULL, 0};
    switch (operation) {
    case MALLOC:
        CPU_BREAKPOINT;
        got = os_malloc(SIZE);
        CPU_BREAKPOINT;
        hold(block);
        break;
    case FREE:
        CPU_BREAKPOINT;
        os_free(block);
        CPU_BREAKPOINT;
        break;
    case POP:
        CPU_BREAKPOINT;
        got = osh_arch_pop_slow(cls);
        CPU_BREAKPOINT;
        hold(block);
        break;
    case PUSH:
        CPU_BREAKPOINT;
        took = osh_arch_push_slow(cls, block);
        CPU_BREAKPOINT;
        if (!took) {
            hold(block);
        }
        break;
    case EXCHANGE:
        CPU_BREAKPOINT;
        took = osh_arch_exchange(OSH_ACTIVE, cls, &chain);
        CPU_BREAKPOINT;
        hold(block);
        if (took) {
            hold_chain(chain);
        }
        break;
    default:
        CPU_BREAKPOINT;
        got = untagged_pop();
        CPU_BREAKPOINT;
        hold(block);
        break;
    }
    hold(got);
}

static bool wrong(const char *what)
{
    (void)snprintf(report->wrong, sizeof(report->wrong), "%s", what);
    return false;
}

static bool is_held(const void *block)
{
    for (unsigned i = 0; i < holding; i++) {
        if (held[i] == block) {
            return true;
        }
    }
    return false;
}

/* A list's blocks are as many as it says, and become held ones. */
static bool list_is_sound(struct osh_chain chain)
{
    for (unsigned i = 0; i < chain.count; i++) {
        if (chain.head == NULL || !osh_arena_holds(chain.head)) {
            return wrong("a list is shorter than it says");
        }
        if (is_held(chain.head)) {
            return wrong("a block is in two places");
        }
        hold(chain.head);
        chain.head = osh_link_next(*(osh_word_t *)chain.head);
    }
    return chain.head == NULL || wrong("a list is longer than it says");
}

static bool everything_is_sound(void)
{
    unsigned in_hand = holding;
    for (unsigned i = 0; i < in_hand; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (held[i] == held[j]) {
                return wrong("a block was handed out twice");
            }
        }
    }
    for (unsigned core = 0; core < osh_arch_cores(); core++) {
        if (!list_is_sound(osh_arch_peek(core, OSH_ACTIVE, cls)) ||
            !list_is_sound(osh_arch_peek(core, OSH_SPARE, cls))) {
            return false;
        }
    }
    if (is_untagged) {
        while (untagged.first != 0) {
            if (is_held((void *)untagged.first)) {
                return wrong("a block is in two places");
            }
            hold((void *)untagged.first);
            untagged.first = *(osh_word_t *)untagged.first;
        }
        in_hand = holding;
    }
    const char *invariant = os_heap_check();
    if (invariant != NULL) {
        return wrong(invariant);
    }
    for (unsigned i = 0; i < in_hand; i++) {
        os_free(held[i]);
    }
    (void)os_heap_trim();
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    return stats.live == 0 || wrong("a block is lost");
}

void victim_run(const struct scenario *scenario, struct report *into)
{
    report = into;
    is_untagged = scenario->operation == UNTAGGED_POP;
    interference = scenario->interference;
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    (void)sigaction(SIGUSR1, &action, NULL);
    prepare(scenario->length);
    unsigned home = osh_arch_core();
    struct osh_chain before = osh_arch_peek(home, OSH_ACTIVE, cls);
    operate(scenario->operation);
    struct osh_chain after = osh_arch_peek(home, OSH_ACTIVE, cls);
    report->home_changed = before.head != after.head || before.count != after.count;
    (void)everything_is_sound();
}
