// SPDX-License-Identifier: Apache-2.0
#ifndef STORM_ALLOC_GLIBC_H
#define STORM_ALLOC_GLIBC_H

#define STORM_NAME "glibc"

#include "alloc/libc_api.h"

#endif
