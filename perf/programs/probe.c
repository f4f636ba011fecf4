/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded before an allocator. At the end of each process it appends a line to the file that
 * STORM_PROBE names: the process's number, KiB resident at most and at the end, as the kernel has
 * them of this program's own memory, and the object that malloc comes from.
 *
 * exit() runs destructors and quick_exit() what it was given; _exit and _Exit are taken over here.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *file;
static const char *owner = "?";

static unsigned long kib(const char *status, const char *field)
{
    const char *line = strstr(status, field);
    return line != NULL ? strtoul(line + strlen(field), NULL, 10) : 0;
}

/* Takes nothing from the allocator, and may be called in the child of a vfork. */
static void record(void)
{
    char status[4096];
    char line[512];
    int from = file != NULL ? open("/proc/self/status", O_RDONLY | O_CLOEXEC) : -1;
    ssize_t length = from >= 0 ? read(from, status, sizeof(status) - 1) : -1;
    int to = length > 0 ? open(file, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
    if (to >= 0) {
        status[length] = '\0';
        int made = snprintf(line, sizeof(line), "%d %lu %lu %s\n", (int)getpid(),
                            kib(status, "VmHWM:"), kib(status, "VmRSS:"), owner);
        ssize_t written =
            made > 0 && (size_t)made < sizeof(line) ? write(to, line, (size_t)made) : 0;
        (void)written;
    }
    if (from >= 0) {
        (void)close(from);
    }
    if (to >= 0) {
        (void)close(to);
    }
}

__attribute__((constructor)) static void begin(void)
{
    Dl_info info;
    /* What comes after this object, so what was preloaded or what the program itself needs. */
    void *found = dlsym(RTLD_NEXT, "malloc");
    file = getenv("STORM_PROBE");
    if (found != NULL && dladdr(found, &info) != 0) {
        owner = info.dli_fname;
    }
    (void)at_quick_exit(record);
}

__attribute__((destructor)) static void end(void)
{
    record();
}

static _Noreturn void leave(int status)
{
    record();
    for (;;) {
        (void)syscall(SYS_exit_group, status);
    }
}

void _exit(int status)
{
    leave(status);
}

void _Exit(int status)
{
    leave(status);
}
