/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_heap.h"

int main(void)
{
    void *block = os_malloc(100);
    os_free(block);
    return block == NULL;
}
