/*
 * The end of the largest arena, where numbers of granules come near 2^32.
 *
 * To get there takes a gigabyte of metadata, so the heap's limit is set by hand: all below it is as if it
 * were one block, which nobody looks at. The checker cannot be used here; answers and requests are looked at.
 */
#include <sys/mman.h>

#include "check.h"
#include "heap.h"

enum { CHUNK = 8192 };

static uint64_t zeroed, purged;

static void zero(void *context, uint64_t offset, uint64_t length)
{
    (void)context;
    CHECK(offset + length <= DF_CAPACITY_MAX);
    zeroed += length;
}

static bool purge(void *context, uint64_t offset, uint64_t length)
{
    (void)context;
    CHECK(offset + length <= DF_CAPACITY_MAX);
    purged += length;
    return true;
}

/* A heap that has committed all but the last `left` chunks, of which the very last lacks one granule. */
static struct df_heap *heap_near_end(void *metadata, size_t size, uint32_t left)
{
    struct df_heap_options options = {
        .capacity = DF_CAPACITY_MAX, .growth = 1, .outside = {NULL, NULL, purge, zero}};
    struct df_heap *heap = NULL;
    if (!CHECK(df_heap_open(metadata, size, &options, &heap) == DF_OK))
        return NULL;
    heap->limit = UINT32_MAX - (CHUNK_GRANULES - 1) - (left - 1) * CHUNK_GRANULES;
    return heap;
}

static void use_the_end(struct df_heap *heap, uint64_t begin)
{
    struct df_range range;
    uint64_t offset, usable, length = DF_CAPACITY_MAX - begin;
    CHECK(df_heap_allocate(heap, DF_CAPACITY_MAX, DF_GRANULE, &offset) == DF_OUT_OF_MEMORY);
    CHECK(df_heap_allocate(heap, length + 1, DF_GRANULE, &offset) == DF_OUT_OF_MEMORY);
    CHECK(df_heap_allocate(heap, length, DF_GRANULE, &offset) == DF_OK && offset == begin);
    CHECK(df_heap_allocate(heap, 1, DF_GRANULE, &offset) == DF_OUT_OF_MEMORY);
    CHECK(df_heap_usable_size(heap, begin, &usable) == DF_OK && usable == length);
    CHECK(df_heap_resize(heap, begin, 16) == DF_OK && df_heap_resize(heap, begin, length + 1) == DF_NO_ROOM);
    CHECK(df_heap_resize(heap, begin, length) == DF_OK);
    CHECK(df_heap_release(heap, DF_CAPACITY_MAX) == DF_NOT_IN_HEAP);
    CHECK(df_heap_release(heap, begin) == DF_OK);

    CHECK(df_heap_allocate_zeroed(heap, length, &offset) == DF_OK && offset == begin);
    CHECK(zeroed == length); /* the end of the last page is 2^32 granules */
    CHECK(df_heap_release(heap, begin) == DF_OK);

    CHECK(df_heap_purge_next(heap, UINT64_MAX, UINT64_MAX, &range) && range.offset == begin);
    CHECK(range.length == length - (DF_PAGE - DF_GRANULE));
    CHECK(df_heap_purge(heap, UINT64_MAX) == range.length && purged == range.length);
    CHECK(df_heap_allocate(heap, 100, 1 << 12, &offset) == DF_OK && offset % 4096 == 0);
    CHECK(df_heap_release(heap, offset) == DF_OK);
}

int main(void)
{
    size_t size = df_heap_metadata_size(DF_CAPACITY_MAX);
    void *metadata =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (metadata == MAP_FAILED) {
        printf("skipped: no address space for %zu bytes\n", size);
        return 77;
    }
    struct df_heap *heap = heap_near_end(metadata, size, 3);
    if (heap != NULL)
        use_the_end(heap, DF_CAPACITY_MAX + DF_GRANULE - (uint64_t)3 * CHUNK);
    munmap(metadata, size);
    return check_end();
}
