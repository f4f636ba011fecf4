/* SPDX-License-Identifier: Apache-2.0 */
/* The longest path of all: memory is out, and everything that is cached is offered back. */
#include "paths.h"

#include "arch.h"
#include "os/os_heap_port.h"
#include "osh_exhaust.h"
#include "osh_slab_table.h"

/* Moves what this core has cached of a class to another core's lists. */
static void move_lists(unsigned cls, unsigned core)
{
    for (unsigned index = cls; index < OSH_LISTS_OF_CORE; index += OSH_CLASSES) {
        osh_word_t word =
            osh_cpu_take(&osh_lists_of(osh_cpu_core())->word[index], (osh_word_t)&osh_empty[cls]);
        (void)osh_cpu_take(&osh_lists_of(core)->word[index], word);
    }
}

/* Frees `count` of the blocks, each of another slab than the one before, so that no
 * two neighbours of a chain share one. */
static void free_in_turns(void **blocks, size_t total, size_t count)
{
    size_t page = OSH_NO_PAGE;
    for (; count > 0; count--) {
        size_t chosen = total;
        for (size_t i = 0; i < total; i++) {
            if (blocks[i] != NULL) {
                chosen = i;
                if (page_of(blocks[i]) != page) {
                    break;
                }
            }
        }
        CHECK(chosen < total);
        page = page_of(blocks[chosen]);
        os_free(blocks[chosen]);
        blocks[chosen] = NULL;
    }
}

static uint32_t cached_blocks(void)
{
    uint32_t blocks = 0;
    for (unsigned cls = 1; cls <= OSH_CLASS_MAX; cls++) {
        blocks += (2u * OSH_CORES + D(cls)) * M(cls);
    }
    return blocks;
}

/* What one look at depot, slabs and arena costs that finds nothing. */
static uint32_t fruitless(unsigned cls)
{
    return cost.miss + D(cls) * cost.slot + 3 * words() * cost.word;
}

/* Blocks of a class to fill all its caches from, of two slabs at least. */
static size_t fill_of(unsigned cls)
{
    size_t slabs = 2u * osh_class_info[cls].objects;
    size_t cached = (2u * OSH_CORES + D(cls)) * M(cls);
    return M(cls) == 0 ? 0 : slabs > cached ? slabs : cached;
}

/* Fills the lists of all cores and the depot of a class. */
static void fill_caches(unsigned cls, void **blocks)
{
    size_t total = fill_of(cls);
    for (unsigned core = 0; core < OSH_CORES; core++) {
        if (core != osh_cpu_core()) {
            free_in_turns(blocks, total, 2u * M(cls));
            move_lists(cls, core);
        }
    }
    free_in_turns(blocks, total, (2u + D(cls)) * M(cls));
}

void out_of_memory_offers_everything_back(void)
{
    size_t first[OSH_CLASSES];
    size_t count = 0;
    for (unsigned cls = 1; cls <= OSH_CLASS_MAX; cls++) {
        first[cls] = count;
        for (size_t i = fill_of(cls); i > 0; i--) {
            hold[count++] = new_block(osh_class_bytes(cls));
            CHECK(count < sizeof(hold) / sizeof(hold[0]));
        }
    }
    void *chain = NULL;
    for (size_t size = LARGE; size >= 8; size /= 2) {
        for (void **block; (block = os_malloc(size)) != NULL;) {
            *block = chain;
            chain = block;
        }
    }
    osh_heap_go_on(); /* memory was out, and no list took a block any more */
    for (unsigned cls = 2; cls <= OSH_CLASS_MAX; cls++) {
        if (M(cls) != 0) {
            fill_caches(cls, &hold[first[cls]]);
        }
    }
    judge_gauge();
    void *block;
    /* As if a task were preempted that takes a slab off the map: so every page is looked at. */
    (void)osh_fetch_add(&osh_slabs.unlisting, 1);
    os_heap_interrupt_enter();
    uint32_t counted = COUNTED(block = os_malloc(1));
    (void)osh_fetch_add(&osh_slabs.unlisted, 1);
    CHECK(block == NULL);
    judge("malloc_out_interrupt", counted,
          2 * fruitless(1) +
              4 * (uint32_t)osh_arena.pages * (cost.any + OSH_SLAB_WORDS * cost.look) +
              cost.refuse);
    os_heap_interrupt_leave();

    fill_caches(1, &hold[first[1]]);
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    CHECK(stats.cached == stats.cached_bound - OSH_KEPT_BYTES);
    counted = COUNTED(block = os_malloc(LARGE));
    judge("malloc_out", counted,
          2 * cost.large + OSH_CLASSES * OSH_DEPOT_SLOTS * cost.slot +
              cached_blocks() * (cost.put + cost.put_check) +
              (uint32_t)osh_arena.pages * (cost.release + OSH_SLAB_WORDS * cost.full +
                                           2 * (cost.any + OSH_SLAB_WORDS * cost.look)) +
              OSH_CORES * OSH_LISTS_OF_CORE * (cost.list + cost.list_more));
    os_free(block); /* where a class's caches hold whole slabs there is one */
    for (unsigned i = 0; chain != NULL; i++) {
        void *next = *(void **)chain;
        os_free(chain);
        chain = next;
        if (i % 64 == 0) {
            judge_gauge();
        }
    }
    free_all(hold, count);
}
