/* SPDX-License-Identifier: Apache-2.0 */
#include "tracee.h"

#include <errno.h>
#include <linux/rseq.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/rseq.h>
#include <sys/wait.h>

_Noreturn void tracee_give_up(const char *what)
{
    (void)fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* The word by which the kernel knows the sequence that the victim is in. */
static uintptr_t *described(void)
{
    char *area = (char *)__builtin_thread_pointer() + __rseq_offset;
    return (uintptr_t *)(area + offsetof(struct rseq, rseq_cs));
}

uintptr_t tracee_sequence(pid_t child)
{
    errno = 0;
    long word = ptrace(PTRACE_PEEKDATA, child, described(), NULL);
    if (errno != 0) {
        tracee_give_up("reading the rseq area");
    }
    return (uintptr_t)word;
}

void tracee_set_sequence(pid_t child, uintptr_t sequence)
{
    if (ptrace(PTRACE_POKEDATA, child, described(), (void *)sequence) != 0) {
        tracee_give_up("writing the rseq area");
    }
}

int tracee_next_stop(pid_t child, struct tracee_end *end)
{
    int status;
    if (waitpid(child, &status, 0) != child) {
        tracee_give_up("waitpid");
    }
    if (WIFSTOPPED(status)) {
        return WSTOPSIG(status);
    }
    end->well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return 0;
}

int tracee_go_on(pid_t child, bool one_step, int number, struct tracee_end *end)
{
    if (ptrace(one_step ? PTRACE_SINGLESTEP : PTRACE_CONT, child, NULL, (void *)(intptr_t)number) !=
        0) {
        tracee_give_up("ptrace");
    }
    return tracee_next_stop(child, end);
}

uintptr_t tracee_stepped_to(pid_t child)
{
    siginfo_t info;
    if (ptrace(PTRACE_GETSIGINFO, child, NULL, &info) != 0) {
        tracee_give_up("ptrace");
    }
    return info.si_code == TRAP_TRACE ? (uintptr_t)info.si_addr : 0;
}
