/* SPDX-License-Identifier: Apache-2.0 */
/* What picolibc asks of the system, as syscalls.c for newlib: the console takes what is written. */
#include "board.h"

#include <stdio.h>
#include <unistd.h>

static int put(char character, FILE *stream)
{
    const char text[2] = {character, '\0'};
    (void)stream;
    board_puts(text);
    return (unsigned char)character;
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console;
FILE *const stderr = &console;
FILE *const stdin = &console;

ssize_t write(int file, const void *bytes, size_t count)
{
    (void)file;
    for (size_t i = 0; i < count; i++) {
        (void)put(((const char *)bytes)[i], NULL);
    }
    return (ssize_t)count;
}

ssize_t read(int file, void *bytes, size_t count)
{
    (void)file;
    (void)bytes;
    (void)count;
    return 0;
}

off_t lseek(int file, off_t offset, int whence)
{
    (void)file;
    (void)offset;
    (void)whence;
    return 0;
}

int close(int file)
{
    (void)file;
    return 0;
}

void _exit(int status)
{
    board_exit(status);
}
