/* SPDX-License-Identifier: Apache-2.0 */
/* Both cores allocate; each frees what the other has allocated; a handler allocates. */
#include "os/os_heap.h"

#include <stdio.h>
#include <stdlib.h>

#include "pico/multicore.h"
#include "pico/stdlib.h"

#define BLOCKS 100u

static void exchange(void)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        void *mine = malloc(16 + 8 * i);
        multicore_fifo_push_blocking((uint32_t)(uintptr_t)mine);
        free((void *)(uintptr_t)multicore_fifo_pop_blocking());
    }
}

static volatile bool handled;

static bool on_timer(repeating_timer_t *timer)
{
    (void)timer;
    free(malloc(40)); /* of this heap, that is allowed in a handler */
    handled = true;
    return false;
}

int main(void)
{
    repeating_timer_t timer;
    struct os_heap_stats stats;

    stdio_init_all();
    multicore_launch_core1(exchange);
    exchange();
    add_repeating_timer_ms(10, on_timer, NULL, &timer);
    while (!handled) {
        tight_loop_contents();
    }
    os_heap_stats(&stats);
    printf("osheap: %u cores, %u bytes free, %u in use\n", stats.cores, (unsigned)stats.free,
           (unsigned)stats.live);
    for (;;) {
        tight_loop_contents();
    }
}
