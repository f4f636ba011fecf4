/* SPDX-License-Identifier: Apache-2.0 */
#include "fresh_heap.h"
#include "hoard.h"
#include "os/os_heap.h"
#include "osh_links.h"
#include "osh_slab.h"
#include "osh_slab_table.h"
#include "shadow.h"
#include "sizes.h"

#define CLASS_OF_SMALL osh_class_of(SMALL_SIZE)

static size_t in_use(void)
{
    return osh_load(&osh_arena.in_use);
}

static void *next_of(void *block)
{
    return osh_links_next(block);
}

/* A chain as long as a list may hold and one slab can give, one at least. */
static unsigned batch_of(unsigned cls)
{
    unsigned magazine = osh_class_info[cls].magazine;
    unsigned objects = osh_class_info[cls].objects;
    return magazine == 0 ? 1 : magazine < objects ? magazine : objects;
}

static size_t slab_of(unsigned cls, const void *block)
{
    return osh_class_slab(cls, osh_arena_page(block));
}

static void get_gives_as_many_objects_as_asked_for(void)
{
    FOR_EACH_CLASS(cls)
    {
        unsigned count = batch_of(cls);
        struct osh_chain chain = osh_slab_get(cls, count, true);
        void *block = chain.head;
        assert_int_equal(chain.count, count);
        for (unsigned i = 0; i < count; i++) {
            assert_non_null(block);
            block = next_of(block);
        }
        assert_null(block);
        osh_slab_put(cls, chain);
    }
}

static void get_gives_all_of_a_slab_that_has_fewer_than_asked_for(void)
{
    FOR_EACH_CLASS(cls)
    {
        unsigned objects = osh_class_info[cls].objects;
        struct osh_chain chain = osh_slab_get(cls, objects + 1, true);
        assert_int_equal(chain.count, objects);
        assert_int_equal(osh_slab_free(slab_of(cls, chain.head), cls), 0);
        osh_slab_put(cls, chain);
        assert_int_equal(in_use(), 0);
    }
}

/* CPUs fetch ahead what lies at equal distances. On firmware each refill begins at its lowest
 * object. */
static void objects_of_a_fresh_slab_come_in_the_order_of_their_addresses(void)
{
    FOR_EACH_CLASS(cls)
    {
        unsigned batch = batch_of(cls) / 2 + 1;
        struct osh_chain first = osh_slab_get(cls, batch, true);
        struct osh_chain second = osh_slab_get(cls, batch, false);
        ptrdiff_t step = (ptrdiff_t)osh_class_bytes(cls) * (OSH_VIRTUAL ? -1 : 1);
        char *block = first.head;
        for (char *next; (next = next_of(block)) != NULL; block = next) {
            assert_ptr_equal(next, block + step);
        }
        if (OSH_VIRTUAL && second.count > 0) {
            assert_ptr_equal(second.head, block + step);
        }
        osh_slab_put(cls, first);
        osh_slab_put(cls, second);
    }
}

/* A refill's time is bounded by slabs that have something: none may gather that have not. */
static void a_slab_that_is_emptied_leaves_the_map_at_once(void)
{
    if (OSH_SLAB_MAPS == 0) {
        skip_because("there are no maps");
    }
    FOR_EACH_CLASS(cls)
    {
        struct osh_chain taken[4096];
        unsigned objects = osh_class_info[cls].objects;
        for (unsigned i = 0; i < objects; i++) {
            taken[i] = osh_slab_get(cls, 1, true);
            size_t slab = slab_of(cls, taken[0].head);
            assert_int_equal(slab_of(cls, taken[i].head), slab);
            assert_int_equal(osh_slab_is_listed(slab, cls), i + 1 < objects);
        }
        for (unsigned i = 0; i < objects; i++) {
            osh_slab_put(cls, taken[i]);
            assert_true(i + 1 == objects || osh_slab_is_listed(slab_of(cls, taken[0].head), cls));
        }
    }
}

static void every_object_of_a_slab_is_handed_out_once(void)
{
    shadow_start();
    FOR_EACH_CLASS(cls)
    {
        size_t page = OSH_NO_PAGE;
        struct osh_chain taken[4096];
        unsigned objects = osh_class_info[cls].objects;
        assert_true(objects <= 4096);
        for (unsigned i = 0; i < objects; i++) {
            taken[i] = osh_slab_get(cls, 1, true);
            shadow_take(taken[i].head, osh_class_bytes(cls));
            page = i == 0 ? slab_of(cls, taken[0].head) : page;
            assert_int_equal(slab_of(cls, taken[i].head), page);
        }
        assert_int_equal(osh_slab_free(page, cls), 0);
        for (unsigned i = 0; i < objects; i++) {
            shadow_give(taken[i].head, osh_class_bytes(cls));
            osh_slab_put(cls, taken[i]);
        }
        assert_int_equal(in_use(), 0);
    }
}

static void class_byte_names_the_class_in_every_page_of_the_slab(void)
{
    FOR_EACH_CLASS(cls)
    {
        struct osh_chain chain = osh_slab_get(cls, 1, true);
        size_t page = slab_of(cls, chain.head);
        for (size_t i = 0; i < (size_t)1 << osh_class_run(cls); i++) {
            assert_int_equal(osh_arena.page_class[page + i], cls);
        }
        osh_slab_put(cls, chain);
        assert_int_equal(osh_arena.page_class[page], 0);
    }
}

static void slab_that_is_empty_is_given_back_at_once(void)
{
    FOR_EACH_CLASS(cls)
    {
        unsigned objects = osh_class_info[cls].objects;
        struct hoard hoard = {NULL, 0};
        for (unsigned i = 0; i < 3 * objects; i++) {
            hoard_add(&hoard, osh_slab_get(cls, 1, true).head);
        }
        size_t pages = in_use();
        assert_int_equal(pages, (size_t)3 << osh_class_run(cls));
        void *block;
        while ((block = hoard_take(&hoard)) != NULL) {
            struct osh_chain single = {NULL, 0};
            osh_links_push(cls, &single, block);
            osh_slab_put(cls, single);
        }
        assert_int_equal(in_use(), 0);
    }
}

/* As it is for a moment, when a task has found the page on the map of a class that it is no
 * slab of any more. */
static void objects_of_another_class_are_not_taken_for_ours(void)
{
    unsigned other = CLASS_OF_SMALL + 1;
    struct osh_chain chain = osh_slab_get(CLASS_OF_SMALL, 1, true);
    size_t page = slab_of(CLASS_OF_SMALL, chain.head);
    unsigned free = osh_slab_free(page, CLASS_OF_SMALL);
    osh_slab_list(page, other);
    struct osh_chain found = osh_slab_get(other, 1, true);
    assert_int_not_equal(slab_of(other, found.head), page);
    assert_int_equal(osh_slab_free(page, CLASS_OF_SMALL), free);
    osh_slab_put(other, found);
    osh_slab_put(CLASS_OF_SMALL, chain);
    assert_int_equal(in_use(), 0);
}

static void put_objects_are_got_before_a_fresh_slab_is_made(void)
{
    FOR_EACH_CLASS(cls)
    {
        if (osh_class_info[cls].objects > 2) {
            struct osh_chain live = osh_slab_get(cls, 1, true);
            struct osh_chain freed = osh_slab_get(cls, 1, true);
            void *block = freed.head;
            size_t pages = in_use();
            osh_slab_put(cls, freed);
            assert_int_equal(slab_of(cls, osh_slab_get(cls, 1, true).head), slab_of(cls, block));
            assert_int_equal(in_use(), pages);
            assert_int_equal(slab_of(cls, live.head), slab_of(cls, block));
        }
    }
}

/* Objects that go back together share a word of a slab's bits: the neighbouring slab's do not, nor
 * do those of the next word. */
static void chain_of_many_slabs_goes_back_whole(void)
{
    FOR_EACH_CLASS(cls)
    {
        struct osh_chain mixed = {NULL, 0};
        struct osh_chain rest = {NULL, 0};
        unsigned objects = osh_class_info[cls].objects;
        unsigned room = osh_class_limit(cls) > 0 ? osh_class_limit(cls) : 1;
        for (unsigned taken = 0; taken < 3u * objects; taken++) {
            struct osh_chain one = osh_slab_get(cls, 1, true);
            /* Every third object, then its neighbours: back and forth between words and slabs. */
            struct osh_chain *to = taken % 3 == 0 ? &mixed : &rest;
            if (to->count == room) {
                osh_slab_put(cls, *to);
                *to = (struct osh_chain){NULL, 0};
            }
            osh_links_push(cls, to, one.head);
        }
        osh_slab_put(cls, mixed);
        osh_slab_put(cls, rest);
        assert_int_equal(in_use(), 0);
    }
}

static void get_without_pages_gives_the_empty_chain(void)
{
    while (osh_arena_claim_run(0) != OSH_NO_PAGE) {
    }
    struct osh_chain chain = osh_slab_get(CLASS_OF_SMALL, 5, true);
    assert_null(chain.head);
    assert_int_equal(chain.count, 0);
    for (size_t page = 0; page < osh_arena.pages; page++) {
        osh_arena_release_run(page, 0);
    }
}

static void free_objects_above_a_stale_hint_are_found_before_null(void)
{
    if (!OSH_SLAB_HINTS) {
        skip_because("there are no hints");
    }
    size_t size = 10 * SMALL_SIZE;
    struct hoard hoard = hoard_all(size);
    hoard_free(&hoard, 2);
    (void)os_heap_trim();
    osh_store(&osh_slabs.hint[osh_class_of(size)], 0);
    size_t held = hoard.count;
    struct hoard again = hoard_all(size);
    assert_in_range(again.count, held - 1, held + 1);
    hoard_free(&again, 1);
    hoard_free(&hoard, 1);
}

static void double_free_within_a_chain_is_caught(void)
{
    struct osh_chain live = osh_slab_get(CLASS_OF_SMALL, 1, true);
    struct osh_chain chain = osh_slab_get(CLASS_OF_SMALL, 1, true);
    struct osh_chain again = {NULL, 0};
    osh_slab_put(CLASS_OF_SMALL, chain);
    osh_links_push(CLASS_OF_SMALL, &again, chain.head);
    osh_slab_put(CLASS_OF_SMALL, again);
    osh_slab_put(CLASS_OF_SMALL, live);
}

#if OSH_HARDENING < 2 /* there the link is encoded, and tells */
/* The block is not in its slab yet, so the slab's bits do not tell. */
static void block_that_is_twice_in_a_chain_is_caught(void)
{
    struct osh_chain live = osh_slab_get(CLASS_OF_SMALL, 1, true);
    struct osh_chain ring = osh_slab_get(CLASS_OF_SMALL, 2, true);
    void *second = osh_links_next(ring.head);
    osh_chain_link(CLASS_OF_SMALL, second, ring);
    ring.count = 3;
    osh_slab_put(CLASS_OF_SMALL, ring);
    osh_slab_put(CLASS_OF_SMALL, live);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(get_gives_as_many_objects_as_asked_for, ROOMY_HEAP),
        in_fresh_heap(get_gives_all_of_a_slab_that_has_fewer_than_asked_for, ROOMY_HEAP),
        in_fresh_heap(objects_of_a_fresh_slab_come_in_the_order_of_their_addresses, ROOMY_HEAP),
        in_fresh_heap(a_slab_that_is_emptied_leaves_the_map_at_once, ROOMY_HEAP),
        in_fresh_heap(every_object_of_a_slab_is_handed_out_once, ROOMY_HEAP),
        in_fresh_heap(class_byte_names_the_class_in_every_page_of_the_slab, ROOMY_HEAP),
        in_fresh_heap(slab_that_is_empty_is_given_back_at_once, 4 * ROOMY_HEAP),
        in_fresh_heap(objects_of_another_class_are_not_taken_for_ours, ROOMY_HEAP),
        in_fresh_heap(put_objects_are_got_before_a_fresh_slab_is_made, 4 * ROOMY_HEAP),
        in_fresh_heap(chain_of_many_slabs_goes_back_whole, 8 * ROOMY_HEAP),
        in_fresh_heap(get_without_pages_gives_the_empty_chain, ROOMY_HEAP),
        in_fresh_heap(free_objects_above_a_stale_hint_are_found_before_null, 150),
        stopped_with(double_free_within_a_chain_is_caught, ROOMY_HEAP,
                     REPORTED("twice", "double free: the block is free already")),
#if OSH_HARDENING < 2
        stopped_with(block_that_is_twice_in_a_chain_is_caught, ROOMY_HEAP,
                     REPORTED("twice", "double free: the block is free already")),
#endif
    };
    return cmocka_run_group_tests_name("slab/slab", tests, NULL, NULL);
}
