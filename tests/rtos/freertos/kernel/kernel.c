/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's calls on the test kernel. They refuse what FreeRTOS does not allow: a call in a
 * handler, a call while interrupts are masked by other means than a critical section, which the
 * call would unmask, and a wait in a critical section or with the scheduler suspended.
 */
#include "kernel.h"
#include "freertos_test.h"
#include "os/os_heap_port.h"
#include "semphr.h"
#include "spin.h"

/* The kernel's lock, which critical sections of all cores take, and who has it how often. */
static struct spin kernel_lock;
static unsigned nesting[BOARD_CORES];
static uintptr_t before[BOARD_CORES];

static char idle;
TaskHandle_t test_idle = (TaskHandle_t)(void *)&idle;
unsigned test_kernel_calls;

#ifdef __riscv
/* As FreeRTOS's port does: handlers have a stack of their own. */
static StackType_t isr_stack[configISR_STACK_SIZE_WORDS] __attribute__((aligned(16)));
extern const StackType_t xISRStackTop;
const StackType_t xISRStackTop = (StackType_t)&isr_stack[configISR_STACK_SIZE_WORDS];

__attribute__((constructor)) static void use_isr_stack(void)
{
    __asm__ volatile("csrw mscratch, %0" ::"r"(xISRStackTop));
}
#endif

static bool in_handler(void)
{
#if defined(__riscv)
    uintptr_t sp;
    __asm__ volatile("mv %0, sp" : "=r"(sp));
    return sp > (uintptr_t)isr_stack && sp <= xISRStackTop;
#elif defined(portICCPMR_PRIORITY_MASK_REGISTER)
    return os_heap_port_in_interrupt(); /* the test kernel announces its handlers */
#else
    uint32_t exception;
    __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
    return exception != 0;
#endif
}

static void refuse(const char *why)
{
    board_puts("FreeRTOS: ");
    board_puts(why);
    board_puts("\n");
    board_exit(4);
}

/* Every call of the kernel's begins here. */
static void called(void)
{
    test_kernel_calls++;
    if (in_handler()) {
        refuse("a kernel call in a handler");
    }
    uintptr_t state = board_mask();
    bool masked = state == board_mask();
    bool section = nesting[board_core()] != 0;
    board_unmask(state);
#ifdef portICCPMR_PRIORITY_MASK_REGISTER
    masked = masked || portICCPMR_PRIORITY_MASK_REGISTER <= configMAX_API_CALL_INTERRUPT_PRIORITY;
#endif
    if ((masked && !section) || kernel_in_section()) {
        refuse("a kernel call would unmask interrupts");
    }
}

static bool may_wait(void)
{
    uintptr_t state = board_mask();
    bool section = nesting[board_core()] != 0;
    board_unmask(state);
    return !section && !kernel_suspended() && (TaskHandle_t)kernel_self() != test_idle;
}

void taskENTER_CRITICAL(void)
{
    called();
    uintptr_t state = board_mask();
    unsigned core = board_core();
    if (nesting[core] == 0) {
        spin_lock(&kernel_lock);
        before[core] = state;
    }
    nesting[core]++;
}

void taskEXIT_CRITICAL(void)
{
    called();
    unsigned core = board_core();
    if (--nesting[core] == 0) {
        spin_unlock(&kernel_lock);
        board_unmask(before[core]);
    }
}

void taskDISABLE_INTERRUPTS(void)
{
    (void)board_mask();
}

BaseType_t xTaskGetSchedulerState(void)
{
    if (!kernel_started()) {
        return taskSCHEDULER_NOT_STARTED;
    }
    called();
    return kernel_suspended() ? taskSCHEDULER_SUSPENDED : taskSCHEDULER_RUNNING;
}

TaskHandle_t xTaskGetCurrentTaskHandle(void)
{
    called();
    return kernel_self();
}

TaskHandle_t xTaskGetIdleTaskHandle(void)
{
    return test_idle;
}

TaskHandle_t xTaskGetIdleTaskHandleForCore(BaseType_t core)
{
    (void)core;
    return test_idle;
}

void vTaskSuspendAll(void)
{
    called();
    kernel_suspend();
}

BaseType_t xTaskResumeAll(void)
{
    called();
    kernel_resume();
    return pdFALSE;
}

void vTaskDelay(TickType_t ticks)
{
    called();
    (void)ticks;
    kernel_yield();
}

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *memory)
{
    called();
    *memory = (StaticSemaphore_t){NULL, 0};
    return (SemaphoreHandle_t)memory;
}

BaseType_t xSemaphoreTake(SemaphoreHandle_t mutex, TickType_t ticks)
{
    StaticSemaphore_t *memory = (StaticSemaphore_t *)mutex;
    called();
    if (ticks != 0 && !may_wait()) {
        refuse("a task waits that may not");
    }
    for (;;) {
        taskENTER_CRITICAL();
        bool taken = memory->taken == 0;
        if (taken) {
            memory->taken = 1;
            memory->holder = kernel_self();
        }
        taskEXIT_CRITICAL();
        if (taken || ticks == 0) {
            return taken;
        }
        kernel_yield();
    }
}

BaseType_t xSemaphoreGive(SemaphoreHandle_t mutex)
{
    StaticSemaphore_t *memory = (StaticSemaphore_t *)mutex;
    taskENTER_CRITICAL();
    if (memory->taken == 0 || memory->holder != kernel_self()) {
        refuse("a mutex is given by a task that does not have it");
    }
    memory->holder = NULL;
    memory->taken = 0;
    taskEXIT_CRITICAL();
    return pdTRUE;
}

TaskHandle_t xSemaphoreGetMutexHolder(SemaphoreHandle_t mutex)
{
    called();
    return (TaskHandle_t)((StaticSemaphore_t *)mutex)->holder;
}

unsigned portGET_CORE_ID(void)
{
    return board_core();
}

#ifdef portICCPMR_PRIORITY_MASK_REGISTER
UBaseType_t portGET_CRITICAL_NESTING_COUNT(BaseType_t core)
{
    return nesting[core];
}
#endif
