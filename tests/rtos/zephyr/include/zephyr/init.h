/* SPDX-License-Identifier: Apache-2.0 */
/* Written from Zephyr's documentation. The levels before the kernel are static constructors here,
 * which the test kernel runs ahead of main. */
#ifndef ZEPHYR_INCLUDE_INIT_H_
#define ZEPHYR_INCLUDE_INIT_H_

#define SYS_INIT_PRE_KERNEL_1 __attribute__((constructor))
#define SYS_INIT(init_fn, level, prio)                    \
    SYS_INIT_##level static void sys_init_##init_fn(void) \
    {                                                     \
        (void)(init_fn)();                                \
    }                                                     \
    _Static_assert((prio) >= 0 && (prio) <= 99, "0 to 99")

#endif
