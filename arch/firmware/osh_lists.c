/* SPDX-License-Identifier: Apache-2.0 */
/* The operations on lists that need no CPU-specific code. */
#include "arch.h"
#include "osh_harden.h"

/* All lists are stopped until the heap starts. */
OSH_VARIABLE struct osh_lists osh_lists[OSH_CORE_LISTS] = {
    [0 ... OSH_CORE_LISTS -
     1] = {.word = {[0 ... OSH_LISTS_OF_CORE - 1] = (osh_word_t)&osh_empty[0]}},
};

#define STOPPED ((osh_word_t)&osh_empty[0])

#ifdef OSH_CPU_HOLDS
OSH_VARIABLE const osh_word_t osh_stopped[OSH_LISTS_OF_CORE] = {[0 ... OSH_LISTS_OF_CORE - 1] =
                                                                    STOPPED};
OSH_VARIABLE struct osh_gate osh_gates[OSH_CORE_LISTS] = {OSH_EACH_GATE};
#endif

#if OSH_SMALL_CODE
OSH_VARIABLE struct osh_link osh_empty[OSH_CLASSES];
#define FILL_EMPTY(cls) ((void)(osh_empty[cls].room = osh_class_limit(cls)))
#else
#define EMPTY(cls, bytes, step) [cls] = {.room = OSH_LIST_MAGAZINES * OSH_MAGAZINE_FOR(bytes)},
OSH_VARIABLE const struct osh_link osh_empty[OSH_CLASSES] = {OSH_EACH_CLASS(EMPTY)};
#define FILL_EMPTY(cls) ((void)0)
#endif

static bool is_empty(osh_word_t word)
{
    return word - (osh_word_t)osh_empty < sizeof(osh_empty);
}

static struct osh_chain chain_of(unsigned cls, osh_word_t word)
{
    if (is_empty(word)) {
        return (struct osh_chain){NULL, 0};
    }
    const struct osh_link *head = (const struct osh_link *)word;
    return (struct osh_chain){(void *)word, osh_class_limit(cls) - (unsigned)head->room};
}

void osh_arch_start(void)
{
    osh_arch_require_core();
#ifdef OSH_CPU_REQUIRE_NUMBERING
    if (!osh_cpu_numbered_right()) {
        osh_arch_fail(OSH_NAMED("affinity", "the core's number is in another field of MPIDR: "
                                            "OSH_CORE_AFFINITY=1, or 0"),
                      NULL);
    }
#endif
    for (unsigned cls = 1; OSH_SMALL_CODE && cls < OSH_CLASSES; cls++) {
        FILL_EMPTY(cls);
    }
    for (unsigned core = 0; core < OSH_CORES; core++) {
        osh_arch_go_on(core);
    }
    osh_hot.lists = osh_lists;
    if (OSH_CPU_HOT_TABLES) {
        osh_hot.starts = osh_start;
    }
    if (!OSH_SMALL_CODE) { /* only fast paths read it */
        OSH_CPU_PAGE_CLASS = osh_hot.page_class - (osh_hot.base >> OSH_PAGE_LOG2);
    }
}

bool osh_arch_fast(void)
{
    return true;
}

unsigned osh_arch_core(void)
{
    return osh_cpu_core();
}

unsigned osh_arch_cores(void)
{
    return OSH_CORES;
}

const char *osh_arch_name(void)
{
    return OSH_CPU_NAME;
}

/* 1 if a call checks the core before it tries the list. If not, the list of a core that is not the
 * heap's refuses, and head_here() checks. */
#define CHECK_FIRST (OSH_SMALL_CODE || OSH_CORES == 1 || OSH_CPU_NEVER_INTERRUPTED)

/* The link at the head of this core's list. A hint: an interruption may change the list. */
static const volatile struct osh_link *head_here(unsigned cls)
{
    if (!CHECK_FIRST) {
        osh_arch_require_core();
    }
    return (const struct osh_link *)osh_load(&osh_lists_of(osh_cpu_core())->word[cls]);
}

/* Each turn but the last was interrupted, or met a reclaim, so other code made progress. If the
 * fast paths are inline, most callers have just found the list empty or full. */
void *osh_arch_pop_slow(unsigned cls)
{
    if (CHECK_FIRST) {
        osh_arch_require_core();
    }
    for (bool look = OSH_CPU_LOOK_FIRST;; look = true) {
        if (look && head_here(cls)->next == 0) {
            return NULL;
        }
        void *block = osh_cpu_pop_sure(cls);
        if (OSH_CPU_NEVER_INTERRUPTED || block != NULL) {
            return block;
        }
    }
}

bool osh_arch_push_slow(unsigned cls, void *block)
{
    if (CHECK_FIRST) {
        osh_arch_require_core();
    }
    for (bool look = OSH_CPU_LOOK_FIRST;; look = true) {
        if (look && head_here(cls)->room == 0) {
            return false;
        }
        bool pushed = osh_cpu_push_sure(cls, block);
        if (OSH_CPU_NEVER_INTERRUPTED || pushed) {
            return pushed;
        }
    }
}

bool osh_arch_exchange(enum osh_which which, unsigned cls, struct osh_chain *io)
{
    osh_arch_require_core();
    (void)which; /* there is only one list */
    osh_word_t old = osh_cpu_exchange(cls, osh_link_below(cls, *io));
    if (old == STOPPED) {
        return false;
    }
    *io = chain_of(cls, old);
    return true;
}

/*
 * Any core's lists may be replaced by stopped ones at any moment: its operations
 * then find another word than the one they began with, and begin again. See
 * osh_port.h for why that word cannot have come back meanwhile.
 */
bool osh_arch_stop(unsigned core, void (*give)(unsigned cls, struct osh_chain))
{
    osh_word_t *list = osh_lists_of(core)->word;
    osh_cpu_hold(core);
    for (unsigned cls = 1; cls < OSH_CLASSES; cls++) {
        /* Observes the links of the chain; pairs with the releasing store of
         * osh_cpu_push and osh_cpu_exchange on that core. */
        struct osh_chain chain = chain_of(cls, osh_cpu_take(&list[cls], STOPPED));
        if (chain.count > 0) {
            give(cls, chain);
        }
    }
    osh_cpu_let_go(core);
    return true;
}

void osh_arch_go_on(unsigned core)
{
    osh_word_t *list = osh_lists_of(core)->word;
    for (unsigned cls = 1; cls < OSH_CLASSES; cls++) { /* 0 remains stopped */
        if (osh_load(&list[cls]) == STOPPED) {
            /* Publishes nothing, and none but us changes a list that is stopped. */
            osh_store(&list[cls], (osh_word_t)&osh_empty[cls]);
        }
    }
}

/* While the cores run, the block may have an owner by the time its link is read. So an impossible
 * length counts as an empty list. */
struct osh_chain osh_arch_peek(unsigned core, enum osh_which which, unsigned cls)
{
    osh_arch_require_core();
    (void)which;
    /* Observes the links, as osh_arch_stop() does. Checks call this while no core uses the heap.
     */
    struct osh_chain chain = chain_of(cls, osh_load_acquire(&osh_lists_of(core)->word[cls]));
    if (chain.count > osh_class_limit(cls)) {
        chain.count = 0;
        chain.head = NULL;
    }
    return chain;
}
