/* SPDX-License-Identifier: Apache-2.0 */
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "shadow.h"
#include "sizes.h"

#define PAGES 150
#define HELD 24

static void claim_and_release(unsigned member, void *shared)
{
    size_t held[HELD];
    unsigned runs[HELD];
    unsigned count = 0;
    uint64_t seed = member + 1;
    (void)shared;
    for (unsigned i = 0; i < rounds(1000000); i++) {
        if (count < HELD && random_below(&seed, 2) == 0) {
            runs[count] = (unsigned)random_below(&seed, OSH_RUN_LOG2 + 1);
            held[count] = osh_arena_claim_run(runs[count]);
            if (held[count] != OSH_NO_PAGE) {
                assert_int_equal(held[count] % ((size_t)1 << runs[count]), 0);
                shadow_take((void *)osh_arena_address(held[count]), 8);
                count++;
            }
        } else if (count > 0) {
            count--;
            shadow_give((void *)osh_arena_address(held[count]), 8);
            osh_arena_release_run(held[count], runs[count]);
        }
    }
    while (count-- > 0) {
        shadow_give((void *)osh_arena_address(held[count]), 8);
        osh_arena_release_run(held[count], runs[count]);
    }
}

/* Takes what the break covers page by page, and gives it back. */
static void move_the_break(void)
{
    uint64_t seed = 99;
    for (unsigned i = 0; i < rounds(50000); i++) {
        ptrdiff_t bytes = (ptrdiff_t)((1 + random_below(&seed, 8)) << OSH_PAGE_LOG2);
        char *old = osh_arena_sbrk(bytes);
        if (old != (void *)-1) {
            for (char *page = old; page < old + bytes; page += OSH_PAGE_BYTES) {
                shadow_take(page, 8);
            }
            for (char *page = old; page < old + bytes; page += OSH_PAGE_BYTES) {
                shadow_give(page, 8);
            }
            if (random_below(&seed, 2) == 0) {
                assert_ptr_not_equal(osh_arena_sbrk(-bytes), (void *)-1);
                continue;
            }
        }
        osh_arena_reset_break();
    }
    osh_arena_reset_break();
}

static void claim_or_move_the_break(unsigned member, void *shared)
{
    if (member == 0) {
        move_the_break();
    } else {
        claim_and_release(member, shared);
    }
}

static void claim_and_decommit(unsigned member, void *shared)
{
    if (member == 0) {
        for (unsigned i = 0; i < rounds(2000); i++) {
            (void)osh_arena_decommit();
        }
    } else {
        claim_and_release(member, shared);
    }
}

static void all_is_free(void)
{
    assert_int_equal(shadow_owned(), 0);
    assert_int_equal(osh_load(&osh_arena.in_use), 0);
}

static void two_threads_never_claim_the_same_page(void)
{
    shadow_start();
    run_crew(2, claim_and_release, NULL);
    all_is_free();
}

static void slabs_and_the_break_never_claim_the_same_page(void)
{
    shadow_start();
    run_crew(3, claim_or_move_the_break, NULL);
    all_is_free();
}

static void page_that_is_decommitted_is_nobody_elses_meanwhile(void)
{
    shadow_start();
    run_crew(3, claim_and_decommit, NULL);
    all_is_free();
}

#define STARTERS 16

static void *first[STARTERS];

static void allocate_first(unsigned member, void *shared)
{
    (void)shared;
    first[member] = os_malloc(SMALL_SIZE);
    assert_non_null(first[member]);
}

static void threads_that_start_the_heap_together_share_one(void)
{
    if (thread_sanitizer_watches()) {
        skip_because("ThreadSanitizer does not see how the heap publishes its start");
    }
    run_crew(STARTERS, allocate_first, NULL);
    for (unsigned i = 0; i < STARTERS; i++) {
        assert_true(osh_arena_holds(first[i]));
        for (unsigned j = 0; j < i; j++) {
            assert_ptr_not_equal(first[i], first[j]);
        }
    }
    for (unsigned i = 0; i < STARTERS; i++) {
        os_free(first[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(two_threads_never_claim_the_same_page, PAGES),
        in_fresh_heap(slabs_and_the_break_never_claim_the_same_page, PAGES),
        in_fresh_heap(page_that_is_decommitted_is_nobody_elses_meanwhile, PAGES),
        in_fresh_heap(threads_that_start_the_heap_together_share_one, PLATFORM_REGION),
    };
    return cmocka_run_group_tests_name("core/arena_threads", tests, NULL, NULL);
}
