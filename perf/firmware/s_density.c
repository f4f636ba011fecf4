/* SPDX-License-Identifier: Apache-2.0 */
/*
 * density REGION KIND SEED: bytes handed out when the first NULL comes, as asked for. All cores
 * allocate, in turns. REGION is so many KiB, KIND one of the names below, SEED a digit.
 */
#include "alloc.h"
#include "cores.h"
#include "lines.h"
#include "scenarios.h"

#include <string.h>

/* Blocks that are to be freed again are kept; others are only counted. */
enum { TURN = 32, MOST = 16384, GROWING = 8 };

static struct block kept[MOST];
static unsigned used;
static size_t region, live;
static bool out;

static size_t uniform(unsigned core, size_t low, size_t high)
{
    return low + storm_random(core) % (high - low + 1);
}

static size_t of_255(unsigned core)
{
    return storm_size(core, 4, 8);
}

static size_t of_2k(unsigned core)
{
    return storm_size(core, 4, 11);
}

static size_t of_12(unsigned core)
{
    (void)core;
    return 12;
}

static size_t of_40(unsigned core)
{
    (void)core;
    return 40;
}

static size_t of_100(unsigned core)
{
    (void)core;
    return 100;
}

static size_t of_700(unsigned core)
{
    (void)core;
    return 700;
}

/* A protocol stack: headers, packets, timers. */
static size_t of_stack(unsigned core)
{
    switch (storm_random(core) % 3) {
    case 0:
        return uniform(core, 16, 96);
    case 1:
        return uniform(core, 256, 1536);
    default:
        return 48;
    }
}

static bool add(unsigned core, size_t size)
{
    struct block b = {alloc_malloc(size), size};
    if (b.at == NULL) {
        out = true;
        return false;
    }
    b.at[0] = b.at[size - 1] = 1;
    live += size;
    if (used < MOST) {
        kept[used++] = b;
    }
    (void)core;
    return true;
}

static void remove_one(unsigned core)
{
    struct block *b = &kept[storm_random(core) % used];
    live -= b->size;
    alloc_free(b->at);
    *b = kept[--used];
}

static size_t (*size_of)(unsigned core);

static void fill(unsigned core)
{
    for (unsigned i = 0; i < TURN && add(core, size_of(core)); i++) {
    }
}

/* Five eighths of the region stay allocated while blocks are replaced. */
static unsigned churned;
static void churn(unsigned core)
{
    enum { REPLACED = 6000 };
    for (unsigned i = 0; i < TURN; i++) {
        bool full = live >= region / 8 * 5;
        churned += full;
        if (full && churned < REPLACED) {
            remove_one(core);
        } else if (!add(core, size_of(core))) {
            return;
        }
    }
}

/* Fills the region, frees nine tenths of the blocks, and fills it again. */
static unsigned to_free;
static bool emptied;
static void free_most(unsigned core)
{
    for (unsigned i = 0; i < TURN; i++) {
        if (to_free > 0) {
            remove_one(core);
            to_free--;
        } else if (!add(core, size_of(core))) {
            if (emptied) {
                return;
            }
            emptied = true;
            out = false;
            to_free = used / 10 * 9;
        }
    }
}

/* Strings that grow by realloc, some at a time, and then stay. */
static void grow(unsigned core)
{
    static struct {
        char *at;
        size_t size, target;
    } string[BOARD_CORES][GROWING];
    for (unsigned i = 0; i < TURN; i++) {
        unsigned which = storm_random(core) % GROWING;
        char **at = &string[core][which].at;
        size_t *size = &string[core][which].size;
        if (*at == NULL) {
            *size = 0;
            string[core][which].target = storm_size(core, 4, 10);
        }
        char *longer = alloc_realloc(*at, *size + 16);
        if (longer == NULL) {
            out = true;
            return;
        }
        longer[*size] = 1;
        *size += 16;
        live += 16;
        *at = *size < string[core][which].target ? longer : NULL;
    }
}

static const struct {
    const char *name;
    size_t (*size)(unsigned core);
    void (*turn)(unsigned core);
} kinds[] = {
    {"16..255", of_255, fill},   {"16..2K", of_2k, fill},  {"12", of_12, fill},
    {"40", of_40, fill},         {"100", of_100, fill},    {"700", of_700, fill},
    {"stack", of_stack, fill},   {"strings", of_12, grow}, {"churned", of_255, churn},
    {"freed", of_2k, free_most},
};
static void (*turn_of)(unsigned core);

static bool begins_with(const char *text, const char *start)
{
    while (*start != '\0' && *text == *start) {
        text++;
        start++;
    }
    return *start == '\0';
}

static size_t region_of(const char *arguments)
{
    const char *kind = arguments;
    for (region = 0; *kind >= '0' && *kind <= '9'; kind++) {
        region = region * 10 + (unsigned)(*kind - '0') * 1024u;
    }
    kind += *kind == ' ';
    const char *end = strchr(kind, ' ');
    for (unsigned i = 0; end != NULL && i < sizeof(kinds) / sizeof(*kinds); i++) {
        size_t length = strlen(kinds[i].name);
        if (kind + length == end && begins_with(kind, kinds[i].name)) {
            size_of = kinds[i].size;
            turn_of = kinds[i].turn;
            storm_seed((unsigned)(end[1] - '0'));
        }
    }
    if (turn_of == NULL || region == 0) {
        line_die("density: how many KiB, what sizes, which seed?", (uint32_t)region);
    }
    return region;
}

static void run(unsigned core)
{
    for (bool go_on = true; go_on;) {
        cores_wait_turn(core);
        if (!out) {
            turn_of(core);
        }
        go_on = !out;
        cores_pass_turn(core);
    }
}

static void done(void)
{
    line_text("first_null_bytes ");
    line_number((uint32_t)live);
    line_end();
}

const struct scenario storm_density = {
    .name = "density", .cores = BOARD_CORES, .region_of = region_of, .run = run, .done = done};
