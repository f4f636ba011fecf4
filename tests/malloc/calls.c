/* SPDX-License-Identifier: Apache-2.0 */
/* What glibc documents of malloc's family. It runs over glibc's own too, which shows that the
 * expectations are right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HUGE_BYTES ((size_t)PTRDIFF_MAX - 4096)

/* The compiler must not know what it calls: it would leave out pairs, and warn of sizes. */
static void *(*volatile get)(size_t) = malloc;
static void *(*volatile get_zeroed)(size_t, size_t) = calloc;
static void *(*volatile resize)(void *, size_t) = realloc;
static void *(*volatile resize_array)(void *, size_t, size_t) = reallocarray;
static int (*volatile get_posix)(void **, size_t, size_t) = posix_memalign;
static void *(*volatile get_aligned)(size_t, size_t) = aligned_alloc;
static void *(*volatile get_memalign)(size_t, size_t) = memalign;
static void *(*volatile get_pages)(size_t) = pvalloc;

static void a_block_is_aligned_for_any_object(void **state)
{
    (void)state;
    for (size_t size = 0; size < 5000; size += 7) {
        void *block = get(size);
        assert_non_null(block);
        assert_true(malloc_usable_size(block) >= size);
        assert_int_equal((uintptr_t)block % (size >= 16 ? 16 : 8), 0);
        free(block);
    }
}

static void size_0_gives_blocks_of_their_own(void **state)
{
    (void)state;
    void *one = get(0);
    void *other = get(0);
    assert_non_null(one);
    assert_non_null(other);
    assert_ptr_not_equal(one, other);
    free(one);
    free(other);
}

static void a_failure_sets_errno_and_a_success_leaves_it(void **state)
{
    (void)state;
    errno = 0;
    assert_null(get(HUGE_BYTES));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(get_zeroed(SIZE_MAX / 2, 3));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(get_zeroed(1, HUGE_BYTES));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(get_memalign(64, HUGE_BYTES));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(get_pages(SIZE_MAX));
    assert_int_equal(errno, ENOMEM);
    errno = EDOM;
    free(get(100));
    free(get(1000000));
    assert_int_equal(errno, EDOM);
}

static void a_resize_that_fails_keeps_the_block(void **state)
{
    (void)state;
    char *block = get(100);
    memset(block, 'x', 100);
    errno = 0;
    assert_null(resize(block, HUGE_BYTES));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(resize_array(block, SIZE_MAX / 2, 3));
    assert_int_equal(errno, ENOMEM);
    assert_int_equal(block[99], 'x');
    free(block);
}

static void a_resize_keeps_the_contents_and_size_0_frees(void **state)
{
    (void)state;
    unsigned char *block = resize(NULL, 1);
    block[0] = 0;
    size_t size = 1;
    for (size_t next = 3; next < 3000000; size = next, next = next * 3 / 2 + 1) {
        block = resize(block, next);
        assert_non_null(block);
        for (size_t i = 0; i < size; i += size / 64 + 1) {
            assert_int_equal(block[i], (unsigned char)i);
        }
        for (size_t i = 0; i < next; i++) {
            block[i] = (unsigned char)i;
        }
    }
    block = resize_array(block, 10, 10);
    assert_int_equal(block[99], 99);
    assert_null(resize(block, 0));
}

static void calloc_clears_what_was_used_before(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 100, 5000, 200000, 3000000};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        char *block = get(sizes[i]);
        memset(block, 0xff, sizes[i]);
        free(block);
        block = get_zeroed(1, sizes[i]);
        for (size_t j = 0; j < sizes[i]; j++) {
            assert_int_equal(block[j], 0);
        }
        free(block);
    }
}

static void posix_memalign_returns_its_error(void **state)
{
    (void)state;
    void *block = &block;
    assert_int_equal(get_posix(&block, 0, 8), EINVAL);
    assert_int_equal(get_posix(&block, 4, 8), EINVAL);
    assert_int_equal(get_posix(&block, 24, 8), EINVAL);
    assert_int_equal(get_posix(&block, 64, HUGE_BYTES), ENOMEM);
    assert_ptr_equal(block, &block);
    for (size_t alignment = sizeof(void *); alignment <= 1 << 21; alignment *= 2) {
        assert_int_equal(get_posix(&block, alignment, 100), 0);
        assert_int_equal((uintptr_t)block % alignment, 0);
        free(block);
    }
}

static void an_alignment_that_is_no_power_of_two_is_rounded_up(void **state)
{
    (void)state;
    void *block = get_memalign(48, 100);
    assert_int_equal((uintptr_t)block % 64, 0);
    free(block);
    block = get_memalign(0, 100);
    assert_non_null(block);
    free(block);
    errno = 0;
    assert_null(get_memalign(SIZE_MAX / 2 + 2, 1));
    assert_int_equal(errno, EINVAL);
    block = get_aligned(4096, 100);
    assert_int_equal((uintptr_t)block % 4096, 0);
    free(block);
}

static void valloc_and_pvalloc_give_pages(void **state)
{
    (void)state;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *block = valloc(1);
    assert_int_equal((uintptr_t)block % page, 0);
    free(block);
    block = get_pages(1);
    assert_int_equal((uintptr_t)block % page, 0);
    assert_true(malloc_usable_size(block) >= page);
    free(block);
}

static void the_calls_that_tell_of_the_heap_do(void **state)
{
    (void)state;
    assert_int_equal(malloc_usable_size(NULL), 0);
    size_t before = mallinfo2().uordblks;
    void *block = get(50000);
    assert_true(mallinfo2().uordblks >= before + 50000);
    assert_true(mallinfo2().arena + mallinfo2().hblkhd >= 50000);
    free(block);
    assert_int_equal(mallopt(M_MMAP_THRESHOLD, 1 << 20), 1);
    assert_in_range(malloc_trim(0), 0, 1);
    char *text = NULL;
    size_t length;
    FILE *file = open_memstream(&text, &length);
    assert_int_equal(malloc_info(0, file), 0);
    assert_int_equal(malloc_info(1, file), EINVAL);
    (void)fclose(file);
    assert_ptr_equal(strstr(text, "<malloc version="), text);
    assert_non_null(strstr(text, "</malloc>"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_aligned_for_any_object),
        cmocka_unit_test(size_0_gives_blocks_of_their_own),
        cmocka_unit_test(a_failure_sets_errno_and_a_success_leaves_it),
        cmocka_unit_test(a_resize_that_fails_keeps_the_block),
        cmocka_unit_test(a_resize_keeps_the_contents_and_size_0_frees),
        cmocka_unit_test(calloc_clears_what_was_used_before),
        cmocka_unit_test(posix_memalign_returns_its_error),
        cmocka_unit_test(an_alignment_that_is_no_power_of_two_is_rounded_up),
        cmocka_unit_test(valloc_and_pvalloc_give_pages),
        cmocka_unit_test(the_calls_that_tell_of_the_heap_do),
    };
    return cmocka_run_group_tests_name("malloc/calls", tests, NULL, NULL);
}
