/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts a loop around each row of a suite's table: the row's body runs in a fresh
 * heap in which the first page claim fails, then in one in which the second
 * does, and so on until it runs through without a failure; and the same for the
 * growths of newlib's heap. A body that cannot go on without memory ends at its
 * assertion; either way all must then be well (recover.h).
 *
 * MEMORY_OUT_EVERY=1 tries every N. Otherwise beyond the first MEMORY_OUT_DENSE (100)
 * N grows by a twelfth each time, since some bodies claim thousands of pages.
 */
#include "fresh_heap.h"
#include "inject.h"
#include "ledger.h"
#include "os/os_heap.h"
#include "recover.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STREAK 40

void __wrap_run_fresh_heap_row(void **state);
_Noreturn void __wrap_osh_arch_fail(const char *reason, const void *address);

struct attempt {
    heap_body body;
    enum inject_kind kind;
    size_t n;
    size_t streak;
    bool fired;   /* told by the child: */
    bool stopped; /* an assertion failed */
};

static struct attempt *attempt; /* shared with the child */

_Noreturn void __wrap_osh_arch_fail(const char *reason, const void *address)
{
    complain(reason, address);
}

static void finish(void)
{
    attempt->fired = inject_stop();
    recover();
}

/* The body could not go on, on whatever thread: an assertion failed, or it used the
 * NULL it got. Inside the library neither may happen. */
static void on_end(int number)
{
    if (ledger_in_library()) {
        complain(number == SIGABRT ? "stopped inside the library" : "crash inside the library",
                 NULL);
    }
    attempt->stopped = true;
    finish();
    _exit(EXIT_SUCCESS);
}

static void run_body(void)
{
    (void)signal(SIGABRT, on_end);
    (void)signal(SIGSEGV, on_end);
    (void)os_heap_check(); /* starts the heap */
    ledger_start();
    inject(attempt->kind, attempt->n, attempt->streak);
    attempt->body();
    finish();
    (void)signal(SIGABRT, SIG_DFL);
    (void)signal(SIGSEGV, SIG_DFL);
}

static size_t number_from_environment(const char *name, size_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoul(text, NULL, 0) : otherwise;
}

static size_t next_after(size_t n)
{
    bool every = number_from_environment("MEMORY_OUT_EVERY", 0) != 0;
    size_t dense = number_from_environment("MEMORY_OUT_DENSE", 100);
    return every || n < dense ? n + 1 : n + n / 12;
}

/* Until the N-th such call does not come. Returns the runs it took. */
static size_t try_all(const struct fresh_heap *row, enum inject_kind kind, size_t streak)
{
    size_t runs = 0;
    size_t stopped = 0;
    for (size_t n = 1;; n = next_after(n)) {
        *attempt = (struct attempt){.body = row->body, .kind = kind, .n = n, .streak = streak};
        run_in_fresh_heap(row->pages, run_body);
        if (!attempt->fired) {
            break;
        }
        runs++;
        stopped += attempt->stopped;
    }
    assert_false(attempt->stopped); /* without a failure the body holds */
    print_message("memory-out: %s, %zu at a time: %zu failures, %zu ended the test early\n",
                  kind == INJECT_PAGES ? "page claims" : "growths", streak, runs, stopped);
    return runs;
}

void __wrap_run_fresh_heap_row(void **state)
{
    const struct fresh_heap *row = *state;
    attempt =
        mmap(NULL, sizeof(*attempt), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(attempt, MAP_FAILED);
    for (enum inject_kind kind = INJECT_PAGES; kind < INJECT_KINDS; kind++) {
        (void)try_all(row, kind, 1);
        (void)try_all(row, kind, STREAK);
    }
    (void)munmap(attempt, sizeof(*attempt));
}
