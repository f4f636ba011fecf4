/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_row.h"

#include "arch.h"
#include "osh_arena.h"
#include "osh_newlib.h"
#include "osh_seal.h"

#if OSH_ROWS

/* What a row has besides the program's bytes: a header at each end, of which the second is unused,
 * and the seal. */
#define OVERHEAD (2 * OSH_NEWLIB_HEADER + OSH_SEAL_BYTES)

/* Pages are moved if they are so many bytes. Each move may cut the system's maps of the region into
 * more parts, of which it has a limited number; fewer bytes are copied as fast. */
#define MOVE_LEAST ((size_t)4 << 20)

static size_t pages_for(size_t size)
{
    return (size + OVERHEAD + OSH_PAGE_BYTES - 1) >> OSH_PAGE_LOG2;
}

static size_t first_page(const void *block)
{
    return osh_arena_page((const char *)block - OSH_NEWLIB_HEADER);
}

static size_t pages_of(const void *block)
{
    return (osh_newlib_size(block) + OSH_NEWLIB_HEADER) >> OSH_PAGE_LOG2;
}

/* Writes header and seal of the row of `count` pages from `page` on, and returns the block. */
static void *make(size_t page, size_t count)
{
    size_t *block = (size_t *)(osh_arena_address(page) + OSH_NEWLIB_HEADER);
    /* The block is the caller's alone. Bit 0 tells newlib that nothing free lies before it. */
    block[-1] = ((count << OSH_PAGE_LOG2) - OSH_NEWLIB_HEADER) | OSH_NEWLIB_ROW | 1;
    if (OSH_HARDENING > 0) {
        osh_seal_set(block, OSH_SEAL_LIVE);
    }
    return block;
}

void *osh_row_get(size_t size, bool clear)
{
    if (size < OSH_ROW_LEAST || !osh_arena_spans(size) || osh_arch_in_interrupt()) {
        return NULL;
    }
    size_t count = pages_for(size);
    size_t page = osh_arena_claim_row(count);
    if (page == OSH_NO_PAGE) {
        return NULL;
    }
    osh_arena_use_row(page, count, clear);
    return make(page, count);
}

void osh_row_free(void *block)
{
    osh_arena_release_row(first_page(block), pages_of(block));
    osh_arena_purge();
}

/* Moves the pages of a row to a longer one. */
static void *move(const void *block, size_t old, size_t count)
{
    size_t from = first_page(block);
    size_t to = osh_arena_claim_row(count);
    if (to == OSH_NO_PAGE) {
        return NULL;
    }
    if (!osh_arch_move((void *)osh_arena_address(to), (void *)osh_arena_address(from),
                       old << OSH_PAGE_LOG2)) {
        osh_arena_release_row(to, count);
        return NULL;
    }
    osh_arena_use_row(to, count, false);
    osh_arena_unuse_row(from, old);
    osh_arena_release_row(from, old);
    return make(to, count);
}

void *osh_row_resize(void *block, size_t size)
{
    size_t page = first_page(block);
    size_t old = pages_of(block);
    size_t count = pages_for(size);
    if (count < old) {
        block = make(page, count);
        osh_arena_release_row(page + count, old - count);
        osh_arena_purge();
    } else if (count > old) {
        if (osh_arena_extend_row(page + old, count - old)) {
            osh_arena_use_row(page + old, count - old, false);
            return make(page, count);
        }
        /* At level 2 tools and records know the block by its address. */
        bool moves = OSH_HARDENING < 2 && old << OSH_PAGE_LOG2 >= MOVE_LEAST;
        return moves ? move(block, old, count) : NULL;
    }
    return block;
}

#endif
