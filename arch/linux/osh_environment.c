/* SPDX-License-Identifier: Apache-2.0 */
/* A variable of the environment, also before the C library knows it: functions of a program's
 * .preinit_array run before glibc's own start, and may allocate. */
#include "arch.h"
#include "osh_linux.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* Reads "name=value\0name=value\0..." byte by byte: the whole may be megabytes long. */
static bool search(int file, const char *name, char *room, size_t bytes)
{
    size_t length = strlen(name);
    size_t at = 0; /* bytes of this variable so far */
    bool same = true;
    char text[256];
    ssize_t got;
    while ((got = read(file, text, sizeof(text))) > 0) {
        for (ssize_t i = 0; i < got; i++, at++) {
            if (same && at > length) {
                if (at - length > bytes) {
                    osh_arch_fail("an environment variable of the heap is too long", NULL);
                }
                room[at - length - 1] = text[i];
                if (text[i] == '\0') {
                    return true;
                }
            } else if (text[i] != (at < length ? name[at] : '=')) {
                same = false;
            }
            if (text[i] == '\0') {
                at = (size_t)-1; /* 0 at the next byte */
                same = true;
            }
        }
    }
    return false;
}

const char *osh_linux_variable(const char *name, char *room, size_t bytes)
{
    if (environ != NULL) {
        return secure_getenv(name);
    }
    int file = getauxval(AT_SECURE) == 0 ? open("/proc/self/environ", O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) {
        return NULL;
    }
    bool found = search(file, name, room, bytes);
    (void)close(file);
    return found ? room : NULL;
}
