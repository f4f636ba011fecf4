/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a block of nano's. The functions are in osh_newlib.c, which knows the header. */
#ifndef OSH_NEWLIB_BLOCK_H
#define OSH_NEWLIB_BLOCK_H

#include "osh_compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The walk finds free chunks only. */
#define OSH_NEWLIB_COUNTS 0

OSH_HIDDEN size_t osh_newlib_usable(const void *block);
OSH_HIDDEN size_t osh_newlib_usable_hint(const void *block);
OSH_HIDDEN uintptr_t *osh_newlib_seal(const void *block, size_t *size);
OSH_HIDDEN bool osh_newlib_find_seal(const void *block, uintptr_t **seal, size_t *size);

#endif
