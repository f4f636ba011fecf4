/* SPDX-License-Identifier: Apache-2.0 */
#include "stepper.h"

#include "cpu.h"
#include "tracee.h"

#include <linux/rseq.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static struct report *report;
static cpu_set_t home, elsewhere;

bool stepper_can_migrate(void)
{
    return CPU_COUNT(&elsewhere) > 0;
}

bool stepper_start(void)
{
    CPU_ZERO(&home);
    if (sched_getaffinity(0, sizeof(elsewhere), &elsewhere) == 0) {
        size_t cpu = 0;
        while (!CPU_ISSET(cpu, &elsewhere)) {
            cpu++;
        }
        CPU_SET(cpu, &home);
        CPU_CLR(cpu, &elsewhere);
        (void)sched_setaffinity(0, sizeof(home), &home);
    }
    report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return report != MAP_FAILED;
}

static pid_t spawn(const struct scenario *scenario, void (*before)(void))
{
    memset(report, 0, sizeof(*report));
    pid_t child = fork();
    if (child < 0) {
        give_up("fork");
    }
    if (child > 0) {
        return child;
    }
    (void)alarm(60); /* a victim that hangs has lost */
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
        _exit(77);
    }
    (void)raise(SIGSTOP);
    if (before != NULL) {
        before();
    }
    victim_run(scenario, report);
    _exit(report->wrong[0] != '\0');
}

/* Waits for the child's next stop: its signal; 0 when it has ended. */
static int next_stop(pid_t child, struct outcome *outcome)
{
    int status;
    if (waitpid(child, &status, 0) != child) {
        give_up("waitpid");
    }
    if (WIFSTOPPED(status)) {
        return WSTOPSIG(status);
    }
    outcome->sound = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!outcome->sound) {
        (void)snprintf(outcome->wrong, sizeof(outcome->wrong), "%s",
                       report->wrong[0] != '\0' ? report->wrong
                       : WIFSIGNALED(status)    ? strsignal(WTERMSIG(status))
                                                : "it cannot be traced");
    }
    return 0;
}

static bool is_within(uintptr_t sequence, uintptr_t at)
{
    /* Parent and child have the same program at the same addresses. */
    const struct rseq_cs *cs = (const struct rseq_cs *)sequence;
    return cs != NULL && at - cs->start_ip < cs->post_commit_offset;
}

/* Runs the first `count` instructions of a span. Those that were run: fewer when a
 * branch among them left it. */
static unsigned pass(pid_t child, struct span span, uintptr_t at, unsigned count, int *stop,
                     struct outcome *outcome)
{
    if (span.length == 1) {
        resume(child, true, 0);
        *stop = next_stop(child, outcome);
        return 1;
    }
    bool may_leave = span.leaves > 0 && span.leaves <= count;
    struct patch end = set_patch(child, at + (uintptr_t)count * span.size);
    struct patch left = may_leave ? set_patch(child, span.left_to) : end;
    resume(child, false, 0);
    *stop = next_stop(child, outcome);
    if (*stop == 0) {
        return count;
    }
    if (may_leave) {
        poke(child, left.at, left.code);
    }
    poke(child, end.at, end.code); /* last: one may be part of the other's word */
    return may_leave && cpu_at(child) == span.left_to ? span.leaves : count;
}

/* Ends the child's run: signals go through, breakpoints are passed. */
static void run_out(pid_t child, struct outcome *outcome, int stop)
{
    while (stop != 0) {
        if (stop == SIGTRAP) {
            cpu_leave_breakpoint(child);
        }
        resume(child, false, stop == SIGTRAP ? 0 : stop);
        stop = next_stop(child, outcome);
    }
}

/* `count` instructions from `at` on, the steps from `step` on. */
static void note(struct path *path, unsigned step, uintptr_t at, struct span span, unsigned count,
                 uintptr_t sequence)
{
    for (unsigned i = 0; i < count && step + i < MOST_STEPS; i++) {
        uintptr_t here = at + (uintptr_t)i * span.size;
        path->at[step + i] = here;
        path->sequence[step + i] =
            is_within(sequence, here) ? (const struct rseq_cs *)sequence : NULL;
        path->inside[step + i] = i > 0;
        path->steps = step + i + 1;
    }
}

static bool came_before(const struct path *path, unsigned step)
{
    for (unsigned i = 0; i < step; i++) {
        if (path->at[i] == path->at[step]) {
            return true;
        }
    }
    return false;
}

/* Runs to that address, which is not in a sequence, or may be aborted. */
static int run_to(pid_t child, uintptr_t at, int number, struct outcome *outcome)
{
    struct patch here = set_patch(child, at);
    resume(child, false, number);
    int stop = next_stop(child, outcome);
    if (stop != 0) {
        poke(child, here.at, here.code);
    }
    if (stop == SIGTRAP) {
        cpu_set_at(child, at);
    }
    return stop;
}

/* Runs to a step on the way to `step`, as near as can be: outside of sequences and
 * spans, and one that the way comes to once only. That step. */
static unsigned run_towards(pid_t child, const struct path *path, unsigned step, int *stop,
                            struct outcome *outcome)
{
    while (step > 0 &&
           (path->sequence[step] != NULL || path->inside[step] || came_before(path, step))) {
        step--;
    }
    if (step > 0) {
        *stop = run_to(child, path->at[step], 0, outcome);
    }
    return step;
}

/* Gives the child's next stop. */
static int strike(pid_t child, enum blow blow, uintptr_t sequence, struct outcome *outcome)
{
    outcome->struck = true;
    outcome->struck_at = cpu_at(child);
    set_sequence(child, sequence);
    if (blow == MIGRATION && sched_setaffinity(child, sizeof(elsewhere), &elsewhere) != 0) {
        give_up("sched_setaffinity");
    }
    if (blow == LOOK) {
        uintptr_t start = ((const struct rseq_cs *)sequence)->start_ip;
        int stop = run_to(child, start, SIGUSR1, outcome);
        if (stop == SIGTRAP) {
            outcome->named_again = get_sequence(child) == sequence;
            resume(child, false, 0);
            stop = next_stop(child, outcome);
        }
        return stop;
    }
    resume(child, false, blow == PREEMPTION ? 0 : SIGUSR1);
    return next_stop(child, outcome);
}

struct outcome stepper_run(const struct scenario *scenario, enum blow blow, unsigned step,
                           struct path *path, void (*before)(void))
{
    struct outcome outcome;
    memset(&outcome, 0, sizeof(outcome));
    pid_t child = spawn(scenario, before);
    int stop = next_stop(child, &outcome);
    (void)ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)PTRACE_O_EXITKILL);
    resume(child, false, 0); /* to the breakpoint */
    stop = next_stop(child, &outcome);
    if (stop == SIGTRAP) {
        cpu_leave_breakpoint(child);
    }
    uintptr_t sequence = 0;
    unsigned i = 0;
    if (blow != NO_BLOW && stop == SIGTRAP) {
        i = run_towards(child, path, step, &stop, &outcome);
    }
    while (stop == SIGTRAP) {
        uintptr_t at = cpu_at(child);
        uintptr_t named = get_sequence(child);
        sequence = named != 0 ? named : sequence;
        if (named != 0) {
            set_sequence(child, 0);
        }
        struct span span = cpu_span(at);
        bool aimed = blow != NO_BLOW && step - i < span.length;
        unsigned want = aimed ? step - i : span.length;
        unsigned count = want > 0 ? pass(child, span, at, want, &stop, &outcome) : 0;
        if (aimed && stop == SIGTRAP && count == want) {
            stop = strike(child, blow, sequence, &outcome);
            break;
        }
        if (blow == NO_BLOW) {
            note(path, i, at, span, count, sequence);
        }
        i += count;
        if (aimed || (span.length == 1 && stop == SIGTRAP && !is_single_step(child))) {
            break; /* it went another way, or is at its second breakpoint */
        }
    }
    run_out(child, &outcome, stop);
    outcome.resumed_at = report->resumed_at;
    outcome.home_changed = report->home_changed;
    return outcome;
}
