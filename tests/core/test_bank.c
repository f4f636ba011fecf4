/* SPDX-License-Identifier: Apache-2.0 */
/* The allocator of an added region, against a model with a byte per granule. */
#include "crew.h"
#include "fresh_heap.h"
#include "osh_bank.h"
#include "osh_class.h"

#include <stdlib.h>
#include <string.h>

#define BYTES ((size_t)64 << 10)
#define BLOCKS 600

static unsigned char memory[BYTES + 64] __attribute__((aligned(4096)));

struct model {
    struct osh_bank *bank;
    unsigned short owner[BYTES / 8]; /* block + 1 of each granule, 0: free */
    void *block[BLOCKS];
    size_t size[BLOCKS];
};
static struct model model;

static size_t granule(void)
{
    return (size_t)1 << model.bank->shift;
}

static size_t index_of(const void *block)
{
    return ((uintptr_t)block - model.bank->base) >> model.bank->shift;
}

static size_t granules_of(size_t size)
{
    return size == 0 ? 1 : (size + granule() - 1) / granule();
}

static void begin(size_t bytes)
{
    memset(memory, 0xa5, sizeof(memory));
    memset(&model, 0, sizeof(model));
    model.bank = osh_bank_make(memory, bytes, 0);
    assert_non_null(model.bank);
}

static void own(unsigned i, void *block, size_t size)
{
    size_t first = index_of(block);
    for (size_t g = first; g < first + granules_of(size); g++) {
        assert_int_equal(model.owner[g], 0);
        model.owner[g] = (unsigned short)(i + 1);
    }
    model.block[i] = block;
    model.size[i] = size;
}

static void disown(unsigned i)
{
    size_t first = index_of(model.block[i]);
    for (size_t g = first; g < first + granules_of(model.size[i]); g++) {
        assert_int_equal(model.owner[g], i + 1);
        model.owner[g] = 0;
    }
    model.block[i] = NULL;
}

/* Is there a row of so many free granules whose first is aligned? */
static bool has_room(size_t count, size_t alignment)
{
    size_t row = 0;
    for (size_t g = 0; g < model.bank->granules; g++) {
        row = model.owner[g] == 0 ? row + 1 : 0;
        for (size_t first = g + 1 - row; row >= count && first + count <= g + 1; first++) {
            if ((model.bank->base + first * granule()) % alignment == 0) {
                return true;
            }
        }
    }
    return false;
}

static void step(unsigned i, uint64_t *seed)
{
    size_t size = random_below(seed, 10) == 0 ? random_below(seed, 4000) : random_below(seed, 300);
    if (model.block[i] == NULL) {
        size_t alignment = (size_t)1 << random_below(seed, 9);
        void *block = osh_bank_claim(model.bank, alignment, size);
        assert_int_equal(block != NULL, has_room(granules_of(size), alignment));
        if (block != NULL) {
            assert_int_equal((uintptr_t)block % alignment, 0);
            own(i, block, size);
        }
    } else if (random_below(seed, 4) == 0) {
        void *block = model.block[i];
        size_t old = model.size[i];
        disown(i);
        size_t first = index_of(block);
        bool room = first + granules_of(size) <= model.bank->granules;
        for (size_t g = first; room && g < first + granules_of(size); g++) {
            room = model.owner[g] == 0;
        }
        assert_int_equal(osh_bank_resize(model.bank, block, size), room);
        own(i, block, room ? size : old);
    } else {
        assert_int_equal(osh_bank_fault(model.bank, model.block[i]), 0);
        assert_true(osh_bank_free(model.bank, model.block[i]));
        assert_false(osh_bank_free(model.bank, model.block[i]));
        disown(i);
    }
}

static void compare(void)
{
    size_t used = 0;
    for (size_t g = 0; g < model.bank->granules; g++) {
        used += model.owner[g] != 0;
    }
    assert_int_equal(osh_bank_live(model.bank), used * granule());
    assert_null(osh_bank_check(model.bank));
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (model.block[i] != NULL) {
            assert_int_equal(osh_bank_usable(model.bank, model.block[i]),
                             granules_of(model.size[i]) * granule());
        }
    }
}

static void every_request_is_served_if_and_only_if_a_row_is_free(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 12; seed++) {
        uint64_t random = seed * 77777;
        begin(BYTES - 1000 * seed);
        for (unsigned turn = 0; turn < 4000; turn++) {
            step((unsigned)random_below(&random, BLOCKS), &random);
            if (turn % 100 == 0) {
                compare();
            }
        }
    }
}

static void a_full_region_is_whole_again_when_all_is_free(void **state)
{
    (void)state;
    begin(BYTES);
    size_t all = osh_bank_bytes(model.bank);
    for (unsigned turn = 0; turn < 3; turn++) {
        size_t count = 0;
        void *last = NULL;
        void *block;
        while ((block = osh_bank_claim(model.bank, OSH_ALIGN, granule())) != NULL) {
            memcpy(block, &last, sizeof(last));
            last = block;
            count++;
        }
        assert_int_equal(count, model.bank->granules);
        while (last != NULL) {
            void *next;
            memcpy(&next, last, sizeof(next));
            assert_true(osh_bank_free(model.bank, last));
            last = next;
        }
        block = osh_bank_claim(model.bank, OSH_ALIGN, all);
        assert_non_null(block);
        assert_null(osh_bank_claim(model.bank, OSH_ALIGN, 1));
        assert_true(osh_bank_free(model.bank, block));
    }
    assert_null(osh_bank_check(model.bank));
}

static void a_region_too_small_or_impossible_is_refused(void **state)
{
    (void)state;
    size_t least = 1;
    while (osh_bank_make(memory, least, 0) == NULL) {
        least++;
    }
    assert_in_range(least, sizeof(struct osh_bank), sizeof(struct osh_bank) + 64);
    struct osh_bank *bank = osh_bank_make(memory, least, 0);
    assert_int_equal(bank->granules, 1);
    assert_true(bank->base + osh_bank_bytes(bank) <= (uintptr_t)memory + least);
    assert_null(osh_bank_make(NULL, 4096, 0));
    assert_null(osh_bank_make(memory, 0, 0));
    assert_null(osh_bank_make(memory, SIZE_MAX, 0));
    assert_null(osh_bank_make((void *)(UINTPTR_MAX - 100), 4096, 0));
}

static void no_byte_outside_the_region_is_touched(void **state)
{
    (void)state;
    for (size_t offset = 1; offset < 40; offset += 7) {
        memset(memory, 0x5a, sizeof(memory));
        size_t bytes = 3000 + offset * 13;
        struct osh_bank *bank = osh_bank_make(memory + offset, bytes, 0);
        assert_non_null(bank);
        void *block;
        while ((block = osh_bank_claim(bank, OSH_ALIGN, 40)) != NULL) {
            memset(block, 0, 40);
        }
        for (size_t i = 0; i < sizeof(memory); i++) {
            if (i < offset || i >= offset + bytes) {
                assert_int_equal(memory[i], 0x5a);
            }
        }
    }
}

static void a_large_region_has_larger_granules(void **state)
{
    (void)state;
    size_t bytes = (size_t)64 << 20;
    void *region = malloc(bytes);
    assert_non_null(region);
    struct osh_bank *bank = osh_bank_make(region, bytes, 0);
    assert_non_null(bank);
    assert_true(bank->words <= OSH_BANK_WORDS);
    assert_true(bank->words > OSH_BANK_WORDS / 2 - 1);
    void *one = osh_bank_claim(bank, OSH_ALIGN, 1);
    void *two = osh_bank_claim(bank, OSH_ALIGN, 1);
    assert_int_equal((uintptr_t)two - (uintptr_t)one, (size_t)1 << bank->shift);
    assert_null(osh_bank_check(bank));
    free(region);
}

static void the_lowest_place_is_taken_first(void **state)
{
    (void)state;
    begin(BYTES);
    void *blocks[200];
    for (unsigned i = 0; i < 200; i++) {
        blocks[i] = osh_bank_claim(model.bank, OSH_ALIGN, 3 * granule());
        assert_int_equal(index_of(blocks[i]), 3 * i);
    }
    for (unsigned i = 198; i > 0; i -= 3) {
        assert_true(osh_bank_free(model.bank, blocks[i]));
        assert_ptr_equal(osh_bank_claim(model.bank, OSH_ALIGN, 2 * granule()), blocks[i]);
    }
}

/* Another claim may raise the hint over granules that come free at that moment. */
static void room_below_the_hint_is_found_before_a_refusal(void **state)
{
    (void)state;
    begin(BYTES);
    osh_store(&model.bank->low, model.bank->words);
    assert_non_null(osh_bank_claim(model.bank, OSH_ALIGN, osh_bank_bytes(model.bank)));
}

static void misuse_is_told_apart(void **state)
{
    (void)state;
    begin(BYTES);
    char *block = osh_bank_claim(model.bank, OSH_ALIGN, 5 * granule());
    assert_int_equal(osh_bank_fault(model.bank, block), 0);
    assert_int_equal(osh_bank_fault(model.bank, block + 1), OS_HEAP_NOT_A_START);
    assert_int_equal(osh_bank_fault(model.bank, block + granule()), OS_HEAP_NOT_A_START);
    assert_int_equal(osh_bank_fault(model.bank, block + 5 * granule()), OS_HEAP_NO_BLOCKS);
    assert_int_equal(osh_bank_fault(model.bank, memory), OS_HEAP_NOT_OURS);
    assert_int_equal(osh_bank_fault(model.bank, memory + BYTES), OS_HEAP_NOT_OURS);
    assert_true(osh_bank_free(model.bank, block));
    assert_int_equal(osh_bank_fault(model.bank, block), OS_HEAP_FREED_TWICE);
    assert_int_equal(osh_bank_fault(model.bank, block + granule()), OS_HEAP_FREED_TWICE);
}

static void damaged_bits_are_found(void **state)
{
    (void)state;
    begin(BYTES);
    void *block = osh_bank_claim(model.bank, OSH_ALIGN, 3 * granule());
    (void)block;
    osh_word_t sound = model.bank->map[0];
    osh_word_t one = 1;
    osh_word_t half = OSH_WORD_BITS / 2;
    osh_word_t wrong[] = {sound & ~one, sound | one << half, sound | one << 7,
                          sound | one << (half + 8)};
    for (unsigned i = 0; i < 4; i++) {
        model.bank->map[0] = wrong[i];
        assert_non_null(osh_bank_check(model.bank));
        osh_bank_repair(model.bank); /* as in the child of a fork */
        assert_null(osh_bank_check(model.bank));
    }
    model.bank->map[0] = sound;
    osh_bank_repair(model.bank);
    assert_null(osh_bank_check(model.bank));
    model.bank->top = 2;
    assert_non_null(osh_bank_check(model.bank));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_is_served_if_and_only_if_a_row_is_free),
        cmocka_unit_test(a_full_region_is_whole_again_when_all_is_free),
        cmocka_unit_test(a_region_too_small_or_impossible_is_refused),
        cmocka_unit_test(no_byte_outside_the_region_is_touched),
        cmocka_unit_test(a_large_region_has_larger_granules),
        cmocka_unit_test(the_lowest_place_is_taken_first),
        cmocka_unit_test(room_below_the_hint_is_found_before_a_refusal),
        cmocka_unit_test(misuse_is_told_apart),
        cmocka_unit_test(damaged_bits_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
