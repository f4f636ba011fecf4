/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells AddressSanitizer which of the heap's memory the program may touch (-Dtools=asan). This
 * needs hardening level 2, whose record has the size that was asked for. The library itself is not
 * instrumented, so the sanitizer does not check its accesses. But the sanitizer replaces memcpy and
 * memset, which check their blocks, so these must be open.
 *
 * os_heap_valgrind.c tells Valgrind's memcheck (-Dtools=valgrind) about blocks. This header only
 * tells it where the region is.
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
#define OSH_TOOLS_STEPS 0 /* memcheck would regard newly opened memory as the program's */
#else
#define OSH_TOOLS_STEPS 1
#define OSH_TOOLS_REGION(address, bytes) ((void)(address), (void)(bytes))
#endif

/* Only the library may touch the heap's tables and pages. Called before the first block. */
static inline void osh_tools_region(void *region, size_t bytes)
{
    OSH_TOOLS_REGION(region, bytes);
}

/* The library may touch all of the block. */
static inline void osh_tools_open(void *block, size_t bytes)
{
    OSH_TOOLS_OPEN(block, bytes);
}

/* The program may touch the first `size` bytes of the open block. */
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
