// SPDX-License-Identifier: Apache-2.0
// One run from the first thread to the last figure.
#ifndef STORM_RUN_H
#define STORM_RUN_H

#include <stdint.h>

#include "storm.h"

struct storm_result {
    double elapsed_s;
    double cpu_s;
    uint64_t faults;
    double phase_s[STORM_MAX_PHASES];
    uint64_t ops;
    uint64_t live_bytes;
    uint64_t base_rss_bytes;
    uint64_t peak_rss_bytes;
};

// Uses `storm`, whose parameters are set; returns when everything was given back.
void storm_execute(struct storm_result *result);

#endif
