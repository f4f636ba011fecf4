/* SPDX-License-Identifier: Apache-2.0 */
/* The last resort goes by what is: slabs as another task leaves them that is preempted
 * before maps and hints say so. */
#include "fresh_heap.h"
#include "osh_gauge.h"
#include "osh_slab.h"
#include "osh_slab_table.h"
#include "sizes.h"

#define CLASS_OF_SMALL osh_class_of(SMALL_SIZE)
#define SLAB_PAGES ((size_t)1 << osh_class_run(CLASS_OF_SMALL))

static size_t in_use(void)
{
    return osh_load(&osh_arena.in_use);
}

static void get_any_makes_no_slab(void)
{
    assert_null(osh_slab_get_any(CLASS_OF_SMALL, OSH_CLASS_MAX, OSH_ALIGN_LEAST));
    assert_int_equal(in_use(), 0);
    (void)osh_slab_get(CLASS_OF_SMALL, 1, true);
    assert_non_null(osh_slab_get_any(CLASS_OF_SMALL, OSH_CLASS_MAX, OSH_ALIGN_LEAST));
    assert_int_equal(in_use(), SLAB_PAGES);
}

static void get_any_finds_what_is_on_no_map(void)
{
    if (OSH_SLAB_MAPS == 0) {
        skip_because("there are no maps");
    }
    void *object = osh_slab_get(CLASS_OF_SMALL, 1, true).head;
    size_t page = osh_class_slab(CLASS_OF_SMALL, osh_arena_page(object));
    assert_int_equal(osh_slab_class(page), CLASS_OF_SMALL);
    /* As a task leaves it that is preempted when it has just taken the slab off. */
    (void)osh_fetch_add(&osh_slabs.unlisting, 1);
    osh_store(osh_slab_partial(page / OSH_WORD_BITS, CLASS_OF_SMALL), 0);
    assert_non_null(osh_slab_get_any(CLASS_OF_SMALL, OSH_CLASS_MAX, OSH_ALIGN_LEAST));
    osh_slab_list(page, CLASS_OF_SMALL); /* the task goes on */
    (void)osh_fetch_add(&osh_slabs.unlisted, 1);
}

static void get_any_prefers_the_smallest_class_that_is_aligned_as_asked(void)
{
    unsigned between = osh_class_of(48);
    unsigned aligned = osh_class_of(64);
    unsigned larger = osh_class_of(96);
    (void)osh_slab_get(between, 1, true);
    (void)osh_slab_get(aligned, 1, true);
    (void)osh_slab_get(larger, 1, true);
    void *block = osh_slab_get_any(osh_class_of(40), OSH_CLASS_MAX, OSH_ALIGN_LEAST);
    assert_int_equal(osh_load_byte(&osh_arena.page_class[osh_arena_page(block)]), between);
    block = osh_slab_get_any(osh_class_of(40), OSH_CLASS_MAX, 32);
    assert_int_equal(osh_load_byte(&osh_arena.page_class[osh_arena_page(block)]), aligned);
    assert_int_equal((uintptr_t)block % 32, 0);
}

static void empty_slab_that_nobody_noted_is_released(void)
{
    struct osh_chain chain = osh_slab_get(CLASS_OF_SMALL, 1, true);
    size_t page = osh_class_slab(CLASS_OF_SMALL, osh_arena_page(chain.head));
    unsigned object =
        osh_class_index(CLASS_OF_SMALL, (uintptr_t)chain.head - osh_arena_address(page));
    /* As a task leaves it that is preempted when it has just emptied the slab. */
    osh_gauge_given(osh_class_bytes(CLASS_OF_SMALL));
    (void)osh_slab_set_bits(page, CLASS_OF_SMALL, object / OSH_WORD_BITS,
                            (osh_word_t)1 << (object % OSH_WORD_BITS));
    assert_int_equal(in_use(), SLAB_PAGES);
    osh_slab_release_empty();
    assert_int_equal(in_use(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(get_any_makes_no_slab, ROOMY_HEAP),
        in_fresh_heap(get_any_finds_what_is_on_no_map, ROOMY_HEAP),
        in_fresh_heap(get_any_prefers_the_smallest_class_that_is_aligned_as_asked, ROOMY_HEAP),
        in_fresh_heap(empty_slab_that_nobody_noted_is_released, ROOMY_HEAP),
    };
    return cmocka_run_group_tests_name("slab/last_resort", tests, NULL, NULL);
}
