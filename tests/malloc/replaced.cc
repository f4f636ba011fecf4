// SPDX-License-Identifier: Apache-2.0
// A program that defines operator new and delete itself, in their plain and aligned forms: all
// other forms call what it has defined. And what a handler throws does not leave a nothrow form.
#include <cstdio>
#include <cstdlib>
#include <new>

namespace
{

constexpr std::size_t kHuge = std::size_t{1} << 60;
constexpr std::align_val_t kAligned{64};
constexpr std::size_t kHeader = 64;
int live, failed;

void check(bool holds, const char *what)
{
    if (!holds) {
        std::printf("replaced: FAILED: %s\n", what);
        failed++;
    }
}

void *marked(void *block)
{
    if (block == nullptr) {
        throw std::bad_alloc();
    }
    live++;
    return static_cast<char *>(block) + kHeader;
}

void unmarked(void *block)
{
    if (block != nullptr) {
        live--;
        std::free(static_cast<char *>(block) - kHeader);
    }
}

} // namespace

#ifdef REPLACES
void *operator new(std::size_t size)
{
    return marked(std::malloc(size + kHeader));
}

void *operator new(std::size_t size, std::align_val_t alignment)
{
    return marked(std::aligned_alloc(static_cast<std::size_t>(alignment), size + kHeader));
}

void operator delete(void *block) noexcept
{
    unmarked(block);
}

void operator delete(void *block, std::align_val_t alignment) noexcept
{
    check(alignment == kAligned, "delete is told the alignment");
    unmarked(block);
}

static void each_form_calls_them()
{
    void *volatile block[8];
    block[0] = ::operator new(5);
    block[1] = ::operator new[](5);
    block[2] = ::operator new(5, std::nothrow);
    block[3] = ::operator new[](5, std::nothrow);
    block[4] = ::operator new(64, kAligned);
    block[5] = ::operator new[](64, kAligned);
    block[6] = ::operator new(64, kAligned, std::nothrow);
    block[7] = ::operator new[](64, kAligned, std::nothrow);
    check(live == 8, "every new calls the program's");
    ::operator delete(block[0], std::size_t{5});
    ::operator delete[](block[1], std::size_t{5});
    ::operator delete(block[2], std::nothrow);
    ::operator delete[](block[3], std::nothrow);
    ::operator delete(block[4], std::size_t{64}, kAligned);
    ::operator delete[](block[5], std::size_t{64}, kAligned);
    ::operator delete(block[6], kAligned, std::nothrow);
    ::operator delete[](block[7], kAligned, std::nothrow);
    check(live == 0, "every delete calls the program's");
    block[0] = ::operator new[](5), ::operator delete[](block[0]);
    block[0] = ::operator new[](64, kAligned), ::operator delete[](block[0], kAligned);
    check(live == 0, "and delete[]");
}
#else
static void each_form_calls_them()
{
    marked(std::malloc(kHeader)), live--; // the helpers are used
    check(live == 0, "nothing is replaced");
    (void)unmarked;
}
#endif

static void nothrow_lets_nothing_out()
{
    std::set_new_handler([] { throw std::bad_alloc(); });
    try {
        check(::operator new(kHuge, std::nothrow) == nullptr, "new");
        check(::operator new[](kHuge, std::nothrow) == nullptr, "new[]");
        check(::operator new(kHuge, kAligned, std::nothrow) == nullptr, "aligned new");
        check(::operator new[](kHuge, kAligned, std::nothrow) == nullptr, "aligned new[]");
    } catch (const std::bad_alloc &) {
        check(false, "a nothrow form throws");
    }
    std::set_new_handler(nullptr);
}

int main()
{
    each_form_calls_them();
    nothrow_lets_nothing_out();
    std::printf("replaced: %d failed\n", failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
