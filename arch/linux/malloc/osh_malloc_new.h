/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of C++'s operators share. */
#ifndef OSH_MALLOC_NEW_H
#define OSH_MALLOC_NEW_H

#include "osh_compiler.h"

#include <stdbool.h>
#include <stddef.h>

/* The function's name in the object file (Itanium C++ ABI). */
#define OSH_SYMBOL(name) __asm__(name)

/* Is this heap's operator new the program's, or has the program one of its own? */
OSH_HIDDEN bool osh_malloc_new_is_ours(void);
OSH_HIDDEN bool osh_malloc_new_aligned_is_ours(void);

/* libstdc++'s function of that name, which the program may have loaded after this heap. NULL: it
 * has no libstdc++, or is a static program. */
OSH_HIDDEN void *osh_malloc_of_libstdcxx(const char *name);

#endif
