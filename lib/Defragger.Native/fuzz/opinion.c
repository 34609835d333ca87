#include "fuzz.h"

#include <string.h>

/* --- The outside --- */

bool commit(void *context, uint64_t offset, uint64_t length)
{
    (void)context;
    REQUIRE(offset == run.committed && length > 0 && length <= run.capacity - offset);
    REQUIRE((offset + length) % CHUNK == 0 || offset + length == run.capacity);
    if (run.refusals > 0) {
        run.refusals--;
        run.refused = true;
        return false;
    }
    memset(run.holds + offset / DF_GRANULE, ZEROS, length / DF_GRANULE);
    run.committed += length;
    return true;
}

bool purge(void *context, uint64_t offset, uint64_t length)
{
    (void)context;
    REQUIRE(offset % DF_PAGE == 0 && length % DF_PAGE == 0 && length > 0);
    REQUIRE(offset + length <= run.committed && offset + length <= run.purged_at); /* from the top down */
    for (int slot = 0; slot < SLOTS; slot++) {
        const struct block *block = &run.blocks[slot];
        REQUIRE(!block->live || block->offset + block->length <= offset || offset + length <= block->offset);
    }
    run.purged_at = offset;
    if (offset >= run.locked)
        return false;
    memset(run.holds + offset / DF_GRANULE, ZEROS, length / DF_GRANULE);
    memset(run.held + offset / DF_PAGE, 0, length / DF_PAGE);
    run.purged += length;
    return true;
}

void zero(void *context, uint64_t offset, uint64_t length)
{
    (void)context;
    REQUIRE(length > 0 && offset + length <= run.committed);
    memset(run.holds + offset / DF_GRANULE, ZEROS, length / DF_GRANULE);
}

/* --- What is free, and where --- */

uint64_t whole_granules(uint64_t size)
{
    return size == 0 ? DF_GRANULE : (size + DF_GRANULE - 1) / DF_GRANULE * DF_GRANULE;
}

/* The next block at or above `from`, or the end of the arena. */
static uint64_t block_next(uint64_t from)
{
    uint64_t end = run.capacity;
    for (int slot = 0; slot < SLOTS; slot++)
        if (run.blocks[slot].live && run.blocks[slot].offset >= from && run.blocks[slot].offset < end)
            end = run.blocks[slot].offset;
    return end;
}

uint64_t gap_end(uint64_t from)
{
    uint64_t end = block_next(from);
    for (uint64_t page = from / DF_PAGE; page * DF_PAGE < end; page++)
        if (run.held[page])
            return page * DF_PAGE > from ? page * DF_PAGE : from;
    return end;
}

uint64_t gap_longest(uint64_t limit)
{
    uint64_t longest = 0, end = gap_end(0) < limit ? gap_end(0) : limit;
    longest = end;
    for (int slot = 0; slot < SLOTS; slot++) {
        uint64_t begin = run.blocks[slot].offset + run.blocks[slot].length;
        if (!run.blocks[slot].live || begin > limit)
            continue;
        end = gap_end(begin) < limit ? gap_end(begin) : limit;
        longest = end - begin > longest ? end - begin : longest;
    }
    for (uint64_t begin = DF_PAGE; begin < limit; begin += DF_PAGE) {
        if (!run.held[begin / DF_PAGE - 1] || mistake_at(begin) != DF_ALREADY_FREE)
            continue;
        end = gap_end(begin) < limit ? gap_end(begin) : limit;
        longest = end - begin > longest ? end - begin : longest;
    }
    return longest;
}

enum df_status mistake_at(uint64_t offset)
{
    if (offset % DF_GRANULE != 0 || offset >= run.committed)
        return DF_NOT_IN_HEAP;
    for (int slot = 0; slot < SLOTS; slot++) {
        const struct block *block = &run.blocks[slot];
        if (block->live && offset >= block->offset && offset < block->offset + block->length)
            return offset == block->offset ? DF_OK : DF_INSIDE_BLOCK;
    }
    return DF_ALREADY_FREE;
}

void place_is_good(const struct block *made, uint64_t alignment)
{
    REQUIRE(made->offset % alignment == 0 && made->offset % DF_GRANULE == 0);
    REQUIRE(made->offset + made->length <= run.committed);
    for (int slot = 0; slot < SLOTS; slot++) {
        const struct block *block = &run.blocks[slot];
        REQUIRE(!block->live || block == made || block->offset + block->length <= made->offset ||
                made->offset + made->length <= block->offset);
    }
}

void live_change(uint64_t from, uint64_t to)
{
    run.live += to - from;
    run.live_most = run.live > run.live_most ? run.live : run.live_most;
}

/* --- The whole heap --- */

void statistics_are_true(void)
{
    struct df_statistics now;
    struct df_item item;
    uint64_t at = 0, blocks = 0, free_runs = 0, victims = 0, held = 0;
    df_heap_statistics(run.heap, &now);
    for (; df_heap_walk(run.heap, at, &item); at += item.length) {
        uint64_t end = at + item.length, page_end = (at / DF_PAGE + 1) * DF_PAGE;
        REQUIRE(!item.live || mistake_at(at) == DF_OK);
        REQUIRE(item.live || item.held || gap_end(at) == end || (gap_end(at) > end && end == run.committed));
        REQUIRE(!item.held || (!item.live && run.held[at / DF_PAGE]));
        REQUIRE(!item.held || end == (block_next(at) < page_end ? block_next(at) : page_end));
        blocks += item.live;
        free_runs += !item.live && !item.held;
        held += item.held ? item.length : 0;
        victims += !item.live && at == now.victim.offset && item.length == now.victim.length;
    }
    REQUIRE(at == run.committed && now.committed == run.committed && now.capacity == run.capacity);
    REQUIRE(now.live == run.live && now.held == held && now.free == run.committed - run.live - held);
    REQUIRE(now.free_least == run.capacity - run.live_most);
    REQUIRE(now.live_blocks == blocks && now.free_runs == free_runs);
    REQUIRE(now.largest_free == gap_longest(run.committed));
    REQUIRE(victims == (now.victim.length > 0));
}

/* Lengths in the index's order: each of the first 40 granules alone, then eight parts of each doubling. */
static uint16_t classes[GRANULES_MOST + 1];

static void classes_count(void)
{
    uint64_t most = 0, doubling = 32; /* the most granules of a class */
    for (uint16_t class = 0; most < GRANULES_MOST; class ++) {
        uint64_t least = most + 1;
        while (doubling * 2 <= most)
            doubling *= 2;
        most += most < 40 ? 1 : doubling / 8;
        for (uint64_t length = least; length <= most && length <= GRANULES_MOST; length++)
            classes[length] = class;
    }
}

static bool is_listed_before(struct df_range one, struct df_range other)
{
    unsigned class = classes[one.length / DF_GRANULE], other_class = classes[other.length / DF_GRANULE];
    return class < other_class || (class == other_class && one.offset < other.offset);
}

/* Exactly the free runs but the victim, in their order: as many as there are, all different. */
void index_is_true(void)
{
    static struct df_range runs[GRANULES_MOST];
    struct df_statistics now;
    if (classes[GRANULES_MOST] == 0)
        classes_count();
    df_heap_statistics(run.heap, &now);
    size_t count = df_heap_index(run.heap, runs, GRANULES_MOST);
    REQUIRE(count == now.free_runs - (now.victim.length > 0));
    for (size_t i = 0; i < count; i++) {
        struct df_item item;
        REQUIRE(df_heap_walk(run.heap, runs[i].offset, &item) && !item.live && item.length == runs[i].length);
        REQUIRE(runs[i].offset == 0 || mistake_at(runs[i].offset - DF_GRANULE) != DF_ALREADY_FREE ||
                run.held[runs[i].offset / DF_PAGE - 1]);
        REQUIRE(now.victim.length == 0 || runs[i].offset != now.victim.offset);
        REQUIRE(i == 0 || is_listed_before(runs[i - 1], runs[i]));
    }
}
