/* SPDX-License-Identifier: Apache-2.0 */
/* Reset and console of QEMU's mps2-an386, by semihosting. A product has its vendor's instead. */
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

extern char __data_load[], __data_start[], __data_end[], __bss_start[], __bss_end[], __stack[];
int main(void);
void SVC_Handler(void);
void PendSV_Handler(void);
void SysTick_Handler(void);
void example_say(const char *text);
_Noreturn void example_exit(int status);

static void semihost(uintptr_t operation, const void *parameter)
{
    register uintptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = parameter;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void example_say(const char *text)
{
    semihost(4, text); /* SYS_WRITE0 */
}

void example_exit(int status)
{
    const uint32_t block[2] = {0x20026, (uint32_t)status}; /* ADP_Stopped_ApplicationExit */
    for (;;) {
        semihost(0x20, block); /* SYS_EXIT_EXTENDED */
    }
}

void reset(void);
void reset(void)
{
    memcpy(__data_start, __data_load, (size_t)(__data_end - __data_start));
    memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
    example_exit(main());
}

static void fault(void)
{
    example_say("fault\n");
    example_exit(2);
}

/* A vendor's sysmem.c has this: nobody calls it. */
void *_sbrk(ptrdiff_t increment);
void *_sbrk(ptrdiff_t increment)
{
    (void)increment;
    return (void *)-1;
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    __stack, reset, fault, fault,       fault, fault, fault,          NULL,
    NULL,    NULL,  NULL,  SVC_Handler, fault, NULL,  PendSV_Handler, SysTick_Handler};
