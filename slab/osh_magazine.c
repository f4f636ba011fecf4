/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_magazine.h"

#include "osh_class.h"
#include "osh_depot.h"
#include "osh_links.h"
#include "osh_slab.h"

static const struct osh_chain no_blocks = {NULL, 0};

/* Where a magazine goes that a core has no place for. */
static void pass_on(unsigned cls, struct osh_chain magazine)
{
    if (magazine.count == 0) {
        return;
    }
    if (OSH_DEPOT_SLOTS == 0 || magazine.count < osh_class_info[cls].magazine ||
        !osh_depot_put(cls, magazine)) {
        osh_slab_put(cls, magazine);
    }
}

/* Makes a chain one of this core's lists, and passes on what was there. */
static void install(enum osh_which which, unsigned cls, struct osh_chain chain)
{
    (void)osh_arch_exchange(which, cls, &chain); /* stopped: the chain is still ours */
    pass_on(cls, chain);
}

/* A magazine with at least one block, or the empty chain. */
static struct osh_chain fetch(unsigned cls)
{
    struct osh_chain chain = no_blocks;
    if (osh_arch_exchange(OSH_SPARE, cls, &chain) && chain.count > 0) {
        return chain;
    }
    if (OSH_DEPOT_SLOTS > 0) {
        chain = osh_depot_get(cls);
        if (chain.count > 0) {
            return chain;
        }
    }
    return osh_slab_get(cls, osh_class_info[cls].magazine);
}

static void *take(unsigned cls)
{
    if (osh_class_info[cls].magazine == 0) {
        return osh_slab_get(cls, 1).head;
    }
    void *block = OSH_HARDENING >= 2 ? osh_links_take(cls) : osh_arch_pop_slow(cls);
    if (block != NULL) {
        return block;
    }
    struct osh_chain chain;
    do {
        chain = fetch(cls);
        if (chain.count == 0) {
            return NULL;
        }
        block = osh_links_pop(cls, &chain);
    } while (OSH_HARDENING >= 2 && block == NULL); /* a damaged chain, dropped */
    if (chain.count > 0) {
        install(OSH_ACTIVE, cls, chain);
    }
    return block;
}

void *osh_magazine_get(unsigned cls)
{
    void *block = take(cls);
    while (OSH_HARDENING >= 2 && block != NULL && !osh_guard_serve(block, osh_class_bytes(cls))) {
        block = take(cls); /* that one was written to, and is dropped */
    }
    return block;
}

/* A chain of one. */
static struct osh_chain single(unsigned cls, void *block)
{
    struct osh_chain chain = no_blocks;
    osh_links_push(cls, &chain, block);
    return chain;
}

void osh_magazine_put(unsigned cls, void *block)
{
    if (osh_class_info[cls].magazine == 0) {
        osh_slab_put(cls, single(cls, block));
        return;
    }
    if (OSH_HARDENING >= 2 ? osh_links_give(cls, block) : osh_arch_push_slow(cls, block)) {
        return;
    }
    /* A new active list of this one block, in exchange for the full one. */
    struct osh_chain chain = single(cls, block);
    if (!osh_arch_exchange(OSH_ACTIVE, cls, &chain)) {
        osh_slab_put(cls, chain); /* stopped: somebody is reclaiming anyway */
        return;
    }
    if (chain.count > 0) {
        install(OSH_SPARE, cls, chain);
    }
}

unsigned osh_magazine_lists(void)
{
    return 2 * osh_arch_cores() + OSH_DEPOT_SLOTS;
}

struct osh_chain osh_magazine_peek(unsigned cls, unsigned list)
{
    unsigned of_cores = 2 * osh_arch_cores();
    if (OSH_DEPOT_SLOTS > 0 && list >= of_cores) {
        return osh_depot_peek(cls, list - of_cores);
    }
    return osh_arch_peek(list / 2, list % 2 == 0 ? OSH_ACTIVE : OSH_SPARE, cls);
}

void osh_magazine_reclaim(void)
{
    for (unsigned cls = 1; OSH_DEPOT_SLOTS > 0 && cls <= OSH_CLASS_MAX; cls++) {
        struct osh_chain magazine;
        while ((magazine = osh_depot_get(cls)).count > 0) {
            osh_slab_put(cls, magazine);
        }
    }
    for (unsigned core = 0; core < osh_arch_cores(); core++) {
        osh_arch_reclaim(core, osh_slab_put);
    }
    if (OSH_KEEP_SLABS) {
        osh_slab_release_kept();
    }
}
