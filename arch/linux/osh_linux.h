/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this port ask of the system. A test may replace these functions. */
#ifndef OSH_LINUX_H
#define OSH_LINUX_H

#include "osh_compiler.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes to reserve for the region, if the kernel grants so many. */
OSH_HIDDEN size_t osh_linux_region_bytes(void);

/* Does the address lie in the region that the port has reserved? */
OSH_HIDDEN bool osh_linux_reserved(const void *address);

/* The port that the user asks for. */
enum osh_linux_port { OSH_PORT_ANY, OSH_PORT_PORTABLE, OSH_PORT_RSEQ };
OSH_HIDDEN enum osh_linux_port osh_linux_port(void);

/* After how many milliseconds of quiet a thread gives free memory back. 0: there is no such thread.
 * Of libraries with the C library's names alone. */
OSH_HIDDEN size_t osh_linux_thread_milliseconds(void);

/* The value of an environment variable, NULL if there is none or the program has other rights than
 * its user. `room` may be used for it; a value that is longer stops the program. */
OSH_HIDDEN const char *osh_linux_variable(const char *name, char *room, size_t bytes);

/* Every CPU number is below this, also of CPUs that are added later. 0: the kernel does not tell.
 */
OSH_HIDDEN unsigned osh_linux_cpus(void);

/* Zeroed pages, which take no memory until they are written to; NULL: there are none. */
OSH_HIDDEN void *osh_linux_zeroed(size_t bytes);

/* A symbol of osh_process.c, for files that need its constructor. */
OSH_SHARED const char osh_process_loads;

/* Makes the mutexes robust, at the first call. Before there is a second thread: when the program is
 * loaded, or when the heap starts, which may come before that in a shared object. */
OSH_HIDDEN void osh_locks_start(void);

/* In the child of a fork: makes all mutexes again, so that those held by other threads of the
 * parent are free. The child's thread gets back those that it held. */
OSH_HIDDEN void osh_locks_in_child(void);

#endif
