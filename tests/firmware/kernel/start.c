/* SPDX-License-Identifier: Apache-2.0 */
#include "start.h"

#include "board.h"

#include <string.h>

extern char __data_load[], __data_start[], __data_end[], __bss_start[], __bss_end[];

int main(void);

void start_main(void)
{
    if ((uintptr_t)__data_load != (uintptr_t)__data_start) {
        memcpy(__data_start, __data_load, (size_t)(__data_end - __data_start));
    }
    memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
    board_exit(main());
}
