/* SPDX-License-Identifier: Apache-2.0 */
/* What os_heap_check is to say of a heap that was spoilt. */
#ifndef NAMED_H
#define NAMED_H

#include "fresh_heap.h"
#include "os/os_heap.h"

#include <stdio.h>
#include <string.h>

/* The check finds this "part: invariant"; without OSH_CHECK_NAMES it says the part alone. */
static inline void check_names(const char *name)
{
    char expected[96];
    int length = OSH_CHECK_NAMES ? (int)strlen(name) : (int)strcspn(name, ":");
    (void)snprintf(expected, sizeof(expected), "%.*s", length, name);
    const char *found = os_heap_check();
    assert_non_null(found);
    assert_string_equal(found, expected);
}

/* The heap is sound, is not with that in the word, and is again when it is mended. */
static inline void is_named(size_t *word, size_t spoilt, const char *name)
{
    size_t sound = *word;
    assert_null(os_heap_check());
    *word = spoilt;
    check_names(name);
    *word = sound;
    assert_null(os_heap_check());
}

#endif
