// SPDX-License-Identifier: Apache-2.0
#ifndef STORM_ALLOC_JEMALLOC_H
#define STORM_ALLOC_JEMALLOC_H

#define STORM_NAME "jemalloc"

#include "alloc/libc_api.h"

#endif
