/* What can be seen of a heap: walk, index, statistics, and the purge plan with its execution. */
#include "hold.h"

/* --- Items --- */

bool df_heap_walk(const struct df_heap *heap, uint64_t from, struct df_item *item)
{
    if (from % DF_GRANULE != 0 || from >> GRANULE_SHIFT >= heap->limit)
        return false;
    uint32_t start = (uint32_t)(from >> GRANULE_SHIFT);
    bool held = is_held(heap, start), live = is_start(heap, start) && !held;
    if (!live && !held && !is_free(heap, start))
        return false;
    uint32_t end = live ? block_end(heap, start) : held ? held_end(heap, start) : run_end(heap, start);
    *item = (struct df_item){from, bytes_of(end - start), live, held};
    return true;
}

/* Where runs go that are being listed. */
struct listing {
    struct df_range *runs;
    size_t room, count;
};

static void list_run(struct listing *listing, uint32_t start, uint32_t length)
{
    if (listing->count < listing->room)
        listing->runs[listing->count] = (struct df_range){bytes_of(start), bytes_of(length)};
    listing->count++;
}

static void list_exact(const struct df_heap *heap, uint32_t class, struct listing *listing)
{
    for (uint32_t word = set_next(&heap->exact, class, 0); word != NO_MEMBER;
         word = set_next(&heap->exact, class, word + 1))
        for (uint64_t runs = exact_runs(heap, word, class + 1); runs != 0; runs &= runs - 1)
            list_run(listing, word * WORD_GRANULES + lowest_bit(runs), class + 1);
}

static void list_inexact(const struct df_heap *heap, uint32_t class, struct listing *listing)
{
    uint32_t set = class - CLASS_EXACT;
    for (uint32_t chunk = set_next(&heap->inexact, set, 0); chunk != NO_MEMBER;
         chunk = set_next(&heap->inexact, set, chunk + 1))
        for (uint32_t word = chunk * CHUNK_WORDS; word < (chunk + 1) * CHUNK_WORDS; word++)
            for (uint64_t starts = run_starts(heap, word); starts != 0; starts &= starts - 1) {
                uint32_t start = word * WORD_GRANULES + lowest_bit(starts), length = run_length(heap, start);
                if (class_of(length) == class && start != heap->victim.start)
                    list_run(listing, start, length);
            }
}

size_t df_heap_index(const struct df_heap *heap, struct df_range *runs, size_t room)
{
    struct listing listing = {.runs = runs, .room = room};
    for (uint32_t class = class_next(heap, 0); class < CLASS_COUNT; class = class_next(heap, class + 1)) {
        if (class < CLASS_EXACT)
            list_exact(heap, class, &listing);
        else
            list_inexact(heap, class, &listing);
    }
    return listing.count;
}

/* --- Statistics --- */

static uint32_t largest_run(const struct df_heap *heap)
{
    uint32_t class = CLASS_COUNT, largest = span_length(heap->victim);
    for (uint32_t word = CLASS_WORDS; word-- > 0 && class == CLASS_COUNT;)
        if (heap->classes[word] != 0)
            class = word * 64 + highest_bit(heap->classes[word]);
    if (class == CLASS_COUNT)
        return largest;
    if (class < CLASS_EXACT)
        return largest > class_least(class) ? largest : class_least(class);
    uint32_t set = class - CLASS_EXACT;
    for (uint32_t chunk = set_next(&heap->inexact, set, 0); chunk != NO_MEMBER;
         chunk = set_next(&heap->inexact, set, chunk + 1))
        for (;;) { /* each round finds a longer run of this chunk, or none */
            struct span run = run_find(heap, chunk, class, largest + 1);
            if (run.start == run.end)
                break;
            largest = span_length(run);
        }
    return largest;
}

void df_heap_statistics(const struct df_heap *heap, struct df_statistics *statistics)
{
    struct span victim = span_length(heap->victim) > 0 ? heap->victim : (struct span){0, 0};
    *statistics = (struct df_statistics){
        .capacity = bytes_of(heap->capacity),
        .committed = bytes_of(heap->limit),
        .live_blocks = heap->live_blocks,
        .live = bytes_of(heap->live),
        .free = bytes_of(heap->limit - heap->live - heap->holds.granule_count),
        .free_least = bytes_of(heap->capacity - heap->live_most),
        .largest_free = bytes_of(largest_run(heap)),
        .free_runs = heap->free_runs,
        .victim = {bytes_of(victim.start), bytes_of(span_length(victim))},
        .pinned = (uint64_t)heap->pinned * DF_PAGE,
        .dirty_free = (uint64_t)heap->dirty_free * DF_PAGE,
        .held = bytes_of(heap->holds.granule_count),
    };
}

/* --- Purging --- */

static bool is_purgeable(const struct df_heap *heap, uint32_t page)
{
    return heap->chunks[page / CHUNK_PAGES].pages & page_purgeable(page);
}

/* One above the highest page below `end` that can be purged; 0: there is none. */
static uint32_t purgeable_below(const struct df_heap *heap, uint32_t end)
{
    uint32_t chunk = (end + CHUNK_PAGES - 1) / CHUNK_PAGES;
    while ((chunk = set_last(&heap->purge, 0, chunk)) != NO_MEMBER) {
        uint32_t begin = chunk * CHUNK_PAGES, page = begin + CHUNK_PAGES < end ? begin + CHUNK_PAGES : end;
        for (; page > begin; page--)
            if (is_purgeable(heap, page - 1))
                return page;
    }
    return 0;
}

bool df_heap_purge_next(const struct df_heap *heap, uint64_t below, uint64_t most, struct df_range *range)
{
    uint64_t committed = bytes_of(heap->limit);
    uint32_t end = (uint32_t)((below < committed ? below : committed) / DF_PAGE);
    end = purgeable_below(heap, end);
    if (end == 0 || most < DF_PAGE)
        return false;
    uint32_t begin = end - 1;
    while (begin > 0 && (uint64_t)(end - begin + 1) * DF_PAGE <= most && is_purgeable(heap, begin - 1))
        begin--;
    *range = (struct df_range){(uint64_t)begin * DF_PAGE, (uint64_t)(end - begin) * DF_PAGE};
    return true;
}

void df_heap_mark_purged(struct df_heap *heap, struct df_range range)
{
    uint64_t end = bytes_of(heap->limit);
    if (range.offset < end && range.length < end - range.offset)
        end = range.offset + range.length;
    for (uint64_t at = range.offset; at < end; at += DF_PAGE) {
        uint32_t page = (uint32_t)(at / DF_PAGE);
        uint8_t *pages = &heap->chunks[page / CHUNK_PAGES].pages;
        if (!is_purgeable(heap, page))
            continue;
        purge_remove(heap, page);
        *pages = (uint8_t)(*pages & ~page_dirty(page));
        if (page_is_held(heap, page))
            page_restore(heap, page);
    }
}

static bool outside_purge(const struct df_heap *heap, struct df_range range)
{
    const struct df_outside *outside = &heap->outside;
    return outside->purge == NULL || outside->purge(outside->context, range.offset, range.length);
}

uint64_t df_heap_purge(struct df_heap *heap, uint64_t most)
{
    uint64_t purged = 0;
    for (struct df_range range = {UINT64_MAX, 0};
         df_heap_purge_next(heap, range.offset, most - purged, &range);) {
        if (!outside_purge(heap, range))
            continue; /* what lies below may do */
        df_heap_mark_purged(heap, range);
        purged += range.length;
    }
    return purged;
}
