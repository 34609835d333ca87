/* Blocks: their sizes, alignments, zeros, and how they grow and shrink. */
#include <string.h>

#include "check.h"
#include "verbs.h"

/* --- Allocation --- */

static void test_sizes_are_whole_granules(void)
{
    struct arena arena = {0};
    uint64_t usable;
    CHECK(arena_open(&arena, 1 << 20, 0) == DF_OK);
    for (uint64_t size = 0; size < 1100; size++) {
        uint64_t offset = take(&arena, size);
        CHECK(df_heap_usable_size(arena.heap, offset, &usable) == DF_OK);
        CHECK(usable == (size == 0 ? 16 : (size + 15) / 16 * 16));
        if (size % 3 == 0)
            give(&arena, offset);
    }
    CHECK(sound(&arena));
    give_all(&arena);
    CHECK(statistics(&arena).free_runs == 1 && sound(&arena));
    arena_close(&arena);
}

static void test_alignments(void)
{
    struct arena arena = {0};
    CHECK(arena_open(&arena, 4 << 20, 65536) == DF_OK);
    for (uint64_t alignment = 1; alignment <= 131072; alignment *= 2)
        for (uint64_t size = 1; size < 100000; size = size * 5 + 3) {
            uint64_t offset = UINT64_MAX;
            CHECK(df_heap_allocate(arena.heap, size, alignment, &offset) == DF_OK);
            CHECK(offset % alignment == 0 && offset % DF_GRANULE == 0);
            CHECK(sound(&arena));
            if (size % 2 == 0)
                give(&arena, offset);
        }
    give_all(&arena);
    CHECK(statistics(&arena).live == 0 && statistics(&arena).free_runs == 1 && sound(&arena));
    arena_close(&arena);
}

/* An aligned block leaves free granules before it, behind it, both, or none. */
static void test_aligned_block_leaves_front_and_rest(void)
{
    struct arena arena = {0};
    uint64_t offset;
    CHECK(arena_open(&arena, 65536, 0) == DF_OK);
    take(&arena, 16);
    CHECK(df_heap_allocate(arena.heap, 1024, 1024, &offset) == DF_OK && offset == 1024);
    CHECK(statistics(&arena).free_runs == 2 && sound(&arena));
    give_all(&arena);
    CHECK(statistics(&arena).free_runs == 1 && sound(&arena));
    CHECK(df_heap_allocate(arena.heap, 49184, 16384, &offset) == DF_OUT_OF_MEMORY);
    CHECK(df_heap_allocate(arena.heap, 65536, 16, &offset) == DF_OK && offset == 0);
    CHECK(statistics(&arena).free_runs == 0 && statistics(&arena).victim.length == 0 && sound(&arena));
    arena_close(&arena);
}

static void test_zeroed(void)
{
    struct arena arena = {0};
    uint64_t offset;
    CHECK(arena_open(&arena, 1 << 20, 0) == DF_OK);
    /* Fresh pages read zero: nothing has to be done. */
    CHECK(df_heap_allocate_zeroed(arena.heap, 3 * DF_PAGE, &offset) == DF_OK);
    CHECK(arena.zeroed == 0 && arena_is_zero(&arena, offset, 3 * DF_PAGE));
    /* Used pages do not. */
    memset(arena.base + offset, 0xAA, 3 * DF_PAGE);
    give(&arena, offset);
    CHECK(df_heap_allocate_zeroed(arena.heap, 3 * DF_PAGE - 5, &offset) == DF_OK);
    CHECK(arena_is_zero(&arena, offset, 3 * DF_PAGE - 5) && arena.zeroed == 3 * DF_PAGE);
    memset(arena.base + offset, 0xAA, 3 * DF_PAGE);
    give(&arena, offset);
    /* One dirty range, then clean pages, then a dirty one. */
    CHECK(df_heap_purge(arena.heap, UINT64_MAX) == 3 * DF_PAGE);
    uint64_t low = take(&arena, 100), gap = take(&arena, 5 * DF_PAGE), high = take(&arena, 100);
    memset(arena.base + low, 0xAA, 112);
    memset(arena.base + high, 0xAA, 112);
    give(&arena, gap);
    CHECK(df_heap_purge(arena.heap, UINT64_MAX) == 4 * DF_PAGE);
    give(&arena, low);
    give(&arena, high);
    arena.zeroed = 0;
    CHECK(df_heap_allocate_zeroed(arena.heap, 8 * DF_PAGE, &offset) == DF_OK);
    CHECK(arena_is_zero(&arena, offset, 8 * DF_PAGE) && arena.zeroed == 2 * DF_PAGE && sound(&arena));
    arena_close(&arena);
}

/* Every page of a block may be dirty or clean: all 64 patterns of six pages. */
static void test_zeroed_in_every_pattern(void)
{
    for (unsigned pattern = 0; pattern < 64; pattern++) {
        struct arena arena = {0};
        uint64_t offset, pages[6];
        CHECK(arena_open(&arena, 6 * DF_PAGE, 0) == DF_OK);
        for (int page = 0; page < 6; page++)
            pages[page] = take(&arena, DF_PAGE);
        memset(arena.base, 0xAA, 6 * DF_PAGE);
        for (int page = 0; page < 6; page++)
            if (pattern >> page & 1)
                give(&arena, pages[page]);
        df_heap_purge(arena.heap, UINT64_MAX);
        for (int page = 0; page < 6; page++)
            if ((pattern >> page & 1) == 0)
                give(&arena, pages[page]);
        CHECK(sound(&arena));
        CHECK(df_heap_allocate_zeroed(arena.heap, 6 * DF_PAGE, &offset) == DF_OK);
        CHECK(arena_is_zero(&arena, 0, 6 * DF_PAGE) && sound(&arena));
        arena_close(&arena);
    }
}

static void test_largest_block_is_the_arena(void)
{
    const uint64_t capacities[] = {16, 4096, 8192, 8208, 65536, 600 << 10, 40 << 20};
    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++) {
        struct arena arena = {0};
        uint64_t capacity = capacities[i];
        CHECK(arena_open(&arena, capacity, 65536) == DF_OK);
        CHECK(take(&arena, capacity) == 0);
        CHECK(statistics(&arena).free == 0 && statistics(&arena).live == capacity);
        CHECK(allocates(&arena, 1, DF_OUT_OF_MEMORY) && sound(&arena));
        CHECK(df_heap_resize(arena.heap, 0, 1) == DF_OK && sound(&arena));
        CHECK(df_heap_resize(arena.heap, 0, capacity) == DF_OK && sound(&arena));
        give(&arena, 0);
        CHECK(statistics(&arena).largest_free == capacity && sound(&arena));
        arena_close(&arena);
    }
}

/* --- Resize --- */

static void test_resize(void)
{
    struct arena arena = {0};
    uint64_t size;
    CHECK(arena_open(&arena, 8 * CHUNK, CHUNK) == DF_OK);
    uint64_t block = take(&arena, 100);
    memset(arena.base + block, 0x5A, 100);
    /* Up into the run behind it, on into memory to commit, down again. */
    for (uint64_t wanted = 0; wanted <= 8 * CHUNK; wanted += 1000) {
        CHECK(df_heap_resize(arena.heap, block, wanted) == DF_OK);
        CHECK(df_heap_usable_size(arena.heap, block, &size) == DF_OK);
        CHECK(size == (wanted == 0 ? 16 : (wanted + 15) / 16 * 16) && sound(&arena));
    }
    CHECK(arena.committed == 8 * CHUNK && arena.base[block] == 0x5A);
    CHECK(df_heap_resize(arena.heap, block, 8 * CHUNK + 1) == DF_NO_ROOM && sound(&arena));
    for (uint64_t wanted = 8 * CHUNK; wanted > 0; wanted -= 64) {
        CHECK(df_heap_resize(arena.heap, block, wanted) == DF_OK);
        CHECK(statistics(&arena).live == wanted && sound(&arena));
    }
    CHECK(statistics(&arena).free_least == 0);
    arena_close(&arena);
}

static void test_resize_between_neighbours(void)
{
    struct arena arena = {0};
    CHECK(arena_open(&arena, 4 * CHUNK, 0) == DF_OK);
    uint64_t first = take(&arena, 64), gap = take(&arena, 64), last = take(&arena, 64);
    CHECK(df_heap_resize(arena.heap, first, 80) == DF_NO_ROOM);
    give(&arena, gap);
    CHECK(df_heap_resize(arena.heap, first, 144) == DF_NO_ROOM && sound(&arena));
    CHECK(df_heap_resize(arena.heap, first, 96) == DF_OK && sound(&arena));
    CHECK(df_heap_resize(arena.heap, first, 128) == DF_OK && sound(&arena)); /* exactly */
    CHECK(df_heap_resize(arena.heap, first, 128) == DF_OK && df_heap_resize(arena.heap, first, 120) == DF_OK);
    CHECK(df_heap_resize(arena.heap, first, 16) == DF_OK && sound(&arena));
    give(&arena, last);
    CHECK(statistics(&arena).free_runs == 1 && sound(&arena));
    arena_close(&arena);
}

/* "blocks brief" leaves out what takes long, for valgrind. */
int main(int argc, char **argv)
{
    bool brief = argc > 1 && strcmp(argv[1], "brief") == 0;
    test_sizes_are_whole_granules();
    test_aligned_block_leaves_front_and_rest();
    test_zeroed();
    test_zeroed_in_every_pattern();
    test_resize_between_neighbours();
    if (!brief) {
        test_alignments();
        test_largest_block_is_the_arena();
        test_resize();
    }
    return check_end();
}
