/* SPDX-License-Identifier: Apache-2.0 */
/* Reports misuse; any part of the library may call it. */
#ifndef OSH_REPORT_H
#define OSH_REPORT_H

#include "os/os_heap.h"
#include "osh_compiler.h"

/* The caller of the function that uses this macro. */
#define OSH_CALLER ((const void *)__builtin_return_address(0))

/* Calls the hook; without a hook it prints the report and stops. Returns only if the hook does: the
 * caller must then change nothing and leak a block that it cannot trust. `caller` is the program's
 * call that misused the heap; NULL if the current call is about another block. Any context, also
 * under the heap's mutexes. */
OSH_HIDDEN OSH_COLD void osh_report(enum os_heap_misuse misuse, const void *address,
                                    const void *caller);

#endif
