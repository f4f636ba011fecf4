/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Included before everything else by the Linux port's own sources: the few
 * things they ask the system for come from model_os.c instead.
 */
#ifndef MODEL_LIBC_H
#define MODEL_LIBC_H

#include <sched.h>
#include <stddef.h>
#include <sys/rseq.h>
#include <unistd.h>

extern ptrdiff_t model_rseq_offset;
long model_syscall(long number, ...);
int model_getcpu(void);

#define __rseq_offset model_rseq_offset
#define __rseq_size 32u
#define syscall model_syscall
#define sched_getcpu model_getcpu

#endif
