/* SPDX-License-Identifier: Apache-2.0 */
/* -Dtools=valgrind includes this before every source. It gives the library's own functions inner
 * names; os_heap_valgrind.c defines the functions that programs call. */
#ifndef OSH_INNER_NAMES_H
#define OSH_INNER_NAMES_H

#define os_malloc osh_inner_malloc
#define os_free osh_inner_free
#define os_realloc osh_inner_realloc
#define os_calloc osh_inner_calloc
#define os_reallocarray osh_inner_reallocarray
#define os_aligned_alloc osh_inner_aligned_alloc
#define os_malloc_usable_size osh_inner_malloc_usable_size
#define os_free_sized osh_inner_free_sized
#define os_heap_init osh_inner_init
#define os_heap_add_region osh_inner_add_region
#define os_heap_caps osh_inner_caps
#define os_malloc_in osh_inner_malloc_in
#define os_heap_trim osh_inner_trim
#define os_heap_stats(stats) osh_inner_stats(stats) /* not the struct */
#define os_heap_gauge(gauge) osh_inner_gauge(gauge) /* likewise */
#define os_heap_check osh_inner_check

#endif
