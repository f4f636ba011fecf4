/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says that this process uses. */
#ifndef RESIDENT_H
#define RESIDENT_H

#include <stddef.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)

/* Bytes of memory that are resident. */
size_t resident(void);

/* The most that were since exec. Not ru_maxrss, which has what the process was before, too. */
size_t resident_at_most(void);

/* Ends the caller's privileges; skips the test when it has some that it cannot give up. */
void become_nobody(void);

#endif
