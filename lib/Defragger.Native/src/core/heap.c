/* See heap.h and defragger_heap.h. */
#include "block.h"

/* --- The metadata region: heap, start bits, free bits, records, words of the index --- */

enum { LINE = 64 };

struct region {
    size_t start, free, chunks, size;      /* where each part begins; size of all */
    struct bit_sets exact, inexact, purge; /* widths; words are offsets until they have a base */
};

/* Lays out a family of sets at the region's end. */
static void region_add(struct region *region, struct bit_sets *sets, uint32_t count, uint32_t numbers)
{
    sets->count = count;
    for (uint32_t level = 0, width = numbers; level == 0 || width > 1; level++) {
        width = (width - 1) / 64 + 1;
        sets->width[level] = width;
        sets->words[level] = (uint64_t *)region->size;
        region->size += (size_t)count * width * sizeof(uint64_t);
    }
}

static struct region region_of(uint32_t capacity)
{
    struct region region = {0};
    uint32_t chunks = chunk_of(capacity - 1) + 1;
    /* A small arena has no long runs, and no index of them. */
    uint32_t classes = class_of(capacity) + 1, exact = classes < CLASS_EXACT ? classes : CLASS_EXACT;
    size_t bits = (size_t)chunks * CHUNK_WORDS * sizeof(uint64_t);
    /* A line of zeros before, between and after: granules have neighbours without asking. */
    region.start = ((sizeof(struct df_heap) + LINE - 1) & ~(size_t)(LINE - 1)) + LINE;
    region.free = region.start + bits + LINE;
    region.chunks = region.free + bits + LINE;
    region.size = region.chunks + (((size_t)chunks * sizeof(struct chunk) + LINE - 1) & ~(size_t)(LINE - 1));
    region_add(&region, &region.exact, exact, chunks * CHUNK_WORDS);
    region_add(&region, &region.inexact, classes - exact, chunks);
    region_add(&region, &region.purge, 1, chunks);
    return region;
}

static struct bit_sets sets_at(unsigned char *base, struct bit_sets sets)
{
    for (uint32_t level = 0; level < SET_LEVELS && sets.width[level] > 0; level++)
        sets.words[level] = (void *)(base + (uintptr_t)sets.words[level]);
    return sets;
}

size_t df_heap_metadata_size(uint64_t capacity)
{
    return capacity_fits(capacity) ? region_of((uint32_t)(capacity >> GRANULE_SHIFT)).size : 0;
}

/* --- Growth --- */

static bool outside_commit(struct df_heap *heap, uint32_t from, uint32_t to)
{
    const struct df_outside *outside = &heap->outside;
    return outside->commit == NULL || outside->commit(outside->context, bytes_of(from), bytes_of(to - from));
}

/* Moves the limit; the new granules join a free run before them. */
static bool heap_extend(struct df_heap *heap, uint32_t to)
{
    struct span run = {heap->limit, to};
    if (!outside_commit(heap, run.start, run.end))
        return false;
    sets_reach(&heap->exact, word_of(to - 1));
    sets_reach(&heap->inexact, chunk_of(to - 1));
    sets_reach(&heap->purge, chunk_of(to - 1));
    if (to % CHUNK_GRANULES != 0) /* only at the capacity: ends the last item of a partial chunk */
        start_set(heap, to);
    bool joins = is_free_before(heap, run.start);
    struct span left = {joins ? run_start(heap, run.start) : run.start, run.start};
    free_flip(heap, run);
    heap->limit = to;
    run_join(heap, left, (struct span){to, to});
    return true;
}

/* Makes the last free run at least `length` granules long; false when the arena or the world has no more. */
static bool heap_grow(struct df_heap *heap, uint32_t length)
{
    uint32_t limit = heap->limit, room = heap->capacity - limit;
    uint32_t begin = is_free_before(heap, limit) ? run_start(heap, limit) : limit;
    uint32_t missing =
        length - (limit - begin); /* the run at the end is too short, or it would have been chosen */
    if (missing > room)
        return false;
    /* The limit stays at whole chunks but at the very end: then nothing is ever partial but the last. */
    uint64_t whole = ((uint64_t)missing + CHUNK_GRANULES - 1) & ~(uint64_t)(CHUNK_GRANULES - 1);
    uint32_t wanted = whole < room ? (uint32_t)whole : room;
    uint32_t usual = heap->growth < room ? heap->growth : room;
    return (usual > wanted && heap_extend(heap, limit + usual)) || heap_extend(heap, limit + wanted);
}

enum df_status df_heap_open(void *metadata, size_t metadata_size, const struct df_heap_options *options,
                            struct df_heap **opened)
{
    uint64_t growth = options->growth;
    if (!capacity_fits(options->capacity) || growth > DF_CAPACITY_MAX)
        return DF_INVALID_OPTIONS;
    uint32_t capacity = (uint32_t)(options->capacity >> GRANULE_SHIFT);
    struct region region = region_of(capacity);
    if (metadata == NULL || (uintptr_t)metadata % 64 != 0 || metadata_size < region.size)
        return DF_INVALID_OPTIONS;
    unsigned char *base = metadata;
    struct df_heap *heap = metadata;
    heap->start = (void *)(base + region.start);
    heap->free = (void *)(base + region.free);
    heap->chunks = (void *)(base + region.chunks);
    heap->exact = sets_at(base, region.exact);
    heap->inexact = sets_at(base, region.inexact);
    heap->purge = sets_at(base, region.purge);
    heap->capacity = capacity;
    heap->victim = NOWHERE;
    heap->outside = options->outside;
    uint64_t chunks = (growth + CHUNK_GRANULES * DF_GRANULE - 1) / (CHUNK_GRANULES * DF_GRANULE);
    heap->growth = chunks * CHUNK_GRANULES < capacity ? (uint32_t)(chunks * CHUNK_GRANULES) : capacity;
    if (growth == 0 && !heap_extend(heap, capacity))
        return DF_OUT_OF_MEMORY;
    *opened = heap;
    return DF_OK;
}

/* --- Allocation --- */

/* Zeroes the dirty pages of a span. */
static void span_zero(struct df_heap *heap, struct span span)
{
    const struct df_outside *outside = &heap->outside;
    struct span part = {span.start, span.start}; /* dirty, and not zeroed yet */
    for (uint32_t page = page_of(span.start); page <= page_of(span.end - 1); page++) {
        uint32_t begin = page * PAGE_GRANULES; /* its end may be more than 32 bits hold */
        uint32_t end = span.end - begin < PAGE_GRANULES ? span.end : begin + PAGE_GRANULES;
        bool dirty = heap->chunks[page / CHUNK_PAGES].pages & page_dirty(page);
        if (dirty)
            part.end = end;
        if ((!dirty || part.end == span.end) && part.end > part.start && outside->zero != NULL)
            outside->zero(outside->context, bytes_of(part.start), bytes_of(span_length(part)));
        if (!dirty)
            part.start = part.end = end;
    }
}

/* The run to cut from; the arena grows if need be. NOWHERE: there is none. */
static struct span run_for(struct df_heap *heap, uint32_t length, bool is_short)
{
    struct span run = is_short ? run_lowest(heap, class_of(length) + 1) : run_for_long(heap, length);
    if (run.start == run.end && heap_grow(heap, length))
        run = (struct span){run_start(heap, heap->limit), heap->limit};
    return run;
}

static enum df_status allocate(struct df_heap *heap, uint64_t size, uint64_t alignment, bool zeroed,
                               uint64_t *offset)
{
    uint32_t length;
    if (!granules_for(size, &length))
        return DF_INVALID_SIZE;
    if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > DF_CAPACITY_MAX)
        return DF_INVALID_ALIGNMENT;
    uint32_t step = alignment > DF_GRANULE ? (uint32_t)(alignment >> GRANULE_SHIFT) : 1;
    bool is_short = length <= CLASS_EXACT && step == 1;
    struct span run = NOWHERE, block = is_short ? cut_short(heap, length) : NOWHERE;
    bool is_cut = block.start != block.end;
    if (!is_cut) {
        uint64_t room = (uint64_t)length + step - 1;
        run = room <= heap->capacity ? run_for(heap, (uint32_t)room, is_short) : NOWHERE;
        if (run.start == run.end)
            return DF_OUT_OF_MEMORY;
        block.start = (run.start + step - 1) & ~(step - 1);
        block.end = block.start + length;
    }
    if (zeroed)
        span_zero(heap, block);
    span_use(heap, block);
    if (!is_cut)
        run_cut(heap, run, block, is_short);
    start_set(heap, block.start);
    block_tag(heap, block);
    heap->live_blocks++;
    *offset = bytes_of(block.start);
    return DF_OK;
}

enum df_status df_heap_allocate(struct df_heap *heap, uint64_t size, uint64_t alignment, uint64_t *offset)
{
    return allocate(heap, size, alignment, false, offset);
}

enum df_status df_heap_allocate_zeroed(struct df_heap *heap, uint64_t size, uint64_t *offset)
{
    return allocate(heap, size, DF_GRANULE, true, offset);
}

/* --- Release, resize --- */

static void span_free_parts(struct df_heap *heap, struct span span);

/* Frees granules that belong to no block any more: they join the runs on either side, but on held pages. */
static void span_free(struct df_heap *heap, struct span span)
{
    if (touches_held(heap, span)) {
        span_free_parts(heap, span);
        return;
    }
    span_join(heap, span);
    pages_leave(heap, span);
    heap->live -= span_length(span);
}

/* Apart, so that what is there for heaps that hold pages does not make the short path of the others longer.
 */
static RARE void span_free_parts(struct df_heap *heap, struct span span)
{
    while (span.start != span.end) {
        bool held;
        struct span front = span_front(heap, span, &held);
        if (held)
            span_free_held(heap, front);
        else
            span_free(heap, front);
        span.start = front.end;
    }
}

enum df_status df_heap_release(struct df_heap *heap, uint64_t offset)
{
    struct span block;
    enum df_status status = block_at(heap, offset, &block);
    if (status != DF_OK)
        return status;
    untag(heap, block);
    start_clear(heap, block.start);
    heap->live_blocks--;
    span_free(heap, block);
    return DF_OK;
}

/* The free run behind a block, made longer if it is the last one and too short; empty: there is none. */
static struct span run_behind(struct df_heap *heap, uint32_t end, uint32_t missing)
{
    bool present = is_free(heap, end);
    struct span run = {end, present ? run_end(heap, end) : end};
    if (run.end == heap->limit && span_length(run) < missing && heap_grow(heap, missing))
        run.end = heap->limit;
    return run;
}

enum df_status df_heap_resize(struct df_heap *heap, uint64_t offset, uint64_t size)
{
    uint32_t length;
    struct span block;
    enum df_status status = block_at(heap, offset, &block);
    if (status != DF_OK)
        return status;
    if (!granules_for(size, &length))
        return DF_INVALID_SIZE;
    uint32_t had = span_length(block);
    if (length < had) {
        struct span kept = {block.start, block.start + length};
        untag(heap, block);
        block_tag(heap, kept);
        span_free(heap, (struct span){kept.end, block.end});
    } else if (length > had) {
        struct span run = run_behind(heap, block.end, length - had);
        if (span_length(run) < length - had)
            return DF_NO_ROOM;
        struct span more = {block.end, block.start + length};
        span_use(heap, more);
        run_cut(heap, run, more, false);
        untag(heap, block);
        block_tag(heap, (struct span){block.start, more.end});
    }
    return DF_OK;
}

enum df_status df_heap_usable_size(const struct df_heap *heap, uint64_t offset, uint64_t *size)
{
    struct span block;
    enum df_status status = block_at(heap, offset, &block);
    if (status == DF_OK)
        *size = bytes_of(span_length(block));
    return status;
}
