/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a shared object that has the heap in it, uses it, lets it go, and is preempted
 * often after that. Each round a thread is left whose last sequence was the object's. */
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void *(*allocate)(size_t);
static void (*give_back)(void *);
static pthread_barrier_t used, let_go;

static void be_preempted(void)
{
    for (unsigned i = 0; i < 200; i++) {
        struct timespec moment = {0, 10000};
        (void)nanosleep(&moment, NULL);
        (void)sched_yield();
    }
}

static void use(void)
{
    void *blocks[50];
    for (unsigned i = 0; i < 50; i++) {
        blocks[i] = allocate(16 + i);
    }
    for (unsigned i = 0; i < 50; i++) {
        give_back(blocks[i]);
    }
}

static void *use_and_stay(void *unused)
{
    (void)unused;
    use();
    (void)pthread_barrier_wait(&used);
    (void)pthread_barrier_wait(&let_go);
    be_preempted();
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: unload SHARED_OBJECT\n");
        return 2;
    }
    (void)pthread_barrier_init(&used, NULL, 2);
    (void)pthread_barrier_init(&let_go, NULL, 2);
    for (unsigned round = 0; round < 5; round++) {
        void *object = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        if (object == NULL) {
            (void)fprintf(stderr, "unload: %s\n", dlerror());
            return 2;
        }
        *(void **)&allocate = dlsym(object, "module_malloc");
        *(void **)&give_back = dlsym(object, "module_free");
        pthread_t thread;
        if (allocate == NULL || give_back == NULL ||
            pthread_create(&thread, NULL, use_and_stay, NULL) != 0) {
            return 2;
        }
        (void)pthread_barrier_wait(&used);
        use();
        (void)dlclose(object);
        (void)pthread_barrier_wait(&let_go);
        be_preempted();
        (void)pthread_join(thread, NULL);
    }
    (void)puts("unload: still here");
    return EXIT_SUCCESS;
}
