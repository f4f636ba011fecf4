/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this port ask of the system, and a test may say in its place. */
#ifndef OSH_LINUX_H
#define OSH_LINUX_H

#include "osh_compiler.h"

#include <stddef.h>

/* A bound on the numbers of CPUs, whatever the machine is or becomes: each is below it.
 * 0: the kernel does not say. */
OSH_HIDDEN unsigned osh_linux_cpus(void);

/* Zeroed pages, which cost nothing until they are written to; NULL: there are none. */
OSH_HIDDEN void *osh_linux_zeroed(size_t bytes);

#endif
