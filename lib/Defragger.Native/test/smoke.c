/*
 * Examples for the public functions of defragger_heap.h (batches.c and views.c have the others), over real
 * memory (arena.h), each with a look at the whole heap by df_heap_check. Which of two fitting places a block
 * gets is mostly left open here: the replay of traces and the twin in C# hold that.
 */
#include <string.h>

#include "check.h"
#include "verbs.h"

/* --- Opening --- */

static void test_metadata_sizes(void)
{
    CHECK(df_heap_metadata_size(0) == 0);
    CHECK(df_heap_metadata_size(DF_GRANULE - 1) == 0);
    CHECK(df_heap_metadata_size(DF_GRANULE + 1) == 0);
    CHECK(df_heap_metadata_size(DF_CAPACITY_MAX + DF_GRANULE) == 0);
    CHECK(df_heap_metadata_size(DF_CAPACITY_MAX) > 0);
    size_t before = df_heap_metadata_size(DF_GRANULE);
    for (uint64_t capacity = CHUNK; capacity <= 64 << 20; capacity *= 2) {
        size_t size = df_heap_metadata_size(capacity);
        CHECK(size >= before && size <= capacity * 28 / 1000 + 2560);
        before = size;
    }
}

static void test_open_refuses(void)
{
    static _Alignas(64) unsigned char metadata[16384];
    struct df_heap *heap = NULL;
    struct df_heap_options good = {.capacity = 65536}, bad = good;
    size_t size = df_heap_metadata_size(good.capacity);
    if (!CHECK(size <= sizeof metadata - 64))
        return;
    CHECK(df_heap_open(NULL, size, &good, &heap) == DF_INVALID_OPTIONS);
    CHECK(df_heap_open(metadata + 32, size, &good, &heap) == DF_INVALID_OPTIONS);
    CHECK(df_heap_open(metadata, size - 1, &good, &heap) == DF_INVALID_OPTIONS);
    CHECK(df_heap_open(metadata, 0, &good, &heap) == DF_INVALID_OPTIONS);
    const uint64_t capacities[] = {0, 8, 24, 65537, DF_CAPACITY_MAX + DF_GRANULE, UINT64_MAX};
    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++) {
        bad.capacity = capacities[i];
        CHECK(df_heap_open(metadata, sizeof metadata, &bad, &heap) == DF_INVALID_OPTIONS);
    }
    bad = good;
    bad.growth = DF_CAPACITY_MAX + 1;
    CHECK(df_heap_open(metadata, sizeof metadata, &bad, &heap) == DF_INVALID_OPTIONS);
    CHECK(heap == NULL);
    CHECK(df_heap_open(metadata, size, &good, &heap) == DF_OK && heap != NULL);
}

/* Null functions stand for ones that succeed and do nothing. */
static void test_open_without_outside(void)
{
    static _Alignas(64) unsigned char metadata[16384];
    struct df_heap *heap;
    struct df_heap_options options = {.capacity = 65536, .growth = 1};
    uint64_t offset;
    CHECK(df_heap_open(metadata, sizeof metadata, &options, &heap) == DF_OK);
    CHECK(df_heap_allocate(heap, 20000, DF_GRANULE, &offset) == DF_OK);
    CHECK(df_heap_release(heap, offset) == DF_OK);
    CHECK(df_heap_allocate_zeroed(heap, 20000, &offset) == DF_OK);
    CHECK(df_heap_release(heap, offset) == DF_OK);
    CHECK(df_heap_purge(heap, UINT64_MAX) == 20480);
    CHECK(df_heap_check(heap) == 0);
}

static void test_open_commits(void)
{
    struct arena arena = {.refuse = 1, .refuse_times = 1};
    CHECK(arena_open(&arena, 65536, 0) == DF_OUT_OF_MEMORY && arena.heap == NULL);
    arena_close(&arena);

    CHECK(arena_open(&arena, 65536, 0) == DF_OK);
    CHECK(arena.commits == 1 && arena.committed == 65536 && sound(&arena));
    arena_close(&arena);

    CHECK(arena_open(&arena, 65536, 1) == DF_OK);
    CHECK(arena.commits == 0 && sound(&arena));
    CHECK(take(&arena, 1) == 0 && arena.committed == CHUNK && sound(&arena));
    arena_close(&arena);

    CHECK(arena_open(&arena, 65536, DF_CAPACITY_MAX) == DF_OK);
    CHECK(take(&arena, 1) == 0 && arena.committed == 65536 && sound(&arena));
    arena_close(&arena);
}

/* --- Statuses --- */

static void test_statuses_of_allocate(void)
{
    struct arena arena = {0};
    uint64_t offset = 7;
    CHECK(arena_open(&arena, 65536, CHUNK) == DF_OK);
    struct df_heap *heap = arena.heap;
    CHECK(df_heap_allocate(heap, DF_CAPACITY_MAX + 1, 16, &offset) == DF_INVALID_SIZE);
    CHECK(df_heap_allocate(heap, UINT64_MAX, 16, &offset) == DF_INVALID_SIZE);
    CHECK(df_heap_allocate_zeroed(heap, UINT64_MAX, &offset) == DF_INVALID_SIZE);
    CHECK(df_heap_allocate(heap, 1, 0, &offset) == DF_INVALID_ALIGNMENT);
    CHECK(df_heap_allocate(heap, 1, 48, &offset) == DF_INVALID_ALIGNMENT);
    CHECK(df_heap_allocate(heap, 1, UINT64_C(1) << 36, &offset) == DF_INVALID_ALIGNMENT);
    CHECK(df_heap_allocate(heap, 1, UINT64_C(1) << 63, &offset) == DF_INVALID_ALIGNMENT);
    CHECK(df_heap_allocate(heap, DF_CAPACITY_MAX, UINT64_C(1) << 35, &offset) == DF_OUT_OF_MEMORY);
    CHECK(df_heap_allocate(heap, 1, UINT64_C(1) << 35, &offset) == DF_OUT_OF_MEMORY);
    CHECK(df_heap_allocate(heap, DF_CAPACITY_MAX, 16, &offset) == DF_OUT_OF_MEMORY);
    CHECK(df_heap_allocate(heap, 65537, 16, &offset) == DF_OUT_OF_MEMORY);
    CHECK(df_heap_allocate_zeroed(heap, 65537, &offset) == DF_OUT_OF_MEMORY);
    CHECK(offset == 7 && statistics(&arena).committed == 0 && sound(&arena));
    arena_close(&arena);
}

static void test_statuses_of_offsets(void)
{
    struct arena arena = {0};
    uint64_t size = 7;
    CHECK(arena_open(&arena, 65536, CHUNK) == DF_OK);
    uint64_t first = take(&arena, 100), second = take(&arena, 100);
    give(&arena, first);
    const struct {
        uint64_t offset;
        enum df_status expected;
    } cases[] = {
        {first, DF_ALREADY_FREE},
        {first + 16, DF_ALREADY_FREE},
        {second + 112, DF_ALREADY_FREE},
        {second + 16, DF_INSIDE_BLOCK},
        {second + 96, DF_INSIDE_BLOCK},
        {second + 1, DF_NOT_IN_HEAP},
        {CHUNK, DF_NOT_IN_HEAP},
        {65536, DF_NOT_IN_HEAP},
        {UINT64_MAX & ~UINT64_C(15), DF_NOT_IN_HEAP},
        {UINT64_MAX, DF_NOT_IN_HEAP},
    };
    struct df_statistics before = statistics(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(df_heap_release(arena.heap, cases[i].offset) == cases[i].expected);
        CHECK(df_heap_resize(arena.heap, cases[i].offset, 8) == cases[i].expected);
        CHECK(df_heap_usable_size(arena.heap, cases[i].offset, &size) == cases[i].expected);
    }
    CHECK(size == 7);
    CHECK(df_heap_resize(arena.heap, second, DF_CAPACITY_MAX + 1) == DF_INVALID_SIZE);
    CHECK(df_heap_resize(arena.heap, second, DF_CAPACITY_MAX) == DF_NO_ROOM);
    CHECK(df_heap_usable_size(arena.heap, second, &size) == DF_OK && size == 112);
    struct df_statistics after = statistics(&arena);
    CHECK(memcmp(&before, &after, sizeof before) == 0 && sound(&arena));
    arena_close(&arena);
}

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

/* --- Odd arenas --- */

static void test_small_arenas(void)
{
    for (uint64_t capacity = 16; capacity <= 3 * CHUNK; capacity += capacity < 1024 ? 16 : 1008) {
        struct arena arena = {0};
        CHECK(arena_open(&arena, capacity, capacity % 32 == 0 ? 0 : 16) == DF_OK);
        CHECK(fill(&arena, 16) == capacity / 16 && sound(&arena));
        struct df_statistics full = statistics(&arena);
        CHECK(full.free == 0 && full.largest_free == 0 && full.free_least == 0 && full.committed == capacity);
        struct df_item item;
        for (uint64_t at = 0; df_heap_walk(arena.heap, at, &item); at += 32)
            give(&arena, at);
        CHECK(sound(&arena) && allocates(&arena, 17, DF_OUT_OF_MEMORY));
        give_all(&arena);
        CHECK(statistics(&arena).free_runs == 1 && take(&arena, capacity) == 0 && sound(&arena));
        arena_close(&arena);
    }
}

static void test_odd_capacities_grow_to_their_end(void)
{
    const uint64_t capacities[] = {CHUNK + 16, 3 * CHUNK - 16, 5 * CHUNK + DF_PAGE, 64 * CHUNK + 4112};
    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++)
        for (uint64_t growth = 1; growth < 6 * CHUNK; growth += CHUNK + 13) {
            struct arena arena = {0};
            CHECK(arena_open(&arena, capacities[i], growth) == DF_OK);
            CHECK(fill(&arena, 48) == capacities[i] / 48 && sound(&arena));
            CHECK(arena.committed == capacities[i]);
            give_all(&arena);
            CHECK(take(&arena, capacities[i]) == 0 && sound(&arena));
            arena_close(&arena);
        }
}

/* A page that ends beyond the arena counts as pinned while a block is in it, but never as one to give back.
 */
static void test_partial_page_stays(void)
{
    struct arena arena = {0};
    CHECK(arena_open(&arena, DF_PAGE + 64, 0) == DF_OK);
    uint64_t offset = take(&arena, DF_PAGE + 64);
    CHECK(statistics(&arena).pinned == 2 * DF_PAGE);
    give(&arena, offset);
    CHECK(df_heap_purge(arena.heap, UINT64_MAX) == DF_PAGE && sound(&arena));
    CHECK(statistics(&arena).dirty_free == 0);
    arena_close(&arena);
}

/* The most runs that one chunk can have: every second granule of it. */
static void test_most_runs_in_a_chunk(void)
{
    struct arena arena = {0};
    CHECK(arena_open(&arena, 2 * CHUNK, 0) == DF_OK);
    CHECK(fill(&arena, 16) == 1024);
    for (uint64_t at = 0; at < CHUNK; at += 32) {
        give(&arena, at);
        CHECK(sound(&arena));
    }
    CHECK(statistics(&arena).free_runs == 256);
    for (uint64_t taken = 0; taken < 256; taken++) {
        CHECK(take(&arena, 16) == taken * 32);
        CHECK(sound(&arena));
    }
    CHECK(allocates(&arena, 16, DF_OUT_OF_MEMORY));
    /* And down from there by joins. */
    for (uint64_t at = 0; at < CHUNK; at += 32)
        give(&arena, at);
    for (uint64_t at = 16; at < CHUNK - 16; at += 32) {
        give(&arena, at);
        CHECK(sound(&arena));
    }
    CHECK(statistics(&arena).free_runs == 1);
    arena_close(&arena);
}

/* Each level of the index holds 64 times the chunks of the one below; the arena grows through all of them. */
static void test_levels(void)
{
    struct arena arena = {0};
    CHECK(arena_open(&arena, (uint64_t)5000 * CHUNK, 1) == DF_OK);
    uint64_t count = fill(&arena, CHUNK);
    CHECK(count == 5000 && sound(&arena));
    const uint64_t chunks[] = {4999, 0, 4095, 4096, 63, 64, 65, 127, 2500, 4032};
    enum { CHUNKS = sizeof chunks / sizeof *chunks };
    for (size_t i = 0; i < CHUNKS; i++) {
        give(&arena, chunks[i] * CHUNK);
        CHECK(sound(&arena));
    }
    CHECK(df_heap_purge(arena.heap, UINT64_MAX) == CHUNKS * CHUNK && sound(&arena));
    struct df_range runs[CHUNKS];
    size_t listed = df_heap_index(arena.heap, runs, CHUNKS);
    CHECK(listed == 7 && statistics(&arena).victim.length == 0); /* 63 to 65 are one, 4095 and 4096 too */
    for (size_t i = 1; i < listed && i < CHUNKS; i++)
        CHECK(runs[i - 1].length < runs[i].length ||
              (runs[i - 1].length == runs[i].length && runs[i - 1].offset < runs[i].offset));
    CHECK(fill(&arena, CHUNK) == CHUNKS && sound(&arena));
    give_all(&arena);
    CHECK(statistics(&arena).free_runs == 1 && sound(&arena));
    arena_close(&arena);
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

/* --- Purge --- */

static void test_purge_plan(void)
{
    struct arena arena = {0};
    struct df_range range;
    CHECK(arena_open(&arena, 16 * CHUNK, 0) == DF_OK);
    CHECK(!df_heap_purge_next(arena.heap, UINT64_MAX, UINT64_MAX, &range)); /* nothing was used */
    uint64_t page[32];
    for (int i = 0; i < 32; i++)
        page[i] = take(&arena, DF_PAGE);
    CHECK(!df_heap_purge_next(arena.heap, UINT64_MAX, UINT64_MAX, &range)); /* nothing is free */
    const int freed[] = {1, 2, 3, 9, 10, 20, 30, 31};
    for (size_t i = 0; i < sizeof freed / sizeof *freed; i++)
        give(&arena, page[freed[i]]);
    CHECK(statistics(&arena).dirty_free == 8 * DF_PAGE && statistics(&arena).pinned == 24 * DF_PAGE);
    const struct df_range expected[] = {{30 * DF_PAGE, 2 * DF_PAGE},
                                        {20 * DF_PAGE, DF_PAGE},
                                        {9 * DF_PAGE, 2 * DF_PAGE},
                                        {DF_PAGE, 3 * DF_PAGE}};
    range.offset = UINT64_MAX;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        if (!CHECK(df_heap_purge_next(arena.heap, range.offset, UINT64_MAX, &range)))
            break;
        CHECK(range.offset == expected[i].offset && range.length == expected[i].length);
    }
    CHECK(!df_heap_purge_next(arena.heap, range.offset, UINT64_MAX, &range));
    /* `most` cuts from below, `below` from above; both count whole pages. */
    CHECK(df_heap_purge_next(arena.heap, UINT64_MAX, 2 * DF_PAGE - 1, &range));
    CHECK(range.offset == 31 * DF_PAGE && range.length == DF_PAGE);
    CHECK(!df_heap_purge_next(arena.heap, UINT64_MAX, DF_PAGE - 1, &range));
    CHECK(!df_heap_purge_next(arena.heap, UINT64_MAX, 0, &range));
    CHECK(df_heap_purge_next(arena.heap, 31 * DF_PAGE + 4095, UINT64_MAX, &range));
    CHECK(range.offset == 30 * DF_PAGE && range.length == DF_PAGE);
    CHECK(df_heap_purge_next(arena.heap, 3 * DF_PAGE, 2 * DF_PAGE, &range));
    CHECK(range.offset == DF_PAGE && range.length == 2 * DF_PAGE);
    CHECK(!df_heap_purge_next(arena.heap, DF_PAGE, UINT64_MAX, &range));
    CHECK(!df_heap_purge_next(arena.heap, 0, UINT64_MAX, &range));
    /* The plan carried out, with a budget. */
    CHECK(df_heap_purge(arena.heap, 0) == 0 && df_heap_purge(arena.heap, DF_PAGE - 1) == 0);
    CHECK(df_heap_purge(arena.heap, 4 * DF_PAGE + 5) == 4 * DF_PAGE && sound(&arena));
    CHECK(statistics(&arena).dirty_free == 4 * DF_PAGE);
    CHECK(df_heap_purge_next(arena.heap, UINT64_MAX, UINT64_MAX, &range) && range.offset == 9 * DF_PAGE);
    CHECK(df_heap_purge(arena.heap, UINT64_MAX) == 4 * DF_PAGE && sound(&arena));
    CHECK(df_heap_purge(arena.heap, UINT64_MAX) == 0 && arena.purged == 8 * DF_PAGE);
    arena_close(&arena);
}

/* What cannot be given back stays in the plan; what lies below it is tried all the same. */
static void test_purge_fails(void)
{
    struct arena arena = {.locked = 12 * DF_PAGE};
    struct df_range range;
    uint64_t page[16];
    CHECK(arena_open(&arena, 8 * CHUNK, 0) == DF_OK);
    for (int i = 0; i < 16; i++)
        page[i] = take(&arena, DF_PAGE);
    for (int i = 0; i < 16; i += 3)
        give(&arena, page[i]); /* 0, 3, 6, 9 and, locked, 12 and 15 */
    CHECK(df_heap_purge(arena.heap, 3 * DF_PAGE) == 3 * DF_PAGE && arena.purged == 3 * DF_PAGE);
    CHECK(statistics(&arena).dirty_free == 3 * DF_PAGE && sound(&arena));
    CHECK(df_heap_purge_next(arena.heap, UINT64_MAX, UINT64_MAX, &range) && range.offset == 15 * DF_PAGE);
    CHECK(df_heap_purge(arena.heap, UINT64_MAX) == DF_PAGE && df_heap_purge(arena.heap, UINT64_MAX) == 0);
    CHECK(statistics(&arena).dirty_free == 2 * DF_PAGE && sound(&arena));
    arena.locked = UINT64_MAX;
    CHECK(df_heap_purge(arena.heap, UINT64_MAX) == 2 * DF_PAGE && sound(&arena));
    arena_close(&arena);
}

/* A plan carried out elsewhere: what was taken meanwhile, and what is clean already, stays as it is. */
static void test_mark_purged(void)
{
    struct arena arena = {0};
    struct df_range range;
    CHECK(arena_open(&arena, 8 * CHUNK, 0) == DF_OK);
    uint64_t first = take(&arena, 6 * DF_PAGE);
    take(&arena, 16);
    memset(arena.base + first, 0x5A, 6 * DF_PAGE);
    give(&arena, first);
    CHECK(df_heap_purge_next(arena.heap, UINT64_MAX, UINT64_MAX, &range) && range.offset == 0);
    CHECK(range.length == 6 * DF_PAGE);
    uint64_t meanwhile = take(&arena, DF_PAGE + 100);
    CHECK(meanwhile == first && statistics(&arena).dirty_free == 4 * DF_PAGE);
    memset(arena.base + 2 * DF_PAGE, 0, 4 * DF_PAGE);
    df_heap_mark_purged(arena.heap, range);
    CHECK(statistics(&arena).dirty_free == 0 && statistics(&arena).pinned == 3 * DF_PAGE && sound(&arena));
    df_heap_mark_purged(arena.heap, range);
    CHECK(statistics(&arena).dirty_free == 0 && sound(&arena));
    give(&arena, meanwhile);
    CHECK(statistics(&arena).dirty_free == 2 * DF_PAGE && sound(&arena));
    /* A range that is no plan's: what lies behind the arena is nobody's. */
    df_heap_mark_purged(arena.heap, (struct df_range){8 * CHUNK, DF_PAGE});
    CHECK(statistics(&arena).dirty_free == 2 * DF_PAGE);
    df_heap_mark_purged(arena.heap, (struct df_range){DF_PAGE, UINT64_MAX});
    CHECK(statistics(&arena).dirty_free == DF_PAGE && sound(&arena));
    arena_close(&arena);
}

/* --- Refusals of the world --- */

/* The program for the loop below. */
static void grow_and_shrink(struct arena *arena)
{
    uint64_t blocks[24], count = 0, offset;
    for (uint64_t i = 0; i < 24; i++) {
        uint64_t size = 900 * i + 16;
        enum df_status status = i % 3 == 2 ? df_heap_allocate_zeroed(arena->heap, size, &offset)
                                           : df_heap_allocate(arena->heap, size, i % 3 ? 256 : 16, &offset);
        if (status == DF_OK)
            blocks[count++] = offset;
        CHECK((status == DF_OK || status == DF_OUT_OF_MEMORY) && sound(arena));
    }
    for (uint64_t i = 0; i < count; i++) {
        enum df_status status = df_heap_resize(arena->heap, blocks[i], i % 2 ? 10000 : 600);
        CHECK((status == DF_OK || status == DF_NO_ROOM) && sound(arena));
    }
    if (count > 0) {
        uint64_t size = 0;
        CHECK(df_heap_usable_size(arena->heap, blocks[count - 1], &size) == DF_OK);
        enum df_status status = df_heap_resize(arena->heap, blocks[count - 1], size + 3 * CHUNK);
        CHECK((status == DF_OK || status == DF_NO_ROOM) && sound(arena));
        for (uint64_t i = 0; i < count; i++)
            give(arena, blocks[i]);
    }
}

/* Commit refuses at the nth call, or from it on, for every n: the heap stays sound and loses no byte. */
static void test_refused_commits(void)
{
    enum { REACH = 48 * CHUNK };
    const uint64_t growths[] = {1, 3 * CHUNK, REACH};
    for (size_t g = 0; g < 3; g++)
        for (int rest = 0; rest < 2; rest++) {
            uint64_t calls = 1;
            for (uint64_t n = 1; n <= calls; n++) {
                struct arena arena = {.refuse = n, .refuse_times = rest != 0 ? UINT64_MAX : 1};
                CHECK(arena_open(&arena, REACH, growths[g]) == DF_OK);
                grow_and_shrink(&arena);
                calls = arena.commits;
                CHECK(statistics(&arena).live == 0 && statistics(&arena).free_runs <= 1 && sound(&arena));
                arena_refuse(&arena, 0);
                CHECK(allocates(&arena, REACH, DF_OK) && sound(&arena));
                arena_close(&arena);
            }
            CHECK(calls > 0);
        }
}

/* When the usual growth is refused, what is needed at least is asked for. */
static void test_smaller_commit_after_refusal(void)
{
    struct arena arena = {.refuse = 1, .refuse_times = 1};
    CHECK(arena_open(&arena, 1 << 20, 65536) == DF_OK);
    CHECK(take(&arena, 100) == 0 && arena.commits == 2 && arena.committed == CHUNK && sound(&arena));
    arena_close(&arena);
}

/* "smoke brief" leaves out what takes long, for valgrind. */
int main(int argc, char **argv)
{
    bool brief = argc > 1 && strcmp(argv[1], "brief") == 0;
    test_metadata_sizes();
    test_open_refuses();
    test_open_without_outside();
    test_open_commits();
    test_statuses_of_allocate();
    test_statuses_of_offsets();
    test_sizes_are_whole_granules();
    test_aligned_block_leaves_front_and_rest();
    test_zeroed();
    test_zeroed_in_every_pattern();
    test_partial_page_stays();
    test_resize_between_neighbours();
    test_purge_plan();
    test_purge_fails();
    test_mark_purged();
    test_smaller_commit_after_refusal();
    if (!brief) {
        test_alignments();
        test_largest_block_is_the_arena();
        test_small_arenas();
        test_odd_capacities_grow_to_their_end();
        test_most_runs_in_a_chunk();
        test_levels();
        test_resize();
        test_refused_commits();
    }
    return check_end();
}
