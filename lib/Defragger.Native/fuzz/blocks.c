#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* `last` is an alignment, or how many slots. */
static void log_line(char letter, int slot, uint64_t size, uint64_t last)
{
    if (run.log == NULL)
        return;
    fprintf(run.log, "%c %d", letter, slot);
    if (letter != 'f' && letter != 'd')
        fprintf(run.log, " %" PRIu64, size);
    if (last != DF_GRANULE || letter == 'm' || letter == 'd')
        fprintf(run.log, " %" PRIu64, last);
    fprintf(run.log, "\n");
}

void allocate(int slot, uint64_t size, uint64_t alignment, bool zeroed)
{
    struct block *block = &run.blocks[slot];
    uint64_t offset = 0, length = whole_granules(size), needed = length + alignment - DF_GRANULE;
    if (block->live)
        return;
    log_line(zeroed ? 'z' : 'a', slot, size, alignment);
    enum df_status status = zeroed ? df_heap_allocate_zeroed(run.heap, size, &offset)
                                   : df_heap_allocate(run.heap, size, alignment, &offset);
    if (size > DF_CAPACITY_MAX) {
        REQUIRE(status == DF_INVALID_SIZE);
        return;
    }
    bool fits = gap_longest(run.capacity) >= needed;
    if (status != DF_OK) {
        REQUIRE(status == DF_OUT_OF_MEMORY && (!fits || run.refused));
        REQUIRE(gap_longest(run.committed) < needed);
        return;
    }
    REQUIRE(fits);
    *block = (struct block){offset, length, true};
    place_is_good(block, alignment);
    live_change(0, length);
    unsigned char *holds = run.holds + offset / DF_GRANULE;
    for (uint64_t at = 0; zeroed && at < length / DF_GRANULE; at++)
        REQUIRE(holds[at] == ZEROS);
    memset(holds, ANYTHING, length / DF_GRANULE);
}

void release(int slot)
{
    struct block *block = &run.blocks[slot];
    if (!block->live)
        return;
    log_line('f', slot, 0, DF_GRANULE);
    REQUIRE(df_heap_release(run.heap, block->offset) == DF_OK);
    block->live = false;
    live_change(block->length, 0);
    REQUIRE(df_heap_release(run.heap, block->offset) == DF_ALREADY_FREE);
}

/* Blocks for the empty ones of `count` slots; each is what a single one would be. */
void allocate_many(int slot, uint64_t size, int count)
{
    uint64_t offsets[SLOTS], length = whole_granules(size);
    size_t wanted = 0, allocated = 0;
    for (int at = slot; at < slot + count; at++)
        wanted += !run.blocks[at].live;
    if (wanted == 0)
        return;
    log_line('m', slot, size, (uint64_t)count);
    enum df_status status = df_heap_allocate_many(run.heap, size, wanted, offsets, &allocated);
    REQUIRE(allocated <= wanted && (allocated == wanted) == (status == DF_OK));
    REQUIRE(status == DF_OK || status == (size > DF_CAPACITY_MAX ? DF_INVALID_SIZE : DF_OUT_OF_MEMORY));
    size_t next = 0;
    for (int at = slot; at < slot + count && next < allocated; at++) {
        struct block *block = &run.blocks[at];
        if (block->live)
            continue;
        *block = (struct block){offsets[next++], length, true};
        place_is_good(block, DF_GRANULE);
        live_change(0, length);
        memset(run.holds + block->offset / DF_GRANULE, ANYTHING, length / DF_GRANULE);
    }
    REQUIRE(status != DF_OUT_OF_MEMORY || gap_longest(run.committed) < length);
    REQUIRE(status != DF_OUT_OF_MEMORY || run.refused || gap_longest(run.capacity) < length);
}

static int by_offset(const void *left, const void *right)
{
    uint64_t one = *(const uint64_t *)left, other = *(const uint64_t *)right;
    return one < other ? -1 : one > other;
}

/* The same batch as words of start bits. */
static void release_starts(const uint64_t *offsets, size_t count)
{
    struct df_starts words[SLOTS];
    size_t number = 0, released = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t place = offsets[i] / 1024 * 1024;
        if (number == 0 || words[number - 1].offset != place)
            words[number++] = (struct df_starts){.offset = place};
        words[number - 1].starts |= UINT64_C(1) << offsets[i] % 1024 / DF_GRANULE;
    }
    REQUIRE(df_heap_release_starts(run.heap, words, number, &released) == DF_OK && released == number);
}

/* Releases the occupied ones of `count` slots; then none of them is anything but free. */
void release_many(int slot, int count)
{
    uint64_t offsets[SLOTS];
    size_t given = 0, released = 0;
    for (int at = slot; at < slot + count; at++) {
        struct block *block = &run.blocks[at];
        if (!block->live)
            continue;
        block->live = false;
        live_change(block->length, 0);
        offsets[given++] = block->offset;
    }
    if (given == 0)
        return;
    log_line('d', slot, 0, (uint64_t)count);
    qsort(offsets, given, sizeof offsets[0], by_offset);
    if (slot % 2 == 0) {
        REQUIRE(df_heap_release_many(run.heap, offsets, given, &released) == DF_OK && released == given);
    } else {
        release_starts(offsets, given);
    }
    REQUIRE(df_heap_release_many(run.heap, offsets, given, &released) == DF_ALREADY_FREE && released == 0);
}

/* The victim's front: its place and length are known, for the statistics tell the victim. */
void allocate_victim(int slot, uint64_t most)
{
    struct block *block = &run.blocks[slot];
    struct df_statistics before;
    struct df_range range = {0};
    if (block->live)
        return;
    log_line('v', slot, most < CAPACITY_MOST ? most : CAPACITY_MOST, DF_GRANULE);
    df_heap_statistics(run.heap, &before);
    uint64_t length = before.victim.length, room = CHUNK - before.victim.offset % CHUNK;
    length = length < room ? length : room;
    length = length < most ? length : most / DF_GRANULE * DF_GRANULE;
    enum df_status status = df_heap_allocate_victim(run.heap, most, &range);
    REQUIRE(status == (before.victim.length == 0 ? DF_OUT_OF_MEMORY : length == 0 ? DF_INVALID_SIZE : DF_OK));
    if (status != DF_OK)
        return;
    REQUIRE(range.offset == before.victim.offset && range.length == length);
    *block = (struct block){range.offset, range.length, true};
    place_is_good(block, DF_GRANULE);
    live_change(0, length);
    memset(run.holds + range.offset / DF_GRANULE, ANYTHING, length / DF_GRANULE);
}

void split(int slot, int other, uint64_t size)
{
    struct block *block = &run.blocks[slot], *rest = &run.blocks[other];
    uint64_t length = whole_granules(size), usable = 0;
    if (!block->live || rest->live)
        return;
    if (run.log != NULL)
        fprintf(run.log, "s %d %d %" PRIu64 "\n", slot, other, size);
    bool fits = size <= DF_CAPACITY_MAX && length < block->length;
    REQUIRE(df_heap_split(run.heap, block->offset, size) == (fits ? DF_OK : DF_INVALID_SIZE));
    if (fits) {
        *rest = (struct block){block->offset + length, block->length - length, true};
        block->length = length;
        REQUIRE(df_heap_usable_size(run.heap, rest->offset, &usable) == DF_OK && usable == rest->length);
    }
    REQUIRE(df_heap_usable_size(run.heap, block->offset, &usable) == DF_OK && usable == block->length);
}

void resize(int slot, uint64_t size)
{
    struct block *block = &run.blocks[slot];
    uint64_t length = whole_granules(size), usable = 0;
    if (!block->live)
        return;
    log_line('r', slot, size, DF_GRANULE);
    uint64_t room = gap_end(block->offset + block->length) - block->offset, before = run.committed;
    enum df_status status = df_heap_resize(run.heap, block->offset, size);
    if (size > DF_CAPACITY_MAX) {
        REQUIRE(status == DF_INVALID_SIZE);
        return;
    }
    REQUIRE(status == DF_OK || status == DF_NO_ROOM);
    REQUIRE((status == DF_OK) == (length <= room) || (run.refused && block->offset + length > before));
    if (status == DF_OK) {
        if (length > block->length)
            memset(run.holds + (block->offset + block->length) / DF_GRANULE, ANYTHING,
                   (length - block->length) / DF_GRANULE);
        live_change(block->length, length);
        block->length = length;
        place_is_good(block, DF_GRANULE);
    }
    REQUIRE(df_heap_usable_size(run.heap, block->offset, &usable) == DF_OK && usable == block->length);
}

void mistake(uint64_t offset)
{
    uint64_t usable;
    enum df_status expected = mistake_at(offset);
    REQUIRE(df_heap_usable_size(run.heap, offset, &usable) == expected);
    if (expected == DF_OK)
        return;
    REQUIRE(df_heap_release(run.heap, offset) == expected);
    REQUIRE(df_heap_resize(run.heap, offset, 1) == expected);
    REQUIRE(df_heap_split(run.heap, offset, 1) == expected);
}
