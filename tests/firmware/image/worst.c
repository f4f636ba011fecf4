/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The longest path of each call, walked on purpose and counted: at most what
 * docs/worst-case.md computes for this configuration, and not so much less that
 * the formula says nothing. Under -icount, one core, before the OS starts.
 */
#include "paths.h"

#include "board.h"
#include "os/os_heap_port.h"
#include "osh_kept.h"
#include "osh_slab_open.h"
#include "osh_slab_table.h"

uint32_t around;
void *hold[8000];
static bool wrong;

void judge(const char *path, uint32_t counted, uint32_t formula)
{
    formula = (uint32_t)((uint64_t)formula * WORST_PERCENT / 100);
    report(path, counted);
    report("of", formula);
    if (counted > formula || counted < (uint64_t)formula * WORST_LEAST_PERCENT / 100) {
        board_puts("<- not within the formula's bounds\n");
        wrong = true;
    }
}

static unsigned object_of(unsigned cls, const void *block)
{
    return osh_class_index(cls, (uintptr_t)block - osh_arena_address(page_of(block)));
}

static void the_first_call_starts_the_heap(void)
{
    void *block;
    uint32_t counted = COUNTED(block = os_malloc(8));
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    uint32_t lists = 2u * OSH_CORES * OSH_CLASS_MAX + 3u * OSH_CLASSES;
    unsigned cls = osh_class_of(8);
    judge("start", counted,
          cost.start + (uint32_t)stats.tables / 8 * cost.table_x8 + lists * cost.reset + cost.miss +
              cost.create + osh_slab_words(cls) * cost.fill + D(cls) * cost.slot +
              2 * words() * cost.word + cost.bits + cost.bits_more + M(cls) * cost.object);
    os_free(block);
}

static uint32_t gauge_most;

/* Whatever the heap looks like. */
void judge_gauge(void)
{
    struct os_heap_gauge gauge;
    uint32_t counted = COUNTED(os_heap_gauge(&gauge));
    if (counted > 300 * WORST_PERCENT / 100) {
        report("gauge", counted);
        board_puts("<- more than 300, or half as much again\n");
        wrong = true;
    }
    gauge_most = counted > gauge_most ? counted : gauge_most;
}

static void hits_are_constant(void)
{
    os_free(new_block(100));
    void *block;
    uint32_t counted = COUNTED(block = os_malloc(100));
    judge("malloc_hit", counted, cost.hit);
    counted = COUNTED(os_free(block));
    judge("free_hit", counted, cost.hit + cost.hit_check);
    block = new_block(100);
    volatile size_t usable;
    counted = COUNTED(usable = os_malloc_usable_size(block));
    CHECK(usable >= 100);
    judge("usable_size", counted, cost.usable + cost.usable_check);
    os_free(block);
    block = new_block(LARGE);
    counted = COUNTED(usable = os_malloc_usable_size(block));
    CHECK(usable >= LARGE);
    judge("usable_size_large", counted, cost.usable + cost.header_check);
    judge_gauge();
    os_free(block);
    (void)os_heap_trim();
}

/* Every slab that a refill may draw on gives a few objects, one a word of bits, in
 * the words that are looked at last. */
static void a_miss_draws_on_scattered_slabs(void)
{
    size_t size = 8;
    unsigned cls = osh_class_of(size);
    size_t objects = osh_class_info[cls].objects;
    size_t count = (OSH_REFILL_SLABS + 1) * objects;
    for (size_t i = 0; i < count; i++) {
        hold[i] = new_block(size);
    }
    (void)os_heap_trim();
    unsigned each = M(cls) / OSH_REFILL_SLABS;
    for (size_t i = 0; i < count; i++) {
        unsigned object = object_of(cls, hold[i]);
        unsigned in_word = osh_slab_words(cls) > each ? 1u : each / osh_slab_words(cls);
        if (object % OSH_WORD_BITS < in_word && object / OSH_WORD_BITS < each) {
            os_free(hold[i]);
            hold[i] = NULL;
        }
    }
    (void)os_heap_trim();
    void *block;
    uint32_t counted = COUNTED(block = os_malloc(size));
    judge("malloc_slabs", counted,
          cost.miss + D(cls) * cost.slot + words() * cost.word +
              OSH_REFILL_SLABS * (cost.slab + osh_slab_words(cls) * cost.bits) +
              M(cls) * (cost.bits_more + cost.object));
    os_free(block);
    free_all(hold, count);
}

static void a_miss_makes_a_slab(void)
{
    unsigned cls = osh_class_of(8);
    void *block;
    uint32_t counted = COUNTED(block = os_malloc(8));
    judge("malloc_new_slab", counted,
          cost.miss + D(cls) * cost.slot + 2 * words() * cost.word + cost.create +
              osh_slab_words(cls) * cost.fill + cost.bits + cost.bits_more + M(cls) * cost.object);
    os_free(block);
    (void)os_heap_trim();
}

/* Blocks of as many slabs as a magazine is long, one of each: the last live one. */
static void a_free_with_the_depot_full_gives_a_magazine_to_slabs(void)
{
    size_t size = 32;
    unsigned cls = osh_class_of(size);
    unsigned length = M(cls);
    size_t objects = osh_class_info[cls].objects;
    size_t count = length * objects;
    void *last[OSH_MAGAZINE_MAX];
    void *junk[(OSH_DEPOT_SLOTS + 1) * OSH_MAGAZINE_MAX + 1];
    for (size_t i = 0; i < count; i++) {
        hold[i] = new_block(size);
    }
    size_t junk_count = (D(cls) + 1) * length + 1;
    for (size_t i = 0; i < junk_count; i++) {
        junk[i] = new_block(size);
    }
    (void)os_heap_trim();
    /* All but one of each slab go. */
    unsigned kept = 0;
    size_t pages[OSH_MAGAZINE_MAX];
    size_t junk_page = page_of(junk[0]);
    for (size_t i = 0; i < count; i++) {
        bool seen = page_of(hold[i]) == junk_page;
        for (unsigned k = 0; k < kept; k++) {
            seen |= pages[k] == page_of(hold[i]);
        }
        if (!seen && kept < length) {
            pages[kept] = page_of(hold[i]);
            last[kept++] = hold[i];
        } else {
            os_free(hold[i]);
        }
        hold[i] = NULL;
    }
    (void)os_heap_trim();
    CHECK(kept + 1 >= length);
    for (unsigned i = 0; i < D(cls) * length; i++) {
        os_free(junk[i]);
    }
    for (unsigned i = 0; i < kept; i++) {
        os_free(last[i]);
    }
    for (size_t i = D(cls) * length; i < junk_count - 1; i++) {
        os_free(junk[i]);
    }
    for (unsigned i = kept; i < length; i++) {
        os_free(new_block(size));
    }
    uint32_t counted = COUNTED(os_free(junk[junk_count - 1]));
    judge("free_slabs", counted,
          cost.miss + cost.hit_check + cost.usable_check + D(cls) * cost.slot +
              length * (cost.cut + cost.put + cost.put_check + cost.release +
                        osh_slab_words(cls) * cost.full));
    (void)os_heap_trim();
}

static void large_blocks_are_refused_and_deferred_in_an_interrupt(void)
{
    enum { BLOCKS = 16 };
    void *blocks[BLOCKS + 1];
    for (unsigned i = 0; i < BLOCKS + 1; i++) {
        blocks[i] = new_block(LARGE);
    }
    void *refused;
    os_heap_interrupt_enter();
    uint32_t counted = COUNTED(refused = os_malloc(LARGE));
    CHECK(refused == NULL);
    judge("malloc_large_interrupt", counted, cost.refuse);
    for (unsigned i = 0; i < BLOCKS; i++) {
        counted = COUNTED(os_free(blocks[i]));
    }
    judge("free_large_interrupt", counted, cost.defer + cost.header_check);
    os_heap_interrupt_leave();
    counted = COUNTED(os_free(blocks[BLOCKS]));
    judge("free_large_drain16", counted,
          cost.large + cost.header_check + cost.fault_check +
              BLOCKS * (cost.drain + cost.fault_check));
}

int main(void)
{
    counter_cpu_start();
    around = COUNTED((void)0);
    around = COUNTED((void)0) + around;
    the_first_call_starts_the_heap();
    /* All sizes have slabs, and no large block is kept: the paths that are judged here. */
    osh_slab_open_start(SIZE_MAX >> OSH_PAGE_LOG2);
    osh_kept_start(0);
    hits_are_constant();
    a_miss_makes_a_slab();
    a_miss_draws_on_scattered_slabs();
    a_free_with_the_depot_full_gives_a_magazine_to_slabs();
    out_of_memory_offers_everything_back();
    large_blocks_are_refused_and_deferred_in_an_interrupt();
    report("gauge", gauge_most);
    if (OSH_HARDENING > 1) {
        board_puts("the formulas are of hardening 0 and 1\n");
    }
    CHECK(!wrong);
    passed();
}
