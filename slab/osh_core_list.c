/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_core_list.h"

#include "osh_depot.h"
#include "osh_links.h"
#include "osh_slab.h"

static const struct osh_chain none = {NULL, 0};

/* Makes a chain the active list; blocks that came there meanwhile go to their slabs. */
static void put_back(unsigned cls, struct osh_chain chain)
{
    (void)osh_arch_exchange(OSH_ACTIVE, cls, &chain); /* if stopped, `chain` is unchanged */
    if (chain.count > 0) {
        osh_slab_put(cls, chain);
    }
}

void *osh_core_list_take(unsigned cls)
{
    struct osh_chain chain = none;
    if (!osh_arch_exchange(OSH_ACTIVE, cls, &chain) || chain.count == 0) {
        return NULL;
    }
    void *block = osh_links_pop(cls, &chain);
    if (chain.count > 0) {
        put_back(cls, chain);
    }
    return block;
}

bool osh_core_list_give(unsigned cls, void *block)
{
    struct osh_chain chain = none;
    if (!osh_arch_exchange(OSH_ACTIVE, cls, &chain)) {
        return false;
    }
    bool room = chain.count < osh_class_limit(cls);
    if (room) {
        osh_links_push(cls, &chain, block);
    }
    put_back(cls, chain);
    return room;
}

static bool chain_holds(unsigned cls, struct osh_chain chain, const void *block)
{
    const void *at = chain.head;
    for (unsigned i = 0; i < chain.count && osh_links_is_object(cls, at); i++) {
        if (at == block) {
            return true;
        }
        at = osh_links_next(at);
    }
    return false;
}

bool osh_core_lists_hold(unsigned cls, const void *block)
{
    for (unsigned core = 0; core < osh_arch_cores(); core++) {
        if (chain_holds(cls, osh_arch_peek(core, OSH_ACTIVE, cls), block) ||
            (OSH_SPARE_LIST && chain_holds(cls, osh_arch_peek(core, OSH_SPARE, cls), block))) {
            return true;
        }
    }
    for (unsigned slot = 0; slot < osh_depot_slots(cls); slot++) {
        if (chain_holds(cls, osh_depot_peek(cls, slot), block)) {
            return true;
        }
    }
    return false;
}
