/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's state, shared by its files. On the C heap, because the program's
 * own data is set back before every execution.
 */
#ifndef STATE_H
#define STATE_H

#include "explore.h"
#include "machine.h"

#include <setjmp.h>

#define TASKS 4
#define CORES 3
#define SHARED_MOST 240    /* words that several tasks use, in one scenario */
#define LOCATIONS_LOG2 12  /* room for words that are used atomically at all */
#define MESSAGES_MOST 8192 /* stores to shared words in one execution */
#define STEPS_MOST 20000   /* an execution of more makes no progress */
#define NOBODY UINT32_MAX

/* What a task knows: of every shared word the oldest value it may still see, and of
 * every task how far it got, which orders ordinary accesses. */
struct view {
    uint16_t clock[TASKS];
    uint16_t at[SHARED_MOST]; /* the first shared_count of them are in use */
    uint16_t unused[12];
};

/* A value stored to a shared word. */
struct message {
    uintptr_t value;
    uint64_t hash;
    uint32_t older; /* the one before it, NOBODY for the first */
    uint16_t at;    /* how many came before */
    struct view view;
};

/* A word that is used atomically. */
struct location {
    const void *address;
    uint32_t tasks;  /* a bit for each that ever used it */
    int32_t index;   /* in a view; -1: used by one task only, as far as is known */
    uint32_t newest; /* message */
    bool byte;
    bool overwritten; /* by an ordinary store, since the newest message */
    uint64_t overwriter;
    uint64_t execution; /* in which the messages were made */
};

struct task {
    jmp_buf top, here;
    unsigned number;
    void (*body)(void);
    void (*handler)(void); /* lands once; NULL: has landed, or there is none */
    bool done, waiting, yielding;
    bool may_go, gone;       /* preempted for good */
    bool hurried;            /* may not wait */
    const uintptr_t *wanted; /* while waiting: goes on when this is 0 */
    unsigned core, depth;
    bool interrupted;
    uint64_t hash;   /* of the steps it made */
    uint32_t points; /* where it could have been interrupted since the last of them */
    uint16_t clock;
    void *lists; /* the thread's own, in the portable port */
    struct view now, acquirable, released;
};

struct core {
    struct task *last;
    struct view left; /* by the last task, when it migrated away */
    uint64_t left_hash;
};

struct machine {
    struct task tasks[TASKS];
    struct core cores[CORES];
    struct task *running;
    unsigned task_count, core_count;
    struct bounds bounds, used;
    unsigned outcomes; /* met so far */
    struct view fences;
    uint64_t fences_hash;
    uint64_t newest_hash; /* of the newest messages of all words */
    uint64_t execution;
    uint32_t steps;
    bool more_shared; /* a word was found to be shared that was not known to be */
    bool tracing;
    bool unmarked; /* see struct scenario */
    uint32_t messages_used;
    unsigned shared_count, locations_used;
    struct location *shared[SHARED_MOST];
    struct location locations[1 << LOCATIONS_LOG2];
    struct message messages[MESSAGES_MOST];
};

extern struct machine *machine;

static inline uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t x = (a ^ (b + 0x9e3779b97f4a7c15u + (a << 6) + (a >> 2))) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 29)) * 0x94d049bb133111ebu;
    return x ^ (x >> 32);
}

/* Numbers of a view in use, in whole vectors. */
static inline unsigned view_length(void)
{
    return (TASKS + machine->shared_count + 15u) & ~15u;
}

static inline void view_join(struct view *to, const struct view *from)
{
    uint16_t *restrict t = to->clock;
    const uint16_t *restrict f = from->clock;
    unsigned length = view_length();
    for (unsigned i = 0; i < length; i++) {
        t[i] = t[i] > f[i] ? t[i] : f[i];
    }
}

static inline void view_copy(struct view *to, const struct view *from)
{
    __builtin_memcpy(to, from, view_length() * sizeof(uint16_t));
}

static inline void view_clear(struct view *view)
{
    __builtin_memset(view, 0, view_length() * sizeof(uint16_t));
}

/* schedule.c */
enum point { POINT_SHARED, POINT_PRIVATE, POINT_ORDINARY };
void schedule_run(void); /* all tasks, to their end */
_Noreturn void schedule_finish(struct task *task);
void schedule_point(enum point point);
uint64_t schedule_state(void);

/* words.c */
struct location *location_of(const void *address, bool byte);
struct location *location_find(const void *address); /* NULL: not used atomically */
void words_note_user(struct location *location);     /* the running task */
unsigned words_take_in_shared(void);                 /* how many are shared */
void words_forget(void);
void words_share(const void *address, bool byte);

/* memory.c */
void memory_start(void); /* of an execution */
void memory_ordinary_store(struct location *location);

/* race.c */
void race_forbid(const void *address, bool store, bool ordinary, const void *pc);
bool race_in_scope(const void *address);

/* trace.c */
void trace_start(void); /* once */
void trace_clear(void);
void trace_step(const void *pc, const char *what, const void *address, uintptr_t value,
                const char *note);
void trace_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void trace_print(void);

#endif
