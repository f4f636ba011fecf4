/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_bank.h"

#include "arch.h"
#include "osh_bank_map.h"
#include "osh_class.h"
#include "osh_gauge.h"

#include <string.h>

/* A claim gives up after so many looks, even if granules came free in each of them. */
enum { BANK_LOOKS = 3 };

struct osh_bank *osh_bank_make(void *region, size_t bytes, uint32_t caps)
{
    uintptr_t start = ((uintptr_t)region + OSH_CACHELINE - 1) & ~((uintptr_t)OSH_CACHELINE - 1);
    uintptr_t end = (uintptr_t)region + bytes;
    end -= end == 0; /* the address behind the last byte must not be 0 */
    if (bytes > PTRDIFF_MAX || start - 1 >= end - 1 || end - start <= sizeof(struct osh_bank)) {
        return NULL; /* subtracting 1 makes a start of 0 larger than every end */
    }
    unsigned shift = OSH_ALIGN_LOG2;
    while ((end - start) >> shift > (size_t)OSH_BANK_WORDS * OSH_BANK_HALF) {
        shift++;
    }
    uintptr_t granule = (uintptr_t)1 << shift;
    size_t words = (end - start) / (OSH_BANK_HALF * granule) + 1; /* enough without the map */
    uintptr_t map_end = start + sizeof(struct osh_bank) + words * sizeof(osh_word_t);
    uintptr_t base = (map_end + granule - 1) & ~(granule - 1);
    if (base < start || base >= end || (end - base) >> shift == 0) {
        return NULL;
    }
    struct osh_bank *bank = (struct osh_bank *)start;
    memset(bank, 0, map_end - start);
    bank->base = base;
    bank->granules = (end - base) >> shift;
    bank->words = (bank->granules + OSH_BANK_HALF - 1) / OSH_BANK_HALF;
    bank->shift = shift;
    bank->caps = caps;
    if (bank->granules % OSH_BANK_HALF != 0) {
        /* No block begins, continues or is free behind the end. */
        osh_word_t beyond = OSH_BANK_LOW & ~osh_bank_bits(0, bank->granules % OSH_BANK_HALF);
        bank->map[bank->words - 1] = beyond | beyond << OSH_BANK_HALF;
    }
    return bank;
}

/* Frees granules [from, end), downward. They belong to the caller. */
static void give_granules(struct osh_bank *bank, size_t from, size_t end)
{
    size_t word = from / OSH_BANK_HALF;
    while (end > from) {
        size_t first = (end - 1) / OSH_BANK_HALF * OSH_BANK_HALF;
        first = first > from ? first : from;
        osh_word_t bits = osh_bank_bits(first, end);
        /* Publishes that we are done with the granules; pairs with take_granules(). */
        (void)osh_fetch_and(&bank->map[first / OSH_BANK_HALF], ~(bits | bits << OSH_BANK_HALF));
        end = first;
    }
    /* A hint: publishes nothing. Before NULL a claim does not trust it. */
    osh_word_t low = osh_load(&bank->low);
    while (low > word && !osh_cas(&bank->low, &low, word)) {
    }
    (void)osh_fetch_add(&bank->changes, 1); /* after the release: pairs with osh_bank_claim() */
}

/* Claims granules [from, end), upward. The first begins a block, unless they all `continue` one. If
 * one of them is taken, gives back what it claimed and returns false. */
static bool take_granules(struct osh_bank *bank, size_t from, size_t end, bool all_continue)
{
    for (size_t at = from; at < end; at = (at / OSH_BANK_HALF + 1) * OSH_BANK_HALF) {
        osh_word_t bits = osh_bank_bits(at, end);
        osh_word_t first = at == from && !all_continue ? osh_bank_begins(at) : 0;
        osh_word_t *word = &bank->map[at / OSH_BANK_HALF];
        osh_word_t old = osh_load(word);
        do {
            if ((osh_bank_taken(old) & bits) != 0) {
                if (at > from) {
                    give_granules(bank, from, at);
                }
                return false;
            }
            /* Observes the last owners' accesses to the granules; pairs with give_granules(). */
        } while (!osh_cas(word, &old, old | first | (bits & ~first) << OSH_BANK_HALF));
    }
    return true;
}

/* Finds and claims. Repeats only when another claim was faster. */
static size_t take_row_from(struct osh_bank *bank, osh_word_t word, size_t count, size_t alignment)
{
    for (;;) {
        size_t free_word;
        size_t found = osh_bank_find(bank, word, count, alignment, &free_word);
        if (free_word > word) {
            /* A hint: a free in between may be missed. Publishes nothing. */
            osh_word_t low = word;
            (void)osh_cas(&bank->low, &low, free_word);
        }
        if (found == OSH_NO_GRANULE || take_granules(bank, found, found + count, false)) {
            return found;
        }
    }
}

/* The block got so many granules more, up to `end`. Counts: publish nothing. */
static void count_taken(struct osh_bank *bank, size_t count, size_t end)
{
    osh_raise(&bank->most, osh_fetch_add(&bank->used, count) + count);
    osh_raise(&bank->top, end);
    osh_word_t bytes = count << bank->shift;
    bytes +=
        osh_fetch_add(&osh_gauge.slabs, bytes) + osh_load(&osh_gauge.newlib) + osh_gauge_in_rows();
    osh_raise(&osh_gauge.most, bytes);
}

/* Before their release, so that no fewer granules seem free than are. */
static void count_given(struct osh_bank *bank, size_t count)
{
    (void)osh_fetch_add(&bank->used, (osh_word_t)0 - count); /* publishes nothing */
    (void)osh_fetch_add(&osh_gauge.slabs, (osh_word_t)0 - (count << bank->shift)); /* likewise */
}

void *osh_bank_claim(struct osh_bank *bank, size_t alignment, size_t size)
{
    if (size > osh_bank_bytes(bank)) {
        return NULL;
    }
    size_t count = osh_bank_rounded(bank, size) >> bank->shift;
    for (unsigned looks = 0; looks < BANK_LOOKS; looks++) {
        /* If it has not changed after the look, the look saw every granule that came free before;
         * pairs with give_granules(). */
        osh_word_t changes = osh_load_acquire(&bank->changes);
        if (osh_load(&bank->used) + count > bank->granules) {
            break;
        }
        osh_word_t low = osh_load(&bank->low);
        size_t found = take_row_from(bank, low, count, alignment);
        if (found == OSH_NO_GRANULE && low > 0) {
            found = take_row_from(bank, 0, count, alignment);
        }
        if (found != OSH_NO_GRANULE) {
            count_taken(bank, count, found + count);
            return (void *)(bank->base + ((uintptr_t)found << bank->shift));
        }
        if (osh_load_acquire(&bank->changes) == changes) {
            break;
        }
    }
    return NULL;
}

static size_t granule_of(const struct osh_bank *bank, const void *ptr)
{
    return ((uintptr_t)ptr - bank->base) >> bank->shift;
}

enum os_heap_misuse osh_bank_fault(const struct osh_bank *bank, const void *ptr)
{
    if (!osh_bank_holds(bank, ptr)) {
        return OS_HEAP_NOT_OURS;
    }
    size_t granule = granule_of(bank, ptr);
    enum osh_bank_state state = osh_bank_state(bank, granule);
    if (state == OSH_GRANULE_FREE && granule >= osh_load(&bank->top)) {
        return OS_HEAP_NO_BLOCKS;
    }
    if (state == OSH_GRANULE_CONTINUES || (((uintptr_t)1 << bank->shift) - 1) & (uintptr_t)ptr) {
        return OS_HEAP_NOT_A_START;
    }
    return state == OSH_GRANULE_BEGINS ? 0 : OS_HEAP_FREED_TWICE;
}

/* The granule behind the block that begins at `granule`. */
static size_t block_end(const struct osh_bank *bank, size_t granule)
{
    size_t at = granule + 1;
    while (at < bank->granules) {
        /* Observes nothing. One load, because the next block's bits may change meanwhile; the
         * block's own bits do not. */
        osh_word_t word = osh_load(&bank->map[at / OSH_BANK_HALF]);
        /* A granule with both bits is that of a free, or lies behind the last one. */
        osh_word_t more = (word >> OSH_BANK_HALF & ~word) >> (at % OSH_BANK_HALF);
        unsigned left = OSH_BANK_HALF - (unsigned)(at % OSH_BANK_HALF);
        unsigned row = (unsigned)__builtin_ctzl(~more);
        at += row < left ? row : left;
        if (row < left) {
            break;
        }
    }
    return at;
}

size_t osh_bank_usable(const struct osh_bank *bank, const void *block)
{
    size_t granule = granule_of(bank, block);
    return (block_end(bank, granule) - granule) << bank->shift;
}

bool osh_bank_free(struct osh_bank *bank, void *block)
{
    size_t granule = granule_of(bank, block);
    size_t end = block_end(bank, granule);
    osh_word_t *word = &bank->map[granule / OSH_BANK_HALF];
    osh_word_t old = osh_load(word);
    do {
        if ((old & (osh_bank_begins(granule) | osh_bank_begins(granule) << OSH_BANK_HALF)) !=
            osh_bank_begins(granule)) {
            return false;
        }
        /* Of two frees of a block one finds it live. Publishes nothing: give_granules() does. */
    } while (!osh_cas(word, &old, old | osh_bank_begins(granule) << OSH_BANK_HALF));
    count_given(bank, end - granule);
    give_granules(bank, granule, end);
    return true;
}

bool osh_bank_resize(struct osh_bank *bank, void *block, size_t size)
{
    if (size > osh_bank_bytes(bank)) {
        return false;
    }
    size_t granule = granule_of(bank, block);
    size_t end = block_end(bank, granule);
    size_t new_end = granule + (osh_bank_rounded(bank, size) >> bank->shift);
    if (new_end < end) {
        count_given(bank, end - new_end);
        give_granules(bank, new_end, end);
    } else if (new_end > end) {
        if (new_end > bank->granules || !take_granules(bank, end, new_end, true)) {
            return false;
        }
        count_taken(bank, new_end - end, new_end);
    }
    return true;
}

void osh_bank_look(const struct osh_bank *bank, struct osh_holes *holes)
{
    size_t row = 0;
    for (size_t granule = 0; granule <= bank->granules; granule++) {
        if (granule < bank->granules && osh_bank_state(bank, granule) == OSH_GRANULE_FREE) {
            row++;
        } else {
            osh_holes_add(holes, row > 0, row << bank->shift, row << bank->shift);
            row = 0;
        }
    }
}

const char *osh_bank_check(const struct osh_bank *bank)
{
    size_t used = 0;
    size_t behind_last = 0;
    enum osh_bank_state before = OSH_GRANULE_FREE;
    for (size_t granule = 0; granule < bank->granules; granule++) {
        enum osh_bank_state state = osh_bank_state(bank, granule);
        if (state == OSH_GRANULE_BEING_FREED) {
            return OSH_NAMED("region", "a block is half freed");
        }
        if (state == OSH_GRANULE_CONTINUES && before == OSH_GRANULE_FREE) {
            return OSH_NAMED("region", "a block has no beginning");
        }
        if (state != OSH_GRANULE_FREE) {
            used++;
            behind_last = granule + 1;
        }
        before = state;
    }
    if (used != osh_load(&bank->used)) {
        return OSH_NAMED("region", "the granules in use are miscounted");
    }
    return behind_last <= osh_load(&bank->top) ? NULL
                                               : OSH_NAMED("region", "a block lies above the top");
}

#if OSH_ARCH_DECOMMITS
void osh_bank_repair(struct osh_bank *bank)
{
    size_t used = 0;
    size_t top = 0;
    bool owned = false;
    for (size_t granule = 0; granule < bank->granules; granule++) {
        enum osh_bank_state state = osh_bank_state(bank, granule);
        owned = state == OSH_GRANULE_BEGINS || (state == OSH_GRANULE_CONTINUES && owned);
        if (owned) {
            used++;
            top = granule + 1;
        } else if (state != OSH_GRANULE_FREE) {
            give_granules(bank, granule, granule + 1); /* a thread was giving it back */
        }
    }
    osh_store(&bank->used, used); /* nobody else is there */
    osh_raise(&bank->top, top);   /* likewise */
}
#endif
