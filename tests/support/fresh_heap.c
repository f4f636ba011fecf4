/* SPDX-License-Identifier: Apache-2.0 */
#include "fresh_heap.h"

#include "crew.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_kept.h"
#include "osh_slab.h"
#include "osh_slab_open.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SKIPPED 77

/* Small beside the default, whose every page os_heap_check would look at. */
#define PLATFORM_REGION_BYTES "0x4000000"
#define HUNG_AFTER_SECONDS 120

struct ending {
    int status;
    bool hung;
    char said[8192];
};

void skip_because(const char *reason)
{
    print_message("skipped: %s\n", reason);
    (void)fflush(NULL);
    _exit(SKIPPED);
}

static void give_region(size_t pages)
{
    size_t tables = osh_arena_table_bytes(pages) + osh_slab_table_bytes(pages);
    size_t bytes = (pages << OSH_PAGE_LOG2) + tables;
    /* With up to a page lost to alignment the tables' rest may hold one more. */
    bytes = (bytes + OSH_PAGE_BYTES - 1) & ~(size_t)(OSH_PAGE_BYTES - 1);
    size_t room = bytes + OSH_PAGE_BYTES;
    void *region = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(region, MAP_FAILED);
    uintptr_t start = ((uintptr_t)region + OSH_PAGE_BYTES - 1) & ~(OSH_PAGE_BYTES - 1);
    assert_int_equal(os_heap_init((void *)start, bytes), 0);
    /* As in a large region all sizes open slabs: what depends on a small one has tests of its own.
     */
    osh_slab_open_start(SIZE_MAX >> OSH_PAGE_LOG2);
    osh_kept_start(0);
}

static void forget_handlers_of_cmocka(void)
{
    const int handled[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS};
    for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++) {
        (void)signal(handled[i], SIG_DFL);
    }
}

void heap_option(const char *word)
{
    char options[256];
    const char *before = getenv("OSHEAP_OPTIONS");
    (void)snprintf(options, sizeof(options), "%s:%s", before != NULL ? before : "", word);
    (void)setenv("OSHEAP_OPTIONS", options, 1);
}

static void live_as_child(size_t pages, heap_body body, int output)
{
    (void)dup2(output, STDOUT_FILENO);
    (void)dup2(output, STDERR_FILENO);
    (void)close(output);
    (void)setenv("CMOCKA_TEST_ABORT", "1", 1); /* a failed assertion ends this process */
    (void)setvbuf(stdout, NULL, _IONBF, 0);
    forget_handlers_of_cmocka();
    heap_option("decay=off"); /* what stays does not depend on time, but where a test says so */
    if (pages == PLATFORM_REGION) {
        heap_option("region=" PLATFORM_REGION_BYTES);
    } else {
        give_region(pages);
    }
    /* What the test's one thread caches is where the test looks for it. */
    pin_to_cpu((unsigned)getpid());
    body();
    const char *wrong = os_heap_check();
    if (wrong != NULL) {
        fail_msg("os_heap_check after the test: %s", wrong);
    }
    (void)fflush(NULL);
    _exit(EXIT_SUCCESS);
}

/* Reads all the child says; kills it when it neither speaks nor ends. */
static void listen_to(pid_t child, int input, struct ending *ending)
{
    size_t length = 0;
    struct pollfd poll_input = {.fd = input, .events = POLLIN};
    for (;;) {
        if (poll(&poll_input, 1, HUNG_AFTER_SECONDS * 1000) == 0) {
            ending->hung = true;
            (void)kill(child, SIGKILL);
            return;
        }
        char text[1024];
        ssize_t got = read(input, text, sizeof(text));
        if (got <= 0) {
            return;
        }
        size_t keep = sizeof(ending->said) - 1 - length;
        keep = (size_t)got < keep ? (size_t)got : keep;
        memcpy(ending->said + length, text, keep);
        length += keep;
    }
}

/* A body that skips itself skips the test, whichever ending was awaited. */
static void run(size_t pages, heap_body body, struct ending *ending)
{
    int ends[2];
    memset(ending, 0, sizeof(*ending));
    assert_int_equal(pipe(ends), 0);
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(ends[0]);
        live_as_child(pages, body, ends[1]);
    }
    (void)close(ends[1]);
    listen_to(child, ends[0], ending);
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &ending->status, 0), child);
    if (WIFEXITED(ending->status) && WEXITSTATUS(ending->status) == SKIPPED) {
        print_message("%s", ending->said);
        skip();
    }
}

static void fail_with(const struct ending *ending, const char *what)
{
    print_error("%s\n", ending->said);
    if (ending->hung) {
        fail_msg("the child said and did nothing for %d s and was killed", HUNG_AFTER_SECONDS);
    }
    fail_msg("%s: wait status 0x%x", what, (unsigned)ending->status);
}

void run_in_fresh_heap(size_t pages, heap_body body)
{
    struct ending ending;
    run(pages, body, &ending);
    if (!WIFEXITED(ending.status) || WEXITSTATUS(ending.status) != EXIT_SUCCESS) {
        fail_with(&ending, "the child failed");
    }
}

void run_until_stopped(size_t pages, heap_body body, const char *report)
{
    struct ending ending;
    run(pages, body, &ending);
    if (!WIFSIGNALED(ending.status) || WTERMSIG(ending.status) != SIGABRT) {
        fail_with(&ending, "the child was not stopped by the library");
    }
    if (strstr(ending.said, report) == NULL) {
        print_error("expected: %s\n", report);
        fail_with(&ending, "the child's report was another");
    }
}

void run_fresh_heap_row(void **state)
{
    const struct fresh_heap *row = *state;
    if (row->report != NULL) {
        run_until_stopped(row->pages, row->body, row->report);
    } else {
        run_in_fresh_heap(row->pages, row->body);
    }
}
