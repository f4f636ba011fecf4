/* SPDX-License-Identifier: Apache-2.0 */
#include "tracee.h"

#include "cpu.h"

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

static uintptr_t area(void)
{
    return (uintptr_t)__builtin_thread_pointer() + (uintptr_t)__rseq_offset;
}

_Noreturn void give_up(const char *what)
{
    (void)fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
    exit(2);
}

void resume(pid_t child, bool one_step, int number)
{
    if (ptrace(one_step ? PTRACE_SINGLESTEP : PTRACE_CONT, child, NULL, (void *)(intptr_t)number) !=
        0) {
        give_up("ptrace");
    }
}

uintptr_t get_sequence(pid_t child)
{
    if (__rseq_size == 0) {
        return 0;
    }
    errno = 0;
    long word =
        ptrace(PTRACE_PEEKDATA, child, (void *)(area() + offsetof(struct rseq, rseq_cs)), NULL);
    if (errno != 0) {
        give_up("reading the rseq area");
    }
    return (uintptr_t)word;
}

void set_sequence(pid_t child, uintptr_t sequence)
{
    if (ptrace(PTRACE_POKEDATA, child, (void *)(area() + offsetof(struct rseq, rseq_cs)),
               (void *)sequence) != 0) {
        give_up("writing the rseq area");
    }
}

bool is_single_step(pid_t child)
{
    siginfo_t info;
    if (ptrace(PTRACE_GETSIGINFO, child, NULL, &info) != 0) {
        give_up("ptrace");
    }
    return info.si_code == TRAP_TRACE;
}

void poke(pid_t child, uintptr_t at, long code)
{
    if (ptrace(PTRACE_POKETEXT, child, (void *)at, (void *)code) != 0) {
        give_up("writing the child's code");
    }
}

struct patch set_patch(pid_t child, uintptr_t at)
{
    errno = 0;
    struct patch patch = {at, ptrace(PTRACE_PEEKTEXT, child, (void *)at, NULL)};
    if (errno != 0) {
        give_up("reading the child's code");
    }
    poke(child, at, cpu_patched(patch.code));
    return patch;
}

int tracee_next_stop(pid_t child, struct tracee_end *end)
{
    int status;
    if (waitpid(child, &status, 0) != child) {
        give_up("waitpid");
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
    resume(child, one_step, number);
    return tracee_next_stop(child, end);
}

uintptr_t tracee_stepped_to(pid_t child)
{
    siginfo_t info;
    if (ptrace(PTRACE_GETSIGINFO, child, NULL, &info) != 0) {
        give_up("ptrace");
    }
    return info.si_code == TRAP_TRACE ? (uintptr_t)info.si_addr : 0;
}
