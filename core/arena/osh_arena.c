/* SPDX-License-Identifier: Apache-2.0 */
/* Claims and releases of pages and runs. */
#include "osh_arena.h"

#include "arch.h"
#include "osh_arena_open.h"
#include "osh_claims.h"
#include "osh_gaps.h"

/* If every run is one page, the compiler drops the code for longer runs. */
#define OSH_ONLY_PAGES(run) (OSH_RUN_LOG2 > 0 ? (run) : 0)

/* The bits of 2^run pages from `page` on, all in one word. */
static osh_word_t run_bits(size_t page, unsigned run)
{
    osh_word_t bits = run == OSH_WORD_LOG2 ? 0 : (osh_word_t)1 << (1u << run);
    return (bits - 1) << (page % OSH_WORD_BITS);
}

/* A bit for each multiple of 2^run at which 2^run zeros begin. */
static osh_word_t free_places(osh_word_t claimed, unsigned run)
{
    static const osh_word_t multiples[] = {
        (osh_word_t)0xffffffffffffffff, (osh_word_t)0x5555555555555555,
        (osh_word_t)0x1111111111111111, (osh_word_t)0x0101010101010101,
        (osh_word_t)0x0001000100010001, (osh_word_t)0x0000000100000001,
    };
    osh_word_t free = ~claimed;
    for (unsigned i = 0; i < run; i++) {
        free &= free >> (1u << i);
    }
    return free & multiples[run];
}

/* Claims the highest free page; tries one page after the other. */
static size_t claim_a_page(void)
{
    size_t page = osh_arena.pages;
    while (page-- > 0 && !osh_arena_claim_page(page)) {
        if (OSH_ARCH_OPENS && page > 0 && !osh_arena_open_word((page - 1) / OSH_WORD_BITS)) {
            page = osh_arena_low() * OSH_WORD_BITS;
        }
    }
    return page; /* OSH_NO_PAGE behind the last */
}

/* Claims the highest free run of 2^run pages in word `from` or a lower one. */
static size_t claim_below(size_t from, unsigned run)
{
    for (size_t word = from + 1; word-- > 0;) {
        if (!osh_arena_open_word(word)) {
            word = osh_arena_low(); /* continues below the closed words */
            continue;
        }
        osh_word_t claimed = osh_load(&osh_arena.claimed[word]);
        osh_word_t places;
        while ((places = free_places(claimed, run)) != 0) {
            unsigned place = osh_top_bit(places);
            osh_word_t bits = run_bits(place, run);
            /* Observes the last owners' accesses to the pages; pairs with osh_claims_release(). */
            if (osh_cas(&osh_arena.claimed[word], &claimed, claimed | bits)) {
                osh_claims_note(word, bits, 1u << run);
                osh_gaps_claimed(word * OSH_WORD_BITS + place);
                return word * OSH_WORD_BITS + place;
            }
        }
    }
    return OSH_NO_PAGE;
}

size_t osh_arena_claim_run(unsigned run)
{
    run = OSH_ONLY_PAGES(run);
    if (osh_arena_free_pages() >> run == 0) {
        return OSH_NO_PAGE;
    }
    if (OSH_SMALL_CODE) {
        return claim_a_page();
    }
    osh_word_t hint = OSH_SLAB_HINTS ? osh_load(&osh_arena.top_word) : osh_arena.words - 1;
    size_t page = claim_below(hint, run);
    if (OSH_SLAB_HINTS && page == OSH_NO_PAGE) {
        /* Another claim may have lowered the hint below pages that were just released. */
        return claim_below(osh_arena.words - 1, run);
    }
    if (OSH_SLAB_HINTS && run == 0 && page / OSH_WORD_BITS < hint) {
        /* Lowers the hint, unless another core raised it: publishes nothing. */
        (void)osh_cas(&osh_arena.top_word, &hint, page / OSH_WORD_BITS);
    }
    return page;
}

void osh_arena_release_run(size_t page, unsigned run)
{
    run = OSH_ONLY_PAGES(run);
    osh_claims_release(page / OSH_WORD_BITS, run_bits(page, run), 1u << run);
    osh_gaps_released(page + ((size_t)1 << run) - 1);
    if (OSH_ARCH_DECOMMITS) {
        osh_arena_purge((size_t)1 << run);
    }
}

bool osh_arena_claim_page(size_t page)
{
    size_t word = page / OSH_WORD_BITS;
    /* Observes the last owner's accesses to the page; pairs with osh_claims_release(). */
    if (osh_fetch_or(&osh_arena.claimed[word], osh_arena_bit(page)) & osh_arena_bit(page)) {
        return false;
    }
    osh_claims_note(word, osh_arena_bit(page), 1);
    osh_gaps_claimed(page);
    return true;
}
