/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brink: a small region kept 95 to 100 % full, then emptied. What was freed must
 * be had again: as one large block, and filled as far as before.
 */
#include "lines.h"
#include "measure.h"
#include "scenarios.h"

enum { REGION = 96 * 1024, STEPS = 12000, MOST = REGION / 16, LOW = 4, HIGH = 11 };
enum { NULLS_TO_BE_FULL = 8 };

static struct block blocks[MOST];
static unsigned used, nulls;
static size_t live, first_fill, refill;
static bool large_had;

static bool add(unsigned core)
{
    size_t size = storm_size(core, LOW, HIGH);
    if (used == MOST || !storm_try_new(core, &blocks[used], size)) {
        nulls++;
        return false;
    }
    live += size;
    used++;
    return true;
}

static void remove_one(unsigned core)
{
    struct block *b = &blocks[storm_random(core) % used];
    live -= b->size;
    storm_drop(core, b);
    *b = blocks[--used];
}

/* One NULL may be a large request where there is room for small ones. */
static void fill(unsigned core)
{
    for (unsigned in_a_row = 0; in_a_row < NULLS_TO_BE_FULL;) {
        in_a_row = add(core) ? 0 : in_a_row + 1;
    }
}

static void empty(unsigned core)
{
    while (used > 0) {
        remove_one(core);
    }
}

static void run(unsigned core)
{
    fill(core);
    first_fill = live;
    nulls = 0;
    measure_record(true);
    for (unsigned i = 0; i < STEPS; i++) {
        if (live > first_fill / 100 * 98 || (live > first_fill / 100 * 95 && i % 2 == 0)) {
            remove_one(core);
        } else {
            (void)add(core);
        }
    }
    measure_record(false);
    empty(core);
    struct block large;
    large_had = storm_try_new(core, &large, REGION / 10 * 8);
    if (large_had) {
        storm_drop(core, &large);
    }
    unsigned refused = nulls;
    fill(core);
    refill = live;
    nulls = refused;
    empty(core);
}

static void number(const char *name, size_t value)
{
    line_text(name);
    line_text(" ");
    line_number((uint32_t)value);
    line_end();
}

static void done(void)
{
    number("region_bytes", REGION);
    number("first_fill_bytes", first_fill);
    number("refill_bytes", refill);
    number("nulls", nulls);
    number("large_had", large_had);
}

const struct scenario storm_brink = {
    .name = "brink", .cores = 1, .region_bytes = REGION, .run = run, .done = done};
