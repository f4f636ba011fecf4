/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RISC-V has AMOs, and LR/SC for what they cannot do: compare-and-swap. Between LR and SC of a
 * task, a handler on the same hart may change the word. The ISA ends a reservation at
 * a store of *another* hart, and at an SC of this one; not at an AMO or a plain store
 * of this one. So the task's SC could succeed over what the handler did: a free in a handler
 * would be lost. Hence:
 *
 *   one hart        neither: every read-modify-write is masked, and the A extension is not
 *                   needed.
 *   several harts   compare-and-swap masks interrupts around LR/SC, so no handler comes between.
 *                   Other harts end the reservation, whatever they store with.
 *                   The others are one AMO each, between whose halves there is nothing.
 *
 * Why not LR/SC for all of them: a plain store (osh_store) by a handler would remain, and
 * each of these would be a loop.
 */
#ifndef OSH_ATOMIC_RISCV_H
#define OSH_ATOMIC_RISCV_H

#include "osh_config.h"

#if OSH_CORES == 1
#include "../masked/osh_atomic_ops.h"
#elif defined(__riscv) && !defined(__riscv_atomic) /* another compiler: osh_cpu.h says so */
#error "without the A extension there is nothing between harts: -DOSH_CORES=1, or A in -march"
#else

#include "osh_compiler.h"
#include "osh_mask.h"

#if __riscv_xlen == 64
#define OSH_XLEN ".d"
#else
#define OSH_XLEN ".w"
#endif

#define OSH_CAS_VALUE
/* What was in the word, which is `value` now if that was `expected`. LR acquires and SC
 * releases; between them is what the ISA promises progress to. */
OSH_SHARED_CODE uintptr_t osh_cas_value(uintptr_t *word, uintptr_t expected, uintptr_t value)
{
    uintptr_t was, failed;
    uintptr_t state = osh_cpu_mask();
    __asm__ volatile("1:\n\t"
                     "lr" OSH_XLEN ".aqrl %[was], %[word]\n\t"
                     "bne %[was], %[expected], 2f\n\t"
                     "sc" OSH_XLEN ".rl %[failed], %[value], %[word]\n\t"
                     "bnez %[failed], 1b\n"
                     "2:"
                     : [was] "=&r"(was), [failed] "=&r"(failed), [word] "+A"(*word)
                     : [expected] "r"(expected), [value] "r"(value)
                     : "memory");
    osh_cpu_unmask(state);
    return was;
}

#include "../builtin/osh_atomic_ops.h"

#endif

#endif
