/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts the heap's very first call before each of its instructions, by a handler that
 * allocates: it is served or gets NULL, but never waits, and the first call is served.
 *
 *   first_call            some of the instructions, of the library's more than of libc's
 *   first_call --every    each
 */
#include "os/os_heap.h"

#include <errno.h>
#include <linux/rseq.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/rseq.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES 16
#define MOST_STEPS 1000000u
#define SOME_OF_OURS 13u /* one in so many */
#define SOME_OF_LIBC 97u

extern char __executable_start[], etext[];

static void *volatile of_handler;
static volatile sig_atomic_t handled;

static void allocate(int number)
{
    (void)number;
    of_handler = os_malloc(BYTES);
    handled = 1;
}

static _Noreturn void give_up(const char *what)
{
    (void)fprintf(stderr, "first_call: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* Stops, so that the tracer knows where it is. */
static void mark(void)
{
    __asm__ volatile("int3");
}

static _Noreturn void make_the_first_call(void)
{
    (void)alarm(60);
    (void)signal(SIGUSR1, allocate);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
        _exit(77);
    }
    mark();
    char *block = os_malloc(BYTES);
    mark();
    char *other = of_handler;
    if (block == NULL) {
        _exit(10);
    }
    memset(block, 1, BYTES);
    if (other != NULL) {
        if (other < block + BYTES && block < other + BYTES) {
            _exit(11);
        }
        os_free(other);
    }
    os_free(block);
    void *large = os_malloc(300000);
    if (large == NULL) {
        _exit(12);
    }
    os_free(large);
    _exit(os_heap_check() != NULL ? 13 : handled ? 0 : 14);
}

static uintptr_t area(void)
{
    return (uintptr_t)__builtin_thread_pointer() + (uintptr_t)__rseq_offset +
           offsetof(struct rseq, rseq_cs);
}

static bool is_step(pid_t child)
{
    siginfo_t info;
    return ptrace(PTRACE_GETSIGINFO, child, NULL, &info) == 0 &&
           info.si_code != SI_KERNEL; /* a mark */
}

static uintptr_t place_of(pid_t child)
{
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, child, NULL, &registers) != 0) {
        give_up("ptrace");
    }
    return registers.rip;
}

static int wait_for(pid_t child)
{
    int status;
    if (waitpid(child, &status, 0) != child) {
        give_up("waitpid");
    }
    return status;
}

/* Each stop is a preemption, which would begin a restartable sequence again for ever: the
 * word that names it to the kernel is taken away, and put back for the blow. */
static uintptr_t take_sequence(pid_t child, uintptr_t last)
{
    uintptr_t named =
        __rseq_size == 0 ? 0 : (uintptr_t)ptrace(PTRACE_PEEKDATA, child, (void *)area(), NULL);
    if (named != 0) {
        (void)ptrace(PTRACE_POKEDATA, child, (void *)area(), NULL);
    }
    return named != 0 ? named : last;
}

/* One run. `places`: notes each instruction's. Returns how many steps there were up to the
 * blow, or in all. */
static unsigned run(unsigned blow, uintptr_t *places, int *status)
{
    pid_t child = fork();
    if (child < 0) {
        give_up("fork");
    }
    if (child == 0) {
        make_the_first_call();
    }
    (void)wait_for(child);
    (void)ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)PTRACE_O_EXITKILL);
    unsigned steps = 0;
    uintptr_t sequence = 0;
    int signal_now = 0;
    for (;; steps++) {
        if (steps == blow) {
            if (__rseq_size != 0) {
                (void)ptrace(PTRACE_POKEDATA, child, (void *)area(), (void *)sequence);
            }
            signal_now = SIGUSR1;
            break;
        }
        if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0) {
            give_up("ptrace");
        }
        *status = wait_for(child);
        if (!WIFSTOPPED(*status) || !is_step(child)) {
            break; /* the second mark */
        }
        sequence = take_sequence(child, sequence);
        if (places != NULL && steps < MOST_STEPS) {
            places[steps] = place_of(child);
        }
    }
    do {
        (void)ptrace(PTRACE_CONT, child, NULL, (void *)(intptr_t)signal_now);
        *status = wait_for(child);
        signal_now = 0;
    } while (WIFSTOPPED(*status) && (WSTOPSIG(*status) == SIGTRAP || WSTOPSIG(*status) == SIGUSR1));
    if (WIFSTOPPED(*status)) { /* a signal that kills it */
        *status = WSTOPSIG(*status);
        (void)kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
    }
    return steps;
}

int main(int argc, char **argv)
{
    static uintptr_t places[MOST_STEPS];
    bool every = argc > 1 && strcmp(argv[1], "--every") == 0;
    if (argc > 1 && !every) {
        (void)fprintf(stderr, "usage: first_call [--every]\n");
        return 2;
    }
    int status;
    unsigned steps = run(UINT32_MAX, places, &status);
    unsigned blows = 0;
    unsigned wrong = 0;
    if (steps < 100 || steps >= MOST_STEPS) {
        (void)fprintf(stderr, "first_call: %u instructions cannot be right\n", steps);
        return 1;
    }
    for (unsigned step = 1; step < steps; step++) {
        uintptr_t at = places[step - 1];
        bool ours = at >= (uintptr_t)__executable_start && at < (uintptr_t)etext;
        if (!every && step % (ours ? SOME_OF_OURS : SOME_OF_LIBC) != 0) {
            continue;
        }
        blows++;
        (void)run(step, NULL, &status);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            wrong++;
            (void)printf("first_call: interrupted at step %u of %u (%#zx): status %#x\n", step,
                         steps, (size_t)at, (unsigned)status);
        }
    }
    (void)printf("first_call: %u of %u instructions interrupted, %u wrong\n", blows, steps, wrong);
    return wrong != 0;
}
