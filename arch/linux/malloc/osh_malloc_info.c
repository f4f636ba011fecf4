/* SPDX-License-Identifier: Apache-2.0 */
/* glibc's calls that tell of the heap and tune it. The figures are those of os_heap_stats. */
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_compiler.h"
#include "osh_depot.h"
#include "osh_trim.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PUBLIC OSH_PUBLIC

/* Bytes of pages that slabs and newlib's heap have. */
static size_t in_pages(const struct os_heap_stats *stats)
{
    return stats->slab_pages + stats->fallback_pages;
}

/* Some programs trim after every few frees. A trim that would give back less than this part of what
 * is committed does nothing: its system calls and page faults cost more. */
enum { TRIM_PART = 128 };

/* What the cores' lists hold stays, as with glibc what its threads' caches hold: a program that
 * trims all the time would pay for each of their pages again. */
PUBLIC int malloc_trim(size_t pad)
{
    (void)pad; /* all free pages go back, so that nothing is left to pad */
    size_t committed = osh_arena_committed_pages() << OSH_PAGE_LOG2;
    if (osh_arena_idle_bytes() + osh_depot_bytes() < committed / TRIM_PART) {
        return 0;
    }
    return osh_heap_decommit() > 0;
}

/* Known names are accepted and change nothing: what they tune does not exist here. */
PUBLIC int mallopt(int name, int value)
{
    (void)value;
    switch (name) {
    case M_MXFAST:
    case M_TRIM_THRESHOLD:
    case M_TOP_PAD:
    case M_MMAP_THRESHOLD:
    case M_MMAP_MAX:
    case M_CHECK_ACTION:
    case M_PERTURB:
    case M_ARENA_TEST:
    case M_ARENA_MAX:
        return 1;
    default:
        return 0;
    }
}

PUBLIC struct mallinfo2 mallinfo2(void)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    struct mallinfo2 info;
    memset(&info, 0, sizeof(info));
    info.arena = in_pages(&stats);
    info.uordblks = stats.live;
    info.fordblks = info.arena > stats.live ? info.arena - stats.live : 0;
    info.usmblks = stats.high_water;
    info.fsmblks = stats.cached;
    return info;
}

/* The fields are int: what does not fit is INT_MAX. */
static int as_int(size_t value)
{
    return value < INT_MAX ? (int)value : INT_MAX;
}

PUBLIC struct mallinfo mallinfo(void)
{
    struct mallinfo2 wide = mallinfo2();
    struct mallinfo info;
    memset(&info, 0, sizeof(info));
    info.arena = as_int(wide.arena);
    info.uordblks = as_int(wide.uordblks);
    info.fordblks = as_int(wide.fordblks);
    info.usmblks = as_int(wide.usmblks);
    info.fsmblks = as_int(wide.fsmblks);
    return info;
}

PUBLIC void malloc_stats(void)
{
    struct os_heap_stats s;
    os_heap_stats(&s);
    char text[512];
    int length = snprintf(text, sizeof(text),
                          "osheap: %zu bytes live, %zu cached, %zu in pages of slabs, %zu in "
                          "newlib's heap, %zu at most so far, %zu requests refused; %u cores, %s\n",
                          s.live, s.cached, s.slab_pages, s.fallback_pages, s.high_water,
                          s.out_of_memory, s.cores, s.port);
    if (length > 0) {
        ssize_t written = write(STDERR_FILENO, text, (size_t)length);
        (void)written;
    }
}

PUBLIC int malloc_info(int options, FILE *file)
{
    if (options != 0) {
        return EINVAL;
    }
    struct os_heap_stats s;
    os_heap_stats(&s);
    int done = fprintf(file,
                       "<malloc version=\"osheap-1\">\n"
                       "<heap nr=\"0\">\n"
                       "<total type=\"live\" size=\"%zu\"/>\n"
                       "<total type=\"cached\" size=\"%zu\"/>\n"
                       "<system type=\"current\" size=\"%zu\"/>\n"
                       "<system type=\"max\" size=\"%zu\"/>\n"
                       "</heap>\n"
                       "</malloc>\n",
                       s.live, s.cached, in_pages(&s), s.high_water);
    return done < 0 ? -1 : 0;
}
