// SPDX-License-Identifier: Apache-2.0
#ifndef STORM_ALLOC_TCMALLOC_H
#define STORM_ALLOC_TCMALLOC_H

#define STORM_NAME "tcmalloc"

#include "alloc/libc_api.h"

#endif
