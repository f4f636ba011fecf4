/* SPDX-License-Identifier: Apache-2.0 */
/* Slabs of two pages: a run is claimed, found by its later page, given up, and trimmed as
 * a whole. Not in builds whose slabs are all of one page. */
#include "osh_arena.h"
#include "osh_find.h"
#include "osh_links.h"
#include "osh_slab.h"
#include "scenario.h"

#if OSH_RUN_LOG2 > 0

#define WIDE osh_class_of(512)   /* two pages, two objects: one a page */
#define NARROW osh_class_of(160) /* one page, three objects */

static struct osh_chain got[2];

/* The class byte of a block's page is what os_free goes by. */
static void look_up(struct osh_chain chain, unsigned cls)
{
    for (const void *block = chain.head; chain.count-- > 0; block = osh_links_next(block)) {
        REQUIRE(osh_heap_class_at(block, NULL) == cls);
    }
}

static void take(unsigned number, unsigned cls, unsigned count)
{
    got[number] = osh_slab_get(cls, count, true);
    look_up(got[number], cls);
}

static void give(unsigned number, unsigned cls)
{
    look_up(got[number], cls);
    if (got[number].count > 0) {
        osh_slab_put(cls, got[number]);
        got[number] = (struct osh_chain){NULL, 0};
    }
}

/* All pages are a slab of two. */
static void one_wide(void)
{
    take(0, WIDE, 1);
}

static void take_narrow(void)
{
    take(1, NARROW, 1);
}

static void release_then_take_wide(void)
{
    give(0, WIDE);
    take(0, WIDE, 1);
}

static void give_all(void)
{
    give(0, WIDE);
    give(1, NARROW);
    nothing_is_lost();
}

const struct scenario run_release = {
    .name = "run-release",
    .promise = "a page of a run that was given up has the class of the slab it became",
    .pages = 2,
    .setup = one_wide,
    .task = {release_then_take_wide, take_narrow},
    .core = {0, 1},
    .check = give_all,
    .quick = {2, 0, 0, 1},
    .deep = {3, 0, 0, 2},
};

#endif
