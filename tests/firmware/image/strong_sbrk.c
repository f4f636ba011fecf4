/* SPDX-License-Identifier: Apache-2.0 */
/* A board support package's _sbrk, in one file with what its startup code needs. `functional` is
 * linked beside it. */
#include "check.h"

void _sbrkInit(char *base, char *limit);
void *_sbrk(int increment);

static char *first;
static char *last;

void _sbrkInit(char *base, char *limit)
{
    first = base;
    last = limit;
}

void *_sbrk(int increment)
{
    (void)increment;
    CHECK(!"somebody takes memory by _sbrk");
    return first < last ? first : last;
}

/* As startup code does, before main. */
__attribute__((constructor)) static void startup(void)
{
    static char space[64];
    _sbrkInit(space, space + sizeof(space));
}
