/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stepper and victim must know of a CPU. Each CPU's folder has an
 * inject_cpu.h with
 *
 *   CPU_BREAKPOINT           a statement that stops a traced process with SIGTRAP
 *   cpu_handled_at(context)  where a handler will return to
 *   cpu_at(child)            the address of the instruction that comes next
 *   cpu_set_at(child, at)    makes it that one
 *   cpu_leave_breakpoint(child)
 *                            behind CPU_BREAKPOINT, when it stopped there
 *   cpu_span(at)             what cannot be stepped through one by one
 *   cpu_patched(word)        that code, its first instruction overwritten by a breakpoint
 */
#ifndef CPU_H
#define CPU_H

#include <stdint.h>

/*
 * Instructions that only complete when nothing stops the process among them: a load-
 * exclusive, its store, and those between. Each stop ends the reservation, and the
 * store would fail for ever. They are run as a whole, from a breakpoint to the next.
 */
struct span {
    unsigned length;   /* instructions; 1: an ordinary one */
    unsigned size;     /* bytes of each */
    unsigned leaves;   /* so many have been run when it was left by a branch; 0: by none */
    uintptr_t left_to; /* where that goes */
};

#include "inject_cpu.h"

#endif
