/* SPDX-License-Identifier: Apache-2.0 */
/* What is made up for around newlib nano: sizes it would overflow on, the trim,
 * the walk. */
#include "fresh_heap.h"
#include "named.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_fallback.h"
#include "osh_gauge.h"
#include "osh_kept.h"
#include "osh_newlib.h"
#include "osh_seal.h"
#include "sizes.h"

#include <limits.h>
#include <stdlib.h>

#define PAGES ((size_t)16 + LARGE_SIZE(12) / OSH_PAGE_BYTES)

/* nano's free chunk: its size, then the next one. */
struct chunk {
    long size;
    struct chunk *next;
};

extern struct chunk *osh_nano_free_list;

static void sizes_that_would_overflow_give_null(void)
{
    for (size_t below = 0; below < 256; below++) {
        assert_null(osh_fallback_memalign(OSH_ALIGN, SIZE_MAX - below));
        assert_null(osh_fallback_memalign(64, SIZE_MAX - below));
        assert_null(osh_fallback_memalign(SIZE_MAX / 2 + 1, SIZE_MAX / 2 - below));
    }
    assert_int_equal(osh_load(&osh_gauge.newlib), 0);
}

/* A block that takes `pages` to the last byte. */
static void *take_pages(size_t pages)
{
    void *block =
        osh_fallback_memalign(OSH_ALIGN, pages * OSH_PAGE_BYTES - OSH_ALIGN - OSH_SEAL_BYTES);
    assert_non_null(block);
    assert_int_equal(osh_arena.brk % OSH_PAGE_BYTES, 0);
    return block;
}

/* A task that looks for a kept block may be preempted before it reads the size, and another one may
 * take that block and write to it. */
static void header_that_is_overwritten_leads_nowhere(void)
{
    if (OSH_KEPT_BYTES == 0) {
        skip_because("nothing is kept at this level, or compiled for size");
    }
    size_t size = ((size_t)5 << OSH_KEPT_LEAST_LOG2) / 4 + 100;
    osh_kept_start(64 * size);
    void *block = osh_fallback_memalign(OSH_ALIGN, size);
    os_free(block);
    long *header = (long *)block - 1;
    long was = *header;
    static const long others[] = {LONG_MIN, LONG_MIN / 2, -4096l * (long)OSH_PAGE_BYTES, -9,
                                  0,        LONG_MAX};
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        *header = others[i];
        assert_null(osh_fallback_kept(size));
    }
    *header = was;
    assert_ptr_equal(osh_fallback_kept(size), block);
    os_free(block);
}

static void trim_stops_at_the_start_of_the_last_segment(void)
{
    void *low = take_pages(2);
    assert_true(osh_arena_claim_page(2)); /* somebody else's, between two segments */
    void *high = take_pages(3);
    osh_arena_release_run(2, 0);
    assert_true(osh_arena_claim_page(6));
    void *last = osh_fallback_memalign(OSH_ALIGN, OSH_PAGE_BYTES - 64);
    assert_int_equal(osh_arena.segment, osh_arena_address(2));
    assert_int_equal(osh_arena.brk_pages, 6);
    osh_arena_release_run(6, 0);

    /* Free now: the new segment, and behind a block the end of the one below. */
    osh_fallback_free(last, NULL);
    assert_ptr_equal(osh_fallback_resize(low, 64), low);
    osh_fallback_reclaim();
    assert_int_equal(osh_arena.brk_pages, 5);
    assert_null(os_heap_check());
    osh_fallback_reclaim(); /* nothing more to trim */
    assert_int_equal(osh_arena.brk_pages, 5);

    void *middle = osh_fallback_memalign(OSH_ALIGN, OSH_PAGE_BYTES);
    assert_true((char *)middle > (char *)low && (char *)middle < (char *)high);
    osh_fallback_free(middle, NULL);
    osh_fallback_free(low, NULL);
    osh_fallback_free(high, NULL);
    osh_fallback_reclaim();
    assert_int_equal(osh_arena.brk_pages, 0);
}

static void rest_of_the_page_that_the_break_leaves_is_a_free_chunk(void)
{
    void *low = osh_fallback_memalign(OSH_ALIGN, OSH_PAGE_BYTES / 2);
    assert_true(osh_arena_claim_page(1)); /* somebody else's */
    void *high = osh_fallback_memalign(OSH_ALIGN, OSH_PAGE_BYTES);
    assert_true(osh_arena_page(high) >= 2);
    void *rest = osh_fallback_memalign(OSH_ALIGN, OSH_PAGE_BYTES / 4);
    assert_int_equal(osh_arena_page(rest), 0);
    osh_arena_release_run(1, 0);
    assert_null(os_heap_check());
    osh_fallback_free(high, NULL);
    osh_fallback_free(rest, NULL);
    osh_fallback_free(low, NULL);
    osh_fallback_reclaim();
    assert_int_equal(osh_arena.brk_pages, 0);
}

/* nano's own arithmetic has an int for what is left of a free chunk. */
static void free_chunk_of_more_than_4_gib_is_cut_where_it_should_be(void)
{
    NOT_AT_LEVEL_2
    heap_option("region=8589934592");
    void *blocks[3];
    for (unsigned i = 0; i < 3; i++) {
        blocks[i] = os_malloc((size_t)3 << 29);
        assert_non_null(blocks[i]);
    }
    osh_kept_start(0); /* all that is freed goes to nano */
    void *behind = os_malloc(LARGE_SIZE(1));
    for (unsigned i = 0; i < 3; i++) {
        os_free(blocks[i]);
    }
    long free_bytes = osh_nano_free_list->size;
    assert_true(free_bytes > 9l << 29);
    void *block = os_malloc(LARGE_SIZE(2));
    assert_true((uintptr_t)block < (uintptr_t)behind);
    assert_true((size_t)free_bytes - (size_t)osh_nano_free_list->size < LARGE_SIZE(2) + 64);
    os_free(block);
    assert_int_equal(osh_nano_free_list->size, free_bytes);
    os_free(behind);
}

/* Two free chunks, each between blocks in use. */
static struct chunk *two_free_chunks(void)
{
    void *blocks[5];
    for (unsigned i = 0; i < 5; i++) {
        blocks[i] = os_malloc(LARGE_SIZE(1));
        assert_non_null(blocks[i]);
    }
    os_free(blocks[1]);
    os_free(blocks[3]);
    assert_null(os_heap_check());
    assert_non_null(osh_nano_free_list->next);
    return osh_nano_free_list;
}

static void free_chunk_of_an_impossible_size_is_named(void)
{
    struct chunk *chunk = two_free_chunks();
    long size = chunk->size;
    chunk->size = 8;
    check_names("newlib nano: a free chunk's size or place is impossible");
    chunk->size = size;
}

static void free_chunk_outside_the_heap_is_named(void)
{
    static struct chunk stray = {64, NULL};
    struct chunk *chunk = two_free_chunks();
    struct chunk *next = chunk->next;
    chunk->next = &stray;
    check_names((char *)&stray > (char *)chunk
                    ? "newlib nano: a free chunk's size or place is impossible"
                    : "newlib nano: free chunks overlap or are out of order");
    chunk->next = next;
}

static void free_chunk_in_a_page_that_is_not_newlibs_is_named(void)
{
    struct chunk *chunk = two_free_chunks();
    struct chunk *next = chunk->next;
    struct chunk *astray = (struct chunk *)osh_arena_address(osh_arena.pages - 1);
    *astray = (struct chunk){64, NULL};
    chunk->next = astray;
    check_names("newlib nano: a free chunk's size or place is impossible");
    chunk->next = next;
}

static void overlapping_free_chunks_are_named(void)
{
    struct chunk *chunk = two_free_chunks();
    long size = chunk->size;
    chunk->size = (char *)chunk->next - (char *)chunk + 8;
    check_names("newlib nano: free chunks overlap or are out of order");
    chunk->size = size;
}

static enum os_heap_misuse told;

static void note(const struct os_heap_report *report)
{
    told = report->misuse;
}

static void link_of_a_free_chunk_that_leads_out_is_reported(void)
{
    if (OSH_HARDENING == 0) {
        skip_because("level 0 does not look");
    }
    (void)os_heap_set_report_hook(note);
    void *low = osh_fallback_memalign(OSH_ALIGN, OSH_PAGE_BYTES / 2);
    void *high = osh_fallback_memalign(OSH_ALIGN, OSH_PAGE_BYTES / 2);
    assert_true(low < high);
    osh_fallback_free(low, NULL);
    struct chunk *next = osh_nano_free_list->next;
    const uintptr_t wrong[] = {(uintptr_t)high + 4, UINTPTR_MAX - 7};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        told = 0;
        osh_nano_free_list->next = (struct chunk *)wrong[i]; /* NOLINT(performance-no-int-to-ptr) */
        osh_fallback_free(high, NULL);
        assert_int_equal(told, OS_HEAP_BAD_LINK);
        osh_nano_free_list->next = next;
        osh_seal_set(high, OSH_SEAL_LIVE);
    }
    told = 0;
    osh_fallback_free(high, NULL);
    assert_int_equal(told, 0);
    assert_int_equal(osh_load(&osh_gauge.newlib), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(sizes_that_would_overflow_give_null, PAGES),
        in_fresh_heap(free_chunk_of_more_than_4_gib_is_cut_where_it_should_be, PLATFORM_REGION),
        in_fresh_heap(rest_of_the_page_that_the_break_leaves_is_a_free_chunk, PAGES),
        in_fresh_heap(header_that_is_overwritten_leads_nowhere, PAGES),
        in_fresh_heap(trim_stops_at_the_start_of_the_last_segment, PAGES),
        in_fresh_heap(link_of_a_free_chunk_that_leads_out_is_reported, PAGES),
        in_fresh_heap(free_chunk_of_an_impossible_size_is_named, PAGES),
        in_fresh_heap(free_chunk_outside_the_heap_is_named, PAGES),
        in_fresh_heap(free_chunk_in_a_page_that_is_not_newlibs_is_named, PAGES),
        in_fresh_heap(overlapping_free_chunks_are_named, PAGES),
    };
    return cmocka_run_group_tests_name("fallback/nano", tests, NULL, NULL);
}
