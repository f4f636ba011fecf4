/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With thread=on free memory that is less than the heap keeps by itself goes back when the heap has
 * been quiet for a while, in this process and in a child of fork; and no signal is handled by the
 * thread that does it. The option is in OSHEAP_OPTIONS. Resident memory is the kernel's figure.
 *
 * usage: decay goes | stays
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
#define PEAK (6 * MIB)
#define BLOCK 1000u
#define BLOCKS (PEAK / BLOCK)
/* For machines that stop for a while; where memory goes back it takes a second. */
#define PATIENCE_S 120

static _Noreturn void die(const char *what)
{
    printf("decay: FAILED: %s\n", what);
    (void)fflush(stdout);
    _exit(EXIT_FAILURE);
}

static size_t resident(void)
{
    size_t whole = 0;
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%zu %zu", &whole, &pages) != 2) {
        die("no /proc/self/statm");
    }
    (void)fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void wait_a_little(void)
{
    const struct timespec tenth = {0, 100000000};
    (void)nanosleep(&tenth, NULL);
}

static void peak(void)
{
    static void *block[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        block[i] = malloc(BLOCK);
        memset(block[i], 1, BLOCK);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        free(block[i]);
    }
}

static size_t before; /* any peak */

/* Does what became resident go back? Looks for two seconds at least where it should not. */
static void peak_and(bool goes)
{
    peak();
    if (resident() < before + PEAK / 2) {
        die("the heap kept nothing of the peak");
    }
    for (unsigned tenths = 0; tenths < PATIENCE_S * 10; tenths++) {
        bool gone = resident() < before + MIB;
        if (gone && !goes) {
            die("memory went back without the option");
        }
        if (gone || (!goes && tenths == 20)) {
            return;
        }
        wait_a_little();
    }
    die("memory stays");
}

static pthread_t main_thread;
static atomic_uint handled;
static void handler(int number)
{
    (void)number;
    if (!pthread_equal(pthread_self(), main_thread)) {
        die("another thread handles a signal");
    }
    (void)atomic_fetch_add(&handled, 1);
}

/* While the program's only thread blocks them, signals wait: nobody else takes them. */
static void signals_wait_for_the_program(void)
{
    main_thread = pthread_self();
    (void)signal(SIGUSR1, handler);
    sigset_t one;
    (void)sigemptyset(&one);
    (void)sigaddset(&one, SIGUSR1);
    (void)pthread_sigmask(SIG_BLOCK, &one, NULL);
    (void)kill(getpid(), SIGUSR1);
    wait_a_little();
    if (atomic_load(&handled) != 0) {
        die("a signal was handled while it was blocked");
    }
    (void)pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    if (atomic_load(&handled) != 1) {
        die("a signal was lost");
    }
}

/* On one CPU and, where we may, first come, first served: a new thread then runs only when the peak
 * is over. */
static void delay_new_threads(void)
{
    const struct sched_param lowest = {.sched_priority = 1};
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((unsigned)sched_getcpu(), &one);
    (void)sched_setaffinity(0, sizeof one, &one);
    (void)sched_setscheduler(0, SCHED_FIFO, &lowest);
}

int main(int count, char **words)
{
    bool goes = count == 2 && strcmp(words[1], "goes") == 0;
    if (!goes && (count != 2 || strcmp(words[1], "stays") != 0)) {
        die("usage: decay goes | stays");
    }
    free(malloc(1));  /* the heap starts */
    (void)resident(); /* which allocates */
    before = resident();
    peak_and(goes);
    signals_wait_for_the_program();
    delay_new_threads();
    pid_t child = fork();
    if (child == 0) {
        peak_and(goes);
        _exit(EXIT_SUCCESS);
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0) {
        die("in a child of fork");
    }
    peak_and(goes); /* and once more */
    printf("decay: memory %s\n", words[1]);
    return EXIT_SUCCESS;
}
