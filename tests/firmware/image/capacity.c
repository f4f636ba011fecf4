/* SPDX-License-Identifier: Apache-2.0 */
/* What of 32 KiB of RAM can be handed out, as small blocks and as one: the
 * promise of a library for little RAM. */
#include "check.h"
#include "os/os_heap.h"

#define REGION_BYTES 32768u
#define BLOCK_BYTES 64u

/* Where a linker would put it: aligned for any object and no more. */
static union {
    long long aligned;
    unsigned char bytes[REGION_BYTES];
} region;

static unsigned percent(size_t bytes)
{
    return (unsigned)(bytes * 100 / REGION_BYTES);
}

static void small_blocks_fill_85_percent(void)
{
    void *chain = NULL;
    void *block;
    size_t bytes = 0;
    while ((block = os_malloc(BLOCK_BYTES)) != NULL) {
        *(void **)block = chain;
        chain = block;
        bytes += BLOCK_BYTES;
    }
    CHECK(os_heap_check() == NULL);
    report("small", percent(bytes));
    CHECK(bytes * 100 >= 85 * REGION_BYTES);
    while (chain != NULL) {
        void *next = *(void **)chain;
        os_free(chain);
        chain = next;
    }
}

/* Asked for without a trim: what is cached must not be in the way. */
static void one_large_block_fills_90_percent(void)
{
    size_t bytes = REGION_BYTES;
    void *block;
    while ((block = os_malloc(bytes)) == NULL) {
        bytes -= 8;
    }
    CHECK(os_heap_check() == NULL);
    report("large", percent(bytes));
    CHECK(bytes * 100 >= 90 * REGION_BYTES);
    os_free(block);
}

int main(void)
{
    CHECK(os_heap_init(region.bytes, sizeof(region.bytes)) == 0);
    small_blocks_fill_85_percent();
    one_large_block_fills_90_percent();
    small_blocks_fill_85_percent();
    passed();
}
