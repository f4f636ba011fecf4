/* SPDX-License-Identifier: Apache-2.0 */
/* As baselibc: another malloc, which must not be linked. */
#include <stddef.h>

void *malloc(size_t size);
void free(void *block);
void *_sbrk(int increment);

void *malloc(size_t size)
{
    return _sbrk((int)size);
}

void free(void *block)
{
    (void)block;
}
