// SPDX-License-Identifier: Apache-2.0
// Maps that live as long as the program and change all the time, as a cache or an index does: names
// to records of many lengths, on two threads, each with its own maps, and a part that passes from
// one to the other.
#include <cstdint>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace
{

constexpr unsigned kNames = 60000;
constexpr unsigned kRounds = 700000;

struct record {
    std::string text;
    std::vector<std::uint32_t> numbers;
    std::unique_ptr<record> before;
};

class draw
{
  public:
    explicit draw(std::uint64_t seed) : state(seed)
    {
    }
    unsigned below(unsigned end)
    {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return static_cast<unsigned>((state >> 33) % end);
    }

  private:
    std::uint64_t state;
};

// What one thread no longer wants, the other drops.
std::mutex passing;
std::deque<std::unique_ptr<record>> passed[2];

void pass_on(unsigned me, std::unique_ptr<record> old)
{
    std::unique_ptr<record> theirs;
    const std::lock_guard<std::mutex> lock(passing);
    passed[1 - me].push_back(std::move(old));
    if (passed[me].size() > 100) {
        theirs = std::move(passed[me].front());
        passed[me].pop_front();
    }
}

std::uint64_t live(unsigned me)
{
    std::map<std::string, std::unique_ptr<record>> ordered;
    std::unordered_map<std::uint32_t, std::map<unsigned, std::string>> hashed;
    draw next(me + 1);
    for (unsigned i = 0; i < kRounds; i++) {
        const unsigned which = next.below(kNames);
        auto made = std::make_unique<record>();
        made->text.assign(next.below(120), static_cast<char>('a' + i % 26));
        made->numbers.resize(next.below(40), i);
        auto &place = ordered["a name of some length " + std::to_string(which)];
        if (place != nullptr && i % 3 == 0) {
            pass_on(me, std::move(place));
        } else if (place != nullptr && place->before == nullptr && i % 7 == 0) {
            made->before = std::move(place);
        }
        place = std::move(made);
        auto &inner = hashed[which % 5000];
        inner[i % 50] = std::string(next.below(200), 'x');
        if (i % 11 == 0) {
            hashed.erase(next.below(5000));
        }
        // At the end of its life the program serves less.
        if (i > kRounds / 2 && i % 2 == 0) {
            ordered.erase("a name of some length " + std::to_string(next.below(kNames)));
        }
    }
    std::uint64_t sum = 0;
    for (const auto &entry : ordered) {
        for (const record *r = entry.second.get(); r != nullptr; r = r->before.get()) {
            sum = sum * 31 + r->text.size() * 7 + r->numbers.size();
        }
    }
    for (unsigned i = 0; i < 5000; i++) {
        const auto found = hashed.find(i);
        for (unsigned j = 0; found != hashed.end() && j < 50; j++) {
            const auto text = found->second.find(j);
            sum = sum * 31 + (text != found->second.end() ? text->second.size() : 0);
        }
    }
    return sum;
}

} // namespace

int main()
{
    std::uint64_t sums[2];
    std::thread other([&sums] { sums[1] = live(1); });
    sums[0] = live(0);
    other.join();
    std::printf("%llx %llx\n", static_cast<unsigned long long>(sums[0]),
                static_cast<unsigned long long>(sums[1]));
    return 0;
}
