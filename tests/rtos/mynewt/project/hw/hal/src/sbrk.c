/* SPDX-License-Identifier: Apache-2.0 */
/* As hw/hal of Mynewt's core: _sbrk in one file with what the BSP's startup code calls. */
#include <stddef.h>

void _sbrkInit(char *base, char *limit);
void *_sbrk(int increment);

static char *brk_now, *brk_last;

void _sbrkInit(char *base, char *limit)
{
    brk_now = base;
    brk_last = limit;
}

void *_sbrk(int increment)
{
    char *before = brk_now;
    if (increment > brk_last - brk_now) {
        return (void *)-1;
    }
    brk_now += increment;
    return before;
}
