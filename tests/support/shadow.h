/* SPDX-License-Identifier: Apache-2.0 */
/* A second opinion on who owns which memory: a byte for every 8 of the heap's
 * pages. Any thread. */
#ifndef SHADOW_H
#define SHADOW_H

#include <stddef.h>

/* Begins with nothing owned. The heap has started. */
void shadow_start(void);

/* The block is somebody's now; fails the test when part of it was already. */
void shadow_take(const void *block, size_t bytes);

/* And nobody's again; fails the test when part of it was nobody's. */
void shadow_give(const void *block, size_t bytes);

/* Bytes owned now. */
size_t shadow_owned(void);

#endif
