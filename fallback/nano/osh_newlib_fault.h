/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks blocks of nano's. A part of osh_newlib.c, because it needs newlib's own definitions.
 */
/* Where the block's chunk begins, and its size; 0 if it is no block. In an aligned block the word
 * before the block is negative: the distance back to the real header, across the padding. Another
 * task may write there meanwhile, so nothing is read again once it was checked. */
static OSH_NO_TSAN uintptr_t start_of(const void *block, size_t *size)
{
    uintptr_t at = (uintptr_t)block - CHUNK_OFFSET;
    if (OSH_ARCH_OPENS && !ours(at, CHUNK_OFFSET)) {
        return 0; /* memory before a segment may be closed */
    }
    long head = *(const volatile long *)at;
    if (head < 0) {
        if ((uintptr_t)0 - (uintptr_t)head > at - osh_arena.base) {
            return 0;
        }
        at -= (uintptr_t)0 - (uintptr_t)head;
        if (at % CHUNK_ALIGN != 0 || !ours(at, sizeof(chunk))) {
            return 0;
        }
        head = *(const volatile long *)at;
    }
    /* The chunk of an aligned block may be shorter than MALLOC_MINCHUNK. */
    bool possible = head >= (long)sizeof(chunk) && (size_t)head % CHUNK_ALIGN == 0 &&
                    ours(at, (size_t)head) &&
                    at + (size_t)head >= (uintptr_t)block + OSH_SEAL_BYTES;
    *size = (size_t)head;
    return possible ? at : 0;
}

OSH_NO_TSAN uintptr_t *osh_newlib_seal(const void *block, size_t *size)
{
    chunk *whole = get_chunk_from_ptr((void *)(uintptr_t)block);
    *size = (size_t)whole->size;
    return (uintptr_t *)((uintptr_t)whole + *size) - 1;
}

bool osh_newlib_find_seal(const void *block, uintptr_t **seal, size_t *size)
{
    uintptr_t at = start_of(block, size);
    if (at == 0) {
        return false;
    }
    *seal = (uintptr_t *)(at + *size) - 1;
    return true;
}

size_t osh_newlib_usable_hint(const void *block)
{
    uintptr_t *seal;
    size_t size;
    bool found = osh_newlib_find_seal(block, &seal, &size);
    return found ? (uintptr_t)(seal + 1) - (uintptr_t)block - OSH_SEAL_BYTES : 0;
}

/* Searches the free list, which is sorted by address. */
enum os_heap_misuse osh_newlib_fault_beside(const void *block)
{
    uintptr_t start = (uintptr_t)get_chunk_from_ptr((void *)(uintptr_t)block);
    uintptr_t end = start + (size_t)((chunk *)start)->size;
    for (const chunk *free = free_list; free != NULL; free = free->next) {
        uintptr_t from = (uintptr_t)free;
        if (from % CHUNK_ALIGN != 0 || !ours(from, sizeof(*free))) {
            return OS_HEAP_BAD_LINK;
        }
        uintptr_t to = from + (size_t)free->size;
        if (start < from) {
            return end > from || !ours(from, (size_t)free->size) ? OS_HEAP_BAD_HEADER : 0;
        }
        if (free->size < (long)sizeof(*free) || start < to ||
            (free->next != NULL && to > (uintptr_t)free->next)) {
            return OS_HEAP_BAD_HEADER;
        }
    }
    return 0;
}
