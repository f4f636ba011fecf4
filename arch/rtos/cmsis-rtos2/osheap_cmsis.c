/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heap's hooks over CMSIS-RTOS2: RTX5, FreeRTOS by its CMSIS-RTOS2 layer, and others. One core.
 * The CPU itself tells handlers and masked interrupts.
 */
#include "osheap_cmsis.h"

#include "os/os_heap.h"
#include "os/os_heap_port.h"

#include "cmsis_os2.h"

/* The control blocks are static, because dynamic ones may come from the heap that they protect.
 * RTX5 wants its exact size, and a section of its own; other kernels take a block that is longer
 * than theirs (FreeRTOS: sizeof(StaticSemaphore_t)). */
#if defined(__has_include) && __has_include("rtx_os.h")
#include "rtx_os.h"
#define CB_SECTION __attribute__((section(".bss.os.mutex.cb")))
#define CB_BYTES osRtxMutexCbSize
#else
#define CB_SECTION
#define CB_BYTES 96u
#endif

CB_SECTION static uint32_t block_0[CB_BYTES / 4];
CB_SECTION static uint32_t block_1[CB_BYTES / 4];
_Static_assert(OS_HEAP_PORT_MUTEXES == 2, "a control block for each");

static osMutexId_t mutexes[OS_HEAP_PORT_MUTEXES];

/* True from the first time that the kernel was seen to run: it does not stop again. So a call of
 * the heap asks the kernel at most until then. */
static volatile bool started;

static osMutexId_t new_mutex(unsigned mutex, uint32_t bits)
{
    osMutexAttr_t attributes = {
        .name = "osheap",
        .attr_bits = bits,
        .cb_mem = mutex == 0 ? block_0 : block_1,
        .cb_size = CB_BYTES,
    };
    return osMutexNew(&attributes);
}

void osheap_cmsis_start(void *region, size_t bytes)
{
    for (unsigned i = 0; i < OS_HEAP_PORT_MUTEXES; i++) {
        /* Robust: the kernel gives it on if its owner ends. Not every kernel has that. */
        mutexes[i] = new_mutex(i, osMutexPrioInherit | osMutexRobust);
        if (mutexes[i] == NULL) {
            mutexes[i] = new_mutex(i, osMutexPrioInherit);
        }
        if (mutexes[i] == NULL) {
            os_heap_port_fail("osheap_cmsis_start: no mutex: call it after osKernelInitialize",
                              region);
        }
    }
    if (os_heap_init(region, bytes) != 0) {
        os_heap_port_fail(
            "osheap_cmsis_start: the region is too small, or the heap has one already", region);
    }
}

bool os_heap_port_started(void)
{
    if (!started) {
        osKernelState_t state = osKernelGetState();
        started = state == osKernelRunning || state == osKernelLocked || state == osKernelSuspended;
    }
    return started;
}

bool os_heap_port_may_wait(void)
{
    return osKernelGetState() == osKernelRunning;
}

void os_heap_port_lock(unsigned mutex)
{
    if (osMutexAcquire(mutexes[mutex], osWaitForever) != osOK) {
        os_heap_port_fail("call osheap_cmsis_start before osKernelStart", &mutexes[mutex]);
    }
}

/* Not recursive: refuses its owner. Kernels also refuse when interrupts are masked. */
bool os_heap_port_try_lock(unsigned mutex)
{
    if (mutexes[mutex] == NULL) {
        os_heap_port_fail("call osheap_cmsis_start before osKernelStart", &mutexes[mutex]);
    }
    return osMutexAcquire(mutexes[mutex], 0) == osOK;
}

void os_heap_port_unlock(unsigned mutex)
{
    (void)osMutexRelease(mutexes[mutex]);
}

void os_heap_port_yield(void)
{
    (void)osThreadYield();
}
