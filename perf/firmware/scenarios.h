/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include "storm.h"

extern const struct scenario storm_pair, storm_mixed16, storm_mixed256, storm_mixed2048,
    storm_churn, storm_handoff, storm_burst, storm_mixed, storm_brink, storm_density,
    storm_pair3000;

#endif
