/* SPDX-License-Identifier: Apache-2.0 */
/* mps2-an386, -an500 and the nRF51: one core, running when it comes out of reset. */
#include "kernel.h"
#include "mprofile.h"
#include "start.h"

unsigned board_core(void)
{
    return 0;
}

void board_start_cores(void)
{
}

void board_reset(void);
void board_reset(void)
{
    start_main();
}
