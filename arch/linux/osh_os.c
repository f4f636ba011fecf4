/* SPDX-License-Identifier: Apache-2.0 */
/* The OS half of the contract on Linux: threads, mutexes, memory, reports. */
#include "arch.h"
#include "os/os_heap_linux.h"
#include "osh_config.h"
#include "osh_linux.h"

#include <fcntl.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/single_threaded.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Adaptive: the heap is held for a few hundred instructions, so a waiter spins a
 * little before it sleeps. */
static struct {
    pthread_mutex_t mutex OSH_ALIGNED(OSH_CACHELINE);
} mutexes[OSH_MUTEXES] = {{PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP},
                          {PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP}};

static _Thread_local unsigned signal_depth __attribute__((tls_model("initial-exec")));

void os_heap_signal_enter(void)
{
    signal_depth++;
}

void os_heap_signal_leave(void)
{
    signal_depth--;
}

bool osh_arch_in_interrupt(void)
{
    return signal_depth > 0;
}

bool osh_arch_os_started(void)
{
    return !__libc_single_threaded;
}

void osh_arch_lock(enum osh_mutex mutex)
{
    (void)pthread_mutex_lock(&mutexes[mutex].mutex);
}

bool osh_arch_try_lock(enum osh_mutex mutex)
{
    return pthread_mutex_trylock(&mutexes[mutex].mutex) == 0;
}

void osh_arch_unlock(enum osh_mutex mutex)
{
    (void)pthread_mutex_unlock(&mutexes[mutex].mutex);
}

void osh_arch_publish(void)
{
    /* A barrier on every CPU that runs a thread of ours. Where the kernel has
     * none there is a single thread still, or a CPU that orders loads. */
    (void)syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
    (void)syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

void osh_arch_yield(void)
{
    (void)sched_yield();
}

/* The list ends in the highest number: "0-3,8-11". Read and parsed by hand: the
 * C library's ways would make a small program's memory a tenth larger. */
unsigned osh_linux_cpus(void)
{
    char text[256];
    long length = -1;
    long file =
        syscall(SYS_openat, AT_FDCWD, "/sys/devices/system/cpu/possible", O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        length = syscall(SYS_read, file, text, sizeof(text));
        (void)syscall(SYS_close, file);
    }
    unsigned number = 0;
    unsigned digits = 0;
    for (long i = 0; i < length && text[i] != '\n'; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        number = digit ? (digits > 0 ? number * 10 : 0) + (unsigned)(text[i] - '0') : number;
        digits = digit ? digits + 1 : 0;
    }
    if (digits > 0) {
        return number + 1;
    }
    long configured = sysconf(_SC_NPROCESSORS_CONF);
    return configured > 0 ? (unsigned)configured : 1u;
}

size_t osh_linux_region_bytes(void)
{
    const char *text = getenv("OSHEAP_REGION_BYTES");
    if (text == NULL) {
        return OSH_REGION_BYTES;
    }
    char *end;
    unsigned long long bytes = strtoull(text, &end, 0);
    if (end == text || *end != '\0' || bytes < 16 * OSH_PAGE_BYTES) {
        osh_arch_fail("OSHEAP_REGION_BYTES must be a number of bytes, 16 pages at least", NULL);
    }
    return (size_t)bytes;
}

uintptr_t osh_arch_secret(void)
{
    uintptr_t secret = 0;
    if (syscall(SYS_getrandom, &secret, sizeof(secret), GRND_NONBLOCK) != (long)sizeof(secret)) {
        const uintptr_t *given =
            (const uintptr_t *)getauxval(AT_RANDOM);          /* 16 bytes of the kernel's */
        secret = given != NULL ? *given : (uintptr_t)mutexes; /* somewhere, at least */
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
