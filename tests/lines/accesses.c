/* SPDX-License-Identifier: Apache-2.0 */
/* What gcc's -fsanitize=thread calls at each ordinary access of the library. The names
 * are its own; libtsan is not linked. */
#include "lines.h"

void __tsan_init(void);
void __tsan_init(void)
{
}

#define ON_ACCESS(name, how, bytes)            \
    void name(const volatile void *address);   \
    void name(const volatile void *address)    \
    {                                          \
        lines_access(address, (bytes), (how)); \
    }
#define ON_ACCESSES(bytes)                                     \
    ON_ACCESS(__tsan_read##bytes, LINES_READ, bytes)           \
    ON_ACCESS(__tsan_write##bytes, LINES_WRITE, bytes)         \
    ON_ACCESS(__tsan_unaligned_read##bytes, LINES_READ, bytes) \
    ON_ACCESS(__tsan_unaligned_write##bytes, LINES_WRITE, bytes)
ON_ACCESSES(1)
ON_ACCESSES(2)
ON_ACCESSES(4)
ON_ACCESSES(8)
ON_ACCESSES(16)
ON_ACCESS(__tsan_volatile_read8, LINES_READ, 8)

void __tsan_read_range(const void *address, unsigned long bytes);
void __tsan_read_range(const void *address, unsigned long bytes)
{
    lines_access(address, bytes, LINES_READ);
}

void __tsan_write_range(void *address, unsigned long bytes);
void __tsan_write_range(void *address, unsigned long bytes)
{
    lines_access(address, bytes, LINES_WRITE);
}

/* A thread's own rseq area, which has the number of its core. */
void __tsan_volatile_read4(const void *address);
void __tsan_volatile_read4(const void *address)
{
    (void)address;
}
