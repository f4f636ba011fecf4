/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks taken until there are no more, linked through their first words. */
#ifndef HOARD_H
#define HOARD_H

#include <stddef.h>

struct hoard {
    void *head;
    size_t count;
};

/* Allocates blocks of that size, a word at least, until NULL. */
struct hoard hoard_all(size_t size);

/* Adds a block of at least one word; takes the one added last, NULL at the end. */
void hoard_add(struct hoard *hoard, void *block);
void *hoard_take(struct hoard *hoard);

/* Frees every block of which `each` divides the number in the hoard, in that
 * order; the others stay. 1 frees all. */
void hoard_free(struct hoard *hoard, size_t each);

/* Turns the order round: the block added first is now taken first. */
void hoard_reverse(struct hoard *hoard);

#endif
