/* SPDX-License-Identifier: Apache-2.0 */
/* What newlib's stdio asks of the system: the console takes what is written, and
 * there is nothing else. */
#include "board.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/types.h>

/* newlib's own names, which no header declares for those who supply them. */
int _write(int file, const char *bytes, size_t count);
int _read(int file, char *bytes, size_t count);
off_t _lseek(int file, off_t offset, int whence);
int _close(int file);
int _fstat(int file, struct stat *status);
int _isatty(int file);
_Noreturn void _exit(int status);
int _kill(int process, int signal);
int _getpid(void);

/* Without the toolchain's start files: what tells shared libraries apart to C++. */
extern void *__dso_handle;
void *__dso_handle;

int _write(int file, const char *bytes, size_t count)
{
    char text[65];
    (void)file;
    for (size_t done = 0; done < count;) {
        size_t part = 0;
        while (part < sizeof(text) - 1 && done < count) {
            text[part++] = bytes[done++];
        }
        text[part] = '\0';
        board_puts(text);
    }
    return (int)count;
}

int _read(int file, char *bytes, size_t count)
{
    (void)file;
    (void)bytes;
    (void)count;
    return 0;
}

off_t _lseek(int file, off_t offset, int whence)
{
    (void)file;
    (void)offset;
    (void)whence;
    return 0;
}

int _close(int file)
{
    (void)file;
    return -1;
}

int _fstat(int file, struct stat *status)
{
    (void)file;
    status->st_mode = S_IFCHR;
    return 0;
}

int _isatty(int file)
{
    (void)file;
    return 1;
}

void _exit(int status)
{
    board_exit(status);
}

int _kill(int process, int signal)
{
    (void)process;
    (void)signal;
    board_exit(5); /* abort ends here */
}

int _getpid(void)
{
    return 1;
}
