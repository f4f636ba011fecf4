/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "board.h"
#include "os/os_heap.h"
#include "osh_config.h"

#include <string.h>

static void put_number(unsigned value)
{
    char text[12];
    char *p = &text[sizeof(text) - 1];
    *p = '\0';
    do {
        *--p = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    board_puts(p);
}

void check_failed(const char *what, const char *file, int line)
{
    const char *name = strrchr(file, '/');
    board_puts("FAILED ");
    board_puts(name != NULL ? name + 1 : file);
    board_puts(":");
    put_number((unsigned)line);
    board_puts(": ");
    board_puts(what);
    board_puts("\n");
    board_exit(1);
}

void report(const char *name, unsigned value)
{
    board_puts(name);
    board_puts("=");
    put_number(value);
    board_puts(" ");
}

void passed(void)
{
    const char *wrong = os_heap_check();
    if (wrong != NULL) {
        board_puts("INVARIANT ");
        board_puts(wrong);
        board_puts("\n");
        board_exit(2);
    }
    board_puts("ok\n");
    board_exit(0);
}

uint32_t rng_next(struct rng *rng)
{
    uint32_t x = rng->state != 0 ? rng->state : 2463534242u;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    rng->state = x;
    return x;
}

size_t rng_size(struct rng *rng, unsigned large)
{
    uint32_t x = rng_next(rng);
    if (x % 16 < large) {
        return OSH_SLAB_MAX + 1 + (x >> 8) % (3 * OSH_SLAB_MAX);
    }
    return (x >> 8) % ((x >> 4) % 4 == 0 ? OSH_SLAB_MAX + 1 : 96);
}

static unsigned char stamp_of(const struct stamped *s)
{
    return (unsigned char)(((uintptr_t)s->block >> 3) * 31 + s->size * 7 + 1);
}

/* Short blocks whole; of longer ones the ends, which is where neighbours and
 * links would write. */
#define EDGE 48u

static void write_stamp(const struct stamped *s)
{
    unsigned char byte = stamp_of(s);
    for (size_t i = 0; i < s->size; i++) {
        if (i == EDGE && s->size > 2 * EDGE) {
            i = s->size - EDGE;
        }
        s->block[i] = byte;
    }
}

static void check_stamp(const struct stamped *s, unsigned char byte, size_t upto)
{
    for (size_t i = 0; i < upto; i++) {
        if (i == EDGE && s->size > 2 * EDGE) {
            i = s->size - EDGE;
            if (i >= upto) {
                return;
            }
        }
        CHECK(s->block[i] == byte);
    }
}

bool stamped_new(struct stamped *s, size_t size)
{
    s->block = os_malloc(size);
    s->size = size;
    if (s->block == NULL) {
        return false;
    }
    /* As any object of that size may need it. */
    size_t alignment = _Alignof(max_align_t);
    CHECK((uintptr_t)s->block % (size < alignment ? 8 : alignment) == 0);
    CHECK(os_malloc_usable_size(s->block) >= size);
    write_stamp(s);
    return true;
}

void stamped_check(const struct stamped *s)
{
    check_stamp(s, stamp_of(s), s->size);
}

bool stamped_resize(struct stamped *s, size_t size)
{
    stamped_check(s);
    unsigned char byte = stamp_of(s);
    unsigned char *moved = os_realloc(s->block, size);
    if (moved == NULL) {
        if (size != 0) {
            stamped_check(s); /* failure leaves it as it was */
            return false;
        }
        s->block = NULL;
        return true;
    }
    s->block = moved;
    check_stamp(s, byte, size < s->size ? (size < EDGE ? size : EDGE) : s->size);
    s->size = size;
    write_stamp(s);
    return true;
}

void stamped_free(struct stamped *s)
{
    if (s->block != NULL) {
        stamped_check(s);
        os_free(s->block);
        s->block = NULL;
    }
}
