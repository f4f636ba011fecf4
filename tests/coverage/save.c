/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked into the suites of a coverage build: tests that end by _exit or that
 * the library stops would take what they have executed with them.
 */
#include <signal.h>
#include <unistd.h>

void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}

static void save_and_abort(int number)
{
    __gcov_dump();
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

__attribute__((constructor)) static void save_when_stopped(void)
{
    (void)signal(SIGABRT, save_and_abort);
}
