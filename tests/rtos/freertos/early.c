/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the heap before the scheduler, as the page asks for on several cores. */
#include "FreeRTOS.h"

__attribute__((constructor)) static void early(void)
{
    vPortFree(pvPortMalloc(1));
}
