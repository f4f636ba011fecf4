/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPROFILE_H
#define MPROFILE_H

/* One tick of SysTick, by the board's clock. */
#if defined(BOARD_AN521)
#define BOARD_TICK_NS 50u
#else
#define BOARD_TICK_NS 40u
#endif

extern char __stack_top[]; /* of core 0; core n's main stack is n * 2 KiB below */

_Noreturn void board_begin(void);

#endif
