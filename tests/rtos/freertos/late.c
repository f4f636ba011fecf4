/* SPDX-License-Identifier: Apache-2.0 */
/* The first allocation comes after the scheduler has started: an assertion on several cores. */
#include "check.h"
#include "freertos_test.h"
#include "kernel.h"

static void allocate(void)
{
    vPortFree(pvPortMalloc(40));
    vPortFree(pvPortMalloc(5000));
}

static void task(unsigned number)
{
    (void)number;
    CHECK(test_asserts(allocate) == (BOARD_CORES > 1));
    board_puts("ok\n");
    board_exit(0);
}

static void done(void)
{
}

int main(void)
{
    kernel_task(task, 0);
    kernel_run(done);
}
