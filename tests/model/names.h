/* SPDX-License-Identifier: Apache-2.0 */
/* What a trace's addresses are called, by binutils' nm and addr2line. */
#ifndef NAMES_H
#define NAMES_H

#include <stddef.h>

/* Code addresses that names_read is to look up, then all at once. */
void names_want(const void *pc);
void names_read(void);

/* "function file:line < function it was inlined into ...", or "". */
const char *names_place(const void *pc);

/* A word of the program's data, or of the heap. */
void names_data(const void *address, char *name, size_t bytes);

#endif
