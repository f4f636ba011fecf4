/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes that decide about a run, one after another. */
#ifndef INPUT_H
#define INPUT_H

#include "blocks.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIB ((size_t)1024)

void input_begin(const uint8_t *bytes, size_t count);
bool input_left(void);

/* 0 when nothing is left. A word is two bytes. */
unsigned input_byte(void);
unsigned input_word(void);

/* A place of the shadow heap. */
struct block *input_place(void);

/* Small, around a class, large, or nonsense. */
size_t input_size(void);

#endif
