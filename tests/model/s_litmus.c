/* SPDX-License-Identifier: Apache-2.0 */
/* The machine itself, by the small programs that memory models are told apart by.
 * Each must show all the outcomes that the contract of arch/atomic/osh_atomic.h allows and
 * none that it forbids: an outcome is a number made of what was read. */
#include "osh_atomic.h"
#include "race.h"
#include "scenario.h"

static osh_word_t x OSH_ALIGNED(8), y;
static osh_word_t read_by[SCENARIO_TASKS][2];

static void read_outcome(void)
{
    scenario_outcome((unsigned)(read_by[0][0] | read_by[1][0] << 1));
}

static void store_x_load_y(void)
{
    osh_store(&x, 1);
    read_by[0][0] = osh_load(&y);
}

static void store_y_load_x(void)
{
    osh_store(&y, 1);
    read_by[1][0] = osh_load(&x);
}

#define LITMUS(bounds_) .pages = 1, .quick = bounds_, .deep = bounds_
#define BOUNDS     \
    {              \
        4, 0, 0, 4 \
    }

const struct scenario litmus_sb = {
    .name = "litmus-store-buffering",
    .promise = "two that store and then load may both miss the other's store",
    .task = {store_x_load_y, store_y_load_x},
    .core = {0, 1},
    .check = read_outcome,
    .outcomes = 1u << 0 | 1u << 1 | 1u << 2 | 1u << 3,
    LITMUS(BOUNDS),
};

static void store_x_fence_load_y(void)
{
    osh_store(&x, 1);
    osh_fence();
    read_by[0][0] = osh_load(&y);
}

static void add_y_fence_load_x(void)
{
    (void)osh_fetch_add(&y, 1);
    osh_fence_atomic_load();
    read_by[1][0] = osh_load(&x);
}

const struct scenario litmus_sb_fence = {
    .name = "litmus-fences",
    .promise = "with fences between at least one sees the other",
    .task = {store_x_fence_load_y, add_y_fence_load_x},
    .core = {0, 1},
    .check = read_outcome,
    .outcomes = 1u << 1 | 1u << 2 | 1u << 3,
    LITMUS(BOUNDS),
};

static void one_reads_both(void)
{
    scenario_outcome((unsigned)(read_by[1][0] | read_by[1][1] << 1));
}

static void store_x_release_y(void)
{
    osh_store(&x, 1);
    osh_store_release(&y, 1);
}

static void acquire_y_load_x(void)
{
    read_by[1][0] = osh_load_acquire(&y);
    read_by[1][1] = osh_load(&x);
}

const struct scenario litmus_mp = {
    .name = "litmus-message-passing",
    .promise = "who acquires what was released sees what was stored before it",
    .task = {store_x_release_y, acquire_y_load_x},
    .core = {0, 1},
    .check = one_reads_both,
    .outcomes = 1u << 0 | 1u << 2 | 1u << 3,
    LITMUS(BOUNDS),
};

static void store_x_store_y(void)
{
    osh_store(&x, 1);
    osh_store(&y, 1);
}

const struct scenario litmus_mp_relaxed = {
    .name = "litmus-no-release",
    .promise = "without the release it may not",
    .task = {store_x_store_y, acquire_y_load_x},
    .core = {0, 1},
    .check = one_reads_both,
    .outcomes = 1u << 0 | 1u << 1 | 1u << 2 | 1u << 3,
    LITMUS(BOUNDS),
};

static void load_y_load_x(void)
{
    read_by[1][0] = osh_load(&y);
    read_by[1][1] = osh_load(&x);
}

const struct scenario litmus_mp_no_acquire = {
    .name = "litmus-no-acquire",
    .promise = "nor without the acquire",
    .task = {store_x_release_y, load_y_load_x},
    .core = {0, 1},
    .check = one_reads_both,
    .outcomes = 1u << 0 | 1u << 1 | 1u << 2 | 1u << 3,
    LITMUS(BOUNDS),
};

static void add_one(void)
{
    (void)osh_fetch_add(&y, 1); /* carries on the release of whoever stored */
}

static void acquire_2_load_x(void)
{
    read_by[1][0] = osh_load_acquire(&y) == 2;
    read_by[1][1] = osh_load(&x);
}

const struct scenario litmus_release_sequence = {
    .name = "litmus-release-sequence",
    .promise = "a read-modify-write passes on the release that it read",
    .task = {store_x_release_y, acquire_2_load_x, add_one},
    .core = {0, 1, 2},
    .check = one_reads_both,
    .outcomes = 1u << 0 | 1u << 2 | 1u << 3,
    LITMUS(BOUNDS),
};

static void store_x(void)
{
    osh_store(&x, 1);
}

static void read_x_twice(void)
{
    read_by[1][0] = osh_load(&x);
    read_by[1][1] = osh_load(&x);
}

const struct scenario litmus_coherence = {
    .name = "litmus-coherence",
    .promise = "who has seen a value of a word sees no older one of it",
    .task = {store_x, read_x_twice},
    .core = {0, 1},
    .check = one_reads_both,
    .outcomes = 1u << 0 | 1u << 2 | 1u << 3,
    LITMUS(BOUNDS),
};

/* Adds by a sequence, on one word for both: not made to. */
static void add_by_sequence(void)
{
    osh_word_t old;
    do {
        machine_begin();
        old = osh_load(&x);
    } while (!machine_commit(&x, old + 1, MACHINE_RELAXED));
}

static void sum_outcome(void)
{
    scenario_outcome((unsigned)x);
}

const struct scenario litmus_sequence = {
    .name = "litmus-sequence",
    .promise = "sequences on one core, and in handlers on it, lose no update",
    .task = {add_by_sequence, add_by_sequence},
    .handler = {add_by_sequence, NULL},
    .core = {0, 0},
    .check = sum_outcome,
    .outcomes = 1u << 2 | 1u << 3, /* the handler may not land at all */
    .pages = 1,
    .quick = {4, 1, 0, 2},
    .deep = {4, 1, 0, 2},
};

const struct scenario litmus_sequence_two_cores = {
    .name = "litmus-sequence-two-cores",
    .promise = "on two cores they do",
    .task = {add_by_sequence, add_by_sequence},
    .core = {0, 1},
    .check = sum_outcome,
    .outcomes = 1u << 1 | 1u << 2,
    LITMUS(BOUNDS),
};

/* A migration in the midst of a sequence ends it. */
const struct scenario litmus_sequence_migrates = {
    .name = "litmus-sequence-migrates",
    .promise = "a task that changes cores begins its sequence again",
    .task = {add_by_sequence},
    .handler = {add_by_sequence},
    .core = {0},
    .check = sum_outcome,
    .outcomes = 1u << 1 | 1u << 2,
    .pages = 1,
    .quick = {0, 1, 2, 0},
    .deep = {0, 1, 2, 0},
};
