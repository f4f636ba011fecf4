/* SPDX-License-Identifier: Apache-2.0 */
/* Negative control of routing.py: linked without osh_libc.c, so that libc's own
 * allocator comes in. Never run. */
#include "board.h"
#include "os/os_heap.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

void *_sbrk(ptrdiff_t increment);
void *_sbrk(ptrdiff_t increment)
{
    static char memory[8192];
    static size_t used;
    used += (size_t)increment;
    return &memory[used - (size_t)increment];
}

int main(void)
{
    os_free(os_malloc(1));
    char *copy = strdup("two heaps");
    return copy == NULL || printf("%s\n", copy) != 10;
}
