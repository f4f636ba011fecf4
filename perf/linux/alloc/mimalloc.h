// SPDX-License-Identifier: Apache-2.0
#ifndef STORM_ALLOC_MIMALLOC_H
#define STORM_ALLOC_MIMALLOC_H

#define STORM_NAME "mimalloc"

#include "alloc/libc_api.h"

#endif
