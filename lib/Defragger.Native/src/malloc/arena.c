/* See arena.h: what is done with one, with its lock. */
#include "arena.h"

#include <string.h>

#include "../os/memory.h"
#include "places.h"
#include "report.h"

enum { BATCH = 64 };

/* With the lock. */
static void region_close(struct region *region)
{
    struct df_heap *heap = region->arena->heap;
    heap->live_blocks += region->splits;
    region->splits = 0;
    if (region->start != region->end)
        df_heap_release(heap, bytes_of(region->start));
    region->start = region->end;
}

void region_end(struct region *region)
{
    if (region->arena == NULL)
        return;
    arena_lock(region->arena);
    region_close(region);
    arena_unlock(region->arena);
}

/* With the lock. What the old region had left becomes the victim's again, if it lay before it. */
static size_t fill(struct arena *arena, uint32_t length, uint32_t most, uint64_t *offsets,
                   struct region *region)
{
    struct df_heap *heap = arena->heap;
    struct df_range range;
    size_t allocated;
    bool is_cut = length <= CLASS_EXACT && !class_has_run(heap, class_of(length));
    if (is_cut && region->arena == arena)
        region_close(region);
    df_heap_allocate_many(heap, bytes_of(length), is_cut ? 1 : most, offsets, &allocated);
    if (is_cut && allocated > 0 && region->start == region->end &&
        df_heap_allocate_victim(heap, REGION_MOST, &range) == DF_OK)
        *region = (struct region){.arena = arena,
                                  .start = (uint32_t)(range.offset >> GRANULE_SHIFT),
                                  .end = (uint32_t)((range.offset + range.length) >> GRANULE_SHIFT)};
    return allocated;
}

/* The arenas to ask for memory, one after the other: the newest has room, and the old ones may have again;
 * then one that is made, and all once more. */
struct asked {
    uint32_t known, left; /* both 0 in the beginning */
};

static struct arena *arena_next(struct asked *asked)
{
    if (asked->left == 0) {
        if (asked->known > 0 && !arenas_extend(asked->known))
            return NULL;
        asked->known = asked->left = arena_count();
    }
    return &arenas[--asked->left];
}

uint32_t arena_fill(uint32_t length, uint32_t most, void **blocks, struct region *region)
{
    uint64_t offsets[BATCH];
    struct asked asked = {0};
    for (struct arena *arena; (arena = arena_next(&asked)) != NULL;) {
        /* Bins keep blocks of the first arena only. */
        uint32_t here = arena != &arenas[0] ? 1 : most < BATCH ? most : BATCH;
        arena_lock(arena);
        size_t filled = fill(arena, length, here, offsets, region);
        arena_unlock(arena);
        for (size_t k = 0; k < filled; k++)
            blocks[k] = arena->base + offsets[k];
        if (filled > 0)
            return (uint32_t)filled;
    }
    return 0;
}

void *arena_allocate_one(uint64_t size, uint64_t alignment, bool zeroed)
{
    uint64_t offset;
    struct asked asked = {0};
    for (struct arena *arena; (arena = arena_next(&asked)) != NULL;) {
        arena_lock(arena);
        enum df_status status = zeroed ? df_heap_allocate_zeroed(arena->heap, size, &offset)
                                       : df_heap_allocate(arena->heap, size, alignment, &offset);
        arena_unlock(arena);
        if (status == DF_OK)
            return arena->base + offset;
    }
    return NULL;
}

/* --- Freeing --- */

void arena_report(struct arena *arena, const char *call, const void *address, enum df_status status)
{
    uint64_t offset = offset_of(arena, address), distance = 0, size = 0;
    if (status == DF_INSIDE_BLOCK || offset % DF_GRANULE != 0) {
        arena_lock(arena);
        uint64_t start = offset & ~(uint64_t)(DF_GRANULE - 1);
        while (start > 0 && df_heap_usable_size(arena->heap, start, &size) == DF_INSIDE_BLOCK)
            start -= DF_GRANULE;
        status = df_heap_usable_size(arena->heap, start, &size) == DF_OK ? DF_INSIDE_BLOCK : DF_ALREADY_FREE;
        arena_unlock(arena);
        distance = offset - start;
    }
    report_mistake(call, address,
                   status == DF_INSIDE_BLOCK   ? INSIDE_A_BLOCK
                   : status == DF_ALREADY_FREE ? DOUBLE_FREE
                                               : FOREIGN,
                   distance, size);
}

void arena_release(struct arena *arena, void *block, const char *call)
{
    arena_lock(arena);
    enum df_status status = df_heap_release(arena->heap, offset_of(arena, block));
    arena_unlock(arena);
    if (status != DF_OK)
        arena_report(arena, call, block, status);
}

void arena_release_starts(struct arena *arena, const struct df_starts *words, size_t count, const char *call)
{
    size_t released;
    for (size_t done = 0; done < count; done += released) {
        arena_lock(arena);
        enum df_status status = df_heap_release_starts(arena->heap, words + done, count - done, &released);
        arena_unlock(arena);
        if (status == DF_OK)
            continue;
        struct df_starts wrong = words[done + released++]; /* one of these: the others are freed */
        for (; wrong.starts != 0; wrong.starts &= wrong.starts - 1)
            arena_release(arena, arena->base + wrong.offset + bytes_of(lowest_bit(wrong.starts)), call);
    }
}

enum df_status arena_resize(struct arena *arena, void *block, uint64_t size)
{
    arena_lock(arena);
    enum df_status status = df_heap_resize(arena->heap, offset_of(arena, block), size);
    arena_unlock(arena);
    return status;
}

enum df_status arena_usable_size(struct arena *arena, const void *block, uint64_t *size)
{
    os_lock_take(&arena->lock); /* nothing changes: readers need not wait */
    enum df_status status = df_heap_usable_size(arena->heap, offset_of(arena, block), size);
    os_lock_give(&arena->lock);
    return status;
}

/* --- Giving back --- */

/* One system call's worth of pages below `below`, which moves down. */
static uint64_t purge_some(struct arena *arena, uint64_t *below, uint64_t most)
{
    struct iovec ranges[OS_PURGE_MOST];
    struct df_range range;
    size_t number = 0;
    uint64_t planned = 0, purged = 0;
    while (number < OS_PURGE_MOST && planned < most &&
           df_heap_purge_next(arena->heap, *below, most - planned, &range)) {
        ranges[number++] = (struct iovec){arena->base + range.offset, range.length};
        planned += range.length;
        *below = range.offset;
    }
    for (size_t done = 0; done < number; done++) {
        size_t now = places_purge(arena, ranges + done, number - done);
        arena->purges++;
        for (; now > 0; now--, done++) {
            range = (struct df_range){offset_of(arena, ranges[done].iov_base), ranges[done].iov_len};
            df_heap_mark_purged(arena->heap, range);
            purged += range.length;
        }
        arena->refused = done < number ? arena->refused + 1 : 0;
    }
    arena->purged += purged;
    if (number == 0)
        *below = 0;
    return purged;
}

uint64_t arena_purge(struct arena *arena, uint64_t bytes)
{
    enum { AT_A_TIME = 4 * 1024 * 1024 };
    uint64_t purged = 0, below = UINT64_MAX;
    while (purged < bytes && below > 0) {
        uint64_t rest = bytes - purged;
        bool held = arena_lock_pages(arena);
        purged += purge_some(arena, &below, rest < AT_A_TIME ? rest : AT_A_TIME);
        arena_unlock_pages(arena, held);
    }
    return purged;
}
