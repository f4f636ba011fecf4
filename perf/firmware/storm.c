/* SPDX-License-Identifier: Apache-2.0 */
/* One scenario, which the semihosting command line names. */
#include "storm.h"

#include "alloc.h"
#include "cores.h"
#include "counter.h"
#include "lines.h"
#include "measure.h"

#include <string.h>

extern char __osh_heap_start[], __osh_heap_end[];

/* The region begins at a multiple of this, so that what the images hold besides the
 * heap does not move its pages. */
#define REGION_ALIGN ((uintptr_t)65536)
#define REGION_BYTES ((size_t)960 * 1024)
#define REGION_MOST ((size_t)1024 * 1024)

static uint32_t random_state[BOARD_CORES];

uint32_t storm_random(unsigned core)
{
    uint32_t x = random_state[core];
    x = x != 0 ? x : 0x9e3779b9u * (core + 1);
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    random_state[core] = x;
    return x;
}

void storm_seed(unsigned seed)
{
    for (unsigned core = 0; core < BOARD_CORES; core++) {
        random_state[core] = 0x9e3779b9u * (core + 1) + seed * 0x85ebca6bu;
    }
}

size_t storm_size(unsigned core, unsigned low, unsigned high)
{
    uint32_t x = storm_random(core);
    unsigned octave = low + (x >> 16) % (high - low);
    return ((size_t)1 << octave) + (storm_random(core) & (((uint32_t)1 << octave) - 1));
}

static char mark_of(const struct block *b)
{
    return (char)(((uintptr_t)b->at >> 3) * 31 + b->size * 7 + 1);
}

bool storm_try_new(unsigned core, struct block *b, size_t size)
{
    b->at = measure_malloc(core, size);
    if (b->at == NULL) {
        return false;
    }
    if ((uintptr_t)b->at % 8 != 0) {
        line_die("a block is not aligned; its size is", (uint32_t)size);
    }
    b->size = size;
    b->at[0] = b->at[size - 1] = mark_of(b);
    return true;
}

void storm_new(unsigned core, struct block *b, size_t size)
{
    if (!storm_try_new(core, b, size)) {
        line_die("no memory for bytes", (uint32_t)size);
    }
}

void storm_drop(unsigned core, struct block *b)
{
    if (b->at == NULL) {
        return;
    }
    if (b->at[0] != mark_of(b) || b->at[b->size - 1] != mark_of(b)) {
        line_die("a block has changed; its size is", (uint32_t)b->size);
    }
    measure_free(core, b->at);
    b->at = NULL;
}

static const struct scenario *find(const struct scenario *const *s, const char *name)
{
    while (*s != NULL && strcmp((*s)->name, name) != 0) {
        s++;
    }
    return *s;
}

static const struct scenario *named(const char *name)
{
    const struct scenario *s = find(storm_scenarios, name);
    s = s != NULL ? s : find(alloc_scenarios, name);
    if (s == NULL) {
        line_text("no such scenario: ");
        line_text(name);
        line_end();
        board_exit(2);
    }
    return s;
}

void storm_finish(void)
{
    measure_record(false);
    const char *wrong = alloc_check();
    if (wrong != NULL) {
        line_text("an invariant does not hold: ");
        line_text(wrong);
        line_end();
        board_exit(1);
    }
    measure_report();
    line_text("ok");
    line_end();
    board_exit(0);
}

int main(void)
{
    static char arguments[64];
    uintptr_t block[2] = {(uintptr_t)arguments, sizeof(arguments)};
    if (board_semihost(0x15, (uintptr_t)block) != 0) { /* SYS_GET_CMDLINE */
        line_die("no command line by semihosting", 0);
    }
    char *rest = strchr(arguments, ' ');
    if (rest != NULL) {
        *rest++ = '\0';
    }
    const struct scenario *s = named(arguments);
    size_t bytes = s->region_bytes != 0 ? s->region_bytes : REGION_BYTES;
    if (s->region_of != NULL) {
        bytes = s->region_of(rest != NULL ? rest : "");
    }
    char *region = __osh_heap_start + (-(uintptr_t)__osh_heap_start & (REGION_ALIGN - 1));
    if (bytes > REGION_MOST || (size_t)(__osh_heap_end - region) < REGION_MOST) {
        line_die("the image has less for the region than", (uint32_t)bytes);
    }
    alloc_region(region, bytes);
    counter_cpu_start();
    measure_start();
    cores_run(s->cores, s->run);
    if (s->done != NULL) {
        s->done();
    }
    storm_finish();
}
