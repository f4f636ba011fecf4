/* SPDX-License-Identifier: Apache-2.0 */
/* What the images ask of the kernel that stands for Mynewt's. */
#ifndef MYNEWT_TEST_H
#define MYNEWT_TEST_H

/* As kernel_on_tick, but calls of the kernel's mutexes in the handler are refused. */
void test_on_tick(void (*on_tick)(void));

/* How often a task has waited for a mutex. */
extern unsigned test_waits;

#endif
