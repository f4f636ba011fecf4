/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs every misuse many times and says how many were reported:
 *
 *   NAME<TAB>reported<TAB>trials<TAB>grounds<TAB>what
 *
 * Reported means for a right reason. From level 1 on the heap must be sound after it
 * (unless the misuse itself damaged it); the trial's clean twin must not be reported, and must
 * end well. Else the program says what was wrong and fails.
 *
 * Each trial has a heap of its own, with a secret of its own: before it, all of the program's
 * variables, the library's among them, are made what they were at the start, and it has a
 * thread of its own. A child goes
 * from trial to trial until one of them ends it; the next goes on behind that.
 *
 * usage: misuse [--trials N] [--apart] [--only NAME]
 *   --apart: a child for each run, for builds that count in variables what was covered
 */
#include "misuse.h"
#include "osh_config.h"
#include "osh_guard.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define REGION_BYTES ((size_t)24 << 20)
/* A heap nobody warned of may go round in circles: then it is not reported. */
#define TRIAL_CPU_MS 200u
#define TRIAL_SECONDS 60u
/* Trials that ended their child, or were not reported at level 0: more of a row would take
 * long and tell nothing new. */
#define ENDED_AT_MOST 16u

#define CLEAN_IS_WRONG "without the misuse all should be well"

enum { AGAIN = 9 }; /* status of a child that is stained */

/* Shared with the child. */
struct outcome {
    unsigned next; /* the trial that runs */
    bool clean;    /* its twin does */
    bool stained;  /* in a child where a write of an earlier trial's may have gone anywhere */
    bool twin_ran; /* apart: the misuse is next */
    unsigned reported;
    unsigned unreported;
    unsigned reasons; /* of all reports of the trial, as bits */
    unsigned reports;
    bool failed;
    char wrong[160]; /* what os_heap_check said after a report */
};

static struct outcome *outcome;
static void *region;

static void note(const struct os_heap_report *report)
{
    outcome->reasons |= 1u << report->misuse;
    outcome->reports++;
    if (report->text == NULL || strcmp(report->text, os_heap_misuse_text(report->misuse)) != 0) {
        (void)strcpy(outcome->wrong, "a report without its text");
    }
}

/* What waits in quarantine is counted as cached, and comes back before memory is out. */
static void run_out(void)
{
    struct os_heap_stats stats;
    os_free(os_malloc(100));
    os_heap_stats(&stats);
    /* All there is, and a header. */
    void *block = os_malloc(stats.region - (OSH_HARDENING >= 2 ? OSH_TRAILER_BYTES : 0));
    if (block != NULL || stats.live + stats.cached > stats.region) {
        (void)strcpy(outcome->wrong, "more memory than there is");
    }
}

static sigjmp_buf ending;

void end_of_trial(void)
{
    siglongjmp(ending, 1);
}

/* The program's variables, its libraries' not: what it began with. */
extern char __data_start[];
extern char _end[];
static char *at_start;

static void as_at_start(void)
{
    memcpy(__data_start, at_start, (size_t)(_end - __data_start));
}

static void remember_start(void)
{
    size_t bytes = (size_t)(_end - __data_start);
    at_start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at_start == MAP_FAILED) {
        exit(3);
    }
    memcpy(at_start, __data_start, bytes);
}

/* What os_heap_trim gives back stays with this process, which is going to touch it again at
 * once: to the heap that is as good as any answer. */
int madvise(void *address, size_t bytes, int advice);
int madvise(void *address, size_t bytes, int advice)
{
    (void)address;
    (void)bytes;
    (void)advice;
    return 0;
}

struct job {
    const struct misuse *misuse;
    struct trial trial;
};

static unsigned cpu_ms = TRIAL_CPU_MS;

static void *try(void *given)
{
    const struct misuse *misuse = ((struct job *)given)->misuse;
    struct trial trial = ((struct job *)given)->trial;
    struct itimerval cpu = {{0, 0}, {cpu_ms / 1000, cpu_ms % 1000 * 1000L}};
    (void)setitimer(ITIMER_PROF, &cpu, NULL);
    (void)alarm(TRIAL_SECONDS);
    outcome->clean = trial.clean;
    outcome->reasons = outcome->reports = 0;
    outcome->wrong[0] = '\0';
    if (os_heap_init(region, REGION_BYTES) != 0) {
        _exit(3);
    }
    (void)os_heap_set_report_hook(note);
    if (sigsetjmp(ending, 0) == 0) {
        misuse->body(&trial);
        if (trial.clean) {
            run_out();
        }
    }
    if (misuse->after == INTACT || trial.clean) {
        const char *wrong = os_heap_check();
        if (wrong != NULL) {
            (void)snprintf(outcome->wrong, sizeof(outcome->wrong), "%s", wrong);
        }
    }
    return NULL;
}

/* In a thread of its own: its variables, too, are what they were at the start. */
static void run(const struct misuse *misuse, struct trial trial)
{
    struct job job = {misuse, trial};
    pthread_t thread;
    if (pthread_create(&thread, NULL, try, &job) != 0) {
        _exit(3);
    }
    (void)pthread_join(thread, NULL);
}

static void complain(const struct misuse *misuse, const char *what, int status)
{
    (void)fprintf(stderr,
                  "FAIL %s, trial %u: %s (wait status 0x%x, %u reports, reasons 0x%x, check: %s)\n",
                  misuse->name, outcome->next, what, (unsigned)status, outcome->reports,
                  outcome->reasons, outcome->wrong[0] != '\0' ? outcome->wrong : "fine");
    outcome->failed = true;
}

/* Takes note of the misuse's trial, which ended with that status of its child's. */
static void judge(const struct misuse *misuse, int status)
{
    if ((outcome->reasons & misuse->reasons) == 0) {
        outcome->unreported++; /* what becomes of a heap nobody warned of is not specified */
        return;
    }
    outcome->reported++;
    /* At level 0 what is reported is the damage. */
    if (OSH_HARDENING > 0 && misuse->after == INTACT &&
        (status != 0 || outcome->wrong[0] != '\0')) {
        complain(misuse, "reported, but the heap did not survive it", status);
    }
}

/* In a child that runs this one alone. */
static void run_apart(const struct misuse *misuse)
{
    struct trial trial = {!outcome->twin_ran, 1 + outcome->next};
    run(misuse, trial);
    outcome->twin_ran = trial.clean;
    if (!trial.clean) {
        judge(misuse, 0);
        outcome->next++;
    } else if (outcome->reports != 0 || outcome->wrong[0] != '\0') {
        complain(misuse, CLEAN_IS_WRONG, 0);
    }
    _exit(0);
}

/* In the child: as many trials as go well. */
static void go_on(const struct misuse *misuse, unsigned trials)
{
    for (bool first = true; outcome->next < trials; first = false) {
        struct trial trial = {true, 1 + outcome->next};
        /* At level 0 what is reported is damage done. */
        outcome->stained = !first && (OSH_HARDENING == 0 || outcome->unreported > 0);
        as_at_start();
        run(misuse, trial);
        if (outcome->reports != 0 || outcome->wrong[0] != '\0') {
            if (outcome->stained) {
                _exit(AGAIN);
            }
            complain(misuse, CLEAN_IS_WRONG, 0);
        }
        trial.clean = false;
        as_at_start();
        run(misuse, trial);
        judge(misuse, 0);
        outcome->next++;
        if (OSH_HARDENING == 0 && outcome->unreported >= ENDED_AT_MOST) {
            break;
        }
    }
    _exit(0);
}

static void try_one(const struct misuse *misuse, unsigned trials, bool apart)
{
    unsigned ended = 0;
    memset(outcome, 0, sizeof(*outcome));
    while (outcome->next < trials && ended < ENDED_AT_MOST &&
           (OSH_HARDENING > 0 || outcome->unreported < ENDED_AT_MOST)) {
        pid_t child = fork();
        if (child < 0) {
            perror("misuse: fork");
            exit(3);
        }
        if (child == 0) {
            if (apart) {
                run_apart(misuse);
            }
            go_on(misuse, trials);
        }
        int status;
        (void)waitpid(child, &status, 0);
        if (status == 0 || (outcome->clean && outcome->stained)) {
            continue; /* the same trial is the first of the next child */
        }
        ended++;
        outcome->twin_ran = false;
        if (outcome->clean) {
            complain(misuse, CLEAN_IS_WRONG, status);
        } else {
            judge(misuse, status);
        }
        outcome->next++;
    }
    printf("%s\t%u\t%u\t%c\t%s\n", misuse->name, outcome->reported,
           outcome->reported + outcome->unreported, misuse->grounds[OSH_HARDENING], misuse->what);
    (void)fflush(stdout);
}

static bool try_all(const struct misuse *misuse, unsigned trials, bool apart, const char *only)
{
    bool failed = false;
    for (; misuse->name != NULL; misuse++) {
        if (only == NULL || strcmp(only, misuse->name) == 0) {
            try_one(misuse, trials, apart);
            failed = failed || outcome->failed;
        }
    }
    return failed;
}

int main(int argc, char **argv)
{
    unsigned trials = 16;
    const char *only = NULL;
    bool apart = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--trials") == 0 && i + 1 < argc && atoi(argv[i + 1]) > 0) {
            trials = (unsigned)atoi(argv[++i]);
        } else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
            only = argv[++i];
        } else if (strcmp(argv[i], "--apart") == 0) {
            apart = true;
            cpu_ms = 10 * TRIAL_CPU_MS; /* such a build is slow */
        } else {
            (void)fprintf(stderr, "usage: misuse [--trials N] [--apart] [--only NAME]\n");
            return 2;
        }
    }
    outcome =
        mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    region = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (outcome == MAP_FAILED || region == MAP_FAILED) {
        return 3;
    }
    keep_to_one_cpu();
    remember_start();
    bool failed = try_all(pointer_misuses, trials, apart, only);
    failed = try_all(block_misuses, trials, apart, only) || failed;
    failed = try_all(free_misuses, trials, apart, only) || failed;
    failed = try_all(large_misuses, trials, apart, only) || failed;
    failed = try_all(header_misuses, trials, apart, only) || failed;
    return try_all(write_misuses, trials, apart, only) || failed;
}
