/* SPDX-License-Identifier: Apache-2.0 */
/* What the environment variable OSHEAP_OPTIONS says: name=value, with colons in between. Of two
 * values for a name the last one counts. Anything else stops the program with a sentence. */
#include "arch.h"
#include "osh_config.h"
#include "osh_linux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {
    "region", "port", "idle", "decay",
#ifdef OSH_MALLOC_NAMES
    "thread", /* of arch/linux/malloc */
#endif
};

static const char help[] =
    "OSHEAP_OPTIONS=name=value:name=value...\n"
    "  region=BYTES    addresses to reserve for the heap; it never uses more memory\n"
    "  port=portable   without restartable sequences; port=rseq: stop if there are none\n"
    "  idle=BYTES      free memory that the heap keeps before it offers some to the system by "
    "itself;\n"
    "                  idle=off: it offers none\n"
    "  decay=MS        free memory that nobody needed for MS milliseconds goes to the system;\n"
    "                  decay=off: it does not\n"
#ifdef OSH_MALLOC_NAMES
    "  thread=on       a thread gives free memory back once the heap was quiet for so long\n"
#endif
    "  help            print this\n"
    "A number is decimal, or hexadecimal after 0x.\n";

#ifdef OSH_MALLOC_NAMES
#define KNOWN                                                                   \
    "OSHEAP_OPTIONS has the names region, port, idle, decay, thread, help, as " \
    "name=value:name=value"
#else
#define KNOWN \
    "OSHEAP_OPTIONS has the names region, port, idle, decay, help, as name=value:name=value"
#endif

/* Is the word from `start` up to `end` a known name with a value? */
static bool is_known(const char *start, const char *end)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t length = strlen(names[i]);
        if ((size_t)(end - start) > length && start[length] == '=' &&
            memcmp(start, names[i], length) == 0) {
            return true;
        }
    }
    return false;
}

/* Copies the option's last value; false if there is none. Looks at every word. */
static bool option(const char *name, char *value, size_t room)
{
    char store[512];
    const char *text = osh_linux_variable("OSHEAP_OPTIONS", store, sizeof(store));
    bool found = false;
    size_t length = strlen(name);
    while (text != NULL && *text != '\0') {
        const char *end = strchrnul(text, ':');
        size_t word = (size_t)(end - text);
        if (word == 4 && memcmp(text, "help", 4) == 0) {
            /* Printed when the heap asks for its region, once. */
            if (name == names[0]) {
                ssize_t written = write(STDERR_FILENO, help, sizeof(help) - 1);
                (void)written;
            }
        } else if (word > 0 && !is_known(text, end)) {
            osh_arch_fail(KNOWN, NULL);
        } else if (word > length && text[length] == '=' && memcmp(text, name, length) == 0) {
            size_t bytes = word - length - 1;
            bytes = bytes < room - 1 ? bytes : room - 1; /* longer than any good value */
            memcpy(value, text + length + 1, bytes);
            value[bytes] = '\0';
            found = true;
        }
        text = *end == ':' ? end + 1 : end;
    }
    return found;
}

/* A decimal number, or a hexadecimal one after 0x, without a sign, a space or a suffix. 0: `text`
 * is not such a number, or it is beyond the addresses of a program. */
static size_t number_of(const char *text)
{
    char *end;
    if (text[0] < '0' || text[0] > '9') {
        return 0; /* strtoull would take a sign, or pass over spaces */
    }
    int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
    unsigned long long number = strtoull(text, &end, base); /* the largest, if it overflows */
    return *end == '\0' && number < 1ull << 47 ? (size_t)number : 0;
}

size_t osh_linux_region_bytes(void)
{
    char value[32];
    if (!option(names[0], value, sizeof(value))) {
        return OSH_REGION_BYTES;
    }
    size_t bytes = number_of(value);
    if (bytes < 16 * OSH_PAGE_BYTES) {
        osh_arch_fail("OSHEAP_OPTIONS: region must be a number of bytes, 16 pages at least", NULL);
    }
    return bytes;
}

enum osh_linux_port osh_linux_port(void)
{
    char value[32];
    if (!option(names[1], value, sizeof(value))) {
        return OSH_PORT_ANY;
    }
    bool portable = strcmp(value, "portable") == 0;
    if (!portable && strcmp(value, "rseq") != 0) {
        osh_arch_fail("OSHEAP_OPTIONS: port must be portable or rseq", NULL);
    }
    return portable ? OSH_PORT_PORTABLE : OSH_PORT_RSEQ;
}

size_t osh_arch_idle_bytes(void)
{
    char value[32];
    if (!option(names[2], value, sizeof(value))) {
        return OSH_IDLE_BYTES;
    }
    size_t bytes = strcmp(value, "off") == 0 ? SIZE_MAX : number_of(value);
    if (bytes == 0 && strcmp(value, "0") != 0) {
        osh_arch_fail("OSHEAP_OPTIONS: idle must be a number of bytes, or off", NULL);
    }
    return bytes;
}

size_t osh_arch_decay(void)
{
    char value[32];
    if (!option(names[3], value, sizeof(value))) {
        return OSH_DECAY_MS;
    }
    if (strcmp(value, "off") == 0) {
        return 0;
    }
    size_t milliseconds = number_of(value);
    if (milliseconds < 10 || milliseconds > 1000000000) {
        osh_arch_fail("OSHEAP_OPTIONS: decay must be milliseconds from 10 to 1000000000, or off",
                      NULL);
    }
    return milliseconds;
}

#ifdef OSH_MALLOC_NAMES
size_t osh_linux_thread_milliseconds(void)
{
    char value[32];
    if (!option(names[4], value, sizeof(value)) || strcmp(value, "off") == 0) {
        return 0;
    }
    size_t milliseconds = osh_arch_decay();
    if (strcmp(value, "on") != 0 || milliseconds == 0) {
        osh_arch_fail("OSHEAP_OPTIONS: thread must be on or off; with on, decay must not be off",
                      NULL);
    }
    return milliseconds;
}
#endif
