/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about large blocks: about one, and about all. */
#include "osh_fallback.h"

#include "osh_arena.h"
#include "osh_deferred.h"
#include "osh_gauge.h"
#include "osh_inside.h"
#include "osh_newlib.h"
#include "osh_row.h"
#include "osh_seal.h"

size_t osh_fallback_usable(const void *block)
{
    return osh_row_is(block) ? osh_row_bytes(block) : osh_newlib_usable(block);
}

enum os_heap_misuse osh_fallback_fault(const void *block)
{
    if (osh_row_is(block)) {
        return osh_row_fault(block);
    }
    bool inside_row = OSH_ROW_LEAST > 0 && !osh_arena_is_newlib(osh_arena_page(block));
    return inside_row ? OS_HEAP_NOT_A_START : osh_seal_fault(block, OSH_SEAL_LIVE);
}

void osh_fallback_look(struct osh_fallback_stats *stats)
{
    struct osh_newlib_walk walk = {0};
    size_t live = 0;
    size_t pending = 0;
    size_t pages = 0;
    if (osh_fallback_hold()) {
        size_t before = osh_inside.drained;
        osh_fallback_drain();
        pending = osh_inside.drained - before;
        pages = osh_arena.brk_pages;
        live = osh_load(&osh_gauge.newlib);
        walk = osh_newlib_walk();
        if (OSH_NEWLIB_COUNTS && walk.wrong == NULL &&
            (walk.blocks != osh_inside.live_blocks || walk.bytes != live)) {
            walk.wrong = OSH_NAMED("newlib", "the blocks in use are not those handed out");
        }
        osh_fallback_let_go();
    }
    /* Counted last: includes all that were drained, by us and by others. */
    size_t deferred = osh_deferred_count();
    /* Kept blocks are in use for newlib, and count as rows. */
    size_t kept = OSH_KEPT_BYTES > 0 ? osh_kept_bytes() : 0;
    size_t rows = osh_gauge_in_rows();
    live += rows;
    kept = kept < live ? kept : live;
    live -= kept;
    pages += rows >> OSH_PAGE_LOG2;
    *stats =
        (struct osh_fallback_stats){live, kept, pages, deferred, pending, walk.wrong, walk.holes};
}
