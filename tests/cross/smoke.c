/* SPDX-License-Identifier: Apache-2.0 */
/* A few threads on a foreign CPU: is the heap whole, on the port expected? */
#include "os/os_heap.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { THREADS = 4, SLOTS = 256, ROUNDS = 20000 };

static void *churn(void *seed)
{
    unsigned random = (unsigned)(uintptr_t)seed;
    unsigned char *slot[SLOTS] = {NULL};
    size_t bytes[SLOTS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        random = random * 1664525u + 1013904223u;
        unsigned k = (random >> 8) % SLOTS;
        if (slot[k] != NULL && (slot[k][0] != k || slot[k][bytes[k] - 1] != k)) {
            return "a block was overwritten";
        }
        bytes[k] = 1 + ((random >> 16) & ((8u << (random >> 28)) - 1u));
        slot[k] = os_realloc(slot[k], bytes[k]);
        if (slot[k] == NULL) {
            return "out of memory";
        }
        slot[k][0] = slot[k][bytes[k] - 1] = (unsigned char)k;
    }
    for (unsigned k = 0; k < SLOTS; k++) {
        os_free(slot[k]);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) {
        if (pthread_create(&thread[i], NULL, churn, (void *)(i + 1)) != 0) {
            return 1;
        }
    }
    void *wrong = NULL;
    for (unsigned i = 0; i < THREADS; i++) {
        void *result;
        (void)pthread_join(thread[i], &result);
        wrong = result != NULL ? result : wrong;
    }
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    const char *check = os_heap_check();
    printf("port %s, live %zu, check %s\n", stats.port, stats.live,
           check != NULL ? check : "whole");
    if (wrong != NULL) {
        printf("%s\n", (const char *)wrong);
    }
    return wrong != NULL || check != NULL || stats.live != 0 ||
           (argc > 1 && strcmp(argv[1], stats.port) != 0);
}
