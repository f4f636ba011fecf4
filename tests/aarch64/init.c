/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first and only process of the guest: runs the programs that /list names, one
 * after the other, and says how each ended. Then the machine is switched off.
 *
 * A line of /list is NUMBER LIMIT ENVIRONMENT PROGRAM ARGUMENT ..., with tabs between
 * them: LIMIT in the guest's seconds, ENVIRONMENT one NAME=VALUE, or "-". Lines of ours
 * begin with "guest: ", after an empty one.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/rseq.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_WORDS 32
#define ALIVE_EVERY 5.0 /* seconds between signs of life */

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static _Noreturn void switch_off(void)
{
    (void)fflush(NULL);
    sync();
    (void)reboot(RB_POWER_OFF);
    for (;;) {
        (void)pause();
    }
}

static void need(int result, const char *what)
{
    if (result != 0) {
        (void)printf("\nguest: no %s: %s\n", what, strerror(errno));
        switch_off();
    }
}

/* Kernel file systems; what is written here and by the tests goes to the console. */
static void set_up(void)
{
    (void)mkdir("/proc", 0755);
    (void)mkdir("/sys", 0755);
    (void)mkdir("/dev", 0755);
    (void)mkdir("/tmp", 01777);
    int proc = mount("proc", "/proc", "proc", 0, NULL);
    int sys = mount("sys", "/sys", "sysfs", 0, NULL);
    int dev = mount("dev", "/dev", "devtmpfs", 0, NULL);
    int console = open("/dev/console", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3; fd++) {
        (void)dup2(console, fd);
    }
    need(proc, "/proc");
    need(sys, "/sys");
    need(dev, "/dev");
}

static void introduce(void)
{
    struct utsname system;
    (void)uname(&system);
    (void)printf("\nguest: machine %s %s cpus=%ld rseq=%u membarrier=%#lx\n", system.machine,
                 system.release, sysconf(_SC_NPROCESSORS_ONLN), __rseq_size,
                 (unsigned long)syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0));
}

static _Noreturn void become(char **words)
{
    (void)setpgid(0, 0);
    if (strcmp(words[0], "-") != 0) {
        (void)putenv(words[0]);
    }
    (void)execv(words[1], words + 1);
    (void)printf("%s: %s\n", words[1], strerror(errno));
    (void)fflush(NULL);
    _exit(127);
}

/* Waits for the child alone: what else ends here has lost its parent. */
static int wait_for(pid_t child, double limit)
{
    double began = now();
    double said = began;
    for (;;) {
        int status;
        pid_t ended = waitpid(-1, &status, WNOHANG);
        if (ended == child) {
            return status;
        }
        if (now() - began > limit) {
            return -1;
        }
        if (now() - said > ALIVE_EVERY) {
            said = now();
            (void)printf("\nguest: alive\n");
            (void)fflush(NULL);
        }
        if (ended <= 0) {
            (void)usleep(10000);
        }
    }
}

static void run(const char *number, double limit, char **words)
{
    (void)printf("\nguest: begin %s\n", number);
    (void)fflush(NULL);
    double began = now();
    pid_t child = fork();
    if (child == 0) {
        become(words);
    }
    int status = child < 0 ? -1 : wait_for(child, limit);
    (void)kill(-child, SIGKILL); /* with all that it started */
    char how[32];
    if (status < 0) {
        (void)snprintf(how, sizeof(how), "hung");
    } else if (WIFSIGNALED(status)) {
        (void)snprintf(how, sizeof(how), "signal=%d", WTERMSIG(status));
    } else {
        (void)snprintf(how, sizeof(how), "exit=%d", WEXITSTATUS(status));
    }
    (void)printf("\nguest: end %s %s seconds=%.2f\n", number, how, now() - began);
    (void)fflush(NULL);
}

int main(void)
{
    set_up();
    introduce();
    FILE *list = fopen("/list", "re");
    need(list == NULL, "/list");
    char line[1024];
    while (fgets(line, sizeof(line), list) != NULL) {
        char *words[MOST_WORDS] = {NULL};
        unsigned count = 0;
        line[strcspn(line, "\n")] = '\0';
        for (char *word = strtok(line, "\t"); word != NULL && count < MOST_WORDS - 1;
             word = strtok(NULL, "\t")) {
            words[count++] = word;
        }
        if (count >= 4) {
            run(words[0], strtod(words[1], NULL), words + 2);
        }
    }
    (void)printf("\nguest: done\n");
    switch_off();
}
