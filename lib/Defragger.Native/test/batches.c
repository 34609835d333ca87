/* Batches beside the same one by one; the victim's front; blocks that are divided. */
#include <string.h>

#include "check.h"
#include "verbs.h"

/* --- Batches --- */

/* Nothing that can be seen of two heaps differs. */
static void are_equal(const struct arena *one, const struct arena *other)
{
    static struct df_range runs[2][4096];
    struct df_statistics seen[2] = {statistics(one), statistics(other)};
    struct df_item items[2];
    CHECK(memcmp(&seen[0], &seen[1], sizeof seen[0]) == 0);
    size_t count = df_heap_index(one->heap, runs[0], 4096);
    CHECK(count <= 4096 && df_heap_index(other->heap, runs[1], 4096) == count);
    CHECK(memcmp(runs[0], runs[1], count * sizeof runs[0][0]) == 0);
    for (uint64_t at = 0; df_heap_walk(one->heap, at, &items[0]); at += items[0].length)
        if (!CHECK(df_heap_walk(other->heap, at, &items[1]) && items[0].length == items[1].length &&
                   items[0].live == items[1].live))
            return;
    CHECK(one->commits == other->commits && sound(one) && sound(other));
}

enum { BATCH = 80 };

/* Allocates a batch in one heap and its blocks in the other; how many. */
static size_t take_both(struct arena arenas[2], uint64_t size, size_t count, uint64_t *offsets)
{
    size_t taken = BATCH, single = 0;
    uint64_t offset;
    enum df_status status = DF_OK;
    enum df_status of_all = df_heap_allocate_many(arenas[0].heap, size, count, offsets, &taken);
    while (single < count && (status = df_heap_allocate(arenas[1].heap, size, DF_GRANULE, &offset)) == DF_OK)
        CHECK(single < taken && offsets[single++] == offset);
    CHECK(of_all == status && taken == single);
    return taken;
}

/* Releases a batch in one heap and its blocks in the other; how many. */
static size_t give_both(struct arena arenas[2], const uint64_t *offsets, size_t count)
{
    size_t given = BATCH + 1, single = 0;
    enum df_status status = DF_OK;
    enum df_status of_all = df_heap_release_many(arenas[0].heap, offsets, count, &given);
    for (; single < count; single++) {
        bool ascends = single == 0 || offsets[single] > offsets[single - 1];
        status = ascends ? df_heap_release(arenas[1].heap, offsets[single]) : DF_NOT_ASCENDING;
        if (status != DF_OK)
            break;
    }
    CHECK(of_all == status && given == single);
    return given;
}

/* What is wrong with a word of blocks, if anything is: nothing of it will be released. */
static enum df_status word_status(const struct arena *arena, const uint64_t *offsets, size_t count)
{
    uint64_t size;
    enum df_status status = DF_OK;
    if (offsets[count - 1] >= statistics(arena).committed)
        return DF_NOT_IN_HEAP;
    for (size_t i = 0; i < count && status == DF_OK; i++)
        status = df_heap_usable_size(arena->heap, offsets[i], &size);
    return status;
}

/* The same by words of start bits; those that do not ascend are left out. How many words. */
static size_t give_words(struct arena arenas[2], uint64_t *offsets, size_t count)
{
    struct df_starts words[BATCH] = {{0}};
    size_t begins[BATCH + 1] = {0}, number = 0, given = BATCH + 1, whole = 0, kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t place = offsets[i] / 1024 * 1024;
        if (kept > 0 && offsets[i] <= offsets[kept - 1])
            continue;
        if (number == 0 || words[number - 1].offset != place) {
            begins[number] = kept;
            words[number++].offset = place;
        }
        words[number - 1].starts |= UINT64_C(1) << offsets[i] % 1024 / 16;
        offsets[kept++] = offsets[i];
    }
    begins[number] = kept;
    enum df_status status = DF_OK, of_all = df_heap_release_starts(arenas[0].heap, words, number, &given);
    for (; whole < number; whole++) {
        size_t begin = begins[whole], end = begins[whole + 1];
        status = word_status(&arenas[1], offsets + begin, end - begin);
        if (status != DF_OK)
            break;
        for (; begin < end; begin++)
            CHECK(df_heap_release(arenas[1].heap, offsets[begin]) == DF_OK);
    }
    CHECK(of_all == status && given == whole);
    return given;
}

/* Blocks of a heap, some of them left out, and now and then an offset that is none or comes twice. */
static size_t draw_batch(const struct arena *arena, uint32_t *state, uint64_t *offsets)
{
    uint64_t committed = statistics(arena).committed, from = 0;
    uint32_t density = random_next(state) % 4, skipped = random_next(state) % 64;
    size_t count = 0;
    struct df_item item;
    for (; df_heap_walk(arena->heap, from, &item) && count < BATCH - 1; from += item.length) {
        if (skipped > 0 && skipped-- > 0)
            continue;
        if (item.live && random_next(state) % 4 >= density)
            offsets[count++] = item.offset;
        if (random_next(state) % 256 == 0)
            offsets[count++] = item.offset + 16;
    }
    if (random_next(state) % 16 == 0 && count < BATCH && from >= committed)
        offsets[count++] = committed;
    return count;
}

static void test_batches_are_as_one_by_one(void)
{
    for (uint32_t seed = 1; seed <= 48; seed++) {
        struct arena arenas[2] = {{0}, {0}};
        static uint64_t offsets[BATCH];
        uint32_t state = seed * 2654435761u;
        uint64_t most = UINT64_C(32) << seed % 7, capacity = (2 + seed) * CHUNK + 16 * (seed % 5);
        for (int i = 0; i < 2; i++)
            CHECK(arena_open(&arenas[i], capacity, seed % 2 ? 0 : 5000) == DF_OK);
        for (int step = 0; step < 300; step++) {
            uint64_t size = random_next(&state) % most;
            size_t count = random_next(&state) % BATCH;
            uint32_t kind = random_next(&state) % 4;
            if (kind < 2)
                take_both(arenas, size, count, offsets);
            else if (kind == 2)
                give_words(arenas, offsets, draw_batch(&arenas[0], &state, offsets));
            else
                give_both(arenas, offsets, draw_batch(&arenas[0], &state, offsets));
            if (step % 20 == 19)
                CHECK(df_heap_purge(arenas[0].heap, size * 64) == df_heap_purge(arenas[1].heap, size * 64));
            are_equal(&arenas[0], &arenas[1]);
        }
        for (int i = 0; i < 2; i++)
            arena_close(&arenas[i]);
    }
}

static void test_batches(void)
{
    struct arena arenas[2] = {{0}, {0}};
    uint64_t offsets[BATCH], size;
    size_t count = 7;
    for (int i = 0; i < 2; i++)
        CHECK(arena_open(&arenas[i], 2 * CHUNK, CHUNK) == DF_OK);
    CHECK(df_heap_allocate_many(arenas[0].heap, 64, 0, NULL, &count) == DF_OK && count == 0);
    count = 7;
    CHECK(df_heap_allocate_many(arenas[0].heap, UINT64_MAX, 0, NULL, &count) == DF_OK && count == 0);
    CHECK(df_heap_release_many(arenas[0].heap, NULL, 0, &count) == DF_OK && count == 0);
    CHECK(take_both(arenas, UINT64_MAX, 3, offsets) == 0);
    CHECK(take_both(arenas, 3 * CHUNK, 3, offsets) == 0);
    CHECK(take_both(arenas, 5 * CHUNK / 8, 9, offsets) == 3);
    CHECK(give_both(arenas, offsets, 3) == 3);
    CHECK(take_both(arenas, 64, 64, offsets) == 64);
    are_equal(&arenas[0], &arenas[1]);
    /* A wrong offset ends it: one in a block, one in a block just released, one that was, one twice, one
     * below. */
    const uint64_t wrong[][4] = {{offsets[0], offsets[1], offsets[2] + 16, offsets[3]},
                                 {offsets[2], offsets[3], offsets[3] + 16, offsets[4]},
                                 {offsets[4], offsets[5], offsets[5] + 1, offsets[6]}};
    for (size_t i = 0; i < 3; i++) {
        CHECK(give_both(arenas, wrong[i], 4) == 2);
        are_equal(&arenas[0], &arenas[1]);
    }
    const uint64_t twice[] = {offsets[6], offsets[7], offsets[7], offsets[8]},
                   down[] = {offsets[9], offsets[8]};
    CHECK(give_both(arenas, twice, 4) == 2 && give_both(arenas, down, 2) == 1);
    CHECK(df_heap_usable_size(arenas[0].heap, offsets[8], &size) == DF_OK);
    are_equal(&arenas[0], &arenas[1]);
    for (int i = 0; i < 2; i++)
        arena_close(&arenas[i]);
}

static void test_words(void)
{
    struct arena arenas[2] = {{0}, {0}};
    uint64_t offsets[BATCH];
    size_t given = 7;
    for (int i = 0; i < 2; i++)
        CHECK(arena_open(&arenas[i], 5056, 0) == DF_OK);
    CHECK(df_heap_release_starts(arenas[0].heap, NULL, 0, &given) == DF_OK && given == 0);
    CHECK(take_both(arenas, 48, 60, offsets) ==
          60); /* over three words, the second's first begun in the first */
    const struct wrong {
        struct df_starts words[2];
        enum df_status status;
        size_t given;
    } wrong[] = {
        {{{16, 1}, {0, 0}}, DF_NOT_IN_HEAP, 0},
        {{{0, 0}, {0, 1}}, DF_NOT_ASCENDING, 1},
        {{{1024, 0}, {0, 1}}, DF_NOT_ASCENDING, 1},
        {{{0, 0}, {UINT64_MAX - 1023, 0}}, DF_NOT_IN_HEAP, 1},
        {{{0, 0}, {UINT64_MAX - 1023, UINT64_MAX}}, DF_NOT_IN_HEAP, 1},
        {{{5 * 1024 - 64, 1}, {0, 0}}, DF_NOT_IN_HEAP, 0},
        {{{4 * 1024, UINT64_C(1) << 60}, {0, 0}}, DF_NOT_IN_HEAP, 0}, /* 5,056 */
        {{{0, 0}, {0 + 1024, 1}}, DF_INSIDE_BLOCK, 1},
        {{{0, 0}, {3 * 1024, UINT64_C(1) << 32}}, DF_ALREADY_FREE, 1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK(df_heap_release_starts(arenas[0].heap, wrong[i].words, 2, &given) == wrong[i].status);
        CHECK(given == wrong[i].given);
        are_equal(&arenas[0], &arenas[1]);
    }
    CHECK(give_words(arenas, offsets + 10, 40) == 3);
    are_equal(&arenas[0], &arenas[1]);
    /* What a block of the word before covers is free by then. */
    uint64_t crossing[] = {offsets[0], offsets[1]};
    CHECK(give_words(arenas, crossing, 2) == 1);
    are_equal(&arenas[0], &arenas[1]);
    for (int i = 0; i < 2; i++)
        arena_close(&arenas[i]);
}

/* --- The victim's front, and blocks divided --- */

/* Allocates the victim's front: it begins where the victim did, and has this length. */
static uint64_t take_victim(struct arena *arena, uint64_t most, uint64_t length)
{
    struct df_range range = {0};
    struct df_statistics before = statistics(arena);
    CHECK(df_heap_allocate_victim(arena->heap, most, &range) == DF_OK);
    struct df_statistics now = statistics(arena);
    CHECK(range.offset == before.victim.offset && range.length == length);
    CHECK(now.live == before.live + length && now.live_blocks == before.live_blocks + 1);
    bool is_all = length == before.victim.length;
    CHECK(now.free_runs == before.free_runs - is_all && now.victim.length == before.victim.length - length);
    CHECK(is_all || now.victim.offset == before.victim.offset + length);
    CHECK(sound(arena));
    return range.offset;
}

static void refuses_victim(struct arena *arena, uint64_t most, enum df_status expected)
{
    struct df_range range = {1, 2};
    struct df_statistics before = statistics(arena), after;
    CHECK(df_heap_allocate_victim(arena->heap, most, &range) == expected);
    after = statistics(arena);
    CHECK(range.offset == 1 && range.length == 2 && memcmp(&before, &after, sizeof before) == 0);
}

static void test_victim(void)
{
    struct arena arena = {0};
    CHECK(arena_open(&arena, 3 * CHUNK, CHUNK) == DF_OK);
    refuses_victim(&arena, CHUNK, DF_OUT_OF_MEMORY); /* nothing is committed, and nothing will be for this */
    refuses_victim(&arena, 0, DF_OUT_OF_MEMORY);
    uint64_t first = take(&arena, 16);
    refuses_victim(&arena, 0, DF_INVALID_SIZE);
    refuses_victim(&arena, DF_GRANULE - 1, DF_INVALID_SIZE);
    CHECK(take_victim(&arena, 2 * DF_GRANULE - 1, DF_GRANULE) == first + 16); /* whole granules */
    CHECK(take_victim(&arena, CHUNK - 32, CHUNK - 32) == first + 32);         /* just what there is */
    refuses_victim(&arena, CHUNK, DF_OUT_OF_MEMORY);
    give_all(&arena);
    CHECK(statistics(&arena).victim.length == 0 && allocates(&arena, 2 * CHUNK + 64, DF_OK));
    give_all(&arena);
    CHECK(take(&arena, 16) == 0 && statistics(&arena).victim.length == 3 * CHUNK - 16);
    CHECK(take_victim(&arena, UINT64_MAX, CHUNK - 16) == 16); /* its chunk's end */
    CHECK(take_victim(&arena, CHUNK + 16, CHUNK) == CHUNK);
    CHECK(take_victim(&arena, CHUNK, CHUNK) == 2 * CHUNK);
    refuses_victim(&arena, UINT64_MAX, DF_OUT_OF_MEMORY);
    give_all(&arena);
    CHECK(statistics(&arena).live == 0 && statistics(&arena).free_runs == 1 && sound(&arena));
    arena_close(&arena);
}

static void refuses_split(struct arena *arena, uint64_t offset, uint64_t size, enum df_status expected)
{
    struct df_statistics before = statistics(arena), after;
    CHECK(df_heap_split(arena->heap, offset, size) == expected);
    after = statistics(arena);
    CHECK(memcmp(&before, &after, sizeof before) == 0 && sound(arena));
}

/* Divides a block after `length` bytes and looks at both; then each can be released without the other. */
static void splits(uint64_t front, uint64_t block, uint64_t length)
{
    struct arena arena = {0};
    uint64_t size = 0;
    CHECK(arena_open(&arena, 8 * CHUNK, 0) == DF_OK);
    uint64_t before = take(&arena, front), offset = take(&arena, block), behind = take(&arena, 16);
    struct df_statistics was = statistics(&arena);
    refuses_split(&arena, offset, block, DF_INVALID_SIZE);
    CHECK(df_heap_split(arena.heap, offset, length - 1) == DF_OK && sound(&arena));
    CHECK(df_heap_usable_size(arena.heap, offset, &size) == DF_OK && size == length);
    CHECK(df_heap_usable_size(arena.heap, offset + length, &size) == DF_OK && size == block - length);
    was.live_blocks++;
    struct df_statistics now = statistics(&arena);
    CHECK(memcmp(&was, &now, sizeof was) == 0);
    give(&arena, offset);
    CHECK(sound(&arena) && df_heap_usable_size(arena.heap, offset, &size) == DF_ALREADY_FREE);
    CHECK(take(&arena, length) == offset && sound(&arena));
    give(&arena, offset + length);
    CHECK(sound(&arena));
    give(&arena, offset);
    give(&arena, before);
    give(&arena, behind);
    CHECK(statistics(&arena).free_runs == 1 && sound(&arena));
    arena_close(&arena);
}

static void test_split(void)
{
    splits(16, 64, 16);                       /* inside a word */
    splits(16, CHUNK / 2, 3008);              /* inside a chunk */
    splits(64, 3 * CHUNK, CHUNK / 2);         /* the second part crosses two chunks' ends */
    splits(64, 3 * CHUNK, 2 * CHUNK);         /* both cross some */
    splits(64, 3 * CHUNK, 3 * CHUNK - 32);    /* the first does */
    splits(64, 3 * CHUNK, CHUNK - 64);        /* at a chunk's end */
    splits(CHUNK, 2 * CHUNK, CHUNK);          /* neither does */
    splits(CHUNK, 2 * CHUNK, 2 * CHUNK - 16); /* to the last granule */
    struct arena arena = {0};
    CHECK(arena_open(&arena, 2 * CHUNK, CHUNK) == DF_OK);
    refuses_split(&arena, 0, 16, DF_NOT_IN_HEAP);
    uint64_t block = take(&arena, 48), one = take(&arena, 16);
    refuses_split(&arena, block, 48, DF_INVALID_SIZE);
    refuses_split(&arena, block, 33, DF_INVALID_SIZE); /* three granules */
    refuses_split(&arena, block, DF_CAPACITY_MAX + 1, DF_INVALID_SIZE);
    refuses_split(&arena, block, UINT64_MAX, DF_INVALID_SIZE);
    refuses_split(&arena, one, 0, DF_INVALID_SIZE); /* counts as 1 */
    refuses_split(&arena, block + 16, 1, DF_INSIDE_BLOCK);
    refuses_split(&arena, block + 1, 1, DF_NOT_IN_HEAP);
    refuses_split(&arena, CHUNK, 1, DF_NOT_IN_HEAP);
    refuses_split(&arena, one + 16, 1, DF_ALREADY_FREE);
    CHECK(df_heap_split(arena.heap, block, 0) == DF_OK && df_heap_split(arena.heap, block + 16, 1) == DF_OK);
    CHECK(statistics(&arena).live_blocks == 4 && sound(&arena));
    arena_close(&arena);
}

/* "batches brief" leaves out what takes long, for valgrind. */
int main(int argc, char **argv)
{
    bool brief = argc > 1 && strcmp(argv[1], "brief") == 0;
    test_batches();
    test_words();
    test_victim();
    test_split();
    if (!brief)
        test_batches_are_as_one_by_one();
    return check_end();
}
