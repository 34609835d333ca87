/* Statistics of the whole process; see defragger.h. */
#include "cache.h"
#include "compact.h"
#include "defragger.h"
#include "large.h"
#include "pace.h"
#include "settings.h"
#include "start.h"
#include "text.h"

#include "../os/process.h"

static void count_cache(const struct cache *cache, struct df_malloc_statistics *sum)
{
    for (uint32_t length = 1; length <= SHORT_MOST; length++) {
        uint32_t count = bin_count(&cache->bins[length]);
        sum->cached_blocks += count;
        sum->cached += count * bytes_of(length);
    }
    for (uint32_t bin = 0; bin < MIDDLE_BINS; bin++)
        for (uint32_t i = 0; i < cache->middle_counts[bin]; i++) {
            sum->cached_blocks++;
            sum->cached += bytes_of(cache->middle[bin][i].length);
        }
    sum->cached_blocks += cache->outbox.count + (cache->region.start != cache->region.end);
    sum->cached += cache->outbox.bytes + bytes_of(cache->region.end - cache->region.start);
    sum->live_blocks += cache->region.splits;
    sum->threads += cache->owned;
}

static void count_arena(struct arena *arena, struct df_malloc_statistics *sum)
{
    struct df_statistics heap;
    df_heap_statistics(arena->heap, &heap);
    sum->live += heap.live;
    sum->live_blocks += heap.live_blocks;
    sum->committed += heap.committed;
    sum->reserved += arena->capacity;
    sum->pinned += heap.pinned;
    sum->dirty += heap.dirty_free;
    sum->metadata += arena->metadata;
    sum->purged += arena->purged;
    sum->purges += arena->purges;
    sum->arenas++;
}

void df_malloc_statistics(struct df_malloc_statistics *statistics)
{
    struct df_malloc_statistics sum = {0};
    if (start()) {
        caches_close();
        arenas_lock();
        large_lock();
        for (struct cache *cache = caches_first(); cache != NULL; cache = cache->next)
            count_cache(cache, &sum);
        for (uint32_t i = 0; i < arena_count(); i++)
            count_arena(&arenas[i], &sum);
        struct large_statistics large = large_statistics();
        large_unlock();
        arenas_unlock();
        caches_open();
        sum.large = large.live;
        sum.large_blocks = large.blocks;
        sum.large_cached = large.waiting;
        sum.live = sum.live - sum.cached + large.live;
        sum.live_blocks = sum.live_blocks - sum.cached_blocks + large.blocks;
    }
    *statistics = sum;
}

uint64_t df_malloc_trim(void)
{
    enum { BUDGET = 50000 }; /* microseconds */
    if (!start())
        return 0;
    uint64_t given = pace_trim();
    return settings.merge == MERGE_OFF ? given : given + compact(BUDGET);
}

uint64_t df_compact(uint64_t budget_us)
{
    return start() ? compact(budget_us) : 0;
}

struct line {
    const char *name;
    uint64_t value;
    const char *unit;
};

static void print(int fd, const struct line *lines, size_t count)
{
    struct text text = {0};
    for (size_t i = 0; i < count; i++) {
        text_add(&text, "  ");
        text_add(&text, lines[i].name);
        text_number(&text, lines[i].value);
        text_add(&text, lines[i].unit);
        text_add(&text, "\n");
    }
    os_write(fd, text.bytes, text.length);
}

static void print_heap(int fd)
{
    struct df_malloc_statistics now;
    df_malloc_statistics(&now);
    const struct line lines[] = {
        {"live           ", now.live, " bytes"},
        {"live blocks    ", now.live_blocks, ""},
        {"cached         ", now.cached, " bytes"},
        {"cached blocks  ", now.cached_blocks, ""},
        {"committed      ", now.committed, " bytes"},
        {"reserved       ", now.reserved, " bytes of address space"},
        {"pinned pages   ", now.pinned, " bytes"},
        {"dirty pages    ", now.dirty, " bytes"},
        {"large          ", now.large, " bytes"},
        {"large blocks   ", now.large_blocks, ""},
        {"large waiting  ", now.large_cached, " bytes"},
        {"metadata       ", now.metadata, " bytes of address space"},
        {"given back     ", now.purged, " bytes"},
        {"given back in  ", now.purges, " system calls"},
        {"arenas         ", now.arenas, ""},
        {"threads        ", now.threads, ""},
    };
    print(fd, lines, sizeof lines / sizeof lines[0]);
}

/* Nothing of a process that never asked for it. */
static void print_merging(int fd)
{
    struct df_compact_statistics now;
    struct text text = {0};
    df_compact_statistics(&now);
    if (now.answer == DF_COMPACT_NEVER)
        return;
    const struct line lines[] = {
        {"merged pages   ", now.merged, " bytes"},  {"lie on         ", now.stored, " bytes"},
        {"saved by that  ", now.saved, " bytes"},   {"mappings       ", now.mappings, " for it"},
        {"merges         ", now.merges, " pages"},  {"undone         ", now.unmerges, " pages"},
        {"compactions    ", now.compactions, ""},   {"took           ", now.microseconds, " us"},
        {"offered to KSM ", now.offered, " bytes"},
    };
    size_t count = sizeof lines / sizeof lines[0];
    print(fd, lines, settings.merge == MERGE_KSM ? count : count - 1);
    text_add(&text, "  the last       ");
    text_add(&text, df_compact_reason(now.answer));
    text_add(&text, "\n");
    os_write(fd, text.bytes, text.length);
}

void df_malloc_print(int fd)
{
    struct text text = {0};
    text_add(&text, "defragger ");
    text_add(&text, df_malloc_version());
    text_add(&text, "\n");
    os_write(fd, text.bytes, text.length);
    print_heap(fd);
    print_merging(fd);
}

const char *df_malloc_version(void)
{
    return DEFRAGGER_VERSION;
}
