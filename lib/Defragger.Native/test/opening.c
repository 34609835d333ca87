/* Opening a heap, and the statuses of mistaken calls. */
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

int main(void)
{
    test_metadata_sizes();
    test_open_refuses();
    test_open_without_outside();
    test_open_commits();
    test_statuses_of_allocate();
    test_statuses_of_offsets();
    return check_end();
}
