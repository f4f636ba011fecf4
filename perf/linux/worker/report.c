// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "block.h"
#include "clock.h"
#include "hist.h"
#include "memory.h"

enum { LINE_BYTES = 256 * 1024 };

static char *line;
static size_t used;

__attribute__((format(printf, 1, 2))) static void put(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    // clang-analyzer 14 does not see va_start here.
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized)
    int n = vsnprintf(line + used, LINE_BYTES - used, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= LINE_BYTES - used) {
        storm_die(EXIT_SYSTEM, "the report does not fit in %d bytes", LINE_BYTES);
    }
    used += (size_t)n;
}

// Bucket and count, in pairs: the runner merges rounds before it takes percentiles.
static void put_kind(const char *name, enum storm_call call, bool first)
{
    uint64_t max = 0;
    put("%s\"%s\":{\"hist\":[", first ? "" : ",", name);
    bool any = false;
    for (unsigned b = 0; b < HIST_BUCKETS; b++) {
        uint64_t count = 0;
        for (unsigned i = 0; i < storm.threads; i++) {
            count += storm.thread[i].hist->count[b][call];
        }
        if (count > 0) {
            put("%s[%u,%" PRIu64 "]", any ? "," : "", b, count);
            any = true;
        }
    }
    for (unsigned i = 0; i < storm.threads; i++) {
        uint64_t seen = storm.thread[i].hist->max[call];
        max = seen > max ? seen : max;
    }
    put("],\"max\":%" PRIu64 "}", max);
}

static void put_latency(void)
{
    put(",\"latency\":{");
    put_kind("malloc", CALL_MALLOC, true);
    put_kind("free", CALL_FREE, false);
    put_kind("realloc", CALL_REALLOC, false);
    put("}");
}

static void put_measures(void)
{
    if (storm.measures == 0) {
        return;
    }
    put(",\"measures\":{");
    for (unsigned i = 0; i < storm.measures; i++) {
        put("%s\"%s\":%" PRIu64, i > 0 ? "," : "", storm.measure[i].name, storm.measure[i].value);
    }
    put("}");
}

static void put_points(void)
{
    put(",\"phases\":[");
    for (unsigned p = 0; p < storm.points; p++) {
        const struct storm_point *at = &storm.point[p];
        put("%s{\"label\":\"%s\",\"live_bytes\":%" PRIu64 ",\"rss_bytes\":%" PRIu64
            ",\"live_after_bytes\":%" PRIu64 ",\"rss_after_bytes\":%" PRIu64 "}",
            p > 0 ? "," : "", at->label, at->live_bytes, at->rss_bytes, at->live_after_bytes,
            at->rss_after_bytes);
    }
    put("]");
}

static uint64_t ops_in_phase(unsigned p)
{
    uint64_t ops = 0;
    for (unsigned i = 0; i < storm.threads; i++) {
        ops += storm.thread[i].phase_ops[p];
    }
    return ops;
}

static void put_phase_ops(const struct storm_result *result)
{
    put(",\"phases\":[");
    for (unsigned p = storm.first_phase; p < storm.scenario->phases; p++) {
        put("%s{\"label\":\"%u live\",\"ops_per_s\":%.1f}", p > storm.first_phase ? "," : "",
            storm.scenario->phase_label(p), (double)ops_in_phase(p) / result->phase_s[p]);
    }
    put("]");
}

static void put_recovery(void)
{
    const struct storm_recovery *r = &storm.recovery;
    put(",\"recovery\":{\"region_bytes\":%zu,\"nulls\":%" PRIu64 ",\"first_fill_bytes\":%" PRIu64
        ",\"lowest_fill_bytes\":%" PRIu64 ",\"large_bytes\":%" PRIu64
        ",\"large_had\":%s,\"refill_bytes\":%" PRIu64 "}",
        storm.region_bytes, r->nulls, r->first_fill_bytes, r->lowest_fill_bytes, r->large_bytes,
        r->large_had ? "true" : "false", r->refill_bytes);
}

// Over several phases the geometric mean of their rates: the total would be that
// of the fastest one.
static double ops_per_s(const struct storm_result *result)
{
    unsigned first = storm.first_phase;
    unsigned phases = storm.scenario->phases;
    if (phases - first == 1) {
        return (double)result->ops / result->elapsed_s;
    }
    double log_sum = 0;
    for (unsigned p = first; p < phases; p++) {
        uint64_t ops = ops_in_phase(p);
        log_sum += log((double)(ops > 0 ? ops : 1) / result->phase_s[p]);
    }
    return exp(log_sum / (phases - first));
}

static void write_line(void)
{
    for (size_t sent = 0; sent < used;) {
        ssize_t n = write(STDOUT_FILENO, line + sent, used - sent);
        if (n < 0) {
            storm_die(EXIT_SYSTEM, "cannot write the report");
        }
        sent += (size_t)n;
    }
}

void storm_report(const struct storm_result *result)
{
    line = storm_map_lazy(LINE_BYTES);
    put("{\"allocator\":\"%s\",\"identity\":\"%s\"", STORM_NAME, storm_identity());
    put(",\"scenario\":\"%s\",\"threads\":%u,\"seconds\":%.6g,\"verify\":%s", storm.scenario->name,
        storm.threads, storm.seconds, storm.verify ? "true" : "false");
    put(",\"elapsed_s\":%.9f,\"cpu_s\":%.6f,\"ops\":%" PRIu64 ",\"ops_per_s\":%.1f",
        result->elapsed_s, result->cpu_s, result->ops, ops_per_s(result));
    put(",\"live_bytes\":%" PRIu64 ",\"base_rss_bytes\":%" PRIu64 ",\"peak_rss_bytes\":%" PRIu64,
        result->live_bytes, result->base_rss_bytes, result->peak_rss_bytes);
    put(",\"faults\":%" PRIu64, result->faults);
    put(",\"clock_overhead_ns\":%.1f", storm_clock_overhead_ns());
    put_latency();
    put_measures();
    if (storm.points > 0) {
        put_points();
    } else if (storm.scenario->phase_label != NULL) {
        put_phase_ops(result);
    }
    if (storm.scenario->region_only) {
        put_recovery();
    }
    put("}\n");
    write_line();
}
