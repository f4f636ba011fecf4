/* SPDX-License-Identifier: Apache-2.0 */
/* What <new> declares, also where the toolchain has no C++ library. */
#ifndef CXX_H
#define CXX_H

#if BOARD_HAS_LIBSTDCXX
#include <new>
#else
#include <stddef.h>

namespace std
{
struct nothrow_t {
    explicit nothrow_t() = default;
};
extern const nothrow_t nothrow;
enum class align_val_t : size_t {};
} // namespace std

void *operator new(size_t size, const std::nothrow_t &) noexcept;
void *operator new[](size_t size, const std::nothrow_t &) noexcept;
void *operator new(size_t size, std::align_val_t alignment);
void *operator new[](size_t size, std::align_val_t alignment);
void *operator new(size_t size, std::align_val_t alignment, const std::nothrow_t &) noexcept;
void *operator new[](size_t size, std::align_val_t alignment, const std::nothrow_t &) noexcept;
void operator delete(void *block, const std::nothrow_t &) noexcept;
void operator delete[](void *block, const std::nothrow_t &) noexcept;
void operator delete(void *block, std::align_val_t alignment) noexcept;
void operator delete[](void *block, std::align_val_t alignment) noexcept;
void operator delete(void *block, size_t size, std::align_val_t alignment) noexcept;
void operator delete[](void *block, size_t size, std::align_val_t alignment) noexcept;
void operator delete(void *block, std::align_val_t alignment, const std::nothrow_t &) noexcept;
void operator delete[](void *block, std::align_val_t alignment, const std::nothrow_t &) noexcept;
#endif

#endif
