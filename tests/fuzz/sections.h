/* SPDX-License-Identifier: Apache-2.0 */
/* Included before each file of the library in a fuzzing build: what it keeps in
 * static memory goes into two sections that world.c can set back. */
#pragma clang section bss = "osh_state_zero" data = "osh_state_set"
