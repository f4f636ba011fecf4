/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of hardening level 2 for a block. */
#ifndef OSH_HEAP_GUARD_H
#define OSH_HEAP_GUARD_H

#include "osh_class.h"
#include "osh_compiler.h"

#include <stdbool.h>
#include <stddef.h>

/* Usable bytes of a block of class `cls`; class 0 is newlib's, and there is OSH_ELSEWHERE. */
OSH_HIDDEN size_t osh_heap_block_bytes(unsigned cls, const void *block);

/* Is the live block sound, as far as levels 1 and 2 can tell? Then sets *size: at level 2 to the
 * size asked for, else to the usable bytes. If not, it was reported. */
OSH_HIDDEN bool osh_heap_is_sound(unsigned cls, const void *block, size_t *size,
                                  const void *caller);

/* Level 2: writes the record of a new block of `size` bytes. Returns the block, which may be
 * NULL. */
OSH_HIDDEN void *osh_heap_sealed(void *block, size_t size, const void *caller);

/* Level 2: frees a block. */
OSH_HIDDEN void osh_heap_free_guarded(unsigned cls, void *block, const void *caller);

/* Level 2: frees all blocks in quarantine. */
OSH_HIDDEN void osh_heap_end_quarantine(void);

/* Level 2: usable bytes of the blocks in quarantine: slabs', newlib's, and of added regions. */
OSH_HIDDEN void osh_heap_quarantined(size_t *slabs, size_t *newlib, size_t *elsewhere);

#endif
