/* SPDX-License-Identifier: Apache-2.0 */
/* The blocks that the operations move, and that none is lost or had twice. */
#include "arch.h"
#include "check.h"
#include "inject.h"
#include "os/os_heap.h"
#include "osh_class.h"
#include "osh_slab.h"
#include "reclaim.h"

#define MOST_BLOCKS 80u

unsigned inject_cls;
unsigned inject_limit;
static unsigned blocks;
static void *all[MOST_BLOCKS];
static void *held[MOST_BLOCKS + 4];
static unsigned holding;

void inject_hold(void *block)
{
    if (block != NULL) {
        CHECK(holding < MOST_BLOCKS + 4);
        held[holding++] = block;
    }
}

void inject_hold_chain(struct osh_chain chain)
{
    while (chain.count-- > 0) {
        void *block = chain.head;
        chain.head = osh_link_next(*(osh_word_t *)block);
        inject_hold(block);
    }
}

static void push_or_hold(void *block)
{
    if (!osh_arch_push_slow(inject_cls, block)) {
        inject_hold(block);
    }
}

void inject_interfere(enum interference interference)
{
    void *first;
    void *second;
    struct osh_chain none = {NULL, 0};
    switch (interference) {
    case POP_ONE:
        inject_hold(osh_arch_pop_slow(inject_cls));
        break;
    case PUSH_ONE:
        push_or_hold(inject_give());
        break;
    case SWAP_SECOND: /* the same first block and length: A -> B -> A */
        first = osh_arch_pop_slow(inject_cls);
        second = osh_arch_pop_slow(inject_cls);
        push_or_hold(inject_give());
        inject_hold(second);
        if (first != NULL) {
            push_or_hold(first);
        }
        break;
    case NEUTRAL: /* the list is used and left as it was */
        first = osh_arch_pop_slow(inject_cls);
        CHECK(first != NULL && osh_arch_push_slow(inject_cls, first));
        break;
    default:
        if (osh_arch_exchange(OSH_ACTIVE, inject_cls, &none)) {
            inject_hold_chain(none);
        }
        break;
    }
}

static unsigned char times[MOST_BLOCKS];

static void count_block(const void *block)
{
    for (unsigned i = 0; i < blocks; i++) {
        if (all[i] == block) {
            CHECK(times[i] == 0); /* nowhere else */
            times[i]++;
        }
    }
}

void inject_check_blocks(void)
{
    for (unsigned i = 0; i < blocks; i++) {
        times[i] = 0;
    }
    for (unsigned i = 0; i < holding; i++) {
        count_block(held[i]);
    }
    for (unsigned core = 0; core < osh_arch_cores(); core++) {
        struct osh_chain list = osh_arch_peek(core, OSH_ACTIVE, inject_cls);
        CHECK(list.count <= inject_limit);
        for (unsigned i = 0; i < list.count; i++) {
            CHECK(list.head != NULL);
            count_block(list.head);
            list.head = osh_link_next(*(osh_word_t *)list.head);
        }
        CHECK(list.head == NULL);
    }
    for (unsigned i = 0; i < blocks; i++) {
        CHECK(times[i] == 1); /* none lost */
    }
}

static void take_back(unsigned of, struct osh_chain chain)
{
    if (of == inject_cls) {
        inject_hold_chain(chain);
    } else {
        osh_slab_put(of, chain);
    }
}

void inject_prepare(unsigned length, bool moving, unsigned home)
{
    struct osh_chain none = {NULL, 0};
    CHECK(osh_arch_exchange(OSH_ACTIVE, inject_cls, &none));
    inject_hold_chain(none);
    if (moving) {
        reclaim_core(home, take_back);
        reclaim_core(1 - home, take_back);
    }
    CHECK(holding == blocks);
    for (unsigned i = 0; i < length; i++) {
        CHECK(osh_arch_push_slow(inject_cls, inject_give()));
    }
}

void *inject_give(void)
{
    return held[--holding];
}

void inject_blocks_start(void)
{
    inject_cls = osh_class_of(INJECT_SIZE);
    inject_limit = osh_class_limit(inject_cls);
    blocks = inject_limit + 8;
    CHECK(blocks <= MOST_BLOCKS);
    for (unsigned i = 0; i < blocks; i++) {
        all[i] = os_malloc(INJECT_SIZE);
        CHECK(all[i] != NULL);
    }
    /* Off the lists with what the refills left there. */
    struct osh_chain rest = {NULL, 0};
    if (OSH_SPARE_LIST) {
        (void)osh_arch_exchange(OSH_SPARE, inject_cls, &rest);
        rest = (struct osh_chain){NULL, 0};
    }
    (void)osh_arch_exchange(OSH_ACTIVE, inject_cls, &rest);
    for (unsigned i = 0; i < blocks; i++) {
        inject_hold(all[i]);
    }
}
