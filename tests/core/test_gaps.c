/* SPDX-License-Identifier: Apache-2.0 */
/* The hints that lead to rows of free pages. */
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_gaps.h"
#include "osh_gauge.h"

#if OSH_ROW_LEAST > 0

#define PAGES 9000 /* three groups of words */
#define LEAST ((size_t)OSH_GAP_LEAST)

static void take_all(void)
{
    assert_int_equal(osh_arena_claim_row(osh_arena.pages), 0);
}

static void release(size_t page, size_t count)
{
    osh_arena_release_row(page, count);
}

/* So that the heap is sound in the end. */
static void release_all(void)
{
    for (size_t page = 0; page < osh_arena.pages; page++) {
        if (osh_arena_is_claimed(page)) {
            osh_arena_release_row(page, 1);
        }
    }
    osh_store(&osh_gauge.rows, 0); /* some were no row's */
    struct osh_gap_hint hint;
    assert_int_equal(osh_gaps_find(osh_arena.pages, &hint), 0);
}

static size_t found(size_t count)
{
    struct osh_gap_hint hint;
    return osh_gaps_find(count, &hint);
}

static void shortest_gap_that_suffices_is_found(void)
{
    take_all();
    release(100, 3 * LEAST);
    release(1000, LEAST + 1);
    release(8000, 2 * LEAST);
    assert_int_equal(found(LEAST), 1001);
    assert_int_equal(found(LEAST + 1), 1000);
    assert_int_equal(found(LEAST + 2), 8000 + LEAST - 2);
    assert_int_equal(found(2 * LEAST + 1), 100 + LEAST - 1);
    assert_int_equal(found(3 * LEAST), 100);
    assert_int_equal(found(3 * LEAST + 1), OSH_NO_PAGE);
    assert_int_equal(osh_gaps_search(3 * LEAST + 1, false), OSH_NO_PAGE);
    assert_int_equal(osh_gaps_search(3 * LEAST, false), 100);
    release_all();
}

static void highest_of_gaps_of_a_length_is_found(void)
{
    take_all();
    for (size_t page = 70; page < 8900; page += 2 * LEAST) {
        release(page, LEAST);
    }
    size_t before = OSH_NO_PAGE;
    size_t count = 0;
    for (size_t page; (page = osh_arena_claim_row(LEAST)) != OSH_NO_PAGE; count++) {
        assert_true(page < before);
        before = page;
    }
    assert_int_equal(count, (8900 - 70 + 2 * LEAST - 1) / (2 * LEAST));
    release_all();
}

static void gap_that_spans_words_is_one(void)
{
    take_all();
    release(60, 200);
    assert_int_equal(found(200), 60);
    release(260, 1);
    assert_int_equal(found(201), 60);
    release(59, 1);
    assert_int_equal(found(202), 59);
    assert_true(osh_arena_claim_page(128));
    assert_int_equal(found(260 - 128), 129);
    assert_int_equal(found(260 - 128 + 1), OSH_NO_PAGE);
    assert_int_equal(found(128 - 59), 59);
    release_all();
}

static void rest_of_a_gap_below_a_claim_is_found(void)
{
    take_all();
    release(60, 200);
    assert_int_equal(osh_arena_claim_row(100), 160);
    assert_int_equal(found(100), 60);
    assert_int_equal(osh_arena_claim_row(32), 128);
    assert_int_equal(osh_arena_claim_run(5), 96);
    assert_int_equal(found(36), 60);
    assert_int_equal(found(37), OSH_NO_PAGE);
    release_all();
}

static void two_rows_that_are_freed_are_one_gap(void)
{
    take_all();
    release(500, 100);
    size_t upper = osh_arena_claim_row(50);
    size_t lower = osh_arena_claim_row(50);
    assert_int_equal(found(LEAST), OSH_NO_PAGE);
    osh_arena_release_row(lower, 50);
    assert_int_equal(found(51), OSH_NO_PAGE);
    osh_arena_release_row(upper, 50);
    assert_int_equal(found(100), 500);
    release_all();
}

static void great_gap_is_found_after_it_moved_on(void)
{
    /* Slabs fill the region from the top; the gap's end goes from word to word. */
    for (unsigned i = 0; i < 5000; i++) {
        assert_int_not_equal(osh_arena_claim_run(0), OSH_NO_PAGE);
    }
    assert_int_equal(found(2000), osh_arena.pages - 5000 - 2000);
    release_all();
}

static void gap_that_grows_downward_is_noted_at_every_length(void)
{
    take_all();
    for (size_t page = 5000; page-- > 3800;) {
        release(page, 1);
        assert_true(5000 - page < LEAST || osh_gaps_is_noted(5000, 5000 - page));
    }
    release_all();
}

/* The longest row of free pages, by a look at every page. All others are noted too. */
static size_t longest(void)
{
    size_t best = 0;
    size_t length = 0;
    for (size_t page = 0; page < osh_arena.pages; page++) {
        bool is_claimed = osh_arena_is_claimed(page);
        assert_true(!is_claimed || length < LEAST || osh_gaps_is_noted(page, length));
        length = is_claimed ? 0 : length + 1;
        best = length > best ? length : best;
    }
    return best;
}

static void no_gap_is_lost_in_a_random_history(void)
{
    enum { ROWS = 200 };
    size_t page[ROWS] = {0};
    size_t count[ROWS] = {0};
    uint64_t seed = 1;
    for (unsigned step = 0; step < 20000; step++) {
        size_t i = random_below(&seed, ROWS);
        bool is_row = i % 2 == 0;
        if (count[i] > 0 && is_row) {
            osh_arena_release_row(page[i], count[i]);
            count[i] = 0;
        } else if (count[i] > 0) {
            osh_arena_release_run(page[i], (unsigned)count[i] - 1);
            count[i] = 0;
        } else if (is_row) {
            size_t want = LEAST + random_below(&seed, i < 20 ? 2000 : 150);
            page[i] = osh_arena_claim_row(want);
            count[i] = page[i] != OSH_NO_PAGE ? want : 0;
            assert_true(count[i] > 0 || longest() < want);
        } else {
            unsigned run = (unsigned)random_below(&seed, OSH_RUN_LOG2 + 1);
            page[i] = osh_arena_claim_run(run);
            count[i] = page[i] != OSH_NO_PAGE ? run + 1 : 0;
        }
        if (step % 16 == 0) {
            size_t most = longest();
            assert_true(most < LEAST || found(most) != OSH_NO_PAGE);
            assert_int_equal(found(most + 1), OSH_NO_PAGE);
        }
    }
    release_all();
}

static void child_of_a_fork_finds_gaps_that_nobody_has_noted(void)
{
    take_all();
    release(300, 20);
    struct osh_gap_hint hint;
    assert_int_equal(osh_gaps_find(20, &hint), 300);
    release(320, 20);
    /* As if others had not come so far: no hint at all. */
    osh_arena_release_row(osh_arena_claim_row(40), 40);
    for (size_t word = 0; word < osh_arena.words; word++) {
        for (hint.length = 0; hint.length < 64; hint.length++) {
            hint.word = word;
            osh_word_t claimed = osh_arena.claimed[word];
            osh_arena.claimed[word] = ~(osh_word_t)0;
            osh_gaps_settle(hint);
            osh_arena.claimed[word] = claimed;
        }
    }
    assert_int_equal(found(40), OSH_NO_PAGE);
    osh_gaps_repair();
    assert_int_equal(found(40), 300);
    release_all();
}

/* Where pages are opened in steps: a gap that ends just below the open pages may be noted. Its hint
 * lies in another group than theirs, and in this region on another page of the system's. */
static void hint_just_below_the_open_pages_may_be_written(void)
{
    heap_option("region=2189426688");
    os_free(os_malloc(1));
    size_t words = osh_arena.words;
    if (words % OSH_WORD_BITS != 0) {
        skip_because("the region begins where this table's pages end elsewhere");
    }
    size_t high = words - 2;
    while (high % OSH_WORD_BITS != 0 || (3 * words + high) % 512 != 0) {
        high--;
    }
    assert_true(high > OSH_WORD_BITS);
    size_t row = osh_arena.pages - (high * OSH_WORD_BITS + 40) - 8; /* the slab took some above */
    assert_non_null(os_malloc(row << OSH_PAGE_LOG2));
    for (unsigned i = 0; i < 300; i++) { /* these open what is below */
        char *block = os_malloc(100000 + i % 3 * OSH_PAGE_BYTES);
        assert_non_null(block);
        *block = 1;
    }
    assert_null(os_heap_check());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(hint_just_below_the_open_pages_may_be_written, PLATFORM_REGION),
        in_fresh_heap(shortest_gap_that_suffices_is_found, PAGES),
        in_fresh_heap(highest_of_gaps_of_a_length_is_found, PAGES),
        in_fresh_heap(gap_that_spans_words_is_one, PAGES),
        in_fresh_heap(rest_of_a_gap_below_a_claim_is_found, PAGES),
        in_fresh_heap(two_rows_that_are_freed_are_one_gap, PAGES),
        in_fresh_heap(great_gap_is_found_after_it_moved_on, PAGES),
        in_fresh_heap(gap_that_grows_downward_is_noted_at_every_length, PAGES),
        in_fresh_heap(no_gap_is_lost_in_a_random_history, PAGES),
        in_fresh_heap(child_of_a_fork_finds_gaps_that_nobody_has_noted, PAGES),
    };
    return cmocka_run_group_tests_name("core/gaps", tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* there are no rows of pages: skipped */
}

#endif
