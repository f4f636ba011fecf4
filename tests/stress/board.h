/* SPDX-License-Identifier: Apache-2.0 */
/* A board on which threads leave stamped blocks for whoever comes next. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

/* A block and all that is needed to know it again, kept in the block itself. */
struct parcel {
    size_t bytes; /* of the whole block */
    uint64_t key;
};

#define PARCEL_MIN sizeof(struct parcel)

/* Stamps a block of PARCEL_MIN bytes at least. NULL stays NULL. */
void *parcel_pack(void *block, size_t bytes, uint64_t key);

/* Checks a parcel: stops the program when it is not as it was packed. */
void parcel_check(const void *block);
size_t parcel_bytes(const void *block);

/* Checks and frees a parcel; NULL is a no-op. */
void parcel_free(void *block);

/* Puts a parcel (or NULL) in a place and takes what was there. */
void *board_exchange(uint64_t place, void *block);

/* Checks and frees all that is on the board. */
void board_clear(void);

#endif
