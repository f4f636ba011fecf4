// SPDX-License-Identifier: Apache-2.0
// The run as one line of JSON on standard output.
#ifndef STORM_REPORT_H
#define STORM_REPORT_H

#include "run.h"

void storm_report(const struct storm_result *result);

#endif
