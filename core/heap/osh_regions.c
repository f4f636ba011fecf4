/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_regions.h"

OSH_VARIABLE osh_word_t osh_regions_word;
