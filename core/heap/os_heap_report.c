/* SPDX-License-Identifier: Apache-2.0 */
#include "arch.h"
#include "osh_arena.h"
#include "osh_fallback.h"
#include "osh_guard.h"
#include "osh_harden.h"
#include "osh_layout.h"
#include "osh_regions.h"
#include "osh_report.h"

#if OSH_CHECK_NAMES
#define TEXT(word, sentence) sentence
#define DIGIT(n) (OSH_LAYOUT_LEAST >= (n) ? '0' + OSH_LAYOUT_LEAST / (n) % 10 : ' ')

static const char wrong_core[] =
    "a core called that is not one of the heap's: build with -Dcores, and "
    "OSH_CORE_FIRST, for all cores that call";
static const char no_region[] =
    "there is no region: define __osh_heap_start and __osh_heap_end in the "
    "linker script, or call os_heap_init first";
/* One text with a number, whatever the configuration is. */
static const struct {
    char begin[50], digits[6], end[7];
} small_region = {
    .begin = {"the region is too small: the heap needs at least  "},
    .digits = {DIGIT(100000), DIGIT(10000), DIGIT(1000), DIGIT(100), DIGIT(10), DIGIT(1)},
    .end = {" bytes"},
};
static const char *const texts[] = {
#else
#define TEXT(word, sentence) word
static const char texts[][8] = {
#endif
    [OS_HEAP_NOT_OURS - 1] = TEXT("foreign", "the pointer is not of this heap"),
    [OS_HEAP_NO_BLOCKS - 1] =
        TEXT("no page", "the pointer is in a page that holds no blocks: freed already?"),
    [OS_HEAP_NOT_A_START - 1] = TEXT("inside", "the pointer is not the start of a block"),
    [OS_HEAP_FREED_TWICE - 1] = TEXT("twice", "double free: the block is free already"),
    [OS_HEAP_WRONG_SIZE - 1] = TEXT("size", "the size is not the block's"),
    [OS_HEAP_BAD_HEADER - 1] =
        TEXT("header", "the header before a large block, or the word behind it, was overwritten"),
    [OS_HEAP_BAD_LINK - 1] = TEXT("link", "the link in a free block was overwritten"),
    [OS_HEAP_USED_AFTER_FREE - 1] = TEXT("used", "a free block was written to"),
    [OS_HEAP_OVERRUN - 1] = TEXT("overrun", "something was written behind the end of the block"),
    [OS_HEAP_ABANDONED - 1] = TEXT("left", "a task ended while it was in the newlib heap"),
#if OSH_CHECK_NAMES || OSH_ARCH_WRONG_CORES
    [OS_HEAP_WRONG_CORE - 1] = TEXT("core", wrong_core),
#endif
#if OSH_CHECK_NAMES || !OSH_ARCH_OPENS
    [OS_HEAP_NO_REGION - 1] = TEXT("region", no_region),
    [OS_HEAP_SMALL_REGION - 1] = TEXT("small", (const char *)&small_region),
#endif
};
#define TEXTS (sizeof(texts) / sizeof(texts[0])) /* of misuse 1 on */

/* The hook as a word. */
static osh_word_t hook;

os_heap_report_hook *os_heap_set_report_hook(os_heap_report_hook *new_hook)
{
    /* Publishes what the hook's owner wrote before; pairs with the load below. */
    return (os_heap_report_hook *)osh_exchange(&hook, (osh_word_t)new_hook);
}

const char *os_heap_misuse_text(enum os_heap_misuse misuse)
{
    return (unsigned)misuse - 1 < TEXTS ? texts[misuse - 1] : NULL;
}

/* Fills in what is known of a block at the report's address. */
static void describe(struct os_heap_report *report)
{
    const void *block = report->address;
    unsigned cls = osh_arena_class_at(block);
    size_t usable = 0;
    if (cls != 0) {
        report->block_bytes = osh_class_bytes(cls);
        usable = osh_is_start(cls, (uintptr_t)block - osh_arena.base) ? report->block_bytes : 0;
    } else if (OSH_HARDENING >= 2 && osh_arena_holds(block) &&
               osh_arena_is_large(osh_arena_page(block)) && (uintptr_t)block % OSH_ALIGN == 0 &&
               osh_fallback_fault(block) == 0) {
        usable = osh_fallback_usable(block);
    } else if (OSH_HARDENING >= 2 && osh_regions_fault(block) == 0) {
        usable = osh_regions()->usable(block);
    }
    size_t record = OSH_TRAILER_BYTES;
    if (OSH_HARDENING >= 2 && usable >= record) {
        osh_guard_tell(report, block, usable);
    }
    (void)usable; /* unused below level 2 */
}

void osh_report(enum os_heap_misuse misuse, const void *address, const void *caller)
{
    struct os_heap_report report = {
        .misuse = misuse,
        .text = texts[misuse - 1],
        .address = address,
        .core = osh_arch_core(),
        .caller = caller,
    };
    describe(&report);
    os_heap_report_hook *told = (os_heap_report_hook *)osh_load_acquire(&hook);
    if (told == NULL) {
        osh_arch_fail(report.text, address);
    }
    told(&report);
}

OSH_COLD void osh_report_pushed_twice(const void *block)
{
    osh_report(OS_HEAP_FREED_TWICE, block, !OSH_SMALL_CODE && osh_arch_fast() ? OSH_CALLER : NULL);
}

#if OSH_ARCH_WRONG_CORES
void osh_report_wrong_core(uintptr_t number)
{
    osh_report(OS_HEAP_WRONG_CORE, (const void *)number, NULL);
    osh_arch_fail(texts[OS_HEAP_WRONG_CORE - 1], (const void *)number);
}
#endif
