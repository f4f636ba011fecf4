/* SPDX-License-Identifier: Apache-2.0 */
/* A process that is traced, instruction by instruction, by one that was forked from the
 * same program: both have the same addresses. */
#ifndef TRACEE_H
#define TRACEE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* How it ended. */
struct tracee_end {
    bool well;  /* with status 0 */
    int signal; /* that killed it, or 0 */
};

_Noreturn void tracee_give_up(const char *what);

/* The sequence that the kernel takes its first thread to be in, or 0. */
uintptr_t tracee_sequence(pid_t child);
void tracee_set_sequence(pid_t child, uintptr_t sequence);

/* Waits for its next stop: the signal; 0 when it has ended. */
int tracee_next_stop(pid_t child, struct tracee_end *end);

/* Lets it go on, with a signal or 0, for one instruction or to the next stop: the same. */
int tracee_go_on(pid_t child, bool one_step, int number, struct tracee_end *end);

/* After a single step the address of the next instruction; 0 at a breakpoint. */
uintptr_t tracee_stepped_to(pid_t child);

#endif
