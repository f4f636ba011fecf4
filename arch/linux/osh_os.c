/* SPDX-License-Identifier: Apache-2.0 */
/* The OS part of the port contract on Linux: publishing, yielding, the secret, reports. */
#include "arch.h"
#include "osh_config.h"

#include <linux/membarrier.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __x86_64__
enum { LOADS_IN_ORDER = 1 };
#else
enum { LOADS_IN_ORDER = 0 };
#endif

void osh_arch_publish(void)
{
    /* Orders this thread's stores, which is enough where CPUs load in order. Elsewhere every CPU
     * that runs a thread of this process has a barrier; with threads, to register for it takes 8 to
     * 15 ms. If the kernel has no such call, there is only one thread. */
    osh_fence();
    if (!LOADS_IN_ORDER) {
        (void)syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
        (void)syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
    }
}

void osh_arch_yield(void)
{
    (void)sched_yield();
}

uintptr_t osh_arch_secret(void)
{
    uintptr_t secret = 0;
    if (syscall(SYS_getrandom, &secret, sizeof(secret), GRND_NONBLOCK) != (long)sizeof(secret)) {
        const uintptr_t *given = (const uintptr_t *)getauxval(AT_RANDOM); /* 16 random bytes */
        secret = given != NULL ? *given : (uintptr_t)&osh_hot; /* a random address, perhaps */
    }
    return secret;
}

void osh_arch_fail(const char *reason, const void *address)
{
    char text[256];
    int length = snprintf(text, sizeof(text), "osheap: %s (address %p)\n", reason, address);
    if (length > 0) {
        size_t bytes = (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1;
        ssize_t written = write(STDERR_FILENO, text, bytes);
        (void)written;
    }
    abort();
}
