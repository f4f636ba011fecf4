/* SPDX-License-Identifier: Apache-2.0 */
#include "resident.h"

#include "fresh_heap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOBODY 65534

/* Without stdio, which may want memory where there is none. */
size_t resident(void)
{
    char text[4096];
    int file = open("/proc/self/status", O_RDONLY);
    ssize_t length = read(file, text, sizeof(text) - 1);
    (void)close(file);
    assert_true(length > 0);
    text[length] = '\0';
    const char *line = strstr(text, "VmRSS:");
    assert_non_null(line);
    return (size_t)strtoull(line + strlen("VmRSS:"), NULL, 10) * KIB;
}

void become_nobody(void)
{
    if (geteuid() == 0 &&
        (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0)) {
        skip_because("root cannot become another user here");
    }
}
