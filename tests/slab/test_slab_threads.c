/* SPDX-License-Identifier: Apache-2.0 */
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_links.h"
#include "osh_slab.h"
#include "osh_slab_table.h"
#include "shadow.h"
#include "sizes.h"

#define MEMBERS 4
#define SLOTS 16

/* Few pages, so that slabs are released and made again as other classes. */
#define FEW_PAGES 40

static unsigned class_limit = OSH_CLASS_MAX;

static unsigned batch_of(unsigned cls)
{
    return osh_class_info[cls].magazine > 0 ? osh_class_info[cls].magazine : 1;
}

static void for_each_block(unsigned cls, struct osh_chain chain,
                           void (*change)(const void *, size_t))
{
    for (void *block = chain.head; chain.count-- > 0; block = osh_links_next(block)) {
        change(block, osh_class_bytes(cls));
    }
}

static void get_and_put(unsigned member, void *shared)
{
    struct osh_chain held[SLOTS] = {{NULL, 0}};
    unsigned cls[SLOTS] = {0};
    uint64_t seed = member + 1;
    (void)shared;
    for (unsigned i = 0; i < rounds(200000); i++) {
        size_t slot = random_below(&seed, SLOTS);
        if (held[slot].count > 0) {
            for_each_block(cls[slot], held[slot], shadow_give);
            osh_slab_put(cls[slot], held[slot]);
            held[slot].count = 0;
        } else {
            cls[slot] = 1 + (unsigned)random_below(&seed, class_limit);
            unsigned count = 1 + (unsigned)random_below(&seed, batch_of(cls[slot]));
            held[slot] = osh_slab_get(cls[slot], count, true);
            assert_true(held[slot].count <= count);
            for_each_block(cls[slot], held[slot], shadow_take);
        }
    }
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        if (held[slot].count > 0) {
            for_each_block(cls[slot], held[slot], shadow_give);
            osh_slab_put(cls[slot], held[slot]);
        }
    }
}

static void nothing_is_lost(void)
{
    assert_int_equal(shadow_owned(), 0);
    assert_null(os_heap_check());
    assert_int_equal(osh_load(&osh_arena.in_use), 0);
}

static void no_block_is_handed_out_twice_and_none_is_lost(void)
{
    shadow_start();
    run_crew(MEMBERS, get_and_put, NULL);
    nothing_is_lost();
}

static void slab_fought_over_by_one_class_loses_nothing(void)
{
    shadow_start();
    class_limit = 1;
    run_crew(MEMBERS, get_and_put, NULL);
    nothing_is_lost();
}

static void hand_out_twice(unsigned member, void *shared)
{
    (void)member;
    shadow_take(shared, SMALL_SIZE);
}

static void the_check_sees_a_block_handed_out_twice(void)
{
    shadow_start();
    run_crew(2, hand_out_twice, osh_slab_get(1, 1, true).head);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(no_block_is_handed_out_twice_and_none_is_lost, FEW_PAGES),
        in_fresh_heap(slab_fought_over_by_one_class_loses_nothing, 2),
        stopped_with(the_check_sees_a_block_handed_out_twice, FEW_PAGES, "handed out twice"),
    };
    return cmocka_run_group_tests_name("slab/slab_threads", tests, NULL, NULL);
}
