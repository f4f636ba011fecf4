/* SPDX-License-Identifier: Apache-2.0 */
#include "hoard.h"

#include "os/os_heap.h"

void hoard_add(struct hoard *hoard, void *block)
{
    *(void **)block = hoard->head;
    hoard->head = block;
    hoard->count++;
}

void *hoard_take(struct hoard *hoard)
{
    void *block = hoard->head;
    if (block != NULL) {
        hoard->head = *(void **)block;
        hoard->count--;
    }
    return block;
}

struct hoard hoard_all(size_t size)
{
    struct hoard hoard = {NULL, 0};
    void *block;
    while ((block = os_malloc(size)) != NULL) {
        hoard_add(&hoard, block);
    }
    return hoard;
}

void hoard_free(struct hoard *hoard, size_t each)
{
    struct hoard kept = {NULL, 0};
    void *block;
    for (size_t n = 0; (block = hoard_take(hoard)) != NULL; n++) {
        if (n % each == 0) {
            os_free(block);
        } else {
            hoard_add(&kept, block);
        }
    }
    *hoard = kept;
}

void hoard_reverse(struct hoard *hoard)
{
    struct hoard reversed = {NULL, 0};
    void *block;
    while ((block = hoard_take(hoard)) != NULL) {
        hoard_add(&reversed, block);
    }
    *hoard = reversed;
}
