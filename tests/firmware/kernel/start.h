/* SPDX-License-Identifier: Apache-2.0 */
/* From the first core's reset to main. */
#ifndef START_H
#define START_H

/* Sets up .data and .bss, runs static constructors, calls main and exits with its status. */
_Noreturn void start_main(void);

#endif
