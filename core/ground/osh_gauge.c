/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_gauge.h"

OSH_VARIABLE struct osh_gauge osh_gauge;
