/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes and addresses at the ends of what a word holds: every call, and where the board's RAM
 * goes that far, on a region that ends at the top of the address space. */
#include "check.h"
#include "odd_sizes.h"
#include "os/os_heap.h"

#include <errno.h>

void *malloc(size_t size);
void free(void *ptr);
void *calloc(size_t count, size_t size);
void *realloc(void *ptr, size_t size);
void *reallocarray(void *ptr, size_t count, size_t size);
void *memalign(size_t alignment, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
int posix_memalign(void **result, size_t alignment, size_t size);
void *valloc(size_t size);
void *pvalloc(size_t size);

static void regions_that_no_heap_can_be_in_are_refused(void)
{
    const uintptr_t top = UINTPTR_MAX;
    for (uintptr_t before = 0; before < 300; before++) {
        CHECK(os_heap_init((void *)(top - before), 5) == OS_HEAP_EINVAL);
        CHECK(os_heap_init((void *)(top - before), before) == OS_HEAP_EINVAL);
        CHECK(os_heap_init((void *)(top - before), before + 1) == OS_HEAP_EINVAL);
        CHECK(os_heap_init((void *)(top - before), (size_t)PTRDIFF_MAX) == OS_HEAP_EINVAL);
        CHECK(os_heap_init((void *)(top - before), SIZE_MAX - before) == OS_HEAP_EINVAL);
    }
    CHECK(os_heap_init(NULL, 1u << 20) == OS_HEAP_EINVAL);
    CHECK(os_heap_init((void *)8, (size_t)PTRDIFF_MAX + 1) == OS_HEAP_EINVAL);
    CHECK(os_heap_init((void *)8, SIZE_MAX - 8) == OS_HEAP_EINVAL);
}

#ifdef BOARD_RV32 /* 2 GiB of RAM from 0x80000000 on */
enum { TOP_BYTES = 256 << 10 };

static void a_region_at_the_top_serves_all_it_has(void)
{
    CHECK(os_heap_init((void *)-(uintptr_t)TOP_BYTES, TOP_BYTES) == 0);
    for (size_t bytes = 4096; bytes <= 2 * TOP_BYTES; bytes *= 2) { /* overlaps */
        CHECK(os_heap_add_region((void *)-(uintptr_t)bytes, bytes, 0) == OS_HEAP_EINVAL);
    }
    struct os_heap_stats before;
    os_heap_stats(&before);
    CHECK(before.added == 0 && before.region + before.tables > TOP_BYTES - 2 * before.page);
    for (size_t size = 16; size < before.region; size = size * 2 + 8) {
        void *chain = NULL;
        void *block;
        size_t got = 0;
        while ((block = os_malloc(size)) != NULL) {
            CHECK((uintptr_t)block >= -(uintptr_t)TOP_BYTES &&
                  (uintptr_t)block <= UINTPTR_MAX - size);
            memset(block, 0x5a, size);
            *(void **)block = chain;
            chain = block;
            got += size;
        }
        CHECK(got > before.region / 4);
        CHECK(os_heap_check() == NULL);
        while (chain != NULL) {
            void *next = *(void **)chain;
            os_free(chain);
            chain = next;
        }
        CHECK(os_heap_check() == NULL);
        (void)os_heap_trim();
    }
    void *all = os_malloc(before.region - 128);
    CHECK(all != NULL && os_heap_check() == NULL);
    CHECK(os_realloc(all, before.region / 2) == all && os_realloc(all, before.region - 128) == all);
    os_free(all);
}
#else
static void a_region_at_the_top_serves_all_it_has(void)
{
}
#endif

static void every_call_serves_or_refuses_every_size(void)
{
    static struct odd_blocks odd;
    size_t centre;
    odd_begin(&odd);
    for (unsigned n = 0; odd_centre(n, odd.region, &centre); n++) {
        for (int d = -ODD_AROUND; d <= ODD_AROUND; d += d >= -18 && d < 18 ? 1 : 7) {
            odd_try(&odd, centre + (size_t)d);
        }
        CHECK(os_heap_check() == NULL);
    }
    odd_end(&odd);
}

/* A block that no heap can have: said so, in errno too. */
static void refused(void *block)
{
    CHECK(block == NULL && errno == ENOMEM);
    errno = 0;
}

static void the_c_librarys_names_refuse_as_well(void)
{
    void *kept = malloc(100);
    void *result = &kept;
    memset(kept, 0x33, 100);
    errno = 0;
    for (unsigned bit = 24; bit < ODD_BITS; bit++) {
        for (int d = -ODD_AROUND; d < 0; d += d >= -18 ? 1 : 7) {
            size_t size = ((size_t)2 << bit) + (size_t)d;
            refused(malloc(size));
            refused(calloc(size, 1));
            refused(calloc(size, size));
            refused(realloc(kept, size));
            refused(reallocarray(kept, size, 16));
            refused(memalign(64, size));
            refused(memalign((size_t)1 << bit, size));
            refused(aligned_alloc(16, size));
            refused(valloc(size));
            refused(pvalloc(size));
            CHECK(posix_memalign(&result, 64, size) == ENOMEM && result == &kept);
            CHECK(posix_memalign(&result, (size_t)1 << bit, size) == ENOMEM && result == &kept);
        }
    }
    for (unsigned i = 0; i < 100; i++) {
        CHECK(((unsigned char *)kept)[i] == 0x33);
    }
    free(kept);
    CHECK(os_heap_check() == NULL);
}

int main(void)
{
    regions_that_no_heap_can_be_in_are_refused();
    a_region_at_the_top_serves_all_it_has();
    every_call_serves_or_refuses_every_size();
    the_c_librarys_names_refuse_as_well();
    passed();
}
