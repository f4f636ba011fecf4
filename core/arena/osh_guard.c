/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_guard.h"

#include "osh_config.h"
#include "osh_report.h"

#include <string.h>

OSH_VARIABLE uintptr_t osh_guard_secret;

#define CORE_BITS OSH_TRAILER_CORE_BITS
#define SIZE_BITS (OSH_WORD_BITS - 2 * CORE_BITS)
#define SIZE_MASK OSH_TRAILER_SIZE_MAX
#define CORE_MASK (((uintptr_t)1 << CORE_BITS) - 1)

void osh_guard_start(void)
{
    osh_guard_secret = osh_arch_secret() | 1;
}

size_t osh_guard_words(size_t bytes)
{
    size_t record = OSH_TRAILER_BYTES; /* not filled; every block of the API is longer */
    size_t body = bytes >= record ? bytes - record : bytes;
    return (body < OSH_FILL_BYTES ? body : OSH_FILL_BYTES) / sizeof(uintptr_t);
}

void osh_guard_fill(void *block, size_t from, size_t to)
{
    uintptr_t *words = block;
    uintptr_t key = osh_guard_key(block);
    for (size_t i = from; i < to; i++) {
        words[i] = key + i;
    }
}

bool osh_guard_is_filled(const void *block, size_t from, size_t to)
{
    const uintptr_t *words = block;
    uintptr_t key = osh_guard_key(block);
    uintptr_t differ = 0;
    for (size_t i = from; i < to; i++) {
        differ |= words[i] ^ (key + i);
    }
    return differ == 0;
}

bool osh_guard_serve(void *block, size_t bytes)
{
    size_t words = osh_guard_words(bytes);
    if (OSH_UNLIKELY(!osh_guard_is_filled(block, OSH_LINK_WORDS, words))) {
        osh_report(OS_HEAP_USED_AFTER_FREE, block, NULL);
        return false;
    }
    if (words > OSH_LINK_WORDS) {
        ((uintptr_t *)block)[OSH_LINK_WORDS] = 0; /* so that osh_guard_looks_free() is false */
    }
    return true;
}

bool osh_guard_looks_free(const void *block, size_t bytes)
{
    return osh_guard_words(bytes) <= OSH_LINK_WORDS ||
           osh_guard_is_filled(block, OSH_LINK_WORDS, OSH_LINK_WORDS + 1);
}

static struct osh_record *record_of(const void *block, size_t bytes)
{
    return (struct osh_record *)((uintptr_t)block + bytes - sizeof(struct osh_record));
}

static uintptr_t check_of(const void *block, const struct osh_record *record)
{
    uintptr_t sum = osh_guard_key(block) ^ record->size;
    sum = sum * OSH_GUARD_MULTIPLIER + (uintptr_t)record->allocated_by;
    return sum * OSH_GUARD_MULTIPLIER + (uintptr_t)record->freed_by;
}

static unsigned char slack_byte(const void *block)
{
    return (unsigned char)(osh_guard_key(block) >> 3) | 1u;
}

void osh_guard_seal(void *block, size_t bytes, size_t size, const void *caller)
{
    struct osh_record *record = record_of(block, bytes);
    uintptr_t core = osh_arch_core() & CORE_MASK;
    memset((char *)block + size, slack_byte(block), bytes - sizeof(*record) - size);
    record->size = size | core << SIZE_BITS;
    record->allocated_by = caller;
    record->freed_by = NULL;
    record->check = check_of(block, record);
}

enum os_heap_misuse osh_guard_opened(const void *block, size_t bytes, size_t *size)
{
    const struct osh_record *record = record_of(block, bytes);
    if (record->check != check_of(block, record)) {
        return OS_HEAP_OVERRUN;
    }
    if (record->freed_by != NULL) {
        return OS_HEAP_FREED_TWICE;
    }
    *size = record->size & SIZE_MASK;
    const unsigned char *slack = (const unsigned char *)block + *size;
    for (unsigned char byte = slack_byte(block); slack < (const unsigned char *)record; slack++) {
        if (*slack != byte) {
            return OS_HEAP_OVERRUN;
        }
    }
    return 0;
}

void osh_guard_note_free(void *block, size_t bytes, const void *caller)
{
    struct osh_record *record = record_of(block, bytes);
    uintptr_t core = osh_arch_core() & CORE_MASK;
    record->size =
        (record->size & ~(CORE_MASK << (SIZE_BITS + CORE_BITS))) | core << (SIZE_BITS + CORE_BITS);
    record->freed_by = caller != NULL ? caller : block;
    record->check = check_of(block, record);
}

void osh_guard_tell(struct os_heap_report *report, const void *block, size_t bytes)
{
    const struct osh_record *record = record_of(block, bytes);
    if (record->check != check_of(block, record)) {
        return;
    }
    report->size = record->size & SIZE_MASK;
    report->allocated_by = record->allocated_by;
    report->allocated_on = (unsigned)(record->size >> SIZE_BITS & CORE_MASK);
    report->freed_by = record->freed_by;
    report->freed_on = (unsigned)(record->size >> (SIZE_BITS + CORE_BITS) & CORE_MASK);
}
