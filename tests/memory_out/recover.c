/* SPDX-License-Identifier: Apache-2.0 */
#include "recover.h"

#include "inject.h"
#include "ledger.h"
#include "os/os_heap.h"
#include "sizes.h"
#include "stamp.h"

#define MOST_BLOCKS 64

static struct os_heap_stats now(void)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    return stats;
}

static void must(int holds, const char *what)
{
    if (!holds) {
        complain(what, NULL);
    }
}

static void nothing_is_left(void)
{
    (void)os_heap_trim();
    struct os_heap_stats stats = now();
    must(stats.live == 0, "live when all is freed");
    must(stats.cached == 0, "cached after a trim");
    must(stats.deferred_pending == 0, "deferred frees pending");
    must(stats.slab_pages == 0, "slab pages leaked");
    must(stats.fallback_pages == 0, "pages of the newlib heap leaked");
    must(stats.free_pages == stats.region, "pages leaked");
    const char *wrong = os_heap_check();
    must(wrong == NULL, wrong != NULL ? wrong : "");
}

static void serves_again(void)
{
    void *blocks[MOST_BLOCKS];
    unsigned count = 0;
    void *most = os_malloc(now().region / 10 * 8);
    must(most != NULL, "no block of most of an empty heap");
    os_free(most);
    for (unsigned cls = 1; cls <= OSH_CLASS_MAX && count < MOST_BLOCKS; cls++) {
        blocks[count] = os_malloc(osh_class_bytes(cls));
        must(blocks[count] != NULL || osh_class_bytes(cls) > OSH_PAGE_BYTES, "no small block");
        if (blocks[count] != NULL) {
            stamp(blocks[count], osh_class_bytes(cls), count);
            count++;
        }
    }
    while (count-- > 0) {
        must(is_stamped(blocks[count], os_malloc_usable_size(blocks[count]), count),
             "a block has lost its bytes");
        os_free(blocks[count]);
    }
}

void recover(void)
{
    (void)inject_stop();
    ledger_leave_interrupt();
    const char *wrong = os_heap_check();
    must(wrong == NULL, wrong != NULL ? wrong : "");
    must(now().live == ledger_live(), "the heap's live bytes are not those of the blocks held");
    ledger_free_all();
    nothing_is_left();
    serves_again();
    nothing_is_left();
}
