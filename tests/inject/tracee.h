/* SPDX-License-Identifier: Apache-2.0 */
/* A process that is traced: what is read of it, written into it, and how it goes on. */
#ifndef TRACEE_H
#define TRACEE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Ends this process, as nothing can be said of the victim then. */
_Noreturn void give_up(const char *what);

/* By one instruction, or on and on; signal `number` comes first unless it is 0. */
void resume(pid_t child, bool one_step, int number);

/* Did it stop behind a single step? */
bool is_single_step(pid_t child);

/* How it ended. */
struct tracee_end {
    bool well;  /* with status 0 */
    int signal; /* that killed it, or 0 */
};

/* Waits for its next stop: the signal; 0 when it has ended. */
int tracee_next_stop(pid_t child, struct tracee_end *end);

/* Lets it go on, with a signal or 0, for one instruction or to the next stop: the same. */
int tracee_go_on(pid_t child, bool one_step, int number, struct tracee_end *end);

/* After a single step the address of the next instruction; 0 at a breakpoint. */
uintptr_t tracee_stepped_to(pid_t child);

/* The sequence that the kernel takes the child to be in. */
uintptr_t get_sequence(pid_t child);
void set_sequence(pid_t child, uintptr_t sequence);

/* An instruction of the child's, overwritten so that it stops there. */
struct patch {
    uintptr_t at;
    long code; /* what was there */
};

struct patch set_patch(pid_t child, uintptr_t at);

/* Writes a word of code, as it was before a patch. */
void poke(pid_t child, uintptr_t at, long code);

#endif
