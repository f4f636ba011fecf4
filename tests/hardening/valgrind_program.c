/* SPDX-License-Identifier: Apache-2.0 */
/* Makes each error in a child of its own and says its name and line before; or makes
 * none: see valgrind.py. */
#include "os/os_heap.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SMALL 100u
#define LARGE ((size_t)300000)
#define REGION ((size_t)64 << 20)

static volatile char seen;
static char *volatile kept;

#define HERE(statement)                      \
    do {                                     \
        (void)printf("line %d\n", __LINE__); \
        (void)fflush(stdout);                \
        statement;                           \
    } while (0)

static char *block_of(size_t size)
{
    char *block = os_malloc(size);
    memset(block, 1, size);
    return block;
}

static void write_behind(size_t size)
{
    char *block = block_of(size);
    HERE(((volatile char *)block)[size] = 1);
    os_free(block);
}

static void read_behind(size_t size)
{
    char *block = block_of(size);
    HERE(seen = ((volatile char *)block)[size]);
    os_free(block);
}

static void read_before(size_t size)
{
    char *block = block_of(size);
    HERE(seen = ((volatile char *)block)[-1]);
    os_free(block);
}

static void read_after_free(size_t size)
{
    char *block = block_of(size);
    os_free(block);
    HERE(seen = *(volatile char *)(block + 5));
}

static void write_after_free(size_t size)
{
    char *block = block_of(size);
    os_free(block);
    HERE(*(volatile char *)(block + 5) = 1);
}

static void read_after_realloc(size_t size)
{
    char *block = block_of(size);
    char *moved = os_realloc(block, 20 * size);
    HERE(seen = *(volatile char *)(block + 5));
    os_free(moved);
}

static void fresh_read(size_t size)
{
    char *block = os_malloc(size);
    HERE(if (((volatile char *)block)[7] != 0) seen = 1);
    os_free(block);
}

/* What was never written is still unknown where it has been moved to. */
static void fresh_read_after_realloc(size_t size)
{
    char *block = os_realloc(os_malloc(size), 2 * size);
    HERE(if (((volatile char *)block)[7] != 0) seen = 1);
    os_free(block);
}

/* With another block freed in between: level 1 does not see it. */
static void double_free(size_t size)
{
    char *block = block_of(size);
    char *other = block_of(size);
    os_free(block);
    os_free(other);
    HERE(os_free(block));
}

static void free_inside(size_t size)
{
    char *block = block_of(size);
    HERE(os_free(block + 16));
}

static void realloc_after_free(size_t size)
{
    char *block = block_of(size);
    char *other = block_of(size);
    os_free(block);
    os_free(other);
    HERE(kept = os_realloc(block, 2 * size));
}

static void lost(size_t size)
{
    HERE(kept = os_malloc(size));
    kept = NULL;
}

static void *free_it(void *block)
{
    os_free(block);
    return NULL;
}

/* All sizes, all calls, every byte that was asked for, and nothing left. */
static void clean(size_t most)
{
    for (size_t size = 1; size < most; size += size / 3 + 1) {
        char *block = block_of(size);
        block = os_realloc(block, size * 2);
        memset(block, 2, size * 2);
        block = os_realloc(block, size / 3 + 1);
        seen = block[size / 3] == 2 ? 1 : 2;
        pthread_t other;
        (void)pthread_create(&other, NULL, free_it, block);
        (void)pthread_join(other, NULL);
        block = os_calloc(3, size);
        seen = block[3 * size - 1] == 0 ? 1 : 2;
        memset(block, 3, 3 * size);
        os_free_sized(block, 3 * size);
        block = os_aligned_alloc(64, size);
        memset(block, 4, os_malloc_usable_size(block));
        os_free(block);
    }
    char *block = block_of(10);
    if (os_realloc(block, 2 * REGION) != NULL) {
        (void)puts("more memory than there is");
    }
    seen = block[9] == 1 ? 1 : 2;
    os_free(block);
    os_free(os_realloc(os_malloc(0), 10));
    seen = os_realloc(os_malloc(10), 0) == NULL ? 1 : 2;
    os_free(os_malloc(0));
    os_free(os_reallocarray(NULL, 3, 5));
    (void)os_heap_trim();
    const char *wrong = os_heap_check();
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    (void)puts(wrong != NULL ? wrong : stats.live != 0 ? "something is left" : "clean");
}

/* The library is asked to go on where it notices, too. */
static void go_on(const struct os_heap_report *report)
{
    (void)report;
}

static const struct {
    const char *name;
    void (*make)(size_t size);
} errors[] = {
    {"write-behind", write_behind},
    {"read-behind", read_behind},
    {"read-before", read_before},
    {"read-after-free", read_after_free},
    {"write-after-free", write_after_free},
    {"read-after-realloc", read_after_realloc},
    {"fresh-read", fresh_read},
    {"fresh-read-after-realloc", fresh_read_after_realloc},
    {"double-free", double_free},
    {"free-inside", free_inside},
    {"realloc-after-free", realloc_after_free},
    {"lost", lost},
};

static void make_each(void)
{
    for (size_t i = 0; i < 2 * sizeof(errors) / sizeof(errors[0]); i++) {
        (void)printf("error %s %s\n", errors[i / 2].name, i % 2 == 0 ? "small" : "large");
        (void)fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            errors[i / 2].make(i % 2 == 0 ? SMALL : LARGE);
            exit(0);
        }
        (void)waitpid(child, NULL, 0);
    }
}

/* usage: valgrind_program [each] */
int main(int argc, char **argv)
{
    static char region[REGION];
    (void)os_heap_init(region, sizeof(region));
    if (argc > 1 && strcmp(argv[1], "each") == 0) {
        (void)os_heap_set_report_hook(go_on);
        make_each();
    } else {
        clean(2 * LARGE);
    }
    return 0;
}
