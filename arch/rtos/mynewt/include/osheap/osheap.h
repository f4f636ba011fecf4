/* SPDX-License-Identifier: Apache-2.0 */
/* The heap's own calls, os_heap_stats and others. Mynewt's os/os_heap.h, which os/mynewt.h
 * includes, declares three of them and has the same guard. */
#ifndef OSHEAP_H
#define OSHEAP_H

#include "os/mynewt.h"
#undef H_OS_HEAP_
#include "osheap/os_heap.h"

#endif
