/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_row.h"

#include "arch.h"
#include "osh_arena.h"
#include "osh_newlib.h"
#include "osh_seal.h"

#if OSH_ROWS

/* What lies behind the program's bytes: the seal and an unused word. */
#define BEHIND (sizeof(size_t) + OSH_SEAL_BYTES)

/* Pages are moved if they are so many bytes. Each move may cut the system's maps of the region into
 * more parts, of which it has a limited number; fewer bytes are copied as fast. */
#define MOVE_LEAST ((size_t)4 << 20)

/* Written once. */
static size_t least = SIZE_MAX;

void osh_row_start(size_t region)
{
    least = region >= OSH_ROW_REGION ? OSH_ROW_LEAST : OSH_ROW_LEAST_SMALL;
}

/* What the header says of a block of `size` bytes. */
static size_t header_for(size_t size)
{
    return (size + BEHIND + OSH_NEWLIB_UNIT - 1) & ~(OSH_NEWLIB_UNIT - 1);
}

/* The pages that are needed if a block of `size` bytes begins `offset` bytes behind the first. */
static size_t pages_for(size_t offset, size_t size)
{
    return (offset + header_for(size) + OSH_PAGE_BYTES - 1) >> OSH_PAGE_LOG2;
}

static size_t first_page(const void *block)
{
    return osh_arena_page((const char *)block - OSH_NEWLIB_HEADER);
}

/* Where in its first page the block begins, or behind it. */
static size_t offset_of(const void *block)
{
    return (uintptr_t)block - osh_arena_address(first_page(block));
}

static size_t pages_of(const void *block)
{
    return (offset_of(block) + osh_newlib_size(block) + OSH_PAGE_BYTES - 1) >> OSH_PAGE_LOG2;
}

/* Writes header and seal of a block of `size` bytes, and returns it. It begins at `offset` of the
 * row from `page` on. What lies behind its seal stays untouched. */
static void *make(size_t page, size_t offset, size_t size)
{
    size_t *block = (size_t *)(osh_arena_address(page) + offset);
    /* The block is the caller's alone. Bit 0 tells newlib that nothing free lies before it. */
    block[-1] = header_for(size) | OSH_NEWLIB_ROW | 1;
    if (OSH_HARDENING > 0) {
        osh_seal_set(block, OSH_SEAL_LIVE);
    }
    return block;
}

/* Claims pages for `size` bytes that begin at that alignment, and stores where in them. */
static size_t claim(size_t alignment, size_t size, size_t *count, size_t *offset)
{
    *offset = alignment > OSH_NEWLIB_HEADER ? alignment : OSH_NEWLIB_HEADER;
    *count = pages_for(*offset, size);
    size_t page = osh_arena_claim_row(*count);
    if (alignment > OSH_PAGE_BYTES && page != OSH_NO_PAGE) {
        /* The header is at the end of the page before the block. What lies before that page, and
         * behind the block, goes back. */
        uintptr_t start = (osh_arena_address(page + 1) + alignment - 1) & ~(alignment - 1);
        size_t before = osh_arena_page((void *)start) - 1 - page;
        size_t needed = pages_for(OSH_PAGE_BYTES, size);
        if (before > 0) {
            osh_arena_release_row(page, before);
        }
        if (before + needed < *count) {
            osh_arena_release_row(page + before + needed, *count - before - needed);
        }
        page += before;
        *count = needed;
        *offset = OSH_PAGE_BYTES;
    }
    return page;
}

void *osh_row_get(size_t alignment, size_t size, bool clear)
{
    if (size < least || !osh_arena_spans(size) || !osh_arena_spans(alignment) ||
        osh_arch_in_interrupt()) {
        return NULL;
    }
    size_t count;
    size_t offset;
    size_t page = claim(alignment, size, &count, &offset);
    if (page == OSH_NO_PAGE) {
        return NULL;
    }
    osh_arena_use_row(page, count, clear);
    return make(page, offset, size);
}

size_t osh_row_bytes(const void *block)
{
    return pages_of(block) << OSH_PAGE_LOG2;
}

void osh_row_free(void *block)
{
    osh_arena_release_row(first_page(block), pages_of(block));
    osh_arena_purge();
}

/* Moves the pages of a row to a longer one. */
static void *move(const void *block, size_t old, size_t count, size_t size)
{
    size_t from = first_page(block);
    size_t offset = offset_of(block);
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
    return make(to, offset, size);
}

void *osh_row_resize(void *block, size_t size)
{
    size_t page = first_page(block);
    size_t old = pages_of(block);
    size_t offset = offset_of(block);
    size_t count = pages_for(offset, size);
    if (count < old) {
        block = make(page, offset, size);
        osh_arena_release_row(page + count, old - count);
        osh_arena_purge();
    } else if (count > old) {
        if (osh_arena_extend_row(page + old, count - old)) {
            osh_arena_use_row(page + old, count - old, false);
            return make(page, offset, size);
        }
        /* At level 2 tools and records know the block by its address. */
        bool moves = OSH_HARDENING < 2 && old << OSH_PAGE_LOG2 >= MOVE_LEAST;
        return moves ? move(block, old, count, size) : NULL;
    } else if (size > osh_newlib_usable(block)) {
        block = make(page, offset, size);
    }
    return block;
}

#endif
