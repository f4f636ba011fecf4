/* SPDX-License-Identifier: Apache-2.0 */
/* The heap's memory on Linux: reserved without access, opened in steps, given back. */
#include "arch.h"
#include "osh_config.h"
#include "osh_linux.h"

#include <errno.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define LEAST_BYTES (16 * OSH_PAGE_BYTES)
#define MARK ((uintptr_t)0x5eedfacecafe51ed)

static struct {
    char *start;
    size_t bytes;
} region;

/* With PROT_NONE neither mlockall nor huge pages make the memory resident, and it counts neither as
 * data (RLIMIT_DATA) nor as committed. */
static char *reserve_addresses(size_t bytes)
{
    void *got = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return got != MAP_FAILED ? got : NULL;
}

static bool grants(size_t bytes)
{
    char *got = reserve_addresses(bytes);
    return got != NULL && munmap(got, bytes) == 0;
}

/*
 * Stacks, libraries and files are under the same limits as the region: ulimit -v, the limit on
 * locked memory under mlockall, the address space itself. So the region takes at most half of what
 * the kernel still grants. This tries what the kernel grants, because the kernel knows every limit.
 */
static size_t at_most_half(size_t want)
{
    if (want <= SIZE_MAX / 2 && grants(2 * want)) {
        return want;
    }
    size_t granted = 0;
    for (size_t step = want; step >= LEAST_BYTES; step /= 2) {
        granted += grants(granted + step) ? step : 0;
    }
    size_t half = granted / 2 / OSH_PAGE_BYTES * OSH_PAGE_BYTES;
    return half > LEAST_BYTES ? half : LEAST_BYTES;
}

/* Where a system gives huge pages to everybody, a small process would have one at the end of the
 * region, where slabs begin. There it gets none; larger processes use what lies below. */
static void keep_small(char *start, size_t bytes)
{
    size_t end = OSH_HUGE_FROM / 2;
    if (start != NULL && bytes > 4 * end) {
        (void)madvise(start + bytes - end, end, MADV_NOHUGEPAGE);
    }
}

bool osh_arch_region(void **start, size_t *bytes)
{
    if (region.start == NULL) { /* else an earlier start failed, and the heap tries again */
        int before = errno;
        size_t want = osh_linux_region_bytes() / OSH_PAGE_BYTES * OSH_PAGE_BYTES;
        /* A size that the user gave is taken as it is, if the kernel grants it. */
        region.start = want != OSH_REGION_BYTES ? reserve_addresses(want) : NULL;
        if (region.start == NULL) {
            want = at_most_half(want);
            region.start = reserve_addresses(want);
        }
        region.bytes = want;
        keep_small(region.start, want);
        errno = before; /* what the kernel refused on the way is not the caller's */
    }
    *start = region.start;
    *bytes = region.bytes;
    return region.start != NULL;
}

bool osh_linux_reserved(const void *address)
{
    return (uintptr_t)address - (uintptr_t)region.start < region.bytes;
}

/* Rounds to whole pages of the system's, which may be longer than the heap's. */
static bool protect(void *start, size_t bytes, int access)
{
    uintptr_t system = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = (uintptr_t)start & ~(system - 1);
    uintptr_t to = ((uintptr_t)start + bytes + system - 1) & ~(system - 1);
    uintptr_t end = (uintptr_t)region.start + region.bytes;
    from = from > (uintptr_t)region.start ? from : (uintptr_t)region.start;
    to = to < end ? to : end;
    int before = errno; /* in a signal handler this is the interrupted code's errno */
    bool done = mprotect((void *)from, to - from, access) == 0;
    errno = before;
    return done;
}

bool osh_arch_open_tables(void *start, size_t bytes, size_t readable)
{
    /* The used parts of the tables are scattered. A huge page for each would be most of the memory
     * of a small program. A kernel without huge pages refuses this call, which does no harm. */
    (void)madvise(start, bytes & ~((size_t)sysconf(_SC_PAGESIZE) - 1), MADV_NOHUGEPAGE);
    return protect(start, readable, PROT_READ);
}

bool osh_arch_open(void *start, size_t bytes)
{
    return protect(start, bytes, PROT_READ | PROT_WRITE);
}

/* The kernel may say that it took shared memory, a file's memory or huge pages although these keep
 * their contents. So in a region from os_heap_init this writes a mark at both ends first, and looks
 * whether the marks are still there afterwards. */
bool osh_arch_decommit(uintptr_t *from, uintptr_t *to)
{
    uintptr_t system = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = (*from + system - 1) & ~(system - 1);
    uintptr_t end = *to & ~(system - 1);
    if (start >= end) {
        *to = *from;
        return true;
    }
    volatile uintptr_t *first = (volatile uintptr_t *)start;
    volatile uintptr_t *last = (volatile uintptr_t *)end - 1;
    bool foreign = start - (uintptr_t)region.start >= region.bytes;
    if (foreign) {
        *first = *last = MARK;
    }
    int before = errno;
    bool taken = madvise((void *)start, end - start, MADV_DONTNEED) == 0;
    errno = before;
    if (taken) {
        bool kept = foreign && (*first == MARK || *last == MARK);
        *from = start;
        *to = kept ? start : end;
    }
    return taken;
}

/* The coarse clock takes no system call and a few nanoseconds. */
osh_word_t osh_arch_milliseconds(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (osh_word_t)now.tv_sec * 1000 + (osh_word_t)now.tv_nsec / 1000000;
}

enum { BY_SMALL, BY_HUGE };

/* How much time of the CPU it takes to commit memory by pages of each kind, in nanoseconds; 0: not
 * tried. Under the reclaim's mutex. */
static uint64_t commit_time[2];

static uint64_t cpu_time(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The mean of the last few. What was dearer seems cheaper as time goes by, so it is tried again. */
static void note_time(unsigned kind, uint64_t took)
{
    uint64_t before = commit_time[kind];
    commit_time[kind] = before == 0 ? took + 1 : before - before / 4 + took / 4;
    commit_time[!kind] -= commit_time[!kind] / 64;
}

/* The kernel is asked for huge pages only during the call, or it would make huge again what was
 * given back in part. Since Linux 5.14; older kernels refuse. */
bool osh_arch_commit_huge(void *start, size_t bytes)
{
    if (!osh_linux_reserved(start)) {
        return false;
    }
    int before = errno;
    unsigned kind = commit_time[BY_HUGE] <= commit_time[BY_SMALL] ? BY_HUGE : BY_SMALL;
    uint64_t begin = cpu_time();
    if (kind == BY_HUGE) {
        (void)madvise(start, bytes, MADV_HUGEPAGE); /* a kernel without them refuses: no harm */
    }
    bool done = madvise(start, bytes, MADV_POPULATE_WRITE) == 0;
    (void)madvise(start, bytes, MADV_NOHUGEPAGE);
    note_time(kind, cpu_time() - begin);
    errno = before;
    return done;
}
