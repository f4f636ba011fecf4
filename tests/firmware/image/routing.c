/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C library's malloc family, in all its forms, and what the C library itself
 * allocates: all of it is of this heap, and any form frees what any other gave.
 * That nothing else is linked besides, tests/firmware/routing.py shows.
 */
#include "check.h"
#include "kernel.h"
#include "os/os_heap.h"
#include "osh_config.h"
#include "ours.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __PICOLIBC__
#include <picotls.h>

/* It has no reentrant forms. The library has them all the same. */
#define _REENT NULL
struct _reent;
void *_malloc_r(struct _reent *reent, size_t size);
void _free_r(struct _reent *reent, void *ptr);
void *_calloc_r(struct _reent *reent, size_t count, size_t size);
void *_realloc_r(struct _reent *reent, void *ptr, size_t size);
void *_memalign_r(struct _reent *reent, size_t alignment, size_t size);
#else
#include <reent.h>
#endif

#define LARGE (3 * OSH_SLAB_MAX)

/* Of newlib's functions these have no declaration outside of newlib. */
void cfree(void *ptr);
void _cfree_r(struct _reent *reent, void *ptr);
void *_reallocf_r(struct _reent *reent, void *ptr, size_t size);
size_t _malloc_usable_size_r(struct _reent *reent, void *ptr);
void *_sbrk(ptrdiff_t increment);

static size_t live(void)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    return stats.live;
}

static void every_form_gives_blocks_of_this_heap(void)
{
    size_t before = live();
    void *blocks[14];
    unsigned n = 0;
    void *by_posix = NULL;
    blocks[n++] = malloc(20);
    blocks[n++] = malloc(LARGE);
    blocks[n++] = calloc(3, 7);
    blocks[n++] = realloc(NULL, 40);
    blocks[n++] = reallocarray(NULL, 5, 9);
    blocks[n++] = reallocf(NULL, 50);
    blocks[n++] = memalign(64, 30);
    blocks[n++] = aligned_alloc(128, 30);
    CHECK(posix_memalign(&by_posix, 256, 30) == 0);
    blocks[n++] = by_posix;
    blocks[n++] = _malloc_r(_REENT, 60);
    blocks[n++] = _calloc_r(_REENT, 2, LARGE);
    blocks[n++] = _realloc_r(_REENT, NULL, 70);
    blocks[n++] = _reallocf_r(_REENT, NULL, 80);
    blocks[n++] = _memalign_r(_REENT, 64, 90);
    for (unsigned i = 0; i < n; i++) {
        CHECK(is_ours(blocks[i]));
        CHECK(malloc_usable_size(blocks[i]) == os_malloc_usable_size(blocks[i]));
        CHECK(_malloc_usable_size_r(_REENT, blocks[i]) == malloc_usable_size(blocks[i]));
    }
    CHECK((uintptr_t)blocks[6] % 64 == 0 && (uintptr_t)blocks[7] % 128 == 0);
    CHECK((uintptr_t)blocks[8] % 256 == 0 && (uintptr_t)blocks[13] % 64 == 0);
    CHECK(live() > before);
    while (n-- > 0) {
        switch (n % 5) {
        case 0:
            free(blocks[n]);
            break;
        case 1:
            _free_r(_REENT, blocks[n]);
            break;
        case 2:
            cfree(blocks[n]);
            break;
        case 3:
            _cfree_r(_REENT, blocks[n]);
            break;
        default:
            os_free(blocks[n]);
            break;
        }
    }
    CHECK(live() == before);
}

static void page_aligned_forms_are_of_this_heap(void)
{
    void *a = valloc(10);
    void *b = pvalloc(10);
    CHECK(is_ours(a) && (uintptr_t)a % OSH_PAGE_BYTES == 0);
    CHECK(is_ours(b) && (uintptr_t)b % OSH_PAGE_BYTES == 0);
    CHECK(malloc_usable_size(b) >= OSH_PAGE_BYTES);
    free(a);
    free(b);
}

#ifdef __PICOLIBC__
/* errno is in TLS. While nobody has set the thread pointer its address is near 0: readable memory
 * on one board, none on the other. Not inlined: the compiler takes the thread pointer for constant.
 */
static __attribute__((noinline)) void failure_writes_nothing_where_there_is_no_tls(void)
{
    CHECK(__builtin_thread_pointer() == NULL);
#ifdef __arm__
    int before = errno;
    CHECK(before != ENOMEM);
#endif
    CHECK(malloc(SIZE_MAX / 2) == NULL);
#ifdef __arm__
    CHECK(errno == before);
#endif
    static unsigned char tls[256] __attribute__((aligned(16)));
    CHECK(_tls_size() < sizeof(tls) - 16);
    _init_tls(tls);
    _set_tls(tls);
}
#endif

static void failure_sets_errno_and_keeps_the_block(void)
{
    char *block = malloc(24);
    CHECK(block != NULL);
    strcpy(block, "kept");
    errno = 0;
    CHECK(realloc(block, SIZE_MAX / 2) == NULL && errno == ENOMEM);
    CHECK(strcmp(block, "kept") == 0);
    size_t before = live();
    CHECK(reallocf(block, SIZE_MAX / 2) == NULL); /* frees it */
    CHECK(live() < before);
    errno = 0;
    CHECK(malloc(SIZE_MAX / 2) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(pvalloc(SIZE_MAX - 10) == NULL && errno == ENOMEM); /* whole pages would be 0 */
    void *untouched = block;
    CHECK(posix_memalign(&untouched, 3, 8) == EINVAL);
    CHECK(posix_memalign(&untouched, 64, SIZE_MAX / 2) == ENOMEM && untouched == block);
}

/* newlib's other allocator, if one were linked, would have no memory. */
static void nobody_else_gets_memory(void)
{
    errno = 0;
    CHECK(_sbrk(16) == (void *)-1 && errno == ENOMEM);
}

static void strings_are_of_this_heap(void)
{
    char *copy = strdup("a string that is copied");
    CHECK(is_ours(copy) && strcmp(copy, "a string that is copied") == 0);
    copy = realloc(copy, LARGE);
    CHECK(is_ours(copy) && os_malloc_usable_size(copy) >= LARGE);
    free(copy);
    char *text = NULL;
    CHECK(asprintf(&text, "%s %d", "formatted", -7) == 12);
    CHECK(is_ours(text) && strcmp(text, "formatted -7") == 0);
    free(text);
#if BOARD_HAS_FLOAT
    /* A conversion's digits are made in blocks of _calloc_r's. */
    CHECK(asprintf(&text, "%.3f", 2.5) == 5);
    CHECK(is_ours(text) && strcmp(text, "2.500") == 0);
    free(text);
#endif
}

#ifdef __PICOLIBC__
/* A stream over a file is a block with its buffer. */
static void printf_writes_through_a_buffer_of_this_heap(void)
{
    size_t before = live();
    FILE *stream = fdopen(1, "w");
    CHECK(is_ours(stream) && live() > before);
    CHECK(fprintf(stream, "fprintf says %d %s\n", 42, "things") == 23);
    CHECK(fclose(stream) == 0 && live() == before);
    CHECK(printf("printf says %d %s\n", 42, "things") == 22);
    CHECK(os_heap_check() == NULL);
}
#else
/* The stream's buffer is what newlib allocates for it at the first write. */
static void printf_writes_through_a_buffer_of_this_heap(void)
{
    size_t before = live();
    CHECK(printf("printf says %d %s\n", 42, "things") == 22);
    CHECK(fflush(stdout) == 0);
    CHECK(is_ours(stdout->_bf._base));
    CHECK(live() > before);
    CHECK(os_heap_check() == NULL);
}
#endif

/* Preempted anywhere, on all cores at once. */
static void task(unsigned number)
{
    for (int i = 0; i < 200; i++) {
        char expected[40];
        char *text = NULL;
        int length = snprintf(expected, sizeof(expected), "task %u, turn %d", number, i);
        CHECK(asprintf(&text, "task %u, turn %d", number, i) == length);
        CHECK(is_ours(text));
        char *copy = strdup(text);
        CHECK(is_ours(copy) && strcmp(copy, expected) == 0);
        free(text);
        free(copy);
    }
}

static void done(void)
{
    passed();
}

int main(void)
{
    every_form_gives_blocks_of_this_heap();
    page_aligned_forms_are_of_this_heap();
#ifdef __PICOLIBC__
    failure_writes_nothing_where_there_is_no_tls();
#endif
    failure_sets_errno_and_keeps_the_block();
    nobody_else_gets_memory();
    strings_are_of_this_heap();
    printf_writes_through_a_buffer_of_this_heap();
    for (unsigned i = 0; i < 2 * BOARD_CORES; i++) {
        kernel_task(task, i);
    }
    kernel_run(done);
}
