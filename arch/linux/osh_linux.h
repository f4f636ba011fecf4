/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this port ask of the system, and a test may say in its place. */
#ifndef OSH_LINUX_H
#define OSH_LINUX_H

#include "osh_compiler.h"

#include <stddef.h>

/* Bytes to reserve for the region, if the kernel grants so many. */
OSH_HIDDEN size_t osh_linux_region_bytes(void);

/* A bound on the numbers of CPUs, whatever the machine is or becomes: each is below it.
 * 0: the kernel does not say. */
OSH_HIDDEN unsigned osh_linux_cpus(void);

/* Zeroed pages, which cost nothing until they are written to; NULL: there are none. */
OSH_HIDDEN void *osh_linux_zeroed(size_t bytes);

/* What osh_process.c defines for those who need its constructor. */
OSH_SHARED const char osh_process_loads;

/* Makes the mutexes robust: once, before there is a second thread. */
OSH_HIDDEN void osh_locks_start(void);

/* In the child of a fork: the mutexes are its own, those that it holds and those that
 * threads held which it has not. */
OSH_HIDDEN void osh_locks_in_child(void);

#endif
