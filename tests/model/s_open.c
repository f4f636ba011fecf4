/* SPDX-License-Identifier: Apache-2.0 */
/* A region that is opened in steps, from the top by claims and from the bottom by the break. */
#include "osh_arena_open.h"
#include "scenario.h"

#if OSH_ARCH_OPENS

/* Three words: the upper one open and claimed, the others closed. */
#define WORDS 3
#define PAGES ((WORDS - 1) * OSH_WORD_BITS + 2)

static bool accessible[WORDS]; /* to the kernel */
static bool counting;

/* The linker puts this around the port's. */
__typeof__(osh_arch_open) __real_osh_arch_open;
__typeof__(osh_arch_open) __wrap_osh_arch_open;
bool __wrap_osh_arch_open(void *start, size_t bytes)
{
    bool opened = __real_osh_arch_open(start, bytes);
    if (counting && osh_arena_holds(start)) {
        (void)osh_load(&osh_opened.high); /* others may run before that */
        machine_step("the kernel opens pages");
        size_t first = osh_arena_page(start) / OSH_WORD_BITS;
        size_t last = osh_arena_page((char *)start + bytes - 1) / OSH_WORD_BITS;
        for (size_t word = first; word <= last; word++) {
            accessible[word] = true;
        }
    }
    return opened;
}

static void lower_words_are_closed(void)
{
    while (osh_arena_claim_run(0) >= (WORDS - 1) * OSH_WORD_BITS + 1) {
    }
    accessible[WORDS - 1] = true;
    osh_store(&osh_opened.high, WORDS - 1);
    counting = true;
}

static void use(size_t page)
{
    REQUIRE(page < osh_arena.pages);
    if (!accessible[page / OSH_WORD_BITS]) {
        machine_fail("page %zu is closed", page);
    }
    (void)hold((void *)osh_arena_address(page), OSH_PAGE_BYTES);
}

static void claim_one(void)
{
    size_t page = osh_arena_claim_run(0);
    REQUIRE(page != OSH_NO_PAGE);
    use(page);
}

static void grow_by_one(void)
{
    char *grown = osh_arena_sbrk((ptrdiff_t)OSH_PAGE_BYTES);
    REQUIRE(grown != (char *)-1);
    use(osh_arena_page(grown));
}

/* Opens both words, and gives a page of the upper one back. */
static void claim_a_word_and_one_more(void)
{
    claim_one();
    (void)osh_fetch_or(&osh_arena.claimed[WORDS - 2], ~(osh_word_t)0);
    claim_one();
    (void)osh_fetch_and(&osh_arena.claimed[WORDS - 2], ~(osh_word_t)1);
}

static void what_is_open_is_known_to_be(void)
{
    for (size_t word = 0; word < WORDS; word++) {
        REQUIRE(accessible[word] == !osh_arena_is_closed(word));
    }
}

const struct scenario arena_open = {
    .name = "arena-open",
    .promise = "two that open the same step, and the break from below, get pages that are open",
    .pages = PAGES,
    .setup = lower_words_are_closed,
    .task = {claim_one, claim_one, grow_by_one},
    .core = {0, 1, 2},
    .check = what_is_open_is_known_to_be,
    .quick = {2, 0, 0, 1},
    .deep = {3, 0, 0, 1},
};

const struct scenario arena_open_late = {
    .name = "arena-open-late",
    .promise = "who opened a step that others have left behind closes nothing again",
    .pages = PAGES,
    .setup = lower_words_are_closed,
    .task = {claim_one, claim_a_word_and_one_more},
    .core = {0, 1},
    .check = what_is_open_is_known_to_be,
    .quick = {2, 0, 0, 1},
    .deep = {3, 0, 0, 1},
};

#endif
