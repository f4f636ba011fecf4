/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OSH_LINUX_H
#define OSH_LINUX_H

#include "osh_compiler.h"

#include <stddef.h>

/* One more than the highest number a CPU of this machine can have. */
OSH_HIDDEN unsigned osh_linux_cpus(void);

/* Bytes to reserve for the region, if the kernel grants so many. */
OSH_HIDDEN size_t osh_linux_region_bytes(void);

#endif
