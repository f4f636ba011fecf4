/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks and counts every chunk of newlib's heap. The last part of osh_newlib.c, because it needs
 * newlib's own definitions.
 */
/* The first page of newlib's from `at` on, or the end of the pages. Skips whole words of pages that
 * are not newlib's. */
static uintptr_t next_run(uintptr_t at)
{
    size_t page = (at - osh_arena.base + OSH_PAGE_BYTES - 1) >> OSH_PAGE_LOG2;
    while (page < osh_arena.pages && !osh_arena_is_newlib(page)) {
        if (osh_arena_is_closed(page / OSH_WORD_BITS)) {
            page = osh_arena_high() * OSH_WORD_BITS;
            continue;
        }
        page += !OSH_SMALL_CODE && osh_arena.newlib[page / OSH_WORD_BITS] == 0
                    ? OSH_WORD_BITS - page % OSH_WORD_BITS
                    : 1;
    }
    return osh_arena_address(page);
}

/* What a block does not have of its chunk's size. */
#define OF_THE_CHUNK (SIZE_SZ + OSH_SEAL_BYTES)

/* Walks the chunks of each segment. A segment begins at a page. It may follow another one directly,
 * but newlib never merges a segment's first chunk with memory before it. */
struct osh_newlib_walk osh_newlib_walk(void)
{
    struct osh_newlib_walk walk = {0};
    bool before_in_use = true;
    mchunkptr chunk = (mchunkptr)next_run(osh_arena.base);
    while (osh_arena_holds(chunk)) {
        size_t size = chunksize(chunk);
        if (!prev_inuse(chunk) == before_in_use) {
            walk.wrong =
                OSH_NAMED("newlib", "a chunk's PREV_INUSE bit disagrees with its neighbour");
            break;
        }
        if (chunk == top || size == SIZE_SZ) {
            if (chunk == top && (uintptr_t)chunk + size != osh_arena.brk) {
                walk.wrong = OSH_NAMED("newlib", "the top chunk does not end at the break");
                break;
            }
            if (chunk == top) {
                osh_holes_add(&walk.holes, size > MINSIZE, size - OF_THE_CHUNK,
                              osh_newlib_room(size));
            }
            /* The top, or the fenceposts, end a segment; another may follow. */
            chunk = (mchunkptr)next_run((uintptr_t)chunk + (chunk == top ? size : 2 * SIZE_SZ));
            before_in_use = true;
            continue;
        }
        mchunkptr next = chunk_at_offset(chunk, size);
        bool sound =
            next > chunk && osh_arena_holds(next) && osh_arena_is_newlib(osh_arena_page(next));
        if (sound && is_stub(chunk, size)) {
            before_in_use = true;
            chunk = next;
            continue;
        }
        if (!sound || size < MINSIZE || (size & MALLOC_ALIGN_MASK) != 0) {
            walk.wrong = OSH_NAMED("newlib", "a chunk's size is impossible");
            break;
        }
        before_in_use = prev_inuse(next);
        if (before_in_use) {
            walk.blocks++;
            walk.bytes += size - OF_THE_CHUNK;
            if (OSH_HARDENING > 0 && !stands(chunk)) {
                walk.wrong = OSH_NAMED("newlib", "the seal at a block's end is broken");
                break;
            }
        } else if (next->prev_size != size) {
            walk.wrong = OSH_NAMED("newlib", "a free chunk's size is not repeated at its end");
            break;
        } else if (chunk->fd->bk != chunk || chunk->bk->fd != chunk) {
            walk.wrong = OSH_NAMED("newlib", "a free chunk is not linked into its bin");
            break;
        } else {
            size_t room =
                OSH_ALIGN > MALLOC_ALIGNMENT ? osh_newlib_room(size) : size - OF_THE_CHUNK;
            osh_holes_add(&walk.holes, 1, size - OF_THE_CHUNK, room);
        }
        chunk = next;
    }
    return walk;
}
