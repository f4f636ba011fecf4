/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VIRT_H
#define VIRT_H

#include <stdint.h>

/* From the CPU's entry code. */
void board_reset(void);
void virt_timer(uint32_t ticks);
uintptr_t virt_cpu_on(uintptr_t core, uintptr_t entry);

/* Called by it: every core first, then every interrupt or fault. */
void virt_start_core(void);
uintptr_t virt_interrupt(uintptr_t context, uintptr_t pc);
_Noreturn void virt_fault(uintptr_t what, uintptr_t pc);

#endif
