/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that take and give blocks of the same added regions. */
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_bank.h"
#include "osh_class.h"
#include "stamp.h"

#include <string.h>

#define THREADS 4
#define SLOTS 64
#define BYTES ((size_t)16 << 10)

static unsigned char memory[3][BYTES] __attribute__((aligned(64)));
static osh_word_t mail[16];

static uint64_t key_of(const void *block)
{
    return (uintptr_t)block * 3 + 1;
}

struct held {
    unsigned char *block;
    size_t size;
};

static void drop(struct held *held)
{
    if (held->block != NULL) {
        assert_true(is_stamped(held->block, held->size, key_of(held->block)));
        os_free(held->block);
        held->block = NULL;
    }
}

static void work(unsigned member, void *shared)
{
    (void)shared;
    uint64_t seed = member * 7919 + 1;
    struct held held[SLOTS] = {{NULL, 0}};
    for (unsigned turn = rounds(60000); turn-- > 0;) {
        struct held *slot = &held[random_below(&seed, SLOTS)];
        size_t size = 8 + random_below(&seed, random_below(&seed, 20) == 0 ? 3000 : 200);
        if (slot->block == NULL) {
            slot->block = os_malloc_in(OS_HEAP_CAP_DMA, size);
        } else if (random_below(&seed, 3) == 0) {
            assert_true(is_stamped(slot->block, slot->size, key_of(slot->block)));
            void *moved = os_realloc(slot->block, size);
            if (moved == NULL) {
                continue;
            }
            slot->block = moved;
        } else {
            drop(slot);
        }
        if (slot->block != NULL) {
            assert_int_equal(os_heap_caps(slot->block), OS_HEAP_CAP_DMA);
            slot->size = size;
            stamp(slot->block, size, key_of(slot->block));
        }
        if (random_below(&seed, 8) == 0 && slot->block != NULL && slot->size >= 32) {
            /* Another thread frees it. Publishes the block; pairs with itself. */
            slot->block =
                (void *)osh_exchange(&mail[random_below(&seed, 16)], (osh_word_t)slot->block);
            os_free(slot->block);
            slot->block = NULL;
        }
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        drop(&held[i]);
    }
}

static void nothing_is_lost_or_given_twice(void)
{
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(os_heap_add_region(memory[i], BYTES, OS_HEAP_CAP_DMA), 0);
    }
    run_crew(THREADS, work, NULL);
    for (unsigned i = 0; i < 16; i++) {
        os_free((void *)mail[i]);
    }
    (void)os_heap_trim();
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    assert_int_equal(stats.live, 0);
    assert_int_equal(stats.free, stats.region + stats.added);
}

static struct osh_bank *only;
static osh_word_t failed;

/* Two whole rows and a little: threads meet in the middle of words, and give back what they have
 * claimed in vain. */
static void claim_rows(unsigned member, void *shared)
{
    (void)shared;
    size_t granule = (size_t)1 << only->shift;
    uint64_t seed = member + 1;
    for (unsigned turn = rounds(40000); turn-- > 0;) {
        size_t count = 1 + random_below(&seed, (uint64_t)3 * OSH_WORD_BITS);
        unsigned char *block = osh_bank_claim(only, OSH_ALIGN, count * granule);
        if (block == NULL) {
            (void)osh_fetch_add(&failed, 1);
            continue;
        }
        memset(block, (int)member + 1, count * granule);
        assert_int_equal(osh_bank_fault(only, block), 0);
        assert_int_equal(osh_bank_usable(only, block), count * granule);
        for (size_t i = 0; i < count * granule; i += granule / 2) {
            assert_int_equal(block[i], member + 1);
        }
        assert_true(osh_bank_free(only, block));
    }
}

static void rows_over_many_words_are_whole(void)
{
    only = osh_bank_make(memory[0], 6000, 0);
    assert_non_null(only);
    run_crew(THREADS, claim_rows, NULL);
    assert_int_equal(osh_bank_live(only), 0);
    assert_null(osh_bank_check(only));
    void *all = osh_bank_claim(only, OSH_ALIGN, osh_bank_bytes(only));
    assert_non_null(all);
    assert_true(osh_bank_free(only, all));
}

static void *prey[64];
static osh_word_t wins;

static void free_everything(unsigned member, void *shared)
{
    (void)member;
    (void)shared;
    for (unsigned i = 0; i < 64; i++) {
        if (osh_bank_fault(only, prey[i]) == 0 && osh_bank_free(only, prey[i])) {
            (void)osh_fetch_add(&wins, 1);
        }
    }
}

/* Misuse: of several frees of a block one wins. */
static void one_of_several_frees_of_a_block_has_it(void)
{
    only = osh_bank_make(memory[0], BYTES, 0);
    for (unsigned turn = rounds(300); turn-- > 0;) {
        for (unsigned i = 0; i < 64; i++) {
            prey[i] = osh_bank_claim(only, OSH_ALIGN, (size_t)5 * (i + 1));
            assert_non_null(prey[i]);
        }
        osh_store(&wins, 0);
        run_crew(THREADS, free_everything, NULL);
        assert_int_equal(osh_load(&wins), 64);
        assert_null(osh_bank_check(only));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(nothing_is_lost_or_given_twice, 24),
        in_fresh_heap(rows_over_many_words_are_whole, 24),
        in_fresh_heap(one_of_several_frees_of_a_block_has_it, 24),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
