/* SPDX-License-Identifier: Apache-2.0 */
/* os_heap_add_region, os_malloc_in and what else a program with several regions calls. */
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_bank.h"
#include "osh_exhaust.h"
#include "osh_guard.h"
#include "osh_heap.h"
#include "osh_heap_guard.h"
#include "osh_hit.h"
#include "osh_regions.h"
#include "osh_report.h"
#include "osh_start.h"
#include "osh_tools.h"

#if OSH_FREE_TRUSTS && !defined(OSH_ONE_UNIT)
/* Takes the place of the weak os_free. */
OSH_PUBLIC void os_free(void *ptr)
{
    if (OSH_LIKELY(osh_arena_holds(ptr)) && osh_hit_free(ptr)) {
        return;
    }
    osh_free_missed(ptr);
}
#endif

static osh_word_t first_bank;
static osh_word_t first_caps = OS_HEAP_CAP_DEFAULT; /* of the first region */

/* The bank in a link: `first_bank`, or a bank's `next`. */
static struct osh_bank *bank_in(const osh_word_t *link)
{
    /* Observes what os_heap_add_region wrote to the bank; pairs with its compare-and-swap. */
    return (struct osh_bank *)osh_load_acquire(link);
}

#define EACH_BANK(bank) \
    (struct osh_bank *bank = bank_in(&first_bank); (bank) != NULL; (bank) = bank_in(&(bank)->next))

static struct osh_bank *bank_of(const void *ptr)
{
    for
        EACH_BANK(bank)
        {
            if (osh_bank_holds(bank, ptr)) {
                return bank;
            }
        }
    return NULL;
}

static bool first_has(uint32_t caps)
{
    return (caps & ~osh_load(&first_caps)) == 0; /* observes nothing */
}

static void *get_elsewhere(size_t alignment, size_t size, uint32_t caps)
{
    if (caps == OSH_CAPS_OF_FIRST) {
        caps = (uint32_t)osh_load(&first_caps); /* observes nothing */
    }
    for
        EACH_BANK(bank)
        {
            void *block = (caps & ~bank->caps) == 0 ? osh_bank_claim(bank, alignment, size) : NULL;
            if (block != NULL) {
                return block;
            }
        }
    return NULL;
}

/* From any region with all of `caps`. */
static void *get_from(size_t alignment, size_t size, uint32_t caps)
{
    if (first_has(caps)) {
        return osh_heap_get(alignment, size, caps);
    }
    if (!osh_heap_started()) {
        return NULL;
    }
    void *block = get_elsewhere(alignment, size, caps);
    if (OSH_HARDENING >= 2 && block == NULL) {
        osh_heap_end_quarantine(); /* never waits */
        block = get_elsewhere(alignment, size, caps);
    }
    return osh_heap_counted(block);
}

static enum os_heap_misuse fault_elsewhere(const void *ptr)
{
    const struct osh_bank *bank = bank_of(ptr);
    return bank != NULL ? osh_bank_fault(bank, ptr) : OS_HEAP_NOT_OURS;
}

static size_t usable_elsewhere(const void *block)
{
    return osh_bank_usable(bank_of(block), block);
}

/* os_malloc may have asked for all bytes of the size's class. */
static bool suits_elsewhere(const void *block, size_t size)
{
    const struct osh_bank *bank = bank_of(block);
    size_t bytes = osh_bank_usable(bank, block);
    size_t most = size <= OSH_SLAB_MAX ? osh_class_bytes(osh_class_of(size)) : size;
    return size <= bytes &&
           (osh_bank_rounded(bank, size) == bytes || osh_bank_rounded(bank, most) == bytes);
}

static void free_elsewhere(void *block, const void *caller)
{
    if (!osh_bank_free(bank_of(block), block)) {
        osh_report(OS_HEAP_FREED_TWICE, block, caller);
    }
}

static void *resize_elsewhere(void *block, size_t size)
{
    struct osh_bank *bank = bank_of(block);
    size_t old = osh_bank_usable(bank, block);
    if (!osh_bank_resize(bank, block, size)) {
        return get_from(OSH_ALIGN_LEAST, size, bank->caps);
    }
    size_t bytes = osh_bank_rounded(bank, size);
    if (bytes < old) {
        osh_tools_free((char *)block + bytes, old - bytes);
    }
    return block;
}

static void stats_elsewhere(struct os_heap_stats *sum)
{
    struct osh_holes holes = {sum->free_blocks, sum->smallest_free, sum->largest_free};
    for
        EACH_BANK(bank)
        {
            size_t live = osh_bank_live(bank);
            sum->added += osh_bank_bytes(bank);
            sum->tables += bank->base - (uintptr_t)bank;
            sum->live += live;
            sum->free += osh_bank_bytes(bank) - live;
            sum->high_water += osh_load(&bank->most) << bank->shift; /* observes nothing */
            osh_bank_look(bank, &holes);
        }
    sum->free_blocks = holes.count;
    sum->smallest_free = holes.smallest;
    sum->largest_free = holes.largest;
}

static size_t gauge_elsewhere(size_t *row)
{
    size_t bytes = 0;
    for
        EACH_BANK(bank)
        {
            size_t below =
                osh_bank_live(bank) == 0 ? 0 : osh_load(&bank->top); /* observes nothing */
            size_t above = (bank->granules - below) << bank->shift;
            above -= above > OSH_TRAILER_BYTES ? OSH_TRAILER_BYTES : above;
            *row = above > *row ? above : *row;
            bytes += osh_bank_bytes(bank);
        }
    return bytes;
}

static const char *check_elsewhere(size_t *live)
{
    const char *wrong = NULL;
    for
        EACH_BANK(bank)
        {
            const char *found = osh_bank_check(bank);
            wrong = wrong != NULL ? wrong : found;
            *live += osh_bank_live(bank);
        }
    return wrong;
}

#if OSH_ARCH_DECOMMITS
static size_t repair_elsewhere(void)
{
    size_t live = 0;
    for
        EACH_BANK(bank)
        {
            osh_bank_repair(bank);
            live += osh_bank_live(bank);
        }
    return live;
}
#else
#define repair_elsewhere NULL
#endif

static const struct osh_regions functions = {
    .get = get_elsewhere,
    .fault = fault_elsewhere,
    .usable = usable_elsewhere,
    .suits = suits_elsewhere,
    .free = free_elsewhere,
    .resize = resize_elsewhere,
    .stats = stats_elsewhere,
    .gauge = gauge_elsewhere,
    .check = check_elsewhere,
    .repair = repair_elsewhere,
};

/* Does [start, start + bytes) share an address with a region of the heap? */
static bool overlaps(uintptr_t start, size_t bytes)
{
    uintptr_t last = start + bytes - 1; /* may be the last of all addresses */
    if (start < osh_arena_address(osh_arena.pages) && osh_arena.tables <= last) {
        return true;
    }
    for
        EACH_BANK(bank)
        {
            if (start < bank->base + osh_bank_bytes(bank) && (uintptr_t)bank <= last) {
                return true;
            }
        }
    return false;
}

OSH_PUBLIC int os_heap_add_region(void *region, size_t bytes, uint32_t caps)
{
#if OSH_FREE_TRUSTS && defined(OSH_ONE_UNIT)
    if (!OSH_ADDS_REGIONS) {
        osh_arch_fail("os_heap_add_region: compile osheap.c with -DOSH_ADDS_REGIONS=1", NULL);
    }
#endif
    if (!osh_heap_started() || overlaps((uintptr_t)region, bytes)) {
        return OS_HEAP_EINVAL;
    }
    struct osh_bank *bank = osh_bank_make(region, bytes, caps & ~OSH_CAPS_OF_FIRST);
    if (bank == NULL) {
        return OS_HEAP_EINVAL;
    }
    osh_tools_region((void *)bank, bank->base + osh_bank_bytes(bank) - (uintptr_t)bank);
    osh_store(&osh_regions_word, (osh_word_t)&functions); /* publishes nothing: see osh_regions() */
    osh_word_t *link = &first_bank;
    osh_word_t last = 0;
    /* Publishes the bank; pairs with bank_in(). */
    while (!osh_cas(link, &last, (osh_word_t)bank)) {
        link = &((struct osh_bank *)last)->next;
        last = 0;
    }
    return 0;
}

OSH_PUBLIC void os_heap_set_caps(uint32_t caps)
{
    caps &= ~OSH_CAPS_OF_FIRST;
    osh_store(&first_caps, caps | OS_HEAP_CAP_DEFAULT); /* publishes nothing */
}

OSH_PUBLIC uint32_t os_heap_caps(const void *ptr)
{
    const struct osh_bank *bank = bank_of(ptr);
    if (bank != NULL) {
        return bank->caps;
    }
    uintptr_t offset = (uintptr_t)ptr - osh_arena.base;
    return offset < osh_arena.pages << OSH_PAGE_LOG2 ? (uint32_t)osh_load(&first_caps) : 0;
}

OSH_PUBLIC void *os_malloc_in(uint32_t caps, size_t size)
{
    if (caps == OS_HEAP_CAP_DEFAULT && OSH_HARDENING < 2) {
        return os_malloc(size);
    }
    void *block = get_from(OSH_ALIGN_LEAST, osh_guard_padded(size), caps & ~OSH_CAPS_OF_FIRST);
    return osh_heap_sealed(block, size, OSH_CALLER);
}
