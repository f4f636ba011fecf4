/* SPDX-License-Identifier: Apache-2.0 */
#include "explore.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct choice {
    uint8_t chosen, options;
};

#define WANDERINGS 1000
#define SEEN_LOG2_FIRST 16
#define SEEN_LOG2_MOST 24

/* On the C heap: the program's own data is set back before every execution. */
struct search {
    struct choice path[EXPLORE_CHOICES];
    size_t length; /* of the path that is prescribed */
    size_t depth;  /* how far this execution is along it */
    uint64_t *seen;
    size_t seen_count;
    unsigned seen_log2;
    bool replaying;
    uint64_t wandering; /* state of the random numbers; 0: not */
    jmp_buf end;
    const struct exploration *what;
    struct result *result;
};

static struct search *search;

static bool seen_insert(uint64_t key)
{
    size_t mask = ((size_t)1 << search->seen_log2) - 1;
    size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> (64 - search->seen_log2));
    for (; search->seen[i] != 0; i = (i + 1) & mask) {
        if (search->seen[i] == key) {
            return false;
        }
    }
    search->seen[i] = key;
    search->seen_count++;
    return true;
}

static void seen_clear(unsigned log2)
{
    free(search->seen);
    search->seen = calloc((size_t)1 << log2, sizeof(uint64_t));
    if (search->seen == NULL) {
        (void)fprintf(stderr, "explorer: no memory for the states met\n");
        exit(EXIT_FAILURE);
    }
    search->seen_log2 = log2;
    search->seen_count = 0;
}

static void seen_grow(void)
{
    uint64_t *old = search->seen;
    size_t size = (size_t)1 << search->seen_log2;
    search->seen = NULL;
    seen_clear(search->seen_log2 + 1);
    for (size_t i = 0; i < size; i++) {
        if (old[i] != 0) {
            (void)seen_insert(old[i]);
        }
    }
    free(old);
}

/* Was this state met before? When there is no room to remember more, the search
 * goes on without. */
static bool seen_before(uint64_t key)
{
    if (search->seen_count >= (size_t)3 << (search->seen_log2 - 2)) {
        if (search->seen_log2 == SEEN_LOG2_MOST) {
            return false;
        }
        seen_grow();
    }
    return !seen_insert(key != 0 ? key : 1);
}

/* Mostly the usual alternative, now and then another. */
static unsigned wander(unsigned options)
{
    uint64_t *random = &search->wandering;
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random % 32 == 0 ? (unsigned)(*random / 32 % options) : 0;
}

unsigned explore_choose(unsigned options, bool cut)
{
    if (search->depth < search->length) {
        struct choice *choice = &search->path[search->depth++];
        if (search->replaying) {
            choice->options = (uint8_t)options;
        }
        if (choice->options != options || choice->chosen >= options) {
            (void)fprintf(stderr,
                          "explorer: the choices are not those of this program "
                          "(choice %zu: %u of %u)\n",
                          search->depth, choice->chosen, options);
            exit(EXIT_FAILURE);
        }
        return choice->chosen;
    }
    if (search->replaying) {
        return 0;
    }
    if (cut && search->wandering == 0 && seen_before(search->what->state())) {
        explore_end(ENDED_CUT);
    }
    if (search->depth == EXPLORE_CHOICES) {
        (void)fprintf(stderr, "explorer: an execution has more than %d choices\n", EXPLORE_CHOICES);
        exit(EXIT_FAILURE);
    }
    unsigned chosen = search->wandering != 0 ? wander(options) : 0;
    search->path[search->depth] = (struct choice){(uint8_t)chosen, (uint8_t)options};
    search->length = ++search->depth;
    return chosen;
}

void explore_pass(void)
{
    if (search->depth < search->length || search->replaying || search->wandering != 0) {
        return;
    }
    uint64_t state = search->what->state();
    /* One state in four is looked up: which, the state itself says. */
    if (state % 4 == 0 && seen_before(state)) {
        explore_end(ENDED_CUT);
    }
}

bool explore_first_to_end_in(uint64_t memory)
{
    return search->replaying || search->wandering != 0 || !seen_before(memory);
}

void explore_end(enum ending ending)
{
    longjmp(search->end, (int)ending + 1);
}

char *explore_message(size_t *bytes)
{
    *bytes = sizeof(search->result->message);
    return search->result->message;
}

void explore_message_to(struct result *result)
{
    search->result = result;
}

/* The next path in depth-first order; false when there is none. */
static bool backtrack(void)
{
    while (search->length > 0) {
        struct choice *last = &search->path[search->length - 1];
        if (last->chosen + 1 < last->options) {
            last->chosen++;
            return true;
        }
        search->length--;
    }
    return false;
}

static enum ending run_once(void)
{
    search->depth = 0;
    int ended = setjmp(search->end);
    if (ended == 0) {
        search->what->run();
        ended = ENDED_WELL + 1;
    }
    return (enum ending)(ended - 1);
}

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void start_anew(void)
{
    seen_clear(SEEN_LOG2_FIRST);
    search->length = 0;
    search->result->executions = 0;
    search->result->cut = 0;
    search->result->shared = search->what->restart();
}

static void replay(void)
{
    search->result->shared = search->what->restart();
    search->replaying = true;
    search->length = search->what->replay_length;
    for (size_t i = 0; i < search->length; i++) {
        search->path[i].chosen = search->what->replay[i];
    }
    search->result->violated = run_once() == ENDED_VIOLATION;
    search->result->executions = 1;
}

/* At random, to find out which words are shared before the search depends on it.
 * False when that met a violation. */
static bool wander_about(void)
{
    search->wandering = 0x2545f4914f6cdd1du;
    for (unsigned i = 0; i < WANDERINGS; i++) {
        search->length = 0;
        enum ending ending = run_once();
        if (ending == ENDED_STALE_SEARCH) {
            start_anew();
        } else if (ending == ENDED_VIOLATION) {
            search->result->executions = i + 1;
            search->result->violated = true;
            return false;
        }
    }
    search->wandering = 0;
    start_anew();
    return true;
}

static void search_all(void)
{
    double until = search->what->seconds > 0 ? now() + search->what->seconds : 0;
    start_anew();
    if (!wander_about()) {
        return;
    }
    for (uint64_t round = 1;; round++) {
        enum ending ending = run_once();
        if (ending == ENDED_VIOLATION) {
            search->result->executions++;
            search->result->violated = true;
            search->length = search->depth;
            return;
        }
        if (ending == ENDED_STALE_SEARCH) {
            start_anew();
            continue;
        }
        search->result->executions += ending == ENDED_WELL;
        search->result->cut += ending == ENDED_CUT;
        if (!backtrack()) {
            search->result->exhausted = true;
            return;
        }
        if (until > 0 && round % 256 == 0 && now() > until) {
            return;
        }
    }
}

void explore_start(void)
{
    search = calloc(1, sizeof(*search));
    if (search == NULL) {
        (void)fprintf(stderr, "explorer: no memory\n");
        exit(EXIT_FAILURE);
    }
}

void explore(const struct exploration *what, struct result *result)
{
    memset(result, 0, sizeof(*result));
    search->what = what;
    search->result = result;
    search->replaying = false;
    search->wandering = 0;
    if (what->replay != NULL) {
        replay();
    } else {
        search_all();
    }
}

size_t explore_choices(uint8_t *choices, size_t most)
{
    size_t length = search->length < most ? search->length : most;
    for (size_t i = 0; i < length; i++) {
        choices[i] = search->path[i].chosen;
    }
    while (length > 0 && choices[length - 1] == 0) {
        length--;
    }
    return length;
}
