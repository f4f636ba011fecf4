/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Armv6-M with several cores: list operations without a lock, on CPUs without exclusives.
 *
 * Each core has a gate: a word that tells whether the core is inside an operation, and the address
 * of the lists that its operations use. Only the core itself writes `inside`; only a reclaim writes
 * `lists`. Interrupts are masked during an operation, so it runs on one core in one piece, and
 * `inside` is set for about fifteen instructions.
 *
 *   an operation                         a reclaim (osh_cpu_hold, osh_cpu_let_go)
 *   inside = gate                        lists = osh_stopped
 *   barrier                              barrier
 *   reads lists; reads and writes one    waits until inside != gate
 *   barrier                              barrier, takes the core's lists, barrier
 *   inside = another value               lists = the core's lists
 *
 * Of two that each store, pass a barrier and load, at least one sees the other's store. So either
 * the operation reads osh_stopped, whose lists refuse and which nobody writes, or the reclaim sees
 * that the core is inside, and waits for the second barrier: then it sees what the operation has
 * stored. Either way nobody but the reclaim touches the core's lists while it takes them. That is
 * more than osh_port.h asks for.
 *
 * M0 and M0+ complete loads and stores in program order, so there the barriers only cost their own
 * instruction. Armv6-M does not promise that order, hence the barriers.
 *
 * Instead of this, each operation could take the lock between cores. That takes as many
 * instructions (claim, compare, branch, two barriers, release), but two cores then wait for each
 * other on each hit. Or a reclaim could ask the core to give its lists up: 3 instructions (load,
 * compare, branch), but a core that does not call the heap never answers, and its memory is lost to
 * the others.
 */
#ifndef OSH_CPU_CORES_H
#define OSH_CPU_CORES_H

struct osh_gate {
    osh_word_t *lists; /* this core's, or osh_stopped */
    osh_word_t inside; /* the gate's own address: the core is inside an operation */
    /* In the first gate only, so that one base address serves all of these: */
    const uint8_t *page_class;       /* see struct osh_lists */
    const volatile unsigned *number; /* the word that a core reads as its own number */
};

/* Indexed by core number, as osh_lists. */
OSH_SHARED struct osh_gate osh_gates[OSH_CORE_LISTS];
#define OSH_GATE(i)                                                                          \
    {                                                                                        \
        .lists = osh_lists[i].word, .number = (const volatile unsigned *)OSH_CORE_ID_ADDRESS \
    }
#if OSH_CORE_LISTS == 2
#define OSH_EACH_GATE OSH_GATE(0), OSH_GATE(1)
#elif OSH_CORE_LISTS == 4
#define OSH_EACH_GATE OSH_GATE(0), OSH_GATE(1), OSH_GATE(2), OSH_GATE(3)
#else
#error "OSH_CORE_NUMBERS: 2 or 4 on Armv6-M"
#endif

/* Lists that are always stopped. */
OSH_SHARED const osh_word_t osh_stopped[OSH_LISTS_OF_CORE];

OSH_INLINE void osh_gate_write(osh_word_t *word, osh_word_t value)
{
    *(volatile osh_word_t *)word = value;
}

/* With interrupts masked. */
OSH_INLINE struct osh_gate *osh_gate_enter(void)
{
    struct osh_gate *gate = &osh_gates[*osh_gates[0].number];
    osh_gate_write(&gate->inside, (osh_word_t)gate);
    osh_cpu_barrier(); /* and then reads `lists`; pairs with osh_cpu_hold() */
    return gate;
}

/* `other` is any word but the gate's address: one that is in a register. */
OSH_INLINE void osh_gate_leave(struct osh_gate *gate, osh_word_t other)
{
    osh_cpu_barrier(); /* publishes list and links; pairs with osh_cpu_hold() */
    osh_gate_write(&gate->inside, other);
}

/* lists[offset / 4], without an addition: the compiler would make one, for both uses. */
#define OSH_LIST_LOAD(to, lists, offset) \
    __asm__ volatile("ldr %0, [%1, %2]" : "=l"(to) : "l"(lists), "l"(offset) : "memory")
#define OSH_LIST_STORE(lists, offset, word) \
    __asm__ volatile("str %0, [%1, %2]" ::"l"(word), "l"(lists), "l"(offset) : "memory")

OSH_INLINE void *osh_cpu_pop(unsigned index)
{
    osh_word_t state = osh_cpu_mask();
    struct osh_gate *gate = osh_gate_enter();
    osh_word_t *lists = gate->lists;
    osh_word_t block = lists[index];
    osh_word_t next = ((struct osh_link *)block)->next;
    if (OSH_UNLIKELY(next == 0)) {
        osh_gate_leave(gate, next);
        osh_cpu_unmask(state);
        return NULL;
    }
    lists[index] = next;
    osh_gate_leave(gate, next);
    osh_cpu_unmask_list(state);
    if (block == 0) {
        __builtin_unreachable();
    }
    return (void *)block;
}

OSH_INLINE bool osh_cpu_push(unsigned index, void *block)
{
    struct osh_link *link = block;
    osh_word_t offset = index * sizeof(osh_word_t);
    osh_word_t state = osh_cpu_mask();
    struct osh_gate *gate = osh_gate_enter();
    osh_word_t *lists = gate->lists;
    osh_word_t head;
    OSH_LIST_LOAD(head, lists, offset);
    if (OSH_HARDENING > 0 && OSH_UNLIKELY(head == (osh_word_t)block)) {
        osh_gate_leave(gate, head);
        osh_cpu_unmask(state);
        return osh_harden_pushed_twice(block);
    }
    link->next = head;
    osh_word_t room = ((struct osh_link *)head)->room - 1;
    if (OSH_UNLIKELY((intptr_t)room < 0)) { /* as the subtraction's flags tell */
        osh_gate_leave(gate, 0);
        osh_cpu_unmask(state);
        return false;
    }
    link->room = room;
    OSH_LIST_STORE(lists, offset, (osh_word_t)block);
    osh_gate_leave(gate, room);
    osh_cpu_unmask_list(state);
    return true;
}

OSH_INLINE osh_word_t osh_cpu_exchange(unsigned index, osh_word_t value)
{
    osh_word_t state = osh_cpu_mask();
    struct osh_gate *gate = osh_gate_enter();
    osh_word_t *list = &gate->lists[index];
    osh_word_t word = *list;
    if (word != (osh_word_t)&osh_empty[0]) {
        *list = value;
    }
    osh_gate_leave(gate, word);
    osh_cpu_unmask_list(state);
    return word;
}

/* OSH_FAST_MAX is a power of two: a shift tells, where a comparison would load a constant first.
 * Leaves out size 0. */
#define OSH_ARCH_IS_FAST(size) (((size)-1) >> __builtin_ctz(OSH_FAST_MAX) == 0)

#define OSH_CPU_HOLDS
/* Keeps a core's operations away from its lists until osh_cpu_let_go(): they find every list
 * stopped. One caller at a time. Waits at most for one operation of that core. */
static inline void osh_cpu_hold(unsigned core)
{
    struct osh_gate *gate = &osh_gates[OSH_CORE_FIRST_LIST + core];
    *(osh_word_t *volatile *)&gate->lists = (osh_word_t *)osh_stopped;
    osh_cpu_barrier(); /* and then reads `inside`; pairs with osh_gate_enter() */
    while (osh_load(&gate->inside) == (osh_word_t)gate) {
    }
    osh_cpu_barrier(); /* observes the core's last list and its links; pairs with osh_gate_leave()
                        */
}

static inline void osh_cpu_let_go(unsigned core)
{
    osh_cpu_barrier(); /* publishes the stopped lists; pairs with the barrier of osh_gate_enter() */
    *(osh_word_t *volatile *)&osh_gates[OSH_CORE_FIRST_LIST + core].lists =
        osh_lists_of(core)->word;
}

/* Only between osh_cpu_hold() and osh_cpu_let_go(), which order it. */
OSH_INLINE osh_word_t osh_cpu_take(osh_word_t *list, osh_word_t value)
{
    osh_word_t old = *list;
    *list = value;
    return old;
}

static inline unsigned osh_cpu_core(void)
{
    return osh_cpu_number() - OSH_CORE_FIRST;
}

#endif
