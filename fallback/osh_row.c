/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_row.h"

#include "arch.h"

#if OSH_ROW_LEAST > 0

/* Pages are moved if they are so many bytes. Each move may cut the system's maps of the region into
 * more parts, of which it has a limited number; fewer bytes are copied as fast. */
#define MOVE_LEAST ((size_t)4 << 20)

#define STATE ((osh_word_t)(1 << OSH_ROW_STATE_BITS) - 1)

/* Changes the state of a claimed row to live, or of a live one to freed. */
#define OTHER_STATE (OSH_ROW_LIVE ^ OSH_ROW_FREED)

/* Written once. */
static size_t least = SIZE_MAX;

void osh_row_start(size_t region)
{
    least = region >= OSH_ROW_REGION ? OSH_ROW_LEAST : OSH_ROW_LEAST_SMALL;
}

static size_t pages_for(size_t size)
{
    return (size + OSH_PAGE_BYTES - 1) >> OSH_PAGE_LOG2;
}

static osh_word_t *word_of(const void *block)
{
    return &osh_arena_rows[osh_arena_page(block)];
}

/* Writes the word of a live row, and returns its block. */
static void *make(size_t page, size_t count)
{
    /* The pages are the caller's: publishes nothing. Whoever gets the block from the program
     * observes the word too. */
    osh_store(&osh_arena_rows[page], count << OSH_ROW_STATE_BITS | OSH_ROW_LIVE);
    return (void *)osh_arena_address(page);
}

/* Of `count` and `spare` pages from `page` on gives back those before the first that is aligned,
 * and those behind `count` pages from there. Returns that page. */
static size_t aligned(size_t page, size_t count, size_t spare, size_t alignment)
{
    uintptr_t start = (osh_arena_address(page) + alignment - 1) & ~(alignment - 1);
    size_t before = osh_arena_page((void *)start) - page;
    if (before > 0) {
        osh_arena_release_row(page, before);
    }
    if (before < spare) {
        osh_arena_release_row(page + before + count, spare - before);
    }
    return page + before;
}

void *osh_row_get(size_t alignment, size_t size, bool clear)
{
    if (size < least || !osh_arena_spans(size) || !osh_arena_spans(alignment) ||
        osh_arch_in_interrupt()) {
        return NULL;
    }
    size_t count = pages_for(size);
    size_t spare = alignment > OSH_PAGE_BYTES ? (alignment >> OSH_PAGE_LOG2) - 1 : 0;
    size_t page = osh_arena_claim_row(count + spare);
    if (page == OSH_NO_PAGE) {
        return NULL;
    }
    if (spare > 0) {
        page = aligned(page, count, spare, alignment);
    }
    osh_arena_use_row(page, count, clear);
    return make(page, count);
}

bool osh_row_claim(const void *block)
{
    osh_word_t word = osh_load(word_of(block));
    /* If several tasks free the row, one of them finds it live. Publishes nothing: the slot or
     * bitmap that the row goes to publishes it. */
    return (word & STATE) == OSH_ROW_LIVE && osh_cas(word_of(block), &word, word ^ OTHER_STATE);
}

void osh_row_revive(const void *block)
{
    /* Taking the block observed its word, and nobody else writes it: publishes nothing. */
    osh_store(word_of(block), osh_load(word_of(block)) ^ OTHER_STATE);
}

enum os_heap_misuse osh_row_fault(const void *block)
{
    /* Observes nothing: who frees claims the row. */
    return (osh_load(word_of(block)) & STATE) == OSH_ROW_LIVE ? 0 : OS_HEAP_FREED_TWICE;
}

void osh_row_free(const void *block)
{
    size_t page = osh_arena_page(block);
    size_t count = osh_arena_row_pages(page);
    osh_store(word_of(block), 0); /* the release publishes it with the pages */
    osh_arena_release_row(page, count);
    osh_arena_purge(count);
}

/* Moves the pages of a row to a longer one. */
static void *move(size_t from, size_t old, size_t count)
{
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
    osh_store(&osh_arena_rows[from], 0); /* the release publishes it with the pages */
    osh_arena_release_row(from, old);
    return make(to, count);
}

void *osh_row_resize(void *block, size_t size)
{
    size_t page = osh_arena_page(block);
    size_t old = osh_arena_row_pages(page);
    size_t count = pages_for(size);
    if (count < old) {
        (void)make(page, count);
        osh_arena_release_row(page + count, old - count);
        osh_arena_purge(old - count);
    } else if (count > old) {
        if (osh_arena_extend_row(page + old, count - old)) {
            osh_arena_use_row(page + old, count - old, false);
            return make(page, count);
        }
        /* At level 2 tools and records know the block by its address. */
        bool moves = OSH_HARDENING < 2 && old << OSH_PAGE_LOG2 >= MOVE_LEAST;
        return moves ? move(page, old, count) : NULL;
    }
    return block;
}

#endif
