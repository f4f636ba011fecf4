/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocator where programs rarely look: before main, in destructors of threads, in signal
 * handlers that interrupt it, in children of fork and vfork, in objects that come and go.
 * With the heap linked in or preloaded; glibc's own may not be called in handlers.
 *
 * usage: edges ROUNDS [MODULE.so]
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOTS 64u

static _Noreturn void die(const char *what)
{
    printf("edges: FAILED: %s\n", what);
    exit(EXIT_FAILURE);
}

/* Allocates and frees many sizes, and checks each block's contents before it goes. */
struct work {
    unsigned char *block[SLOTS];
    size_t size[SLOTS];
    unsigned seed;
};

static unsigned next_of(struct work *w)
{
    return w->seed = w->seed * 1664525u + 1013904223u;
}

static void turn(struct work *w)
{
    unsigned slot = next_of(w) >> 8 & (SLOTS - 1);
    unsigned char **b = &w->block[slot];
    unsigned kind = next_of(w) >> 16;
    size_t most = (kind & 15u) != 0 ? 600 : (kind & 240u) != 0 ? 300000 : 6000000;
    size_t size = 1 + (next_of(w) >> 8) % most;
    if (*b != NULL &&
        ((*b)[0] != (unsigned char)slot || (*b)[w->size[slot] - 1] != (unsigned char)slot)) {
        die("a block's contents changed");
    }
    if (next_of(w) >> 24 & 1) {
        *b = realloc(*b, size);
    } else {
        free(*b);
        *b = malloc(size);
    }
    if (*b == NULL) {
        die("no memory");
    }
    (*b)[0] = (*b)[size - 1] = (unsigned char)slot;
    w->size[slot] = size;
}

static void drop(struct work *w)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        free(w->block[i]);
        w->block[i] = NULL;
    }
}

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

/* A handler that allocates and frees while the heap is at work. */
static atomic_uint handled;
static struct work in_handler = {.seed = 7};
static void handler(int signal)
{
    (void)signal;
    unsigned slot = next_of(&in_handler) >> 8 & (SLOTS - 1);
    free(in_handler.block[slot]);
    in_handler.block[slot] = malloc(1 + (next_of(&in_handler) >> 8) % 600u);
    if (in_handler.block[slot] == NULL) {
        die("no memory in a handler");
    }
    atomic_fetch_add(&handled, 1);
}

static void signals(unsigned rounds)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    (void)sigaction(SIGALRM, &action, NULL);
    struct itimerval often = {{0, 50}, {0, 50}};
    (void)setitimer(ITIMER_REAL, &often, NULL);
    struct work w = {.seed = 3};
    while (atomic_load(&handled) < rounds) {
        turn(&w);
    }
    struct itimerval never = {{0, 0}, {0, 0}};
    (void)setitimer(ITIMER_REAL, &never, NULL);
    drop(&w);
    drop(&in_handler);
}

/* Children of a process whose other threads are inside the heap. */
static atomic_bool done;
static void *busy(void *seed)
{
    struct work w = {.seed = (unsigned)(size_t)seed};
    while (!atomic_load(&done)) {
        turn(&w);
    }
    drop(&w);
    return NULL;
}

static void await(pid_t child, const char *what)
{
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        die(what);
    }
}

static void forks(unsigned rounds)
{
    pthread_t crew[3];
    for (size_t i = 0; i < 3; i++) {
        (void)pthread_create(&crew[i], NULL, busy, (void *)(i + 1));
    }
    for (unsigned i = 0; i < rounds; i++) {
        pid_t child = fork();
        if (child == 0) {
            struct work w = {.seed = i};
            for (int j = 0; j < 100; j++) {
                turn(&w);
            }
            drop(&w);
            _exit(EXIT_SUCCESS);
        }
        await(child, "a child of fork");
        if (i % 16 == 0) {
            char *arguments[] = {"true", NULL};
            char *no_environment[] = {NULL};
            if (posix_spawn(&child, "/bin/true", NULL, NULL, arguments, no_environment) != 0) {
                die("posix_spawn");
            }
            await(child, "a child of vfork and exec");
        }
    }
    atomic_store(&done, true);
    for (int i = 0; i < 3; i++) {
        (void)pthread_join(crew[i], NULL);
    }
}

/* An object that allocates when it is loaded and frees when it is unloaded. */
static void modules(unsigned rounds, const char *path)
{
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
    free(early);
    (void)pthread_key_create(&key, at_thread_end);
    signals(rounds);
    threads(rounds);
    forks(rounds);
    if (count > 2) {
        modules(rounds, words[2]);
    }
    printf("edges: %u rounds of signals, threads, forks%s: passed\n", rounds,
           count > 2 ? ", modules" : "");
    return EXIT_SUCCESS;
}
