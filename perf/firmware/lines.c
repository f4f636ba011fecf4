/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

#include "board.h"

#include <string.h>

/* Handed on in pieces: a semihosting call costs the emulator more than the text. */
static char line[512];
static size_t used;

static void flush(void)
{
    line[used] = '\0';
    board_puts(line);
    used = 0;
}

void line_text(const char *text)
{
    size_t length = strlen(text);
    if (used + length >= sizeof(line)) {
        flush();
    }
    memcpy(&line[used], text, length);
    used += length;
}

void line_number(uint32_t value)
{
    char text[12];
    char *p = &text[sizeof(text) - 1];
    *p = '\0';
    do {
        *--p = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    line_text(p);
}

void line_end(void)
{
    line_text("\n");
    flush();
}

void line_die(const char *what, uint32_t value)
{
    used = 0;
    line_text("error: ");
    line_text(what);
    line_text(" ");
    line_number(value);
    line_end();
    board_exit(1);
}
