/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts the heap's very first call before each of its instructions, by a handler that
 * allocates: it is served or gets NULL, but never waits, and the first call is served.
 *
 * One run is stepped through and noted down. The others go to a place nearby by a
 * breakpoint, and step from there.
 */
#include "os/os_heap.h"

#include <errno.h>
#include <linux/rseq.h>
#include <sched.h>
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
#define NAMED_BEFORE 64u /* bytes: where a sequence is named to the kernel */

/* None where the library has the portable port alone. */
extern const struct rseq_cs __start___rseq_cs[] __attribute__((weak));
extern const struct rseq_cs __stop___rseq_cs[] __attribute__((weak));

static void *volatile of_handler;
static volatile sig_atomic_t handled;
static unsigned missed; /* runs that went another way than the one noted down */

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

static pid_t start(void)
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
    return child;
}

/* False: the child was at its second mark, or ended. */
static bool step(pid_t child, int *status, uintptr_t *sequence)
{
    if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0) {
        give_up("ptrace");
    }
    *status = wait_for(child);
    if (!WIFSTOPPED(*status) || !is_step(child)) {
        return false;
    }
    *sequence = take_sequence(child, *sequence);
    return true;
}

/* Lets the child run to its end, with a signal first if there is one. Returns its status, or
 * the number of the signal that killed it. */
static int finish(pid_t child, int signal_now)
{
    int status;
    do {
        (void)ptrace(PTRACE_CONT, child, NULL, (void *)(intptr_t)signal_now);
        status = wait_for(child);
        signal_now = 0;
    } while (WIFSTOPPED(status) && (WSTOPSIG(status) == SIGTRAP || WSTOPSIG(status) == SIGUSR1));
    if (WIFSTOPPED(status)) {
        status = WSTOPSIG(status);
        (void)kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
    }
    return status;
}

/* The first call's instructions in their order, as one run went through them. */
static struct {
    uintptr_t place;
    unsigned visit;  /* how often the run had been there, this time counted */
    unsigned anchor; /* the instruction from where the steps to this one are made */
} steps[MOST_STEPS];
static unsigned step_count;

/* A breakpoint in a sequence, or just before it where it is named, would end it. */
static bool near_a_sequence(uintptr_t place)
{
    for (const struct rseq_cs *cs = __start___rseq_cs; cs < __stop___rseq_cs; cs++) {
        if (place + NAMED_BEFORE >= cs->start_ip &&
            place <= cs->start_ip + cs->post_commit_offset) {
            return true;
        }
    }
    return false;
}

static void record(int *status)
{
    pid_t child = start();
    uintptr_t sequence = 0;
    unsigned anchor = 0;
    unsigned cost = UINT32_MAX; /* stops on the way to this step by way of the anchor */
    steps[0].place = place_of(child);
    steps[0].visit = 1;
    while (step(child, status, &sequence) && step_count + 1 < MOST_STEPS) {
        uintptr_t place = place_of(child);
        unsigned visit = 1;
        for (unsigned i = step_count; i > 0 && visit == 1; i--) {
            visit += steps[i].place == place ? steps[i].visit : 0;
        }
        step_count++;
        cost++;
        if (!near_a_sequence(place) && 2 * visit < cost) {
            anchor = step_count;
            cost = 2 * visit;
        }
        steps[step_count].place = place;
        steps[step_count].visit = visit;
        steps[step_count].anchor = anchor;
    }
    *status = finish(child, 0);
}

/* At full speed, to the visit of a place. */
static bool go_to(pid_t child, uintptr_t place, unsigned visits)
{
    void *at = (void *)place;
    long was = ptrace(PTRACE_PEEKTEXT, child, at, NULL);
    for (unsigned visit = 1;; visit++) {
        struct user_regs_struct registers;
        (void)ptrace(PTRACE_POKETEXT, child, at, (void *)((was & ~0xffl) | 0xcc));
        (void)ptrace(PTRACE_CONT, child, NULL, NULL);
        int status = wait_for(child);
        if (!WIFSTOPPED(status) || ptrace(PTRACE_GETREGS, child, NULL, &registers) != 0 ||
            registers.rip != place + 1) {
            return false;
        }
        registers.rip = place;
        (void)ptrace(PTRACE_SETREGS, child, NULL, &registers);
        (void)ptrace(PTRACE_POKETEXT, child, at, (void *)was);
        if (visit == visits) {
            return true;
        }
        (void)ptrace(PTRACE_SINGLESTEP, child, NULL, NULL);
        (void)wait_for(child);
    }
}

/* A run that is interrupted before the instruction of that number. */
static int strike(unsigned blow)
{
    pid_t child = start();
    unsigned anchor = steps[blow].anchor;
    uintptr_t sequence = 0;
    int status;
    bool there = anchor == 0 || go_to(child, steps[anchor].place, steps[anchor].visit);
    for (unsigned at = anchor; there && at < blow; at++) {
        there = step(child, &status, &sequence);
    }
    if (__rseq_size != 0) {
        (void)ptrace(PTRACE_POKEDATA, child, (void *)area(), (void *)sequence);
    }
    missed += !there || place_of(child) != steps[blow].place;
    return finish(child, SIGUSR1);
}

/* Tracer and child take turns: on one CPU nobody is woken elsewhere, which takes longer. */
static void keep_to_this_cpu(void)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((unsigned)sched_getcpu(), &one);
    (void)sched_setaffinity(0, sizeof(one), &one);
}

int main(void)
{
    int status;
    unsigned wrong = 0;
    keep_to_this_cpu();
    record(&status);
    if (step_count < 100 || step_count + 1 >= MOST_STEPS) {
        (void)fprintf(stderr, "first_call: %u instructions cannot be right\n", step_count);
        return 1;
    }
    for (unsigned blow = 1; blow < step_count; blow++) {
        status = strike(blow);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            wrong++;
            (void)printf("first_call: interrupted at step %u of %u (%#zx): status %#x\n", blow,
                         step_count, (size_t)steps[blow].place, (unsigned)status);
        }
    }
    (void)printf("first_call: %u instructions, each interrupted, %u of them elsewhere than "
                 "meant; %u wrong\n",
                 step_count - 1, missed, wrong);
    return wrong != 0 || missed > step_count / 100;
}
