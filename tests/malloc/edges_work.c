/* SPDX-License-Identifier: Apache-2.0 */
#include "edges_work.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SMALL 600u

/* exit() would run destructors, in a child of a fork or a handler perhaps. */
_Noreturn void die(const char *what)
{
    char text[128];
    int length = snprintf(text, sizeof(text), "edges: FAILED: %s\n", what);
    ssize_t written = length > 0 ? write(STDOUT_FILENO, text, (size_t)length) : 0;
    (void)written;
    _exit(EXIT_FAILURE);
}

unsigned next_of(struct work *w)
{
    return w->seed = w->seed * 1664525u + 1013904223u;
}

static void check(const struct work *w, unsigned slot)
{
    const unsigned char *b = w->block[slot];
    if (b != NULL && (b[0] != (unsigned char)slot || b[w->size[slot] - 1] != (unsigned char)slot)) {
        die("a block's contents changed");
    }
}

static void keep(struct work *w, unsigned slot, void *block, size_t size)
{
    w->block[slot] = block;
    w->size[slot] = size;
    if (block != NULL) {
        w->block[slot][0] = w->block[slot][size - 1] = (unsigned char)slot;
    }
}

void turn(struct work *w)
{
    unsigned slot = next_of(w) >> 8 & (SLOTS - 1);
    unsigned kind = next_of(w) >> 16;
    size_t most = (kind & 15u) != 0 ? SMALL : (kind & 240u) != 0 ? 300000 : 6000000;
    size_t size = 1 + (next_of(w) >> 8) % most;
    check(w, slot);
    void *block;
    if (next_of(w) >> 24 & 1) {
        block = realloc(w->block[slot], size);
    } else {
        free(w->block[slot]);
        block = malloc(size);
    }
    if (block == NULL) {
        die("no memory");
    }
    keep(w, slot, block, size);
}

void turn_in_handler(struct work *w)
{
    unsigned slot = next_of(w) >> 8 & (SLOTS - 1);
    unsigned kind = next_of(w) >> 16;
    size_t size = 1 + (next_of(w) >> 8) % ((kind & 15u) != 0 ? SMALL : 1000000u);
    check(w, slot);
    void *block = NULL;
    switch (kind >> 4 & 3u) {
    case 0: /* a resize that is refused leaves the block */
        block = realloc(w->block[slot], size);
        if (block == NULL) {
            free(w->block[slot]);
        }
        break;
    case 1:
        free(w->block[slot]);
        block = calloc(1, size);
        break;
    case 2:
        free(w->block[slot]);
        block = aligned_alloc(64, size);
        break;
    default:
        free(w->block[slot]);
        block = malloc(size);
    }
    if (block == NULL && size <= SMALL) {
        die("no memory in a handler");
    }
    keep(w, slot, block, size);
}

void drop(struct work *w)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        check(w, i);
        free(w->block[i]);
        w->block[i] = NULL;
    }
}

static pthread_t crew[CREW];
static atomic_bool done;

static void *busy(void *seed)
{
    struct work w = {.seed = (unsigned)(size_t)seed};
    while (!atomic_load(&done)) {
        turn(&w);
    }
    drop(&w);
    return NULL;
}

void crew_start(void)
{
    atomic_store(&done, false);
    for (size_t i = 0; i < CREW; i++) {
        if (pthread_create(&crew[i], NULL, busy, (void *)(i + 1)) != 0) {
            die("pthread_create");
        }
    }
}

void crew_stop(void)
{
    atomic_store(&done, true);
    for (unsigned i = 0; i < CREW; i++) {
        (void)pthread_join(crew[i], NULL);
    }
}

void crew_signal(int number)
{
    for (unsigned i = 0; i < CREW; i++) {
        (void)pthread_kill(crew[i], number);
    }
}
