/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_bank.h"

#include "osh_class.h"
#include "osh_gauge.h"

#include <string.h>

#define HALF (OSH_WORD_BITS / 2) /* granules of a word */
#define LOW (((osh_word_t)1 << HALF) - 1)
#define NO_GRANULE ((size_t)-1)

/* A claim gives up after so many looks, even if granules came free in each of them. */
enum { BANK_LOOKS = 3 };

static osh_word_t begins_bit(size_t granule)
{
    return (osh_word_t)1 << (granule % HALF);
}

/* What a word says of one granule. */
enum state { FREE, BEGINS, CONTINUES, BEING_FREED };

static enum state granule_state(const struct osh_bank *bank, size_t granule)
{
    /* Observes nothing: the state of a granule in the caller's block does not change. */
    osh_word_t word = osh_load(&bank->map[granule / HALF]) >> (granule % HALF);
    return (enum state)((word & 1) | (word >> HALF & 1) << 1);
}

/* The granules of [from, end) in from's word, as bits of the low half. */
static osh_word_t granule_bits(size_t from, size_t end)
{
    size_t first = from % HALF;
    size_t count = end - from < HALF - first ? end - from : HALF - first;
    return (((osh_word_t)1 << count) - 1) << first;
}

static osh_word_t granules_taken(osh_word_t word)
{
    return (word | word >> HALF) & LOW;
}

struct osh_bank *osh_bank_make(void *region, size_t bytes, uint32_t caps)
{
    uintptr_t start = ((uintptr_t)region + OSH_CACHELINE - 1) & ~((uintptr_t)OSH_CACHELINE - 1);
    uintptr_t end = (uintptr_t)region + bytes;
    end -= end == 0; /* the address behind the last byte must not be 0 */
    if (bytes > PTRDIFF_MAX || start - 1 >= end - 1 || end - start <= sizeof(struct osh_bank)) {
        return NULL; /* subtracting 1 makes a start of 0 larger than every end */
    }
    unsigned shift = OSH_ALIGN_LOG2;
    while ((end - start) >> shift > (size_t)OSH_BANK_WORDS * HALF) {
        shift++;
    }
    uintptr_t granule = (uintptr_t)1 << shift;
    size_t words = (end - start) / (HALF * granule) + 1; /* enough without the map */
    uintptr_t map_end = start + sizeof(struct osh_bank) + words * sizeof(osh_word_t);
    uintptr_t base = (map_end + granule - 1) & ~(granule - 1);
    if (base < start || base >= end || (end - base) >> shift == 0) {
        return NULL;
    }
    struct osh_bank *bank = (struct osh_bank *)start;
    memset(bank, 0, map_end - start);
    bank->base = base;
    bank->granules = (end - base) >> shift;
    bank->words = (bank->granules + HALF - 1) / HALF;
    bank->shift = shift;
    bank->caps = caps;
    if (bank->granules % HALF != 0) { /* no block begins, continues or is free behind the end */
        osh_word_t beyond = LOW & ~granule_bits(0, bank->granules % HALF);
        bank->map[bank->words - 1] = beyond | beyond << HALF;
    }
    return bank;
}

/* Frees granules [from, end), downward. They belong to the caller. */
static void give_granules(struct osh_bank *bank, size_t from, size_t end)
{
    size_t word = from / HALF;
    while (end > from) {
        size_t first = (end - 1) / HALF * HALF;
        first = first > from ? first : from;
        osh_word_t bits = granule_bits(first, end);
        /* Publishes that we are done with the granules; pairs with take_granules(). */
        (void)osh_fetch_and(&bank->map[first / HALF], ~(bits | bits << HALF));
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
    for (size_t at = from; at < end; at = (at / HALF + 1) * HALF) {
        osh_word_t bits = granule_bits(at, end);
        osh_word_t first = at == from && !all_continue ? begins_bit(at) : 0;
        osh_word_t *word = &bank->map[at / HALF];
        osh_word_t old = osh_load(word);
        do {
            if ((granules_taken(old) & bits) != 0) {
                if (at > from) {
                    give_granules(bank, from, at);
                }
                return false;
            }
            /* Observes the last owners' accesses to the granules; pairs with give_granules(). */
        } while (!osh_cas(word, &old, old | first | (bits & ~first) << HALF));
    }
    return true;
}

/* The first granule from `from` on at a multiple of `alignment` bytes. */
static size_t first_aligned(const struct osh_bank *bank, size_t from, size_t alignment)
{
    uintptr_t address = bank->base + ((uintptr_t)from << bank->shift);
    uintptr_t gap = ((uintptr_t)0 - address) & (alignment - 1);
    return from + (gap >> bank->shift); /* the address is a multiple of a granule */
}

/* Do `count` ones stand in a row in `free`? */
static bool has_row(osh_word_t free, size_t count)
{
    size_t length = 1; /* a one of `free` is the first of so many */
    while (free != 0 && length < count) {
        size_t step = length < count - length ? length : count - length;
        free = step < HALF ? free & free >> step : 0;
        length += step;
    }
    return free != 0;
}

/* The first place for `count` granules inside a word that is not all free, behind its first taken
 * granule. */
static size_t find_inside(const struct osh_bank *bank, size_t word, osh_word_t full, size_t count,
                          size_t alignment)
{
    unsigned at = (unsigned)__builtin_ctzl(full);
    while (full >> at != 0) {
        at += (unsigned)__builtin_ctzl(~(full >> at));
        osh_word_t rest = full >> at;
        unsigned free = rest != 0 ? (unsigned)__builtin_ctzl(rest) : HALF - at;
        size_t first = first_aligned(bank, word * HALF + at, alignment);
        at += free;
        if (free > 0 && first + count <= word * HALF + at) {
            return first;
        }
    }
    return NO_GRANULE;
}

/* The lowest row of `count` free granules from word `word` on. Stores the first word that has a
 * free granule. */
static size_t find_granules(const struct osh_bank *bank, size_t word, size_t count,
                            size_t alignment, size_t *free_word)
{
    size_t start = NO_GRANULE; /* of the row of free granules at the end of the word before */
    *free_word = bank->words;
    for (; word < bank->words; word++) {
        osh_word_t full = granules_taken(osh_load(&bank->map[word])); /* the claim looks again */
        if (full == LOW) {
            start = NO_GRANULE;
            continue;
        }
        *free_word = *free_word < word ? *free_word : word;
        unsigned lead = full != 0 ? (unsigned)__builtin_ctzl(full) : HALF;
        start = start != NO_GRANULE ? start : word * HALF;
        size_t found = first_aligned(bank, start, alignment);
        if (found + count <= word * HALF + lead) {
            return found;
        }
        if (full == 0) {
            continue;
        }
        if (has_row(~full & LOW, count)) {
            found = find_inside(bank, word, full, count, alignment);
            if (found != NO_GRANULE) {
                return found;
            }
        }
        unsigned behind = osh_top_bit(full) + 1;
        start = behind < HALF ? word * HALF + behind : NO_GRANULE;
    }
    return NO_GRANULE;
}

/* Finds and claims. Repeats only when another claim was faster. */
static size_t take_row_from(struct osh_bank *bank, osh_word_t word, size_t count, size_t alignment)
{
    for (;;) {
        size_t free_word;
        size_t found = find_granules(bank, word, count, alignment, &free_word);
        if (free_word > word) {
            /* A hint: a free in between may be missed. Publishes nothing. */
            osh_word_t low = word;
            (void)osh_cas(&bank->low, &low, free_word);
        }
        if (found == NO_GRANULE || take_granules(bank, found, found + count, false)) {
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
        if (found == NO_GRANULE && low > 0) {
            found = take_row_from(bank, 0, count, alignment);
        }
        if (found != NO_GRANULE) {
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
    enum state state = granule_state(bank, granule);
    if (state == FREE && granule >= osh_load(&bank->top)) {
        return OS_HEAP_NO_BLOCKS;
    }
    if (state == CONTINUES || (((uintptr_t)1 << bank->shift) - 1) & (uintptr_t)ptr) {
        return OS_HEAP_NOT_A_START;
    }
    return state == BEGINS ? 0 : OS_HEAP_FREED_TWICE;
}

/* The granule behind the block that begins at `granule`. */
static size_t block_end(const struct osh_bank *bank, size_t granule)
{
    size_t at = granule + 1;
    while (at < bank->granules) {
        /* Observes nothing. One load, because the next block's bits may change meanwhile; the
         * block's own bits do not. */
        osh_word_t word = osh_load(&bank->map[at / HALF]);
        /* A granule with both bits is that of a free, or lies behind the last one. */
        osh_word_t more = (word >> HALF & ~word) >> (at % HALF);
        unsigned left = HALF - (unsigned)(at % HALF);
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
    osh_word_t *word = &bank->map[granule / HALF];
    osh_word_t old = osh_load(word);
    do {
        if ((old & (begins_bit(granule) | begins_bit(granule) << HALF)) != begins_bit(granule)) {
            return false;
        }
        /* Of two frees of a block one finds it live. Publishes nothing: give_granules() does. */
    } while (!osh_cas(word, &old, old | begins_bit(granule) << HALF));
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
        if (granule < bank->granules && granule_state(bank, granule) == FREE) {
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
    enum state before = FREE;
    for (size_t granule = 0; granule < bank->granules; granule++) {
        enum state state = granule_state(bank, granule);
        if (state == BEING_FREED) {
            return OSH_NAMED("region", "a block is half freed");
        }
        if (state == CONTINUES && before == FREE) {
            return OSH_NAMED("region", "a block has no beginning");
        }
        if (state != FREE) {
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
