/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include "lines.h"

struct workload {
    const char *name;
    const char *about;
    unsigned least_cores;
    void (*body)(unsigned core); /* meets twice: when all are warm, and at the end */
};

extern const struct workload workloads[];
extern const unsigned workload_count;

/* How many cores the present run has. */
extern unsigned workload_cores;

#endif
