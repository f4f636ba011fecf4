/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPROFILE_H
#define MPROFILE_H

/* One tick of SysTick by the board's clock, in halves of a nanosecond. */
#if defined(BOARD_AN521) || defined(BOARD_M23)
#define BOARD_TICK_HALF_NS 100u
#elif defined(BOARD_M0)
#define BOARD_TICK_HALF_NS 125u
#elif defined(BOARD_RP2040)
#define BOARD_TICK_HALF_NS 5u /* the runner's clock: a tick is an instruction of either core */
#else
#define BOARD_TICK_HALF_NS 80u
#endif

extern char __stack_top[]; /* of core 0; core n's main stack is n * 2 KiB below */

_Noreturn void board_begin(void);

#endif
