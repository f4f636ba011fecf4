/* SPDX-License-Identifier: Apache-2.0 */
#include "resident.h"

#include "fresh_heap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOBODY 65534

/* Without stdio, which may want memory where there is none. */
static size_t status_bytes(const char *field)
{
    char text[4096];
    int file = open("/proc/self/status", O_RDONLY);
    ssize_t length = read(file, text, sizeof(text) - 1);
    (void)close(file);
    assert_true(length > 0);
    text[length] = '\0';
    const char *line = strstr(text, field);
    assert_non_null(line);
    return (size_t)strtoull(line + strlen(field), NULL, 10) * KIB;
}

size_t resident(void)
{
    return status_bytes("VmRSS:");
}

size_t resident_at_most(void)
{
    return status_bytes("VmHWM:");
}

void become_nobody(void)
{
    if (geteuid() == 0 &&
        (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0)) {
        skip_because("root cannot become another user here");
    }
}
