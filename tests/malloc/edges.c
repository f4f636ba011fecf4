/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocator where programs rarely look: before main, in destructors of threads, in signal
 * handlers that interrupt it, in children of fork and vfork, in objects that come and go; each
 * while other threads are inside it. With the heap linked in or preloaded; glibc's own may not be
 * called in handlers.
 *
 * usage: edges ROUNDS [MODULE.so]
 */
#include "edges_work.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Before any constructor, those of preloaded objects among them. musl does not run such functions.
 */
static void *earliest;
static void before_constructors(void)
{
    earliest = malloc(100);
    free(malloc(400000));
}
__attribute__((section(".preinit_array"), used)) static void (*preinit)(void) = before_constructors;

static void *early;
__attribute__((constructor(101))) static void before_main(void)
{
    early = malloc(100);
    free(malloc(400000));
}

/* Threads whose destructors allocate. */
static pthread_key_t key;
static void at_thread_end(void *value)
{
    struct work w = {.seed = 1};
    for (int i = 0; i < 50; i++) {
        turn(&w);
    }
    drop(&w);
    free(value);
}

static void *short_thread(void *unused)
{
    (void)pthread_setspecific(key, malloc(24));
    return unused;
}

static void threads(unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        pthread_t two[2];
        for (int j = 0; j < 2; j++) {
            if (pthread_create(&two[j], NULL, short_thread, NULL) != 0) {
                die("pthread_create");
            }
        }
        for (int j = 0; j < 2; j++) {
            (void)pthread_join(two[j], NULL);
        }
    }
}

/* Handlers that allocate and free while their thread is inside the heap. */
static atomic_uint handled;
static _Thread_local struct work in_handler;
static void handler(int number)
{
    (void)number;
    turn_in_handler(&in_handler);
    (void)atomic_fetch_add(&handled, 1);
}

/* One by the timer, wherever the main thread is; one for each of the others. */
static void signals(unsigned rounds)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    (void)sigfillset(&action.sa_mask); /* a thread's handlers share its blocks */
    (void)sigaction(SIGALRM, &action, NULL);
    (void)sigaction(SIGUSR1, &action, NULL);
    struct itimerval often = {{0, 50}, {0, 50}};
    (void)setitimer(ITIMER_REAL, &often, NULL);
    crew_start();
    struct work w = {.seed = 3};
    for (unsigned turns = 0; atomic_load(&handled) < 4 * rounds; turns++) {
        turn(&w);
        if (turns % 16 == 0) {
            crew_signal(SIGUSR1);
        }
    }
    struct itimerval never = {{0, 0}, {0, 0}};
    (void)setitimer(ITIMER_REAL, &never, NULL);
    crew_stop();
    drop(&w);
    drop(&in_handler);
}

static void await(pid_t child, const char *what)
{
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        die(what);
    }
}

static void spawn_true(void)
{
    char *arguments[] = {"true", NULL};
    char *no_environment[] = {NULL};
    pid_t child;
    if (posix_spawn(&child, "/bin/true", NULL, NULL, arguments, no_environment) != 0) {
        die("posix_spawn");
    }
    await(child, "a child of posix_spawn");
}

static void vfork_true(void)
{
    char *arguments[] = {"true", NULL};
    char *no_environment[] = {NULL};
    pid_t child = vfork(); /* NOLINT: it is what is tested */
    if (child == 0) {
        (void)execve("/bin/true", arguments, no_environment);
        _exit(EXIT_FAILURE);
    }
    await(child, "a child of vfork and exec");
}

static void be_a_child(unsigned round)
{
    struct work w = {.seed = round};
    for (int j = 0; j < 100; j++) {
        turn(&w);
    }
    if (round % 8 == 0) { /* a child may have threads and children of its own */
        threads(1);
        pid_t grandchild = fork();
        if (grandchild == 0) {
            drop(&w);
            _exit(EXIT_SUCCESS);
        }
        await(grandchild, "a grandchild");
    }
    drop(&w);
    if (round % 8 == 1) {
        exit(EXIT_SUCCESS); /* with destructors */
    }
    _exit(EXIT_SUCCESS);
}

/* Children of a process whose other threads are inside the heap. */
static void forks(unsigned rounds)
{
    crew_start();
    for (unsigned i = 0; i < rounds; i++) {
        pid_t child = fork();
        if (child == 0) {
            be_a_child(i);
        }
        await(child, "a child of fork");
        if (i % 16 == 0) {
            spawn_true();
        } else if (i % 16 == 8) {
            vfork_true();
        }
    }
    crew_stop();
}

/* An object that allocates when it is loaded and frees when it is unloaded. */
static void modules(unsigned rounds, const char *path)
{
    crew_start();
    for (unsigned i = 0; i < rounds; i++) {
        void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        void *(*give)(void) = module != NULL ? (void *(*)(void))dlsym(module, "give") : NULL;
        if (give == NULL) {
            die("dlopen");
        }
        char *given = give();
        (void)dlclose(module);
        if (strcmp(given, "from a module") != 0) {
            die("a module's block did not outlive it");
        }
        free(given);
    }
    crew_stop();
}

int main(int count, char **words)
{
    unsigned rounds = count > 1 ? (unsigned)strtoul(words[1], NULL, 10) : 0;
    if (rounds == 0) {
        die("usage: edges ROUNDS [MODULE.so]");
    }
    if (early == NULL) {
        die("no memory before main");
    }
#ifdef __GLIBC__
    if (earliest == NULL) {
        die("no memory before constructors");
    }
#endif
    free(early);
    free(earliest);
    (void)pthread_key_create(&key, at_thread_end);
    (void)setvbuf(stdout, NULL, _IONBF, 0); /* a child's exit must not print what waits here */
    signals(rounds);
    crew_start();
    threads(rounds);
    crew_stop();
    forks(rounds);
    if (count > 2) {
        modules(rounds, words[2]);
    }
    printf("edges: %u rounds of signals, threads, forks%s: passed\n", rounds,
           count > 2 ? ", modules" : "");
    return EXIT_SUCCESS;
}
