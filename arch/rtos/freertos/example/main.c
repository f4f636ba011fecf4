/* SPDX-License-Identifier: Apache-2.0 */
/* A task takes blocks from FreeRTOS's calls and from C's, gives them back, and says what is left.
 */
#include <stdlib.h>

#include "FreeRTOS.h"
#include "os/os_heap.h"
#include "task.h"

void example_say(const char *text);
_Noreturn void example_exit(int status);

void example_failed(const char *what)
{
    example_say(what);
    example_exit(1);
}

static void say_number(const char *what, size_t number)
{
    char digits[12];
    char *first = &digits[sizeof(digits) - 1];
    *first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    example_say(what);
    example_say(first);
    example_say("\n");
}

static void task(void *parameter)
{
    HeapStats_t stats;
    (void)parameter;
    void *small = pvPortMalloc(40);
    void *large = malloc(3000);
    configASSERT(small != NULL && large != NULL);
    vTaskSuspendAll();
    vPortFree(small);
    (void)xTaskResumeAll();
    free(large);
    vPortGetHeapStats(&stats);
    say_number("bytes free: ", stats.xAvailableHeapSpaceInBytes);
    say_number("allocations: ", stats.xNumberOfSuccessfulAllocations);
    example_say(os_heap_check() == NULL ? "invariants hold\n" : os_heap_check());
    example_exit(os_heap_check() != NULL);
}

int main(void)
{
    configASSERT(xTaskCreate(task, "example", 512, NULL, 1, NULL) == pdPASS);
    vTaskStartScheduler();
    return 1;
}
