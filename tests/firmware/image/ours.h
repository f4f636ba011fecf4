/* SPDX-License-Identifier: Apache-2.0 */
/* Is a block of this heap? By its address, so that nothing it has to be asked of
 * could have been replaced as well. */
#ifndef OURS_H
#define OURS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

extern int __osh_heap_start[], __osh_heap_end[];

static inline bool is_ours(const void *block)
{
    return (uintptr_t)block >= (uintptr_t)__osh_heap_start &&
           (uintptr_t)block < (uintptr_t)__osh_heap_end;
}

#ifdef __cplusplus
}
#endif

#endif
