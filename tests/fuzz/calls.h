/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes into calls of the heap. */
#ifndef CALLS_H
#define CALLS_H

#include <stddef.h>
#include <stdint.h>

/* Makes the calls that the bytes stand for, on a heap of their own, gives
 * everything back and looks at what is left. Returns how many calls of the API
 * that were. Any bytes are an input; what is left of one at the end is nothing. */
uint64_t calls_run(const uint8_t *bytes, size_t count);

#endif
