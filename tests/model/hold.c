/* SPDX-License-Identifier: Apache-2.0 */
#include "hold.h"

#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_class.h"
#include "osh_exhaust.h"
#include "osh_guard.h"
#include "osh_links.h"
#include "race.h"
#include "scenario.h"

#define WORDS 8192

static uint8_t holders[WORDS];
static size_t words_held;

static size_t word_of(const void *block)
{
    size_t word = ((uintptr_t)block - osh_arena.base) / sizeof(osh_word_t);
    REQUIRE(osh_arena_holds(block) && word < WORDS);
    return word;
}

void *hold(void *block, size_t bytes)
{
    if (block == NULL) {
        return NULL;
    }
    size_t words = bytes / sizeof(osh_word_t);
    for (size_t i = 0; i < words; i++) {
        if (holders[word_of(block) + i]++ != 0) {
            machine_fail("a block is handed out twice: %p", block);
        }
    }
    words_held += words;
    race_user_store(block);
    *(osh_word_t *)block = 0x1111;
    if (words > 1) {
        osh_word_t *last = (osh_word_t *)block + words - 1;
        race_user_store(last);
        *last = 0x2222;
    }
    return block;
}

void unhold(void *block, size_t bytes)
{
    size_t words = bytes / sizeof(osh_word_t);
    race_user_load(block);
    REQUIRE(*(osh_word_t *)block == 0x1111);
    if (words > 1) {
        race_user_load((osh_word_t *)block + words - 1);
        REQUIRE(((osh_word_t *)block)[words - 1] == 0x2222);
    }
    for (size_t i = 0; i < words; i++) {
        REQUIRE(holders[word_of(block) + i] == 1);
        holders[word_of(block) + i] = 0;
    }
    words_held -= words;
}

void hold_chain(unsigned cls, struct osh_chain chain)
{
    void *block = chain.head;
    while (chain.count-- > 0) {
        REQUIRE(block != NULL);
        race_user_load(block);
        void *next = osh_links_next(block);
        (void)hold(block, osh_class_bytes(cls));
        block = next;
    }
    REQUIRE(block == NULL);
}

void refill(unsigned cls, void *block)
{
    if (OSH_HARDENING >= 2) {
        osh_guard_fill(block, OSH_LINK_WORDS, osh_guard_words(osh_class_bytes(cls)));
    }
}

size_t held(void)
{
    return words_held;
}

struct osh_chain chain_of(unsigned cls, void **blocks, unsigned count)
{
    struct osh_chain chain = {NULL, 0};
    for (unsigned i = count; i-- > 0;) {
        race_user_store(blocks[i]);
        osh_links_push(cls, &chain, blocks[i]);
    }
    return chain;
}

void nothing_is_lost(void)
{
    REQUIRE(held() == 0);
    const char *wrong = os_heap_check();
    if (wrong != NULL) {
        machine_fail("os_heap_check: %s", wrong);
    }
    osh_heap_reclaim();
    if (osh_load(&osh_arena.in_use) != 0) {
        machine_fail("%zu pages are claimed though nothing is held and all was reclaimed",
                     (size_t)osh_load(&osh_arena.in_use));
    }
}
