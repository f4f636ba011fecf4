/* SPDX-License-Identifier: Apache-2.0 */
/* What an application gives to FreeRTOS: hooks and macros. They note that they were called. */
#include "board.h"
#include "freertos_test.h"

struct test_traces test_traces;

static void *place[5];
static volatile bool expected;

void test_assert_failed(const char *what)
{
    if (expected) {
        expected = false;
        __builtin_longjmp(place, 1);
    }
    board_puts("configASSERT: ");
    board_puts(what);
    board_puts("\n");
    board_exit(3);
}

__attribute__((noinline)) static bool returns(void (*call)(void))
{
    if (__builtin_setjmp(place) != 0) {
        return false;
    }
    expected = true;
    call();
    expected = false;
    return true;
}

bool test_asserts(void (*call)(void))
{
    return !returns(call);
}

void vApplicationMallocFailedHook(void)
{
    test_traces.failures++;
}

void test_trace_malloc(void *block, size_t size)
{
    test_traces.mallocs++;
    test_traces.block = block;
    test_traces.size = size;
}

void test_trace_free(void *block, size_t size)
{
    test_traces.frees++;
    test_traces.block = block;
    test_traces.size = size;
}

void vApplicationGetRandomHeapCanary(portPOINTER_SIZE_TYPE *canary);
void vApplicationGetRandomHeapCanary(portPOINTER_SIZE_TYPE *canary)
{
    *canary = (portPOINTER_SIZE_TYPE)0x9e3779b9u;
}
