/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For targets without a packaged libstdc++: the replaceable operators over malloc,
 * as a firmware without exceptions defines them. Out of memory ends the program
 * where C++ would throw.
 */
#include "cxx.h"

#if !BOARD_HAS_LIBSTDCXX

#define _Noreturn [[noreturn]]
extern "C" {
#include "check.h"

#include <stdlib.h>
}

namespace std
{
const nothrow_t nothrow{};
}

static void *or_stop(void *block)
{
    CHECK(block != nullptr);
    return block;
}

static void *aligned(size_t size, std::align_val_t alignment)
{
    return aligned_alloc((size_t)alignment, size);
}

void *operator new(size_t size)
{
    return or_stop(malloc(size));
}

void *operator new[](size_t size)
{
    return or_stop(malloc(size));
}

void *operator new(size_t size, const std::nothrow_t &) noexcept
{
    return malloc(size);
}

void *operator new[](size_t size, const std::nothrow_t &) noexcept
{
    return malloc(size);
}

void *operator new(size_t size, std::align_val_t alignment)
{
    return or_stop(aligned(size, alignment));
}

void *operator new[](size_t size, std::align_val_t alignment)
{
    return or_stop(aligned(size, alignment));
}

void *operator new(size_t size, std::align_val_t alignment, const std::nothrow_t &) noexcept
{
    return aligned(size, alignment);
}

void *operator new[](size_t size, std::align_val_t alignment, const std::nothrow_t &) noexcept
{
    return aligned(size, alignment);
}

#define DELETE(...)                                             \
    void operator delete(void *block, ##__VA_ARGS__) noexcept   \
    {                                                           \
        free(block);                                            \
    }                                                           \
    void operator delete[](void *block, ##__VA_ARGS__) noexcept \
    {                                                           \
        free(block);                                            \
    }

DELETE()
DELETE(size_t)
DELETE(const std::nothrow_t &)
DELETE(std::align_val_t)
DELETE(size_t, std::align_val_t)
DELETE(std::align_val_t, const std::nothrow_t &)

#endif
