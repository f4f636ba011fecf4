// SPDX-License-Identifier: Apache-2.0
// Every operator new and delete: contents, alignment, and what happens when memory is out.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace
{

constexpr std::size_t kHuge = PTRDIFF_MAX - 4096;
constexpr std::align_val_t kAligned{256};
int failed;

void check(bool holds, const char *what)
{
    if (!holds) {
        std::printf("operators: FAILED: %s\n", what);
        failed++;
    }
}

bool is_aligned(const void *block, std::size_t alignment)
{
    return reinterpret_cast<std::uintptr_t>(block) % alignment == 0;
}

// The functions themselves: the compiler may leave out a new expression, but not these calls.
void each_operator()
{
    void *volatile b;
    b = ::operator new(10), std::memset(b, 1, 10), ::operator delete(b);
    b = ::operator new[](10), std::memset(b, 1, 10), ::operator delete[](b);
    b = ::operator new(10), ::operator delete (b, std::size_t{10});
    b = ::operator new[](10), ::operator delete[](b, std::size_t{10});
    b = ::operator new(10, std::nothrow), ::operator delete(b, std::nothrow);
    b = ::operator new[](10, std::nothrow), ::operator delete[](b, std::nothrow);
    b = ::operator new(300, kAligned), check(is_aligned(b, 256), "new is aligned");
    ::operator delete(b, kAligned);
    b = ::operator new[](300, kAligned), check(is_aligned(b, 256), "new[] is aligned");
    ::operator delete[](b, kAligned);
    b = ::operator new(300, kAligned), ::operator delete (b, std::size_t{300}, kAligned);
    b = ::operator new[](300, kAligned), ::operator delete[](b, std::size_t{300}, kAligned);
    b = ::operator new(300, kAligned, std::nothrow), check(is_aligned(b, 256), "nothrow too");
    ::operator delete(b, kAligned, std::nothrow);
    b = ::operator new[](300, kAligned, std::nothrow);
    ::operator delete[](b, kAligned, std::nothrow);
    ::operator delete(nullptr);
}

template <typename Call> bool throws(Call call)
{
    try {
        void *volatile block = call();
        (void)block;
    } catch (const std::bad_alloc &) {
        return true;
    }
    return false;
}

void memory_out()
{
    check(throws([] { return ::operator new(kHuge); }), "new throws bad_alloc");
    check(throws([] { return ::operator new[](kHuge); }), "new[] throws bad_alloc");
    check(throws([] { return ::operator new(kHuge, kAligned); }), "aligned new throws");
    check(::operator new(kHuge, std::nothrow) == nullptr, "nothrow gives NULL");
    check(::operator new[](kHuge, kAligned, std::nothrow) == nullptr, "aligned nothrow gives NULL");
}

int asked;

void give_up_at_the_third()
{
    if (++asked == 3) {
        std::set_new_handler(nullptr);
    }
}

void handlers()
{
    std::set_new_handler(give_up_at_the_third);
    check(throws([] { return ::operator new(kHuge); }), "new throws when the handler is gone");
    check(asked == 3, "the handler was asked until it was gone");
    std::set_new_handler([] { throw std::bad_alloc(); });
    void *volatile block = ::operator new(10);
    check(asked == 3 && block != nullptr, "no handler without need");
    ::operator delete(block);
    check(throws([] { return ::operator new(kHuge); }), "what a handler throws passes through");
    std::set_new_handler(nullptr);
}

// Destructors of a thread's own variables free, and allocate once more.
struct at_end {
    std::vector<std::string> names;
    ~at_end()
    {
        const std::vector<std::string> copy(names);
        check(copy.size() == 100 && copy[99].size() == 99,
              "a thread's variable lives until its destructor");
    }
};
thread_local at_end mine;

void threads()
{
    std::vector<std::thread> crew;
    crew.reserve(4);
    for (int i = 0; i < 4; i++) {
        crew.emplace_back([] {
            for (std::size_t j = 0; j < 100; j++) {
                mine.names.emplace_back(j, 'y');
            }
            std::map<int, std::string> names;
            for (int j = 0; j < 30000; j++) {
                names[j * 7 % 10007] = std::string(static_cast<std::size_t>(j % 300), 'x');
            }
        });
    }
    for (auto &thread : crew) {
        thread.join();
    }
}

} // namespace

int main()
{
    each_operator();
    memory_out();
    handlers();
    threads();
    std::printf("operators: %d failed\n", failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
