/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves pages of the region without a copy, by mremap. Since Linux 5.7 that can leave fresh memory
 * at the old place; where the kernel refuses, bytes are copied.
 *
 * In two steps: with the new place given at once, kernels before 6.17 first remove what is there,
 * and may then refuse, so that another thread's mapping could take its place. The first step lets
 * the kernel choose a place, so a refusal changes nothing. It is refused if the pages are in
 * several mappings; earlier moves make many. Then each half is moved by itself.
 *
 * Locked memory is copied: the old place, and what else is in its mapping, would not be locked any
 * more. The kernel refuses MADV_COLD for it.
 */
#include "arch.h"
#include "osh_config.h"
#include "osh_linux.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Fewer bytes are copied as fast. */
#define PIECE_LEAST ((size_t)1 << 20)

/* The second step. */
static void move_on(char *to, char *between, size_t bytes)
{
    if (mremap(between, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) != MAP_FAILED) {
        return;
    }
    /* The kernel may have removed what was at `to` before it refused. */
    void *again = mmap(to, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (again == MAP_FAILED && errno != EEXIST) {
        osh_arch_fail("the system took memory of the region and does not give it back", to);
    }
    memcpy(to, between, bytes);
    (void)munmap(between, bytes);
}

static void copy_pages(char *to, char *from, size_t bytes)
{
    memcpy(to, from, bytes);
    if (madvise(from, bytes, MADV_DONTNEED) != 0) {
        memset(from, 0, bytes); /* locked */
    }
}

static void move_pages(char *to, char *from, size_t bytes, size_t system_page)
{
    if (bytes < PIECE_LEAST || madvise(from, system_page, MADV_COLD) != 0) {
        copy_pages(to, from, bytes);
        return;
    }
    char *between = mremap(from, bytes, bytes, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
    if (between != MAP_FAILED) {
        move_on(to, between, bytes);
    } else if (errno == EFAULT) { /* several mappings */
        size_t half = bytes / 2 / system_page * system_page;
        move_pages(to, from, half, system_page);
        move_pages(to + half, from + half, bytes - half, system_page);
    } else {
        copy_pages(to, from, bytes);
    }
}

bool osh_arch_move(void *to, void *from, size_t bytes)
{
    size_t system_page = (size_t)sysconf(_SC_PAGESIZE);
    if (!osh_linux_reserved(from) ||
        (((uintptr_t)from | (uintptr_t)to | bytes) & (system_page - 1)) != 0) {
        return false;
    }
    int before = errno;
    move_pages(to, from, bytes, system_page);
    errno = before;
    return true;
}
