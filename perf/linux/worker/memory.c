// SPDX-License-Identifier: Apache-2.0
#include "memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "storm.h"

static void *map(size_t bytes, int flags)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    if (p == MAP_FAILED) {
        storm_die(EXIT_SYSTEM, "cannot map %zu bytes for the harness", bytes);
    }
    return p;
}

void *storm_map(size_t bytes)
{
    return map(bytes, MAP_POPULATE);
}

void *storm_map_lazy(size_t bytes)
{
    return map(bytes, MAP_NORESERVE);
}

// stdio would take its buffer from the allocator under test.
static uint64_t status_kib(const char *field)
{
    char text[8192];
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        storm_die(EXIT_SYSTEM, "cannot open /proc/self/status");
    }
    size_t used = 0;
    ssize_t got;
    while (used < sizeof(text) - 1 && (got = read(fd, text + used, sizeof(text) - 1 - used)) > 0) {
        used += (size_t)got;
    }
    close(fd);
    text[used] = '\0';
    const char *line = strstr(text, field);
    if (line == NULL) {
        storm_die(EXIT_SYSTEM, "/proc/self/status has no %s", field);
    }
    return strtoull(line + strlen(field), NULL, 10);
}

uint64_t storm_rss_bytes(void)
{
    return status_kib("VmRSS:") * 1024;
}

// Not ru_maxrss: that one is inherited across exec.
uint64_t storm_peak_rss_bytes(void)
{
    return status_kib("VmHWM:") * 1024;
}
