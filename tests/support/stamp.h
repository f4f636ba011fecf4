/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks filled with what only their owner would write there. */
#ifndef STAMP_H
#define STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes `key`'s pattern to the first and last bytes of the block (all of a
 * block of up to 256 bytes). Every key has another pattern at every byte pair. */
void stamp(void *block, size_t bytes, uint64_t key);

/* Is it still there? */
bool is_stamped(const void *block, size_t bytes, uint64_t key);

/* The same for the first `bytes` of a block that was stamped with a larger size
 * and then cut, or stamped with this size and then grown. */
void stamp_all(void *block, size_t bytes, uint64_t key);
bool is_stamped_all(const void *block, size_t bytes, uint64_t key);

bool is_zero(const void *block, size_t bytes);
bool is_aligned(const void *block, size_t alignment);

#endif
