/* SPDX-License-Identifier: Apache-2.0 */
#include "pest.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void pest_handle(int number, void (*handler)(int number))
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    if (sigaction(number, &action, NULL) != 0) {
        abort();
    }
}

struct pest pest_start(int number, unsigned microseconds)
{
    struct pest pest;
    struct sigevent event;
    struct timespec period = {0, (long)microseconds * 1000};
    struct itimerspec timing = {period, period};
    memset(&event, 0, sizeof(event));
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = number;
    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    if (timer_create(CLOCK_MONOTONIC, &event, &pest.timer) != 0 ||
        timer_settime(pest.timer, 0, &timing, NULL) != 0) {
        abort();
    }
    return pest;
}

void pest_stop(struct pest pest, int number)
{
    sigset_t only;
    (void)sigemptyset(&only);
    (void)sigaddset(&only, number);
    (void)timer_delete(pest.timer);
    (void)pthread_sigmask(SIG_BLOCK, &only, NULL);
}
