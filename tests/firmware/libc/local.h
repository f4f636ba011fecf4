/* SPDX-License-Identifier: Apache-2.0 */
/* In place of newlib's own, of which the files here want this one word: a loop
 * of memset's must not become a call of memset. */
#define __inhibit_loop_to_libcall \
    __attribute__((__optimize__("-fno-tree-loop-distribute-patterns")))
