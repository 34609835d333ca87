/*
 * C++: all forms of new and delete, alignment, no memory, exceptions in threads, containers that churn,
 * thread_local and static objects that allocate.
 */
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace
{

unsigned failed;

void check(bool holds, const char *text)
{
    if (holds)
        return;
    failed++;
    std::printf("wrong: %s\n", text);
}

struct alignas(256) Wide {
    unsigned char bytes[300];
};

template <typename T> bool aligned(const T *pointer, std::size_t alignment)
{
    return reinterpret_cast<std::uintptr_t>(pointer) % alignment == 0;
}

void forms_of_new()
{
    for (std::size_t size = 0; size < 300000; size = size * 3 + 1) {
        void *plain = ::operator new(size), *quiet = ::operator new(size, std::nothrow);
        check(aligned(static_cast<char *>(plain), size < 16 ? 8 : 16), "new is aligned");
        ::operator delete(plain);
        ::operator delete(quiet, std::nothrow);
        ::operator delete(::operator new(size), size);
        ::operator delete[](::operator new[](size), size);
        for (std::size_t alignment = 16; alignment <= 65536; alignment *= 4) {
            void *block = ::operator new(size, std::align_val_t(alignment));
            check(aligned(static_cast<char *>(block), alignment), "aligned new");
            ::operator delete(block, size, std::align_val_t(alignment));
            block = ::operator new[](size, std::align_val_t(alignment), std::nothrow);
            check(aligned(static_cast<char *>(block), alignment), "aligned new[]");
            ::operator delete[](block, std::align_val_t(alignment));
        }
    }
    auto wide = std::make_unique<Wide>();
    auto many = std::make_unique<Wide[]>(17);
    check(aligned(wide.get(), 256) && aligned(many.get(), 256), "over-aligned types");
}

void no_memory()
{
    volatile std::size_t huge = std::numeric_limits<std::size_t>::max() / 4;
    bool thrown = false;
    try {
        ::operator delete(::operator new(huge));
    } catch (const std::bad_alloc &) {
        thrown = true;
    }
    check(thrown, "new throws bad_alloc");
    check(::operator new(huge, std::nothrow) == nullptr, "new(nothrow) gives null");

    static int handled;
    std::set_new_handler([] {
        if (++handled == 3)
            std::set_new_handler(nullptr);
    });
    check(::operator new(huge, std::nothrow) == nullptr &&handled == 3, "the new handler is asked");
}

std::string deep(int depth)
{
    std::string text(static_cast<std::size_t>(depth) * 10, 'x');
    if (depth > 60)
        throw std::runtime_error("at depth " + std::to_string(depth) + text);
    return text + deep(depth + 1);
}

void exceptions_in_threads()
{
    std::vector<std::future<std::string>> futures;
    for (int i = 0; i < 40; i++)
        futures.push_back(std::async(std::launch::async, deep, i));
    std::size_t caught = 0;
    for (auto &future : futures) {
        try {
            future.get();
        } catch (const std::runtime_error &error) {
            caught += std::string(error.what()).rfind("at depth 61", 0) == 0;
        }
    }
    check(caught == futures.size(), "each exception arrives in the thread that waits");
}

void churn(unsigned seed, std::map<int, std::string> &left)
{
    thread_local std::vector<std::string> memory; /* freed when the thread ends */
    unsigned state = seed;
    for (int i = 0; i < 60000; i++) {
        state = state * 1664525 + 1013904223;
        int key = static_cast<int>(state >> 20);
        if ((state >> 8) % 3 != 0)
            left[key] = std::string((state >> 10) % 200, static_cast<char>('a' + key % 26));
        else
            left.erase(key);
        if (i % 100 == 0)
            memory.emplace_back(static_cast<std::size_t>(i), 'm');
    }
}

bool whole(const std::map<int, std::string> &map)
{
    for (const auto &[key, text] : map)
        if (text.find_first_not_of(static_cast<char>('a' + key % 26)) != std::string::npos)
            return false;
    return !map.empty();
}

void maps_in_threads()
{
    std::vector<std::map<int, std::string>> maps(6);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < maps.size(); i++)
        threads.emplace_back(churn, i + 1, std::ref(maps[i]));
    for (auto &thread : threads)
        thread.join();
    for (const auto &map : maps) /* freed here, taken there */
        check(whole(map), "maps keep their contents");
}

void shared_between_threads()
{
    auto shared = std::make_shared<std::vector<int>>(1000, 7);
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; i++)
        threads.emplace_back([mine = shared, i] {
            std::vector<std::weak_ptr<std::vector<int>>> weak(1000, mine);
            check((*mine)[static_cast<std::size_t>(i)] == 7, "shared contents");
        });
    shared.reset();
    for (auto &thread : threads)
        thread.join();
}

/* Made before main, ended after it. */
struct Static {
    std::map<std::string, std::vector<int>> values;
    Static()
    {
        for (int i = 0; i < 1000; i++)
            values[std::to_string(i)].resize(static_cast<std::size_t>(i));
    }
    ~Static()
    {
        for (int i = 0; i < 1000; i++)
            if (values[std::to_string(i)].size() != static_cast<std::size_t>(i))
                std::abort();
    }
} before_main;

} // namespace

int main()
{
    forms_of_new();
    no_memory();
    exceptions_in_threads();
    maps_in_threads();
    shared_between_threads();
    std::printf("%u failed\n", failed);
    return failed > 0;
}
