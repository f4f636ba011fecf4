/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts every operation on a core's lists twice, while another thread works on the
 * same list of the CPU that the operation began on. Every instruction is tried as the
 * first, and every later one as the second, inside of the sequence or not:
 *
 *   moved        the victim is moved to another CPU; later, as it goes on there
 *                undisturbed, the rival changes the old CPU's list
 *   moved later  the victim is preempted; later it is moved, and the rival changes the
 *                old CPU's list before it goes on
 *
 * The first shows a victim that works on the list of a CPU that it has left. The second
 * shows one that is no longer described to the kernel: a preemption outside of the range
 * that is declared makes the kernel forget the sequence.
 *
 * Every stop of a traced thread is a preemption. So at a stop that is none of these, the
 * word by which the kernel knows the sequence is cleared, and put back for the next one
 * that is meant.
 */
#include "tracee.h"
#include "victim.h"

#include <linux/rseq.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/rseq.h>
#include <sys/wait.h>
#include <unistd.h>

/* Every restartable sequence that is linked in; the linker knows where they are. */
extern struct rseq_cs sequences[] __asm__("__start___rseq_cs") __attribute__((weak));
extern struct rseq_cs sequences_end[] __asm__("__stop___rseq_cs") __attribute__((weak));

#define MOST_STEPS 150u /* a miss goes on to depot and slabs, which are not what this is about */

enum kind { MOVED, MOVED_LATER, KINDS };
static const char *const kind_names[] = {"moved", "moved later"};
static const char *const operation_names[] = {"os_malloc", "os_free", "pop", "push", "exchange"};

static struct report *report;
static cpu_set_t home, elsewhere; /* one CPU each */
static int to_rival[2], from_rival[2];

static uintptr_t path[MOST_STEPS]; /* the instructions of the operation, undisturbed */
static unsigned path_steps;

struct outcome {
    unsigned steps; /* that were taken */
    bool struck;    /* both blows fell */
    bool sound;
};

/* The other thread: stays on the CPU where all begin, and is not traced. */
static void *rival(void *unused)
{
    char word;
    while (read(to_rival[0], &word, 1) == 1) {
        victim_interfere();
        if (write(from_rival[1], &word, 1) != 1) {
            break;
        }
    }
    return unused;
}

static void let_rival_work(void)
{
    char word = 0;
    if (write(to_rival[1], &word, 1) != 1 || read(from_rival[0], &word, 1) != 1) {
        give_up("asking the other thread");
    }
}

static void move(pid_t child)
{
    if (sched_setaffinity(child, sizeof(elsewhere), &elsewhere) != 0) {
        give_up("sched_setaffinity");
    }
}

static pid_t spawn(const struct scenario *scenario, void (*before)(void))
{
    memset(report, 0, sizeof(*report));
    pid_t child = fork();
    if (child != 0) {
        return child > 0 ? child : (give_up("fork"), 0);
    }
    (void)alarm(300); /* a victim that hangs has lost */
    pthread_t thread;
    if (pthread_create(&thread, NULL, rival, NULL) != 0 ||
        ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
        _exit(77);
    }
    (void)raise(SIGSTOP);
    if (before != NULL) {
        before();
    }
    victim_run(scenario, report);
    _exit(report->wrong[0] != '\0');
}

/* The blows fall before steps `first` and `second`; 0 is the first behind the breakpoint. */
static struct outcome run(const struct scenario *scenario, enum kind kind, unsigned first,
                          unsigned second, void (*before)(void))
{
    struct outcome outcome = {0, false, false};
    struct tracee_end end = {false, 0};
    pid_t child = spawn(scenario, before);
    int stop = tracee_next_stop(child, &end);
    (void)ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)PTRACE_O_EXITKILL);
    if (stop != 0) {
        stop = tracee_go_on(child, false, 0, &end); /* to the breakpoint */
    }
    uintptr_t at = 1;
    uintptr_t sequence = 0; /* as the kernel would know it */
    for (unsigned i = 0; stop == SIGTRAP && i <= second && (i == 0 || at != 0); i++) {
        uintptr_t named = get_sequence(child);
        sequence = named != 0 ? named : sequence;
        bool strikes = i == first || (i == second && kind == MOVED_LATER);
        set_sequence(child, strikes ? sequence : 0);
        if (strikes) {
            sequence = 0; /* the kernel forgets it: it is left, or begun again */
        }
        if (i == (kind == MOVED ? first : second)) {
            move(child);
        }
        if (i == second) {
            let_rival_work();
            outcome.struck = true;
            break;
        }
        stop = tracee_go_on(child, true, 0, &end);
        at = stop == SIGTRAP ? tracee_stepped_to(child) : 0;
        if (at != 0 && i + 1 < MOST_STEPS && first == MOST_STEPS) {
            path[i + 1] = at;
        }
        outcome.steps = i + 1;
    }
    if (outcome.struck && kind == MOVED) {
        set_sequence(child, sequence);
    }
    while (stop != 0) {
        stop = tracee_go_on(child, false, stop == SIGTRAP ? 0 : stop, &end);
    }
    outcome.sound = end.well;
    if (!end.well && report->wrong[0] == '\0') {
        (void)snprintf(report->wrong, sizeof(report->wrong), "%s",
                       end.signal != 0 ? strsignal(end.signal) : "it cannot be traced");
    }
    return outcome;
}

static bool is_in_a_sequence(uintptr_t at)
{
    for (const struct rseq_cs *cs = sequences; cs < sequences_end; cs++) {
        if (at - cs->start_ip < cs->post_commit_offset) {
            return true;
        }
    }
    return false;
}

/* The steps of the operation, undisturbed, that are in a sequence. */
struct steps {
    unsigned first, last;
};

static struct steps follow(const struct scenario *scenario)
{
    memset(path, 0, sizeof(path));
    struct scenario alone = *scenario;
    alone.interference = NOTHING;
    path_steps = run(&alone, MOVED, MOST_STEPS, MOST_STEPS - 1, NULL).steps;
    struct steps steps = {MOST_STEPS, 0};
    for (unsigned i = 0; i < path_steps && i < MOST_STEPS; i++) {
        if (is_in_a_sequence(path[i])) {
            steps.first = i < steps.first ? i : steps.first;
            steps.last = i;
        }
    }
    return steps;
}

static unsigned runs, failures;

/* Instructions before a sequence's range, in which its descriptor is named. */
#define AHEAD 3u

/* Every pair of blows; how many were found wrong. */
static unsigned sweep(struct scenario s, enum kind kind, void (*before)(void), unsigned enough)
{
    unsigned wrong = 0;
    struct steps in = follow(&s);
    unsigned first = in.first < AHEAD ? 0 : in.first - AHEAD;
    unsigned again = in.last - first + 2; /* a restart, and all of it once more */
    for (; first <= in.last && wrong < enough; first++) {
        for (unsigned second = first + 1; second <= first + again && wrong < enough; second++) {
            struct outcome outcome = run(&s, kind, first, second, before);
            if (!outcome.struck && outcome.sound) {
                break; /* the operation was through before */
            }
            runs++;
            if (outcome.sound) {
                continue;
            }
            if (before == NULL && failures++ < 10) {
                (void)fprintf(stderr, "FAILED %s, %s: steps %u (%#lx) and %u: %s\n",
                              operation_names[s.operation], kind_names[kind], first,
                              (unsigned long)path[first], second, report->wrong);
            }
            wrong++;
        }
    }
    return wrong;
}

/* Negative controls: the sequences' ranges are wrong, which must be found. */

static unsigned late_by; /* bytes */

static void begin_late(void)
{
    for (struct rseq_cs *cs = sequences; cs < sequences_end; cs++) {
        cs->start_ip += late_by;
        cs->post_commit_offset -= late_by;
    }
}

/* The range begins so many instructions late. */
static bool control(struct scenario s, enum kind kind, unsigned instructions)
{
    unsigned begins = follow(&s).first;
    late_by = (unsigned)(path[begins + instructions] - path[begins]);
    bool found = sweep(s, kind, begin_late, 1) > 0;
    (void)printf("%s control: %s, %s, a range that begins %u instructions late: %s\n",
                 found ? "ok  " : "FAIL", operation_names[s.operation], kind_names[kind],
                 instructions, found ? "found" : "NOT FOUND");
    return found;
}

static bool start(void)
{
    cpu_set_t all;
    CPU_ZERO(&home);
    CPU_ZERO(&elsewhere);
    if (sched_getaffinity(0, sizeof(all), &all) != 0 || CPU_COUNT(&all) < 2) {
        return false;
    }
    size_t cpu = 0;
    for (cpu_set_t *set = &home; CPU_COUNT(&elsewhere) == 0; cpu++) {
        if (CPU_ISSET(cpu, &all)) {
            CPU_SET(cpu, set);
            set = &elsewhere;
        }
    }
    (void)sched_setaffinity(0, sizeof(home), &home);
    report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return report != MAP_FAILED && pipe(to_rival) == 0 && pipe(from_rival) == 0;
}

int main(void)
{
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (!start()) {
        (void)printf("two_threads: one CPU, or no memory: nothing to move between\n");
        return 77;
    }
    (void)victim_start();
    for (enum operation operation = MALLOC; operation <= EXCHANGE; operation++) {
        for (enum kind kind = MOVED; kind < KINDS; kind++) {
            (void)sweep((struct scenario){operation, POP_ONE, 4}, kind, NULL, ~0u);
            if (operation == MALLOC || operation == POP) { /* which would lose the block pushed */
                (void)sweep((struct scenario){operation, PUSH_ONE, 4}, kind, NULL, ~0u);
            }
        }
        (void)printf("%s: %u pairs of blows so far, %u failures\n", operation_names[operation],
                     runs, failures);
    }
    bool found = true;
    for (enum operation operation = POP; operation <= EXCHANGE; operation++) {
        found &= control((struct scenario){operation, POP_ONE, 4}, MOVED_LATER, 1);
        found &= control((struct scenario){operation, POP_ONE, 4}, MOVED, 3);
    }
    return failures == 0 && runs > 0 && found ? 0 : 1;
}
