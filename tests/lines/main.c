/* SPDX-License-Identifier: Apache-2.0 */
/* Each workload on 1 to 128 cores, each in a process of its own: one JSON document. */
#include "model_port.h"
#include "os/os_heap.h"
#include "workload.h"

#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The same address in every run, so that every run counts the same. */
#define REGION ((void *)0x100000000000)
#define REGION_BYTES ((size_t)1 << 30)

static const char *only_workload;
static unsigned only_cores;
static unsigned hottest;

static void give_up(const char *workload, unsigned cores, const char *what)
{
    (void)fprintf(stderr, "lines: %s on %u cores: %s\n", workload, cores, what);
    exit(EXIT_FAILURE);
}

static bool start_heap(unsigned cores)
{
    void *region = mmap(REGION, REGION_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (region != REGION) {
        return false;
    }
    model_port_start();
    model_port_region(region, REGION_BYTES);
    model_port_cores(cores);
    void *block = os_malloc(1);
    os_free(block);
    return block != NULL;
}

static void print(struct lines_counts counts)
{
    double calls = (double)counts.calls;
    (void)printf("{\"calls\": %" PRIu64 ", \"transfers\": %.4f, \"in_blocks\": %.4f, "
                 "\"atomics\": %.4f, \"shared_atomics\": %.4f, \"calls_that_share\": %.4f}",
                 counts.calls, (double)counts.in_calls / calls, (double)counts.in_program / calls,
                 (double)counts.atomics / calls, (double)counts.shared_atomics / calls,
                 (double)counts.calls_that_share / calls);
    (void)fflush(stdout);
}

static void measure(const struct workload *workload, unsigned cores)
{
    if (!start_heap(cores)) {
        give_up(workload->name, cores, "the heap does not start");
    }
    workload_cores = cores;
    lines_run(cores, workload->body);
    const char *broken = os_heap_check();
    if (broken != NULL) {
        give_up(workload->name, cores, broken);
    }
    print(lines_counted());
    for (unsigned i = 0; i < hottest; i++) {
        uint32_t transfers;
        uintptr_t address = lines_hottest(&transfers);
        (void)fprintf(stderr, "%#" PRIxPTR " %" PRIu32 "\n", address, transfers);
    }
}

static void measure_apart(const struct workload *workload, unsigned cores)
{
    int status;
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        measure(workload, cores);
        _exit(EXIT_SUCCESS);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        give_up(workload->name, cores, "failed");
    }
}

static void measure_all(const struct workload *workload)
{
    (void)printf(",\n \"%s\": {\"about\": \"%s\"", workload->name, workload->about);
    for (unsigned cores = workload->least_cores; cores <= LINES_CORES_MOST; cores *= 2) {
        if (only_cores == 0 || cores == only_cores) {
            (void)printf(",\n  \"%u\": ", cores);
            measure_apart(workload, cores);
        }
    }
    (void)printf("}");
}

static bool is_known(const char *name)
{
    for (unsigned i = 0; i < workload_count; i++) {
        if (strcmp(name, workloads[i].name) == 0) {
            return true;
        }
    }
    return false;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    switch (key) {
    case 'w':
        only_workload = argument;
        if (!is_known(argument)) {
            argp_error(state, "there is no workload %s", argument);
        }
        return 0;
    case 'c':
        only_cores = (unsigned)strtoul(argument, NULL, 10);
        if (only_cores == 0 || only_cores > LINES_CORES_MOST ||
            (only_cores & (only_cores - 1)) != 0) {
            argp_error(state, "%s is no power of two up to %d", argument, LINES_CORES_MOST);
        }
        return 0;
    case 'h':
        hottest = (unsigned)strtoul(argument, NULL, 10);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"workload", 'w', "NAME", 0, "This one alone", 0},
        {"cores", 'c', "N", 0, "On so many cores alone: 1, 2, 4, ... 128", 0},
        {"hottest", 'h', "N", 0,
         "Also the N lines that moved most, by address (nm tells whose it is) and transfers", 0},
        {0},
    };
    static const struct argp argp = {.options = options,
                                     .parser = parse,
                                     .doc = "Counts cache-line transfers on simulated cores."};
    (void)argp_parse(&argp, argc, argv, 0, NULL, NULL);
    (void)printf("{\"lines\": {\"made_with\": {\"compiler\": \"%s\"}", __VERSION__);
    for (unsigned i = 0; i < workload_count; i++) {
        if (only_workload == NULL || strcmp(only_workload, workloads[i].name) == 0) {
            measure_all(&workloads[i]);
        }
    }
    (void)printf("}}\n");
    return 0;
}
