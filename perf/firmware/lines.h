/* SPDX-License-Identifier: Apache-2.0 */
/* Text for the runner, a line at a time. */
#ifndef LINES_H
#define LINES_H

#include <stdint.h>

void line_text(const char *text);
void line_number(uint32_t value);
void line_end(void);

/* Says what went wrong and ends the image. */
_Noreturn void line_die(const char *what, uint32_t value);

#endif
