/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_malloc and its relatives on this heap. The linker's --wrap turns the program's and the kernel's
 * calls here. The kernel frees by k_free also what it took from the resource pool of a thread, for
 * k_queue_alloc_append and others: such a block is not in the heap's region and goes back there.
 */
#include "os/os_heap.h"
#include "os/os_heap_port.h"
#include "osheap_zephyr.h"

#include <zephyr/kernel.h>

void __real_k_free(void *ptr);
/* Weak: kernels before 4.1, and those with CONFIG_HEAP_MEM_POOL_SIZE=0, have none. */
void *__real_k_realloc(void *ptr, size_t size) __weak;

void *__wrap_k_malloc(size_t size);
void *__wrap_k_calloc(size_t count, size_t size);
void *__wrap_k_aligned_alloc(size_t align, size_t size);
void *__wrap_k_realloc(void *ptr, size_t size);
void __wrap_k_free(void *ptr);

void *__wrap_k_malloc(size_t size)
{
    return os_malloc(size);
}

void *__wrap_k_calloc(size_t count, size_t size)
{
    return os_calloc(count, size);
}

void *__wrap_k_aligned_alloc(size_t align, size_t size)
{
    return os_aligned_alloc(align, size);
}

void *__wrap_k_realloc(void *ptr, size_t size)
{
    if (ptr == NULL || osheap_has(ptr)) {
        return os_realloc(ptr, size);
    }
    if (__real_k_realloc == NULL) {
        os_heap_port_fail("k_realloc of a block that is not this heap's", ptr);
    }
    return __real_k_realloc(ptr, size);
}

void __wrap_k_free(void *ptr)
{
    if (osheap_has(ptr)) {
        os_free(ptr);
    } else if (ptr != NULL) {
        __real_k_free(ptr);
    }
}
