/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_hot.h"

OSH_VARIABLE struct osh_hot osh_hot;
