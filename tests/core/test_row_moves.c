/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that grow, on a kernel that refuses to move their pages. */
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "stamp.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#if OSH_ROW_LEAST > 0

/* A kernel that refuses to move pages. Before it says so of a call with MREMAP_FIXED, it removes
 * what is at the new place. */
static unsigned refused, holes;
static int refused_flags;

void *__real_mremap(void *from, size_t old, size_t bytes, int flags, ...);
void *__wrap_mremap(void *from, size_t old, size_t bytes, int flags, ...);
void *__wrap_mremap(void *from, size_t old, size_t bytes, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    void *to = (flags & MREMAP_FIXED) != 0 ? va_arg(rest, void *) : NULL;
    va_end(rest);
    if (refused_flags == 0 || (flags & refused_flags) == 0) {
        return __real_mremap(from, old, bytes, flags, to);
    }
    refused++;
    if (to != NULL) {
        assert_int_equal(munmap(to, bytes), 0);
        holes++;
    }
    errno = EFAULT;
    return MAP_FAILED;
}

/* A row whose pages the kernel does not move is copied. */
static void moves_that_are_refused(int flags, bool makes_holes)
{
    if (OSH_HARDENING >= 2) {
        skip_because("rows are not moved at this level");
    }
    heap_option("region=0x40000000");
    size_t size = (size_t)8 << 20;
    char *row[2] = {os_malloc(size), os_malloc(size)};
    unsigned first = row[0] < row[1] ? 0 : 1; /* the other is in its way */
    stamp_all(row[first], size, 1);
    refused_flags = flags;
    errno = 0;
    char *moved = os_realloc(row[first], 2 * size);
    assert_true(moved != NULL && moved != row[first] && errno == 0);
    assert_true(refused > 0);
    assert_int_equal(holes > 0, makes_holes);
    assert_true(is_stamped_all(moved, size, 1));
    memset(moved, 2, 2 * size);
    os_free(moved);
    os_free(row[!first]);
    char *all = os_malloc(6 * size); /* no hole is left */
    assert_non_null(all);
    memset(all, 3, 6 * size);
    assert_null(os_heap_check());
}

static void old_kernel_leaves_no_hole(void)
{
    moves_that_are_refused(MREMAP_DONTUNMAP, false);
}

static void second_step_that_is_refused_leaves_no_hole(void)
{
    moves_that_are_refused(MREMAP_FIXED, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(old_kernel_leaves_no_hole, PLATFORM_REGION),
        in_fresh_heap(second_step_that_is_refused_leaves_no_hole, PLATFORM_REGION),
    };
    return cmocka_run_group_tests_name("core/row_moves", tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* large blocks are newlib's: skipped */
}

#endif
