/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_magazine.h"

#include "osh_arena.h"
#include "osh_brink.h"
#include "osh_class.h"
#include "osh_core_list.h"
#include "osh_depot.h"
#include "osh_links.h"
#include "osh_slab.h"
#include "osh_slab_open.h"

static const struct osh_chain no_blocks = {NULL, 0};

/* Are blocks of the class kept in cores' lists and in the depot now? */
static bool is_cached(unsigned cls)
{
    return osh_class_is_cached(cls) && (!osh_class_is_long(cls) || osh_arch_has_long());
}

/* Where a chain goes that a core has no place for. The depot takes magazines only. */
static void give_to_depot_or_slabs(unsigned cls, struct osh_chain chain)
{
    if (chain.count == 0) {
        return;
    }
    if (OSH_DEPOT_SLOTS == 0 || osh_brink_is_out() ||
        (!osh_class_is_single(cls) && chain.count != osh_class_magazine(cls)) ||
        !osh_depot_put(cls, chain)) {
        osh_slab_put(cls, chain);
    }
}

/* Makes a chain one of this core's lists, and passes on what was there. */
static void replace_list(enum osh_which which, unsigned cls, struct osh_chain *chain)
{
    (void)osh_arch_exchange(which, cls, chain); /* stopped: the chain is still ours */
    give_to_depot_or_slabs(cls, *chain);
}

/* How many blocks the slabs are asked for. */
static unsigned refill(unsigned cls)
{
    return osh_class_is_single(cls) ? 1 : osh_slab_scaled(osh_class_magazine(cls));
}

/* A magazine with at least one block, or the empty chain. */
static struct osh_chain fetch(unsigned cls)
{
    struct osh_chain chain = no_blocks;
    if (OSH_SPARE_LIST && !osh_class_is_single(cls) && osh_arch_exchange(OSH_SPARE, cls, &chain) &&
        chain.count > 0) {
        return chain;
    }
    if (OSH_DEPOT_SLOTS > 0) {
        chain = osh_depot_get(cls);
        if (chain.count > 0) {
            return chain;
        }
    }
    if (OSH_DEPOT_PARTS > 1) {
        chain = osh_depot_get_elsewhere(cls, false);
    }
    if (chain.count == 0) {
        chain = osh_slab_get(cls, refill(cls), false);
    }
    return chain;
}

/* Blocks of a new slab, or what other cores have if the arena has no pages. */
static struct osh_chain make(unsigned cls)
{
    if (OSH_DEPOT_PARTS > 1 && !osh_class_is_single(cls)) {
        osh_depot_shrink(cls, osh_slab_put);
    }
    struct osh_chain chain = osh_slab_get(cls, refill(cls), true);
    if (OSH_DEPOT_PARTS > 1 && chain.count == 0) {
        chain = osh_depot_get_elsewhere(cls, true);
    }
    return chain;
}

OSH_SHARED_CODE void *take(unsigned cls, bool fresh)
{
    if (!is_cached(cls)) {
        return osh_slab_get(cls, 1, fresh).head;
    }
    void *block = OSH_HARDENING >= 2 ? osh_core_list_take(cls) : osh_arch_pop_slow(cls);
    if (block != NULL) {
        return block;
    }
    if (OSH_SMALL_CODE) {
        return osh_slab_get(cls, 1, fresh).head;
    }
    struct osh_chain chain;
    do {
        chain = fresh ? make(cls) : fetch(cls);
        if (chain.count == 0) {
            return NULL;
        }
        block = osh_links_pop(cls, &chain);
    } while (OSH_HARDENING >= 2 && block == NULL); /* a damaged chain, dropped */
    if (chain.count > 0) {
        replace_list(OSH_ACTIVE, cls, &chain);
    }
    return block;
}

/* From what there is, then an object of a somewhat larger class, then from a new slab. */
static void *take_or_borrow(unsigned cls, size_t alignment)
{
    void *block = take(cls, false);
    if (block != NULL || alignment == 0) {
        return block;
    }
    unsigned most = osh_slab_borrows_up_to(cls);
    if (most > cls) {
        block = osh_slab_get_any(cls + 1, most, alignment);
    }
    return block != NULL ? block : take(cls, true);
}

void *osh_magazine_get(unsigned cls, size_t alignment)
{
    void *block = take_or_borrow(cls, alignment);
    while (OSH_HARDENING >= 2 && block != NULL && !osh_guard_serve(block, osh_class_bytes(cls))) {
        block = take_or_borrow(cls, alignment); /* that one was written to, and is dropped */
    }
    return block;
}

void *osh_magazine_get_any(unsigned cls, unsigned most, size_t alignment)
{
    void *block;
    do {
        block = osh_slab_get_any(cls, most, alignment);
    } while (OSH_HARDENING >= 2 && block != NULL &&
             !osh_guard_serve(block, osh_class_bytes(osh_arena_class_at(block))));
    return block;
}

void *osh_magazine_get_fresh(unsigned cls)
{
    if (osh_arena_free_pages() == 0) {
        return NULL;
    }
    void *block;
    do {
        block = osh_slab_get(cls, 1, true).head;
    } while (OSH_HARDENING >= 2 && block != NULL && !osh_guard_serve(block, osh_class_bytes(cls)));
    return block;
}

static struct osh_chain chain_of_one(unsigned cls, void *block)
{
    struct osh_chain chain = no_blocks;
    osh_links_push(cls, &chain, block);
    return chain;
}

/* A new active list of this one block, in exchange for the full one. */
static void start_new_list(unsigned cls, void *block)
{
    struct osh_chain chain = chain_of_one(cls, block);
    if (!osh_arch_exchange(OSH_ACTIVE, cls, &chain)) {
        osh_slab_put(cls, chain); /* stopped: somebody is reclaiming anyway */
        return;
    }
    if (chain.count > 0) {
        replace_list(OSH_SPARE, cls, &chain);
    }
}

/* Of a full active list one magazine remains, those freed last, with the block on it:
 * so as many calls as a magazine has blocks go by, either way, before the next miss. */
static void halve(unsigned cls, void *block)
{
    struct osh_chain lower = no_blocks;
    struct osh_chain upper = no_blocks;
    (void)osh_arch_exchange(OSH_ACTIVE, cls, &lower); /* stopped: there is none */
    if (lower.count == osh_class_limit(cls)) {
        upper = osh_links_cut(cls, &lower, osh_class_magazine(cls));
    } else { /* somebody made room meanwhile */
        upper = lower;
        lower = no_blocks;
    }
    osh_links_push(cls, &upper, block);
    replace_list(OSH_ACTIVE, cls, &upper); /* first: what is freed meanwhile finds no list */
    give_to_depot_or_slabs(cls, lower);
}

void osh_magazine_put(unsigned cls, void *block)
{
    if (!is_cached(cls)) {
        (void)osh_slab_put_one(cls, block);
        return;
    }
    if (OSH_HARDENING >= 2 ? osh_core_list_give(cls, block) : osh_arch_push_slow(cls, block)) {
        return;
    }
    if (OSH_SMALL_CODE || osh_brink_is_out()) {
        (void)osh_slab_put_one(cls, block);
    } else if (osh_class_is_single(cls)) {
        give_to_depot_or_slabs(cls, chain_of_one(cls, block));
    } else if (OSH_SPARE_LIST) {
        start_new_list(cls, block);
    } else {
        halve(cls, block);
    }
}

unsigned osh_magazine_lists(unsigned cls)
{
    return (1 + OSH_SPARE_LIST) * osh_arch_cores() +
           (OSH_DEPOT_SLOTS > 0 ? osh_depot_slots(cls) : 0);
}

struct osh_chain osh_magazine_peek(unsigned cls, unsigned list)
{
    unsigned cores = osh_arch_cores();
    unsigned of_cores = (1 + OSH_SPARE_LIST) * cores;
    if (OSH_DEPOT_SLOTS > 0 && list >= of_cores) {
        return osh_depot_peek(cls, list - of_cores);
    }
    bool spare = OSH_SPARE_LIST && list >= cores;
    return osh_arch_peek(spare ? list - cores : list, spare ? OSH_SPARE : OSH_ACTIVE, cls);
}

void osh_magazine_go_on(void)
{
    if (OSH_BRINK_STOPS) {
        osh_brink_end();
    }
    for (unsigned core = 0; core < osh_arch_cores(); core++) {
        osh_arch_go_on(core);
    }
}

static bool stop_lists(void)
{
    bool stopped = true;
    for (unsigned core = 0; core < osh_arch_cores(); core++) {
        stopped = osh_arch_stop(core, osh_slab_put) && stopped;
    }
    return stopped;
}

void osh_magazine_stop(void)
{
    if (!osh_brink_is_out()) {
        if (stop_lists() && OSH_BRINK_STOPS) {
            osh_brink_begin();
        } else {
            osh_magazine_go_on();
        }
    }
    if (OSH_DEPOT_SLOTS > 0) {
        osh_depot_reclaim(osh_slab_put);
    }
    osh_slab_release_empty(); /* those that a task in mid-call is about to give back */
}
