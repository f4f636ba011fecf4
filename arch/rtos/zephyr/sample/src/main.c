/* SPDX-License-Identifier: Apache-2.0 */
/* malloc, k_malloc and os_malloc are one heap; its figures; a handler allocates. */
#include "os/os_heap.h"
#include "osheap_zephyr.h"

#include <stdlib.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

static void *from_handler;

static void on_timer(struct k_timer *timer)
{
    (void)timer;
    from_handler = k_malloc(40);
}

K_TIMER_DEFINE(timer, on_timer, NULL);

int main(void)
{
    void *blocks[] = {malloc(100), k_malloc(100), k_aligned_alloc(64, 100), os_malloc(20000)};
    struct sys_memory_stats stats;

    (void)osheap_runtime_stats_get(&stats);
    printk("allocated %u, free %u\n", (unsigned)stats.allocated_bytes, (unsigned)stats.free_bytes);

    k_timer_start(&timer, K_MSEC(10), K_NO_WAIT);
    k_msleep(20);

    bool all = from_handler != NULL;
    for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
        all = all && osheap_has(blocks[i]);
        k_free(blocks[i]);
    }
    free(from_handler);
    printk("%s\n",
           all ? "osheap: all from one heap" : "osheap: a block is missing, or from another heap");
    return 0;
}
