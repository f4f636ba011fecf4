/* SPDX-License-Identifier: Apache-2.0 */
/* How misuse is reported, from wherever it is noticed. */
#ifndef OSH_REPORT_H
#define OSH_REPORT_H

#include "os/os_heap.h"
#include "osh_compiler.h"

/* Whoever called the function this stands in. */
#define OSH_CALLER ((const void *)__builtin_return_address(0))

/* Tells the hook, or without one prints and stops. Returns only if the hook does:
 * the caller then leaves everything as it is, a block it cannot trust included.
 * `caller`: of the API, NULL when the call was about another block. Any context,
 * also under the heap's mutexes. */
OSH_HIDDEN OSH_COLD void osh_report(enum os_heap_misuse misuse, const void *address,
                                    const void *caller);

#endif
