/*
 * Bytes as operations on a heap, each compared with a naive second opinion, and followed by df_heap_check (in
 * large arenas, every eighth).
 *
 * Every input is valid. Two bytes choose the arena, one the growth; then operations follow until the bytes
 * end:
 *
 *   byte 0      bits 0-2: what (below); bits 3-7: slot
 *   byte 1      size (size_of), where one is needed
 *   byte 2      alignment: 16 << byte % 12; with ALLOCATE_ALIGNED only
 *
 * and of OTHER, by slot:
 *
 *   0 .. 3      commit refuses the next calls: slot of them
 *   4 .. 15     allocates a batch: byte 1 size, byte 2 slot (bits 0-4) and how many (bits 5-7, slot above)
 *   16          allocates the victim's front: byte 1 slot, byte 2 size: the most
 *   17          splits a block: byte 1 slot, byte 2 the other slot, byte 3 size
 *   18 .. 29    releases a batch: byte 1 slot and how many likewise
 *   30          the next purge fails above the middle of what is committed
 *   31          byte 1: 0: a range of the purge plan is carried out by hand; below 192: that page is held;
 *               else it is restored
 *
 * The second opinion is a list of blocks, one of held pages, and a byte for each granule: what does it hold.
 * From these alone it knows what every answer has to be but which of several places a block gets: whether a
 * request succeeds, where a mistaken offset lies, which pages a purge may take, what a zeroed block reads.
 *
 * With -fsanitize=fuzzer a libFuzzer target (run.sh); with FUZZ_MAIN a program that runs files and folders of
 * inputs: fuzz_trace [--print] FILE|FOLDER... On a failure the operations are printed as a trace (but for
 * mistaken offsets, which change nothing), and it aborts.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "defragger_heap.h"

enum {
    SLOTS = 32,
    CHUNK = 8192,
    CAPACITY_MOST = 80 * CHUNK, /* more than 64 chunks: two levels of the index */
    GRANULES_MOST = CAPACITY_MOST / DF_GRANULE,
    PAGES_MOST = CAPACITY_MOST / DF_PAGE,
    OPERATIONS_MOST = 4096,
};

enum what {
    ALLOCATE,
    ALLOCATE_ALIGNED,
    ALLOCATE_ZEROED,
    RELEASE,
    RESIZE,
    PURGE,
    MISTAKE, /* an offset that no block has */
    OTHER,
};

/* What a granule holds. */
enum { ZEROS, ANYTHING };

struct block {
    uint64_t offset, length; /* whole granules */
    bool live;
};

struct run {
    struct df_heap *heap;
    uint64_t capacity, growth, committed;
    struct block blocks[SLOTS];
    unsigned char holds[GRANULES_MOST];
    bool held[PAGES_MOST];
    unsigned refusals; /* calls of commit to refuse */
    bool refused;      /* one was, in this operation */
    uint64_t purged;   /* in this operation */
    uint64_t purged_at;
    uint64_t locked; /* a purge that begins here or above fails, until the next one */
    uint64_t live, live_most;
    FILE *log; /* where operations are written as a trace; NULL: nowhere */
};

static struct run run;
static unsigned char *metadata, *hold_memory;
static const uint8_t *input;
static size_t input_size;
static bool printing;

/* --- Failing --- */

static void play(FILE *log);

#define REQUIRE(condition)                                                                                   \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail(__LINE__, #condition);                                                                      \
    } while (0)

static _Noreturn void fail(int line, const char *text)
{
    static bool failing;
    if (!failing) { /* the second time it ends here too, with the trace told */
        failing = true;
        play(stderr);
    }
    int broken = run.heap != NULL ? df_heap_check(run.heap) : 0;
    fprintf(stderr, "fuzz_trace.c:%d: %s does not hold\n", line, text);
    fprintf(stderr, "rule %d: %s\n", broken, df_heap_rule(broken));
    abort();
}

/* --- The world --- */

static bool commit(void *context, uint64_t offset, uint64_t length)
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

static bool purge(void *context, uint64_t offset, uint64_t length)
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

static void zero(void *context, uint64_t offset, uint64_t length)
{
    (void)context;
    REQUIRE(length > 0 && offset + length <= run.committed);
    memset(run.holds + offset / DF_GRANULE, ZEROS, length / DF_GRANULE);
}

/* --- The second opinion --- */

/* The next block at or above `from`, or the end of the arena. */
static uint64_t block_next(uint64_t from)
{
    uint64_t end = run.capacity;
    for (int slot = 0; slot < SLOTS; slot++)
        if (run.blocks[slot].live && run.blocks[slot].offset >= from && run.blocks[slot].offset < end)
            end = run.blocks[slot].offset;
    return end;
}

/* The end of the free memory that begins at `from`: the next block or held page, or the end of the arena. */
static uint64_t gap_end(uint64_t from)
{
    uint64_t end = block_next(from);
    for (uint64_t page = from / DF_PAGE; page * DF_PAGE < end; page++)
        if (run.held[page])
            return page * DF_PAGE > from ? page * DF_PAGE : from;
    return end;
}

static enum df_status mistake_at(uint64_t offset);

/* The longest free memory, of what is committed or of all. */
static uint64_t gap_longest(uint64_t limit)
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

static enum df_status mistake_at(uint64_t offset)
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

static void place_is_good(const struct block *made, uint64_t alignment)
{
    REQUIRE(made->offset % alignment == 0 && made->offset % DF_GRANULE == 0);
    REQUIRE(made->offset + made->length <= run.committed);
    for (int slot = 0; slot < SLOTS; slot++) {
        const struct block *block = &run.blocks[slot];
        REQUIRE(!block->live || block == made || block->offset + block->length <= made->offset ||
                made->offset + made->length <= block->offset);
    }
}

static void live_change(uint64_t from, uint64_t to)
{
    run.live += to - from;
    run.live_most = run.live > run.live_most ? run.live : run.live_most;
}

static void statistics_are_true(void)
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
static void index_is_true(void)
{
    static struct df_range runs[GRANULES_MOST];
    struct df_statistics now;
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

/* --- Operations --- */

static uint64_t whole_granules(uint64_t size)
{
    return size == 0 ? DF_GRANULE : (size + DF_GRANULE - 1) / DF_GRANULE * DF_GRANULE;
}

/* Every short length in granules, then steps up to the whole arena and beyond. */
static uint64_t size_of(uint8_t byte)
{
    if (byte < 80)
        return byte == 0 ? 0 : (uint64_t)byte * DF_GRANULE - byte % 3u;
    if (byte < 160)
        return (uint64_t)(byte - 79) * 512 - byte % 2;
    if (byte < 240)
        return (uint64_t)(byte - 159) * CHUNK - (byte % 2 ? 0 : DF_GRANULE);
    return byte < 248 ? run.capacity - (uint64_t)(byte - 240) * DF_GRANULE % run.capacity
                      : DF_CAPACITY_MAX - 3 + (byte - 248);
}

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

static void allocate(int slot, uint64_t size, uint64_t alignment, bool zeroed)
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

static void release(int slot)
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
static void allocate_many(int slot, uint64_t size, int count)
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
static void release_many(int slot, int count)
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
static void allocate_victim(int slot, uint64_t most)
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

static void split(int slot, int other, uint64_t size)
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

static void resize(int slot, uint64_t size)
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

/* What the plan lists has to be what the purge then takes. */
static void purge_some(uint64_t most)
{
    struct df_range range = {UINT64_MAX, 0};
    struct df_statistics before, after;
    uint64_t planned = 0;
    if (run.log != NULL)
        fprintf(run.log, "p %" PRIu64 "\n", (most < CAPACITY_MOST ? most : CAPACITY_MOST) / DF_PAGE);
    while (df_heap_purge_next(run.heap, range.offset, most - planned, &range))
        planned += range.length;
    df_heap_statistics(run.heap, &before);
    run.purged_at = UINT64_MAX;
    uint64_t purged = df_heap_purge(run.heap, most);
    df_heap_statistics(run.heap, &after);
    REQUIRE(purged == run.purged && (run.locked < UINT64_MAX || purged == planned) && planned <= most);
    REQUIRE(after.dirty_free == before.dirty_free - purged && after.pinned == before.pinned);
    REQUIRE(planned == (most < before.dirty_free ? most / DF_PAGE * DF_PAGE : before.dirty_free));
    run.locked = UINT64_MAX;
}

/* What a purge does, by the caller's hand. A trace has no word for it; p does the same. */
static void purge_by_hand(void)
{
    struct df_range range;
    struct df_statistics before, after;
    df_heap_statistics(run.heap, &before);
    if (!df_heap_purge_next(run.heap, UINT64_MAX, UINT64_MAX, &range))
        return;
    if (run.log != NULL)
        fprintf(run.log, "p %" PRIu64 "\n", range.length / DF_PAGE);
    memset(run.holds + range.offset / DF_GRANULE, ZEROS, range.length / DF_GRANULE);
    memset(run.held + range.offset / DF_PAGE, 0, range.length / DF_PAGE);
    df_heap_mark_purged(run.heap, range);
    df_heap_statistics(run.heap, &after);
    REQUIRE(after.dirty_free == before.dirty_free - range.length && after.pinned == before.pinned);
}

/* A page is held if all of it is committed and a block lies on it; what is live of it is known. */
static void hold(uint64_t page)
{
    bool is_whole = (page + 1) * DF_PAGE <= run.committed, any = false;
    for (uint64_t granule = 0; is_whole && granule < DF_PAGE / DF_GRANULE; granule++) {
        uint64_t live[4];
        enum df_status status = mistake_at(page * DF_PAGE + granule * DF_GRANULE);
        bool is_live = status == DF_OK || status == DF_INSIDE_BLOCK;
        df_heap_page_live(run.heap, (uint32_t)page, live);
        REQUIRE((live[granule / 64] >> granule % 64 & 1) == is_live);
        any = any || is_live;
    }
    if (run.log != NULL)
        fprintf(run.log, "o %" PRIu64 "\n", page);
    bool can = any && !run.held[page];
    REQUIRE(df_heap_hold_page(run.heap, (uint32_t)page) == can);
    run.held[page] = run.held[page] || can;
}

static void restore(uint64_t page)
{
    if (run.log != NULL)
        fprintf(run.log, "u %" PRIu64 "\n", page);
    REQUIRE(df_heap_page_is_held(run.heap, (uint32_t)page) == run.held[page]);
    REQUIRE(df_heap_restore_page(run.heap, (uint32_t)page) == run.held[page]);
    run.held[page] = false;
}

static void mistake(uint64_t offset)
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

/* --- A run --- */

static uint8_t next(size_t *at)
{
    return *at < input_size ? input[(*at)++] : 0;
}

static uint64_t capacity_of(uint8_t kind, uint8_t number)
{
    switch (kind % 8) {
    case 0: /* from a granule up */
        return (uint64_t)(number + 1) * DF_GRANULE;
    case 1: /* around whole chunks */
        return (uint64_t)(number % 4 + 1) * CHUNK + (uint64_t)(number / 4 % 3) * DF_GRANULE;
    case 2:
        return (uint64_t)(number % 8 + 1) * DF_PAGE;
    case 3: /* two levels */
        return CAPACITY_MOST - (uint64_t)(number % 16) * 3 * DF_PAGE - (uint64_t)(number / 16) * DF_GRANULE;
    default:
        return (uint64_t)(number % 6 + 1) * CHUNK;
    }
}

static void run_open(size_t *at)
{
    uint8_t kind = next(at), number = next(at), growth = next(at);
    run.capacity = capacity_of(kind, number);
    run.growth = growth % 4 == 0 ? 0 : growth % 4 == 1 ? 1 : (uint64_t)growth * 700;
    if (run.log != NULL)
        fprintf(run.log, "h %" PRIu64, run.capacity);
    if (run.log != NULL && run.growth > 0)
        fprintf(run.log, " %" PRIu64, run.growth);
    if (run.log != NULL)
        fprintf(run.log, "\n");
    struct df_heap_options options = {run.capacity, run.growth, {NULL, commit, purge, zero}};
    size_t size = df_heap_metadata_size(run.capacity);
    memset(metadata, 0, size);
    REQUIRE(df_heap_open(metadata, size, &options, &run.heap) == DF_OK);
    size = df_heap_hold_size(run.capacity);
    memset(hold_memory, 0, size);
    REQUIRE(df_heap_hold_memory(run.heap, hold_memory, size) == DF_OK);
}

/* A batch is of slots from one on, up to the last. */
static int count_of(int slot, int byte, int what)
{
    int count = (byte >> 5) + 8 * (what % 4) + 1;
    return count < SLOTS - slot ? count : SLOTS - slot;
}

static void other(int what, size_t *at)
{
    uint64_t size;
    int byte;
    if (what < 4) {
        if (run.log != NULL)
            fprintf(run.log, "c %d\n", what);
        run.refusals = (unsigned)what;
    } else if (what == 16) {
        byte = next(at);
        allocate_victim(byte % SLOTS, size_of(next(at)));
    } else if (what == 17) {
        byte = next(at);
        int rest = next(at);
        split(byte % SLOTS, rest % SLOTS, size_of(next(at)));
    } else if (what < 16) {
        size = size_of(next(at));
        byte = next(at);
        allocate_many(byte % SLOTS, size, count_of(byte % SLOTS, byte, what));
    } else if (what < 30) {
        byte = next(at);
        release_many(byte % SLOTS, count_of(byte % SLOTS, byte, what));
    } else if (what == 30) {
        run.locked = run.committed / 2;
    } else {
        byte = next(at);
        uint64_t page = (uint64_t)byte % (run.capacity / DF_PAGE + 1) % PAGES_MOST;
        if (byte == 0)
            purge_by_hand();
        else if (byte < 192)
            hold(page);
        else
            restore(page);
    }
}

static void step(size_t *at)
{
    uint8_t byte = next(at);
    int slot = byte >> 3;
    uint64_t alignment = DF_GRANULE, size;
    switch ((enum what)(byte & 7)) {
    case ALLOCATE:
    case ALLOCATE_ZEROED:
        allocate(slot, size_of(next(at)), alignment, (byte & 7) == ALLOCATE_ZEROED);
        break;
    case ALLOCATE_ALIGNED:
        size = size_of(next(at));
        alignment <<= next(at) % 12;
        allocate(slot, size, alignment, false);
        break;
    case RELEASE:
        release(slot);
        break;
    case RESIZE:
        resize(slot, size_of(next(at)));
        break;
    case PURGE:
        purge_some(slot == 0 ? UINT64_MAX : (uint64_t)slot * DF_PAGE - 1 + (uint64_t)slot % 2);
        break;
    case MISTAKE:
        size = size_of(next(at));
        mistake(run.blocks[slot].offset + size + (size % 7 == 0));
        break;
    case OTHER:
        other(slot, at);
        break;
    }
}

static void play(FILE *log)
{
    size_t at = 0;
    memset(&run, 0, sizeof run);
    run.log = log;
    run.locked = UINT64_MAX;
    run_open(&at);
    /* To look at all of a large arena takes a millisecond. A failure is looked for again with every step. */
    int pace = run.capacity > 16 * CHUNK && log == NULL ? 8 : 1;
    for (int count = 0; at < input_size && count < OPERATIONS_MOST; count++) {
        run.refused = false;
        run.purged = 0;
        step(&at);
        if (count % pace == 0 || at >= input_size) {
            REQUIRE(df_heap_check(run.heap) == 0);
            statistics_are_true();
            index_is_true();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (metadata == NULL) {
        classes_count();
        metadata = aligned_alloc(64, (df_heap_metadata_size(CAPACITY_MOST) + 63) / 64 * 64);
        hold_memory = aligned_alloc(64, (df_heap_hold_size(CAPACITY_MOST) + 63) / 64 * 64);
    }
    if (metadata == NULL || hold_memory == NULL)
        abort();
    input = data;
    input_size = size;
    play(printing ? stdout : NULL);
    return 0;
}

/* --- Without libFuzzer --- */

#ifdef FUZZ_MAIN

static unsigned inputs;

static void run_file(const char *path)
{
    static uint8_t bytes[1 << 16];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    if (printing)
        printf("# %s\n", path);
    LLVMFuzzerTestOneInput(bytes, size);
    inputs++;
}

static void run_path(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        run_file(path);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            run_file(name);
    }
    closedir(folder);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--print") == 0)
            printing = true;
        else
            run_path(argv[i]);
    }
    free(metadata);
    free(hold_memory);
    printf("%u passed, 0 failed\n", inputs);
    return inputs == 0;
}

#endif
