/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies for rows.c that go on without the memory they do not get: what they
 * hold keeps its bytes, and what fails changes nothing. */
#include "crew.h"
#include "fresh_heap.h"
#include "hoard.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "sizes.h"
#include "stamp.h"

#define PAGES ((size_t)48 + LARGE_SIZE(6) / OSH_PAGE_BYTES)
#define SLOTS 24

static struct {
    void *block;
    size_t size;
} held[SLOTS];

static void hold(unsigned slot, void *block, size_t size)
{
    held[slot].block = block;
    held[slot].size = size;
    if (block != NULL) {
        stamp_all(block, size, slot + 1);
    }
}

static void let_go(unsigned slot)
{
    if (held[slot].block != NULL) {
        assert_true(is_stamped_all(held[slot].block, held[slot].size, slot + 1));
        os_free(held[slot].block);
        held[slot].block = NULL;
    }
}

static void let_all_go(void)
{
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        let_go(slot);
    }
}

static void resize(unsigned slot, size_t size)
{
    void *block = os_realloc(held[slot].block, size);
    size_t kept = size < held[slot].size ? size : held[slot].size;
    if (block != NULL) {
        assert_true(held[slot].block == NULL || is_stamped_all(block, kept, slot + 1));
        hold(slot, block, size);
    } else if (held[slot].block != NULL) {
        assert_true(is_stamped_all(held[slot].block, held[slot].size, slot + 1));
    }
}

static void small_blocks_of_every_class(void)
{
    FOR_EACH_CLASS(cls)
    {
        for (unsigned slot = 0; slot < SLOTS; slot++) {
            hold(slot, os_malloc(osh_class_bytes(cls)), osh_class_bytes(cls));
        }
        let_all_go();
    }
}

static void large_blocks(void)
{
    for (unsigned round = 0; round < 4; round++) {
        for (unsigned slot = 0; slot < SLOTS; slot += 1 + slot % 3) {
            let_go(slot);
            hold(slot, os_malloc(LARGE_SIZE(1 + slot % 4)), LARGE_SIZE(1 + slot % 4));
        }
    }
    let_all_go();
}

static void calloc_of_every_class_and_beyond(void)
{
    FOR_EACH_BOUNDARY(size)
    {
        hold(0, os_calloc(1, size), size);
        hold(1, os_calloc(3, size / 3 + 1), size);
        let_all_go();
    }
}

static void aligned_blocks(void)
{
    for (size_t alignment = 8; alignment <= 4 * OSH_PAGE_BYTES; alignment *= 2) {
        for (unsigned slot = 0; slot < SLOTS; slot += 5) {
            size_t size = slot % 2 == 0 ? SMALL_SIZE * (slot + 1) : LARGE_SIZE(1);
            hold(slot, os_aligned_alloc(alignment, size), size);
        }
        let_all_go();
    }
}

static void realloc_up_and_down_across_the_boundary(void)
{
    static const size_t halves[] = {1, 3, 8, 40, 200, 1000, 3000, 9000, 20000, 9000, 1000, 40, 3};
    for (unsigned i = 0; i < sizeof(halves) / sizeof(halves[0]); i++) {
        for (unsigned slot = 0; slot < 6; slot++) {
            resize(slot, 1 + (size_t)OSH_SLAB_MAX * halves[i] / 4000 + slot);
        }
    }
    let_all_go();
}

static void full_heap_and_half_of_it_again(void)
{
    for (size_t size = 16; size <= LARGE_SIZE(1); size *= 7) {
        struct hoard hoard = hoard_all(size);
        hoard_free(&hoard, 2);
        struct hoard more = hoard_all(size / 2 + 8);
        hoard_free(&more, 1);
        hoard_free(&hoard, 1);
    }
}

static struct hoard handed_over;

static void take_on_another_core(void)
{
    handed_over = (struct hoard){NULL, 0};
    for (unsigned i = 0; i < 200; i++) {
        void *block = os_malloc(16 + i % 3 * LARGE_SIZE(1) / 2);
        if (block != NULL) {
            hoard_add(&handed_over, block);
        }
    }
}

static void free_here(void)
{
    hoard_free(&handed_over, 1);
}

static void blocks_handed_from_core_to_core(void)
{
    for (unsigned round = 0; round < 3; round++) {
        run_on_cpu(round, take_on_another_core);
        run_on_cpu(round + 1, free_here);
    }
}

static void frees_deferred_by_an_interrupt(void)
{
    for (unsigned round = 0; round < 6; round++) {
        for (unsigned slot = 0; slot < 8; slot++) {
            hold(slot, os_malloc(slot % 2 != 0 ? LARGE_SIZE(1) : SMALL_SIZE),
                 slot % 2 != 0 ? LARGE_SIZE(1) : SMALL_SIZE);
        }
        os_heap_signal_enter();
        for (unsigned slot = 8; slot < 12; slot++) {
            hold(slot, os_malloc(SMALL_SIZE * slot), SMALL_SIZE * slot);
        }
        let_all_go();
        os_heap_signal_leave();
    }
}

static void everything_mixed(void)
{
    uint64_t seed = 5;
    for (unsigned turn = 0; turn < 600; turn++) {
        unsigned slot = (unsigned)random_below(&seed, SLOTS);
        size_t size = (size_t)8 << random_below(&seed, 9);
        size = random_below(&seed, 8) == 0 ? LARGE_SIZE(1) + size : size;
        if (held[slot].block == NULL) {
            hold(slot, os_malloc(size), size);
        } else if (turn % 3 == 0) {
            resize(slot, size);
        } else {
            let_go(slot);
        }
        if (turn % 97 == 0) {
            (void)os_heap_trim();
        }
    }
    let_all_go();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(small_blocks_of_every_class, PAGES),
        in_fresh_heap(large_blocks, PAGES),
        in_fresh_heap(calloc_of_every_class_and_beyond, PAGES),
        in_fresh_heap(aligned_blocks, PAGES),
        in_fresh_heap(realloc_up_and_down_across_the_boundary, PAGES),
        in_fresh_heap(full_heap_and_half_of_it_again, PAGES),
        in_fresh_heap(blocks_handed_from_core_to_core, PAGES),
        in_fresh_heap(frees_deferred_by_an_interrupt, PAGES),
        in_fresh_heap(everything_mixed, PAGES),
    };
    return cmocka_run_group_tests_name("memory-out", tests, NULL, NULL);
}
