/* SPDX-License-Identifier: Apache-2.0 */
#include "start.h"

#include "board.h"

#include <string.h>

extern char __data_load[], __data_start[], __data_end[], __bss_start[], __bss_end[];
extern void (*const __init_array_start[])(void);
extern void (*const __init_array_end[])(void);

int main(void);

void start_main(void)
{
    if ((uintptr_t)__data_load != (uintptr_t)__data_start) {
        memcpy(__data_start, __data_load, (size_t)(__data_end - __data_start));
    }
    memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
    /* C++'s static constructors, which may allocate. */
    for (void (*const *constructor)(void) = __init_array_start; constructor < __init_array_end;
         constructor++) {
        (*constructor)();
    }
    board_exit(main());
}
