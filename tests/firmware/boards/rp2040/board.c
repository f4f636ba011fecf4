/* SPDX-License-Identifier: Apache-2.0 */
/* RP2040: two Cortex-M0+. Core 1 waits in the boot ROM until core 0 sends it words by the SIO's
 * FIFO: where its vectors are, its stack and its entry. */
#include "kernel.h"
#include "mprofile.h"
#include "start.h"

#define SIO(offset) (*(volatile uint32_t *)(0xd0000000u + (offset)))
#define CPUID SIO(0x00)
#define FIFO_ST SIO(0x50)
#define FIFO_WR SIO(0x54)
#define FIFO_RD SIO(0x58)
#define FIFO_VALID 1u /* a word can be read */
#define FIFO_READY 2u /* a word can be written */

#define STACK_BYTES 2048u

extern void (*const board_vectors[16])(void);

unsigned board_core(void)
{
    return CPUID;
}

/* Sends a word; true if the boot ROM sent it back, as it does if it expected it. */
static bool sent(uint32_t word)
{
    while (word == 0 && (FIFO_ST & FIFO_VALID) != 0) {
        (void)FIFO_RD; /* what is left from before the handshake */
    }
    while ((FIFO_ST & FIFO_READY) == 0) {
    }
    FIFO_WR = word;
    __asm__ volatile("sev" ::: "memory");
    while ((FIFO_ST & FIFO_VALID) == 0) {
    }
    return FIFO_RD == word;
}

void board_start_cores(void)
{
    const uint32_t words[] = {0,
                              0,
                              1,
                              (uint32_t)(uintptr_t)board_vectors,
                              (uint32_t)(uintptr_t)__stack_top - STACK_BYTES,
                              (uint32_t)(uintptr_t)board_begin};
    if (BOARD_CORES == 1) {
        return; /* the other stays in the boot ROM */
    }
    __asm__ volatile("dmb" ::: "memory"); /* all that core 0 wrote, before core 1 runs */
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]);) {
        i = sent(words[i]) ? i + 1 : 0;
    }
}

_Noreturn void board_begin(void)
{
    kernel_enter();
}

void board_reset(void);
void board_reset(void)
{
    start_main();
}
