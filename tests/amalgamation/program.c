/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of one gcc line: threads that allocate, resize, hand over and free blocks of all sizes,
 * and check what is in them. Prints the port that ran.
 *
 * usage: program [PORT]: exits with 1 unless that port runs
 */
#include "os/os_heap.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define THREADS 4u
#define SLOTS 64u
#define TURNS 20000u

struct block {
    size_t size;
    unsigned char last; /* of each byte behind this header */
    unsigned char bytes[];
};

static _Atomic(struct block *) shared[SLOTS];
static atomic_uint wrong;

static size_t size_of_turn(uint32_t random)
{
    size_t most = random % 64 == 0 ? 300000 : random % 8 == 0 ? 4000 : 200;
    return sizeof(struct block) + (random >> 8) % most;
}

static void stamp(struct block *block, size_t size, unsigned char value)
{
    block->size = size;
    block->last = value;
    memset(block->bytes, value, size - sizeof(*block));
}

static void check(const struct block *block, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (block->bytes[i] != block->last) {
            atomic_fetch_add(&wrong, 1);
            return;
        }
    }
}

static void *work(void *seed)
{
    uint32_t random = (uint32_t)(uintptr_t)seed;
    for (unsigned turn = 0; turn < TURNS; turn++) {
        random = random * 1664525u + 1013904223u;
        size_t size = size_of_turn(random);
        struct block *block = os_malloc(size);
        if (block == NULL || os_malloc_usable_size(block) < size) {
            atomic_fetch_add(&wrong, 1);
            continue;
        }
        stamp(block, size, (unsigned char)random);
        if (random % 16 == 3) {
            size_t resized = size_of_turn(random * 3u);
            block = os_realloc(block, resized);
            check(block, (resized < size ? resized : size) - sizeof(*block));
            stamp(block, resized, (unsigned char)(random >> 3));
        }
        block = atomic_exchange(&shared[(random >> 16) % SLOTS], block); /* another thread's */
        if (block != NULL) {
            check(block, block->size - sizeof(*block));
            os_free(block);
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, work, (void *)(i + 1));
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        os_free(shared[i]);
    }
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    const char *broken = os_heap_check();
    printf("%s: %u wrong, %s\n", stats.port, atomic_load(&wrong),
           broken == NULL ? "sound" : broken);
    return wrong != 0 || broken != NULL || (argc > 1 && strcmp(argv[1], stats.port) != 0);
}
