/* SPDX-License-Identifier: Apache-2.0 */
/* k_malloc and its relatives through the linker's wrapping, Zephyr's figures, the port's mutexes.
 */
#include "check.h"
#include "os/os_heap.h"
#include "os/os_heap_port.h"
#include "osheap_zephyr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zephyr/kernel.h>

extern unsigned real_frees;
static unsigned char pool_block[16];

static void every_call_of_the_family_is_this_heaps(void)
{
    unsigned char *zeroed = k_calloc(10, 10);
    CHECK(osheap_has(zeroed) && zeroed[0] == 0 && zeroed[99] == 0);
    memset(zeroed, 7, 100);
    unsigned char *longer = k_realloc(zeroed, 5000);
    CHECK(osheap_has(longer) && longer[99] == 7);
    void *aligned = k_aligned_alloc(256, 30);
    CHECK(osheap_has(aligned) && (uintptr_t)aligned % 256 == 0);
    void *plain = k_malloc(50);
    CHECK(osheap_has(plain));
    CHECK(k_realloc(longer, 0) == NULL);
    CHECK(k_calloc(SIZE_MAX / 2, 3) == NULL);
    k_free(aligned);
    free(plain); /* malloc's family and k_malloc's are one heap */
    k_free(NULL);
    CHECK(real_frees == 0);
}

static void a_block_of_a_threads_pool_goes_back_there(void)
{
    k_free(pool_block);
    CHECK(real_frees == 1);
}

static void figures_add_up(void)
{
    struct sys_memory_stats before;
    struct sys_memory_stats with;
    CHECK(osheap_runtime_stats_get(NULL) == -EINVAL);
    CHECK(osheap_runtime_stats_get(&before) == 0);
    void *block = k_malloc(20000);
    CHECK(malloc_runtime_stats_get(&with) == 0);
    CHECK(with.allocated_bytes >= before.allocated_bytes + 20000);
    CHECK(with.free_bytes + with.allocated_bytes == before.free_bytes + before.allocated_bytes);
    CHECK(with.max_allocated_bytes >= with.allocated_bytes);
    k_free(block);
    (void)os_heap_trim();
    CHECK(osheap_runtime_stats_get(&with) == 0);
    CHECK(with.allocated_bytes == before.allocated_bytes);
    CHECK(with.max_allocated_bytes >= before.allocated_bytes + 20000);
}

static void an_added_region_is_of_this_heap(void)
{
    static unsigned char bank[16384];
    unsigned frees = real_frees;
    CHECK(os_heap_add_region(bank, sizeof(bank), OS_HEAP_CAP_DMA) == 0);
    void *block = os_malloc_in(OS_HEAP_CAP_DMA, 100);
    CHECK(block != NULL && osheap_has(block));
    block = k_realloc(block, 200);
    CHECK(block != NULL && osheap_has(block));
    k_free(block);
    CHECK(real_frees == frees);

    struct sys_memory_stats stats;
    os_heap_gauge_reset();
    CHECK(osheap_runtime_stats_get(&stats) == 0);
    CHECK(stats.max_allocated_bytes < sizeof(bank));
    block = os_malloc_in(OS_HEAP_CAP_DMA, 10000);
    size_t free_bytes = stats.free_bytes;
    CHECK(osheap_runtime_stats_get(&stats) == 0);
    CHECK(stats.free_bytes + 10000 <= free_bytes && stats.max_allocated_bytes >= 10000);
    k_free(block);
}

static void the_holder_of_a_mutex_does_not_get_it_again(void)
{
    os_heap_port_lock(1);
    CHECK(!os_heap_port_try_lock(1));
    CHECK(os_heap_port_try_lock(0));
    os_heap_port_unlock(0);
    os_heap_port_unlock(1);
    CHECK(os_heap_port_try_lock(1));
    os_heap_port_unlock(1);
}

int main(void)
{
    the_holder_of_a_mutex_does_not_get_it_again();
    every_call_of_the_family_is_this_heaps();
    a_block_of_a_threads_pool_goes_back_there();
    figures_add_up();
    an_added_region_is_of_this_heap();
    passed();
}
