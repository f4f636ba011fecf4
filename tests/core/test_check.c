/* SPDX-License-Identifier: Apache-2.0 */
/* Every piece of metadata is spoiled once: os_heap_check must name it, and be
 * content again when it is mended. */
#include "arch.h"
#include "crew.h"
#include "fresh_heap.h"
#include "named.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_depot.h"
#include "osh_slab.h"
#include "osh_slab_table.h"
#include "sizes.h"

#define PAGES 150
#define CLASS osh_class_of(SMALL_SIZE)

static void byte_is_named(uint8_t *byte, uint8_t spoilt, const char *name)
{
    uint8_t sound = *byte;
    assert_null(os_heap_check());
    *byte = spoilt;
    check_names(name);
    *byte = sound;
    assert_null(os_heap_check());
}

/* The slab of a live small block, with free objects. */
static size_t slab_page(void)
{
    return osh_class_slab(CLASS, osh_arena_page(os_malloc(SMALL_SIZE)));
}

static void other_class_byte_is_named(void)
{
    uint8_t *byte = &osh_arena.page_class[slab_page()];
    byte_is_named(byte, 0, "arena: a claimed page has no owner");
    byte_is_named(byte, 255, "arena: the class byte is impossible");
}

/* A class of more than one page has the byte in each. */
static void class_byte_that_is_not_all_the_slabs_is_named(void)
{
    unsigned cls = OSH_CLASS_MAX;
    while (cls > 0 && osh_class_run(cls) == 0) {
        cls--;
    }
    if (cls == 0) {
        skip_because("every slab is one page");
    }
    size_t page = osh_class_slab(cls, osh_arena_page(os_malloc(osh_class_bytes(cls))));
    byte_is_named(&osh_arena.page_class[page], (uint8_t)CLASS,
                  "arena: pages of a slab differ in class");
}

static void class_byte_of_a_page_of_newlibs_is_named(void)
{
    (void)os_malloc(LARGE_SIZE(1));
    byte_is_named(&osh_arena.page_class[0], (uint8_t)CLASS, "arena: a page has two owners");
}

static void class_byte_of_a_page_that_is_nobodys_is_named(void)
{
    (void)slab_page();
    byte_is_named(&osh_arena.page_class[0], (uint8_t)CLASS, "arena: a claimed page has no owner");
}

static void free_bit_of_a_page_that_is_no_slab_is_named(void)
{
    if (!OSH_CHECK_NAMES) {
        skip_because("without names nobody looks at pages that are no slabs");
    }
    (void)slab_page();
    is_named(&osh_slabs.near[0], 1, "slab: a page that is none has free objects");
}

static void slab_that_is_empty_is_named(void)
{
    size_t page = slab_page();
    osh_word_t *bits = osh_slab_bits(page, CLASS);
    osh_word_t saved[OSH_SLAB_WORDS];
    assert_null(os_heap_check());
    for (unsigned i = 0; i < osh_slab_words(CLASS); i++) {
        saved[i] = bits[i];
        bits[i] = osh_slab_full(CLASS, i);
    }
    check_names("slab: empty, and has its page");
    for (unsigned i = 0; i < osh_slab_words(CLASS); i++) {
        bits[i] = saved[i];
    }
    assert_null(os_heap_check());
}

static void free_bit_beyond_the_objects_is_named(void)
{
    unsigned objects = osh_class_info[CLASS].objects;
    assert_int_not_equal(objects % OSH_WORD_BITS, 0);
    osh_word_t *last = &osh_slab_bits(slab_page(), CLASS)[objects / OSH_WORD_BITS];
    is_named(last, *last | (osh_word_t)1 << (objects % OSH_WORD_BITS),
             "slab: a bit beyond its objects is set");
}

static void slab_missing_on_the_map_is_named(void)
{
    if (OSH_SLAB_MAPS == 0) {
        skip_because("there are no maps");
    }
    size_t page = slab_page();
    (void)os_heap_trim(); /* what is cached of it is free again */
    is_named(osh_slab_partial(page / OSH_WORD_BITS, CLASS), 0,
             "slab: free objects, but not on the map");
}

static void hint_beyond_the_map_is_named(void)
{
    if (!OSH_SLAB_HINTS) {
        skip_because("there are no hints");
    }
    (void)slab_page();
    is_named(&osh_slabs.hint[CLASS], osh_arena.words + 1, "slab: the hint is out of range");
}

static void page_of_a_slab_that_is_not_claimed_is_named(void)
{
    size_t page = slab_page();
    osh_word_t *claimed = &osh_arena.claimed[page / OSH_WORD_BITS];
    is_named(claimed, *claimed & ~((osh_word_t)1 << (page % OSH_WORD_BITS)),
             "arena: a claimed page has no owner");
}

static void claimed_page_without_an_owner_is_named(void)
{
    (void)slab_page();
    is_named(&osh_arena.claimed[0], osh_arena.claimed[0] | 2, "arena: a claimed page has no owner");
}

static void miscounted_pages_are_named(void)
{
    (void)slab_page();
    is_named(&osh_arena.in_use, 0, "arena: the pages in use are miscounted");
    is_named(&osh_arena.in_use, osh_arena.in_use + 1, "arena: the pages in use are miscounted");
}

static void clear_bit_beyond_the_last_page_is_named(void)
{
    if (OSH_SMALL_CODE) {
        skip_because("nobody looks at bits beyond the last page");
    }
    assert_int_not_equal(osh_arena.pages % OSH_WORD_BITS, 0);
    osh_word_t *last = &osh_arena.claimed[osh_arena.words - 1];
    is_named(last, *last & ~((osh_word_t)1 << (OSH_WORD_BITS - 1)),
             "arena: a bit beyond the last page is clear");
}

/* Three blocks in one cached chain, the one freed last first. */
static osh_word_t *cached_chain(void)
{
    void *blocks[3];
    pin_to_cpu(0);
    for (unsigned i = 0; i < 3; i++) {
        blocks[i] = os_malloc(SMALL_SIZE);
    }
    (void)os_heap_trim();
    for (unsigned i = 0; i < 3; i++) {
        os_free(blocks[i]);
    }
    assert_ptr_equal(osh_link_next(*(osh_word_t *)blocks[2]), blocks[1]);
    return blocks[2];
}

static osh_word_t link_like(osh_word_t link, void *next)
{
    return osh_link(next, (unsigned)(link & osh_hot.link_mask));
}

static void chain_that_leaves_the_heap_is_named(void)
{
    static osh_word_t outside[8];
    osh_word_t *block = cached_chain();
    is_named(block, link_like(*block, outside), "cache: a block outside the heap");
}

static void chain_into_another_class_is_named(void)
{
    void *other = os_malloc(4 * SMALL_SIZE);
    osh_word_t *block = cached_chain();
    is_named(block, link_like(*block, other), "cache: a block of another class");
}

static void chain_into_the_middle_of_an_object_is_named(void)
{
    osh_word_t *block = cached_chain();
    char *next = osh_link_next(*block);
    is_named(block, link_like(*block, next + 8), "cache: not the start of an object");
}

static void chain_that_bites_its_tail_is_named(void)
{
    osh_word_t *block = cached_chain();
    is_named(block, link_like(*block, block),
             "cache: a block is cached twice or free in its slab too");
}

static void chain_shorter_than_its_count_is_named(void)
{
    osh_word_t *block = cached_chain();
    is_named(block, link_like(*block, NULL), "cache: a chain's length is not its count");
}

static void chain_longer_than_its_count_is_named(void)
{
    osh_word_t *last = osh_link_next(*cached_chain());
    last = osh_link_next(*last);
    is_named(last, link_like(*last, last), "cache: a chain's length is not its count");
}

static void is_named_in_the_depot(struct osh_chain chain, const char *name)
{
    if (OSH_DEPOT_SLOTS == 0) {
        skip_because("there is no depot");
    }
    assert_null(os_heap_check());
    assert_true(osh_depot_put(CLASS, chain));
    check_names(name);
    assert_ptr_equal(osh_depot_get(CLASS).head, chain.head);
    assert_null(os_heap_check());
}

static void block_both_cached_and_in_the_depot_is_named(void)
{
    osh_word_t *block = cached_chain();
    is_named_in_the_depot((struct osh_chain){osh_link_next(*block), 2},
                          "cache: a block is cached twice or free in its slab too");
}

static void block_in_the_depot_that_is_free_in_its_slab_is_named(void)
{
    (void)osh_slab_get(CLASS, 1, true); /* so that the slab stays one */
    struct osh_chain chain = osh_slab_get(CLASS, 2, true);
    void *first = chain.head;
    osh_slab_put(CLASS, chain);
    is_named_in_the_depot((struct osh_chain){first, 2},
                          "cache: a block is cached twice or free in its slab too");
}

static void magazine_that_is_too_long_is_named(void)
{
    struct osh_chain chain = osh_slab_get(CLASS, 1, true);
    is_named_in_the_depot((struct osh_chain){chain.head, osh_class_limit(CLASS) + 1u},
                          "cache: a chain is longer than a list");
    osh_slab_put(CLASS, chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(other_class_byte_is_named, PAGES),
        in_fresh_heap(class_byte_that_is_not_all_the_slabs_is_named, PAGES),
        in_fresh_heap(class_byte_of_a_page_of_newlibs_is_named, ROOMY_HEAP),
        in_fresh_heap(class_byte_of_a_page_that_is_nobodys_is_named, PAGES),
        in_fresh_heap(free_bit_of_a_page_that_is_no_slab_is_named, PAGES),
        in_fresh_heap(slab_that_is_empty_is_named, PAGES),
        in_fresh_heap(free_bit_beyond_the_objects_is_named, PAGES),
        in_fresh_heap(slab_missing_on_the_map_is_named, PAGES),
        in_fresh_heap(hint_beyond_the_map_is_named, PAGES),
        in_fresh_heap(page_of_a_slab_that_is_not_claimed_is_named, PAGES),
        in_fresh_heap(claimed_page_without_an_owner_is_named, PAGES),
        in_fresh_heap(miscounted_pages_are_named, PAGES),
        in_fresh_heap(clear_bit_beyond_the_last_page_is_named, PAGES),
        in_fresh_heap(chain_that_leaves_the_heap_is_named, PAGES),
        in_fresh_heap(chain_into_another_class_is_named, PAGES),
        in_fresh_heap(chain_into_the_middle_of_an_object_is_named, PAGES),
        in_fresh_heap(chain_that_bites_its_tail_is_named, PAGES),
        in_fresh_heap(chain_shorter_than_its_count_is_named, PAGES),
        in_fresh_heap(chain_longer_than_its_count_is_named, PAGES),
        in_fresh_heap(block_both_cached_and_in_the_depot_is_named, PAGES),
        in_fresh_heap(block_in_the_depot_that_is_free_in_its_slab_is_named, PAGES),
        in_fresh_heap(magazine_that_is_too_long_is_named, PAGES),
    };
    return cmocka_run_group_tests_name("core/check", tests, NULL, NULL);
}
