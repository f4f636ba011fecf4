/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_arena.h"

#include "arch.h"

struct osh_hot osh_hot;
struct osh_arena osh_arena;

static osh_word_t bit_of(size_t page)
{
    return (osh_word_t)1 << (page % OSH_WORD_BITS);
}

static size_t bitmap_bytes(size_t pages)
{
    return (pages + OSH_WORD_BITS - 1) / OSH_WORD_BITS * sizeof(osh_word_t);
}

size_t osh_arena_table_bytes(size_t pages)
{
    size_t bytes = 3 * bitmap_bytes(pages) + pages;
    return (bytes + OSH_CACHELINE - 1) / OSH_CACHELINE * OSH_CACHELINE; /* others follow */
}

void osh_arena_start(uintptr_t base, size_t pages, void *tables)
{
    osh_word_t *words = tables;
    osh_arena.tables = (uintptr_t)tables;
    osh_arena.base = base;
    osh_arena.pages = pages;
    osh_arena.words = bitmap_bytes(pages) / sizeof(osh_word_t);
    osh_arena.claimed = words;
    osh_arena.used = words + osh_arena.words;
    osh_arena.newlib = words + 2 * osh_arena.words;
    osh_arena.page_class = (uint8_t *)(words + 3 * osh_arena.words);
    osh_arena.top_word = osh_arena.words - 1;
    osh_arena.in_use = 0;
    osh_arena.most_used = 0;
    if (pages % OSH_WORD_BITS != 0) {
        osh_arena.claimed[osh_arena.words - 1] = ~(bit_of(pages) - 1);
    }
    osh_arena.segment = osh_arena.brk = osh_arena.claimed_to = base;
    osh_arena.brk_pages = 0;
}

/* The bits of 2^run pages from `page` on, all in one word. */
static osh_word_t run_bits(size_t page, unsigned run)
{
    osh_word_t bits = run == OSH_WORD_LOG2 ? 0 : (osh_word_t)1 << (1u << run);
    return (bits - 1) << (page % OSH_WORD_BITS);
}

static void note_claimed(size_t word, osh_word_t bits, unsigned pages)
{
    if ((osh_load(&osh_arena.used[word]) & bits) != bits) {
        /* Publishes nothing: osh_arena_decommit holds the page when it looks. */
        (void)osh_fetch_or(&osh_arena.used[word], bits);
    }
    /* A statistic: publishes nothing. */
    osh_raise(&osh_arena.most_used, osh_fetch_add(&osh_arena.in_use, pages) + pages);
}

static void release(size_t word, osh_word_t bits, unsigned pages)
{
    (void)osh_fetch_add(&osh_arena.in_use, (osh_word_t)0 - pages); /* a statistic */
    /* Publishes that we are done with the pages; pairs with the claims. */
    (void)osh_fetch_and(&osh_arena.claimed[word], ~bits);
    /* Raises the hint: publishes nothing, the bitmap is looked at again. */
    osh_raise(&osh_arena.top_word, word);
}

/* Where 2^run zeros begin at a multiple of 2^run: a bit for each such place. */
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

/* Claims the highest such run at or below word `from`. */
static size_t claim_below(size_t from, unsigned run)
{
    for (size_t word = from + 1; word-- > 0;) {
        osh_word_t claimed = osh_load(&osh_arena.claimed[word]);
        osh_word_t places;
        while ((places = free_places(claimed, run)) != 0) {
            unsigned place = osh_top_bit(places);
            osh_word_t bits = run_bits(place, run);
            /* Observes what the last owners left; pairs with release(). */
            if (osh_cas(&osh_arena.claimed[word], &claimed, claimed | bits)) {
                note_claimed(word, bits, 1u << run);
                return word * OSH_WORD_BITS + place;
            }
        }
    }
    return OSH_NO_PAGE;
}

size_t osh_arena_claim_run(unsigned run)
{
    osh_word_t hint = osh_load(&osh_arena.top_word);
    size_t page = claim_below(hint, run);
    if (page == OSH_NO_PAGE) {
        /* A release may have been missed by a hint lowered meanwhile. */
        return claim_below(osh_arena.words - 1, run);
    }
    if (run == 0 && page / OSH_WORD_BITS < hint) {
        /* Lowers the hint, unless somebody raised it: publishes nothing. */
        (void)osh_cas(&osh_arena.top_word, &hint, page / OSH_WORD_BITS);
    }
    return page;
}

void osh_arena_release_run(size_t page, unsigned run)
{
    release(page / OSH_WORD_BITS, run_bits(page, run), 1u << run);
}

static bool claim_for_newlib(size_t page)
{
    size_t word = page / OSH_WORD_BITS;
    /* Observes what the page's last owner left; pairs with release(). */
    if (osh_fetch_or(&osh_arena.claimed[word], bit_of(page)) & bit_of(page)) {
        return false;
    }
    note_claimed(word, bit_of(page), 1);
    /* Publishes nothing: who asks has a block of that page. One writer. */
    osh_store(&osh_arena.newlib[word], osh_arena.newlib[word] | bit_of(page));
    osh_arena.brk_pages++;
    return true;
}

static void release_from_newlib(size_t page)
{
    osh_arena.brk_pages--;
    size_t word = page / OSH_WORD_BITS;
    osh_store(&osh_arena.newlib[word], osh_arena.newlib[word] & ~bit_of(page)); /* as above */
    release(word, bit_of(page), 1);
}

/* Claims `count` pages in a row from `first`; on a taken one gives back what it
 * claimed and returns that page, else OSH_NO_PAGE. */
static size_t claim_row(size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!claim_for_newlib(first + i)) {
            for (size_t j = i; j-- > 0;) {
                release_from_newlib(first + j);
            }
            return first + i;
        }
    }
    return OSH_NO_PAGE;
}

/* Next free page from `page` on, or the number of pages. */
static size_t next_free(size_t page)
{
    while (page < osh_arena.pages) {
        osh_word_t free = ~osh_load(&osh_arena.claimed[page / OSH_WORD_BITS]);
        free &= ~(bit_of(page) - 1);
        if (free != 0) {
            return page / OSH_WORD_BITS * OSH_WORD_BITS + (size_t)__builtin_ctzl(free);
        }
        page = (page / OSH_WORD_BITS + 1) * OSH_WORD_BITS;
    }
    return osh_arena.pages;
}

static size_t pages_for(uintptr_t bytes)
{
    return (bytes + OSH_PAGE_BYTES - 1) >> OSH_PAGE_LOG2;
}

/* The break cannot go on where it is: starts a segment above. */
static void *start_segment(size_t first, uintptr_t bytes)
{
    size_t count = pages_for(bytes);
    for (first = next_free(first); first + count <= osh_arena.pages; first = next_free(first + 1)) {
        size_t taken = claim_row(first, count);
        if (taken == OSH_NO_PAGE) {
            osh_arena.segment = osh_arena_address(first);
            osh_arena.claimed_to = osh_arena.segment + ((uintptr_t)count << OSH_PAGE_LOG2);
            osh_arena.brk = osh_arena.segment + bytes;
            return (void *)osh_arena.segment;
        }
        first = taken;
    }
    return (void *)-1;
}

/* Claims the pages a break `bytes` higher needs; the first taken one, or
 * OSH_NO_PAGE when all is well. */
static size_t claim_behind_break(uintptr_t bytes)
{
    if (bytes <= osh_arena.claimed_to - osh_arena.brk) {
        return OSH_NO_PAGE;
    }
    size_t first = (osh_arena.claimed_to - osh_arena.base) >> OSH_PAGE_LOG2;
    size_t count = pages_for(osh_arena.brk + bytes - osh_arena.claimed_to);
    size_t taken = claim_row(first, count);
    if (taken == OSH_NO_PAGE) {
        osh_arena.claimed_to += (uintptr_t)count << OSH_PAGE_LOG2;
    }
    return taken;
}

static bool beyond_region(uintptr_t bytes)
{
    return bytes > osh_arena.base + ((uintptr_t)osh_arena.pages << OSH_PAGE_LOG2) - osh_arena.brk;
}

bool osh_arena_extend_break(uintptr_t bytes)
{
    if (beyond_region(bytes) || claim_behind_break(bytes) != OSH_NO_PAGE) {
        return false;
    }
    osh_arena.brk += bytes;
    return true;
}

static void *grow(uintptr_t bytes)
{
    if (beyond_region(bytes)) {
        return (void *)-1;
    }
    size_t taken = claim_behind_break(bytes);
    if (taken != OSH_NO_PAGE) {
        return start_segment(taken + 1, bytes);
    }
    uintptr_t old = osh_arena.brk;
    osh_arena.brk = old + bytes;
    return (void *)old;
}

static void *shrink(uintptr_t bytes)
{
    uintptr_t old = osh_arena.brk;
    if (bytes > old - osh_arena.segment) {
        return (void *)-1;
    }
    osh_arena.brk = old - bytes;
    while (osh_arena.claimed_to - OSH_PAGE_BYTES >= osh_arena.brk &&
           osh_arena.claimed_to > osh_arena.segment) {
        osh_arena.claimed_to -= OSH_PAGE_BYTES;
        release_from_newlib((osh_arena.claimed_to - osh_arena.base) >> OSH_PAGE_LOG2);
    }
    return (void *)old;
}

void *osh_arena_sbrk(ptrdiff_t increment)
{
    if (increment < 0) {
        return shrink((uintptr_t)0 - (uintptr_t)increment);
    }
    return grow((uintptr_t)increment);
}

void *osh_arena_open_segment(uintptr_t bytes)
{
    return start_segment(0, bytes);
}

void osh_arena_reset_break(void)
{
    for (size_t word = 0; word < osh_arena.words; word++) {
        while (osh_arena.newlib[word] != 0) {
            release_from_newlib(word * OSH_WORD_BITS + osh_top_bit(osh_arena.newlib[word]));
        }
    }
    osh_arena.segment = osh_arena.brk = osh_arena.claimed_to = osh_arena.base;
}

size_t osh_arena_decommit(void)
{
    size_t bytes = 0;
    for (size_t word = 0; word < osh_arena.words; word++) {
        osh_word_t idle;
        while ((idle = osh_load(&osh_arena.used[word]) & ~osh_load(&osh_arena.claimed[word])) !=
               0) {
            osh_word_t bit = (osh_word_t)1 << osh_top_bit(idle);
            size_t page = word * OSH_WORD_BITS + osh_top_bit(idle);
            if (osh_fetch_or(&osh_arena.claimed[word], bit) & bit) {
                continue; /* somebody claimed it first */
            }
            osh_arch_decommit((void *)osh_arena_address(page), OSH_PAGE_BYTES);
            /* Before the page is anybody's again, who would set it anew. */
            (void)osh_fetch_and(&osh_arena.used[word], ~bit);
            (void)osh_fetch_and(&osh_arena.claimed[word], ~bit); /* pairs with the claims */
            osh_raise(&osh_arena.top_word, word);
            bytes += OSH_PAGE_BYTES;
        }
    }
    return bytes;
}
