/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells AddressSanitizer what of this heap's memory may be touched (-Dtools=asan, on
 * top of hardening level 3, whose record knows the size that was asked for). The
 * library itself is not instrumented, so its own accesses are nobody's business; but
 * the sanitizer replaces memcpy and memset, which therefore want open blocks.
 *
 * Valgrind's memcheck (-Dtools=valgrind) is told of blocks around the calls, in
 * os_heap_valgrind.c: here it learns only where they will be.
 */
#ifndef OSH_TOOLS_H
#define OSH_TOOLS_H

#include <stddef.h>

#ifdef OSH_TOOLS_ASAN
#include <sanitizer/asan_interface.h>
/* Not the header's macros, which are empty in code that is not instrumented. */
#define OSH_TOOLS_CLOSE(address, bytes) __asan_poison_memory_region(address, bytes)
#define OSH_TOOLS_OPEN(address, bytes) __asan_unpoison_memory_region(address, bytes)
#else
#define OSH_TOOLS_CLOSE(address, bytes) ((void)(address), (void)(bytes))
#define OSH_TOOLS_OPEN(address, bytes) ((void)(address), (void)(bytes))
#endif

#ifdef OSH_TOOLS_VALGRIND
#include <valgrind/memcheck.h>
#define OSH_TOOLS_REGION(address, bytes) (void)VALGRIND_MAKE_MEM_NOACCESS(address, bytes)
#define OSH_TOOLS_STEPS 0 /* memcheck takes memory that is opened for the program's */
#else
#define OSH_TOOLS_STEPS 1
#define OSH_TOOLS_REGION(address, bytes) ((void)(address), (void)(bytes))
#endif

/* Nobody may touch the heap's tables and pages but the library. Before the first block. */
static inline void osh_tools_region(void *region, size_t bytes)
{
    OSH_TOOLS_REGION(region, bytes);
}

/* All of the block may be touched: by the library. */
static inline void osh_tools_open(void *block, size_t bytes)
{
    OSH_TOOLS_OPEN(block, bytes);
}

/* Of the open block the program may touch `size` bytes. */
static inline void osh_tools_live(void *block, size_t size, size_t bytes)
{
    OSH_TOOLS_CLOSE((char *)block + size, bytes - size);
}

/* Nobody may touch the block. */
static inline void osh_tools_free(void *block, size_t bytes)
{
    OSH_TOOLS_CLOSE(block, bytes);
}

#endif
