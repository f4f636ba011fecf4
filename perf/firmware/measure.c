/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

#include "alloc.h"
#include "board.h"
#include "cores.h"
#include "counter.h"
#include "lines.h"

enum call { MALLOC, FREE, CALLS, ANY = CALLS };
static const char *const call_names[CALLS] = {"malloc", "free"};
static const char *const path_names[ALLOC_PATHS] = {"hit", "miss", "large", "any"};

/* Counts below SHORT have a place each; of longer ones there are at most LONG
 * different ones a core. */
enum { SHORT = 2048, LONG = 4096, NAMES = 64 };
struct series {
    uint32_t short_ones[SHORT];
    struct {
        uint32_t instructions, times;
    } long_ones[LONG];
    uint32_t long_used;
    uint32_t left_out; /* another core may have run in between */
};
static struct series series[BOARD_CORES][CALLS];
static uint32_t longest[BOARD_CORES][CALLS][ALLOC_PATHS];
static uint32_t overhead[CALLS + 1];
static volatile bool recording;

struct timed {
    uint32_t from, to;
    void *block;
};

/* One copy of each, so that nothing but what is called makes a difference. */
__attribute__((noipa)) static void time_malloc(struct timed *t, void *(*call)(size_t), size_t size)
{
    uint32_t from = counter_cpu_read();
    void *block = call(size);
    t->to = counter_cpu_read();
    t->from = from;
    t->block = block;
}

__attribute__((noipa)) static void time_free(struct timed *t, void (*call)(void *), void *block)
{
    uint32_t from = counter_cpu_read();
    call(block);
    t->to = counter_cpu_read();
    t->from = from;
}

__attribute__((noipa)) static void time_any(struct timed *t, measure_any call, uintptr_t first,
                                            uintptr_t second)
{
    uint32_t from = counter_cpu_read();
    uintptr_t result = call(first, second);
    t->to = counter_cpu_read();
    t->from = from;
    t->block = (void *)result; /* NOLINT */
}

static uint32_t length(const struct timed *t, enum call call)
{
    return counter_cpu_instructions(t->from, t->to) - overhead[call];
}

static void listing(size_t turns)
{
    struct timed t;
    time_malloc(&t, counter_listing_malloc, turns);
    if (length(&t, MALLOC) != COUNTER_LISTING(turns)) {
        line_die("the counter is wrong about a loop of turns", (uint32_t)turns);
    }
    time_free(&t, counter_listing_free, (void *)(uintptr_t)turns); /* NOLINT */
    if (length(&t, FREE) != COUNTER_LISTING(turns)) {
        line_die("the counter is wrong about a loop of turns", (uint32_t)turns);
    }
}

void measure_start(void)
{
    struct timed t;
    time_malloc(&t, counter_empty_malloc, 0);
    overhead[MALLOC] = length(&t, MALLOC) - 1;
    time_free(&t, counter_empty_free, NULL);
    overhead[FREE] = length(&t, FREE) - 1;
    time_any(&t, counter_empty_any, 0, 0);
    overhead[ANY] = length(&t, ANY) - 1;
    for (size_t turns = 1; turns <= 200; turns++) {
        listing(turns); /* at every phase of a tick */
    }
    listing(10000);
}

void measure_record(bool on)
{
    recording = on;
}

static void add_long(struct series *s, uint32_t instructions)
{
    for (uint32_t i = 0; i < s->long_used; i++) {
        if (s->long_ones[i].instructions == instructions) {
            s->long_ones[i].times++;
            return;
        }
    }
    if (s->long_used == LONG) {
        line_die("more different long calls than", LONG);
    }
    s->long_ones[s->long_used].instructions = instructions;
    s->long_ones[s->long_used].times = 1;
    s->long_used++;
}

static void add(unsigned core, enum call call, enum alloc_path path, uint32_t instructions)
{
    struct series *s = &series[core][call];
    if (instructions > longest[core][call][path]) {
        longest[core][call][path] = instructions;
    }
    if (!recording) {
        return;
    }
    if (instructions < SHORT) {
        s->short_ones[instructions]++;
    } else {
        add_long(s, instructions);
    }
}

void *measure_malloc(unsigned core, size_t size)
{
    enum alloc_path path = alloc_malloc_path(size);
    unsigned epoch = cores_begin_epoch();
    struct timed t;
    time_malloc(&t, alloc_malloc, size);
    if (cores_epoch() == epoch) {
        add(core, MALLOC, path, length(&t, MALLOC));
    } else {
        series[core][MALLOC].left_out++;
    }
    return t.block;
}

void measure_free(unsigned core, void *block)
{
    enum alloc_path path = alloc_free_path(block);
    unsigned epoch = cores_begin_epoch();
    struct timed t;
    time_free(&t, alloc_free, block);
    if (cores_epoch() == epoch) {
        add(core, FREE, path, length(&t, FREE));
    } else {
        series[core][FREE].left_out++;
    }
}

uint32_t measure_call(measure_any call, uintptr_t first, uintptr_t second, uintptr_t *result)
{
    struct timed t;
    time_any(&t, call, first, second);
    if (result != NULL) {
        *result = (uintptr_t)t.block;
    }
    return length(&t, ANY);
}

static struct {
    const char *name;
    uint32_t instructions;
} named[NAMES];

void measure_longest(const char *name, uint32_t instructions)
{
    unsigned i = 0;
    while (named[i].name != NULL && named[i].name != name) {
        if (++i == NAMES) {
            line_die("more names than", NAMES);
        }
    }
    named[i].name = name;
    if (instructions > named[i].instructions) {
        named[i].instructions = instructions;
    }
}

static void value(const char *name, uint32_t number)
{
    line_text(name);
    line_text(" ");
    line_number(number);
    line_end();
}

static void times(uint32_t instructions, uint32_t count)
{
    line_text(" ");
    line_number(instructions);
    line_text(":");
    line_number(count);
}

static bool counted(enum call call)
{
    for (unsigned core = 0; core < BOARD_CORES; core++) {
        const struct series *s = &series[core][call];
        for (uint32_t i = 0; i < SHORT; i++) {
            if (s->short_ones[i] > 0) {
                return true;
            }
        }
        if (s->long_used > 0) {
            return true;
        }
    }
    return false;
}

static void report_series(enum call call)
{
    uint32_t left_out = 0;
    if (!counted(call)) {
        return;
    }
    line_text("calls ");
    line_text(call_names[call]);
    for (unsigned core = 0; core < BOARD_CORES; core++) {
        const struct series *s = &series[core][call];
        for (uint32_t i = 0; i < SHORT; i++) {
            if (s->short_ones[i] > 0) {
                times(i, s->short_ones[i]);
            }
        }
        for (uint32_t i = 0; i < s->long_used; i++) {
            times(s->long_ones[i].instructions, s->long_ones[i].times);
        }
        left_out += s->left_out;
    }
    line_end();
    line_text("left_out_");
    value(call_names[call], left_out);
}

static void report_longest(enum call call, enum alloc_path path)
{
    uint32_t most = 0;
    for (unsigned core = 0; core < BOARD_CORES; core++) {
        most = longest[core][call][path] > most ? longest[core][call][path] : most;
    }
    if (most > 0) {
        line_text("longest_");
        line_text(call_names[call]);
        line_text("_");
        value(path_names[path], most);
    }
}

void measure_report(void)
{
    for (enum call call = MALLOC; call < CALLS; call++) {
        report_series(call);
        for (enum alloc_path path = ALLOC_HIT; path < ALLOC_PATHS; path++) {
            report_longest(call, path);
        }
    }
    for (unsigned i = 0; i < NAMES && named[i].name != NULL; i++) {
        line_text("worst_");
        value(named[i].name, named[i].instructions);
    }
}
