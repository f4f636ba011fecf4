/* SPDX-License-Identifier: Apache-2.0 */
#include "scenarios.h"

const struct scenario *const storm_scenarios[] = {
    &storm_pair,      &storm_pair3000, &storm_mixed16, &storm_mixed256,
    &storm_mixed2048, &storm_churn,    &storm_handoff, &storm_burst,
    &storm_mixed,     &storm_brink,    &storm_density, NULL,
};
