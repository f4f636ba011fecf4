/* SPDX-License-Identifier: Apache-2.0 */
/* From the reset vector to the image. */
    .section .reset, "ax"
    .globl board_power_on
board_power_on:
    la t0, board_reset
    jr t0
