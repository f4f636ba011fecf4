/* SPDX-License-Identifier: Apache-2.0 */
/* Takes blocks by each of the calls, and sees that they are this heap's. */
#include <stdlib.h>

#include "os/mynewt.h"
#include "osheap/osheap.h"

extern char __HeapBase[], __HeapLimit[];

void sysinit(void);
void example_say(const char *text);

static int is_ours(const void *block)
{
    return (const char *)block >= __HeapBase && (const char *)block < __HeapLimit;
}

int main(void)
{
    struct os_heap_stats stats;
    sysinit();
    void *blocks[] = {os_malloc(40), malloc(3000), calloc(10, 10), realloc(NULL, 200)};
    for (unsigned i = 0; i < 4; i++) {
        if (!is_ours(blocks[i])) {
            example_say("a block of another heap\n");
            return 1;
        }
    }
    os_free(blocks[0]);
    for (unsigned i = 1; i < 4; i++) {
        free(blocks[i]);
    }
    os_heap_stats(&stats);
    example_say(stats.live == 0 && os_heap_check() == NULL ? "invariants hold\n" : "broken\n");
    return stats.live != 0;
}
