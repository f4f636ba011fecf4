/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs every misuse in children and says how many were reported:
 *
 *   NAME<TAB>reported<TAB>trials<TAB>what
 *
 * Reported means for a right reason. From level 1 on the heap must be sound after it
 * (unless the misuse itself damaged it); the trial's clean twin must not be reported, and must
 * end well. Else the program says what was wrong and fails.
 *
 * usage: misuse [--trials N] [--only NAME]
 */
#include "misuse.h"
#include "osh_config.h"
#include "osh_guard.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define REGION_BYTES ((size_t)48 << 20)
/* A heap nobody warned of may go round in circles: then it is not reported. */
#define TRIAL_CPU_MS 400u
#define TRIAL_SECONDS 60u
#define HUNG_AT_MOST 2u

/* Shared with the child. */
struct outcome {
    unsigned reasons; /* of all reports so far, as bits */
    unsigned reports;
    char wrong[160]; /* what os_heap_check said after a report */
};

static struct outcome *outcome;

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
    void *block = os_malloc(stats.region - (OSH_HARDENING >= 3 ? OSH_TRAILER_BYTES : 0));
    if (block != NULL || stats.live + stats.cached > stats.region) {
        (void)strcpy(outcome->wrong, "more memory than there is");
    }
}

static void live(const struct misuse *misuse, struct trial trial)
{
    struct itimerval cpu = {{0, 0}, {0, TRIAL_CPU_MS * 1000L}};
    (void)setitimer(ITIMER_PROF, &cpu, NULL);
    (void)alarm(TRIAL_SECONDS);
    void *region =
        mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (region == MAP_FAILED || os_heap_init(region, REGION_BYTES) != 0) {
        _exit(3);
    }
    (void)os_heap_set_report_hook(note);
    misuse->body(&trial);
    if (trial.clean) {
        run_out();
    }
    if (misuse->after == INTACT || trial.clean) {
        const char *wrong = os_heap_check();
        if (wrong != NULL) {
            (void)snprintf(outcome->wrong, sizeof(outcome->wrong), "%s", wrong);
        }
    }
    _exit(0);
}

/* Status of the child that lived through it. */
static int run(const struct misuse *misuse, struct trial trial)
{
    memset(outcome, 0, sizeof(*outcome));
    pid_t child = fork();
    if (child < 0) {
        perror("misuse: fork");
        exit(3);
    }
    if (child == 0) {
        live(misuse, trial);
    }
    int status;
    (void)waitpid(child, &status, 0);
    return status;
}

static bool failed;

static void complain(const struct misuse *misuse, const char *what, int status)
{
    (void)fprintf(stderr, "FAIL %s: %s (wait status 0x%x, %u reports, reasons 0x%x, check: %s)\n",
                  misuse->name, what, (unsigned)status, outcome->reports, outcome->reasons,
                  outcome->wrong[0] != '\0' ? outcome->wrong : "fine");
    failed = true;
}

static bool trial_is_reported(const struct misuse *misuse, uint32_t seed, unsigned *hung)
{
    int status = run(misuse, (struct trial){true, seed});
    if (status != 0 || outcome->reports != 0 || outcome->wrong[0] != '\0') {
        complain(misuse, "without the misuse all should be well", status);
    }
    status = run(misuse, (struct trial){false, seed});
    if ((outcome->reasons & misuse->reasons) == 0) {
        /* What becomes of a heap nobody warned of is not specified. */
        *hung +=
            WIFSIGNALED(status) && (WTERMSIG(status) == SIGPROF || WTERMSIG(status) == SIGALRM);
        return false;
    }
    /* At level 0 what is reported is the damage. */
    if (OSH_HARDENING > 0 && misuse->after == INTACT &&
        (status != 0 || outcome->wrong[0] != '\0')) {
        complain(misuse, "reported, but the heap did not survive it", status);
    }
    return true;
}

static void try_all(const struct misuse *misuse, unsigned trials, const char *only)
{
    for (; misuse->name != NULL; misuse++) {
        if (only != NULL && strcmp(only, misuse->name) != 0) {
            continue;
        }
        unsigned reported = 0;
        unsigned hung = 0;
        for (unsigned i = 0; i < trials && hung < HUNG_AT_MOST; i++) {
            reported += trial_is_reported(misuse, 1 + i, &hung);
        }
        printf("%s\t%u\t%u\t%s\n", misuse->name, reported, trials, misuse->what);
        (void)fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    unsigned trials = 16;
    const char *only = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--trials") == 0 && i + 1 < argc && atoi(argv[i + 1]) > 0) {
            trials = (unsigned)atoi(argv[++i]);
        } else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
            only = argv[++i];
        } else {
            (void)fprintf(stderr, "usage: misuse [--trials N] [--only NAME]\n");
            return 2;
        }
    }
    outcome =
        mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (outcome == MAP_FAILED) {
        return 3;
    }
    keep_to_one_cpu();
    try_all(pointer_misuses, trials, only);
    try_all(free_misuses, trials, only);
    try_all(large_misuses, trials, only);
    try_all(write_misuses, trials, only);
    return failed;
}
