/* Arenas of odd sizes, of one chunk and of many; and an outside that refuses to commit. */
#include <string.h>

#include "check.h"
#include "verbs.h"

/* --- Odd arenas --- */

static void test_small_arenas(void)
{
    for (uint64_t capacity = 16; capacity <= 3 * CHUNK; capacity += capacity < 1024 ? 16 : 1008) {
        struct arena arena = {0};
        CHECK(arena_open(&arena, capacity, capacity % 32 == 0 ? 0 : 16) == DF_OK);
        CHECK(fill(&arena, 16) == capacity / 16 && sound(&arena));
        struct df_statistics full = statistics(&arena);
        CHECK(full.free == 0 && full.largest_free == 0 && full.free_least == 0 && full.committed == capacity);
        struct df_item item;
        for (uint64_t at = 0; df_heap_walk(arena.heap, at, &item); at += 32)
            give(&arena, at);
        CHECK(sound(&arena) && allocates(&arena, 17, DF_OUT_OF_MEMORY));
        give_all(&arena);
        CHECK(statistics(&arena).free_runs == 1 && take(&arena, capacity) == 0 && sound(&arena));
        arena_close(&arena);
    }
}

static void test_odd_capacities_grow_to_their_end(void)
{
    const uint64_t capacities[] = {CHUNK + 16, 3 * CHUNK - 16, 5 * CHUNK + DF_PAGE, 64 * CHUNK + 4112};
    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++)
        for (uint64_t growth = 1; growth < 6 * CHUNK; growth += CHUNK + 13) {
            struct arena arena = {0};
            CHECK(arena_open(&arena, capacities[i], growth) == DF_OK);
            CHECK(fill(&arena, 48) == capacities[i] / 48 && sound(&arena));
            CHECK(arena.committed == capacities[i]);
            give_all(&arena);
            CHECK(take(&arena, capacities[i]) == 0 && sound(&arena));
            arena_close(&arena);
        }
}

/* A page that ends beyond the arena counts as pinned while a block is in it, but never as one to give back.
 */
static void test_partial_page_stays(void)
{
    struct arena arena = {0};
    CHECK(arena_open(&arena, DF_PAGE + 64, 0) == DF_OK);
    uint64_t offset = take(&arena, DF_PAGE + 64);
    CHECK(statistics(&arena).pinned == 2 * DF_PAGE);
    give(&arena, offset);
    CHECK(df_heap_purge(arena.heap, UINT64_MAX) == DF_PAGE && sound(&arena));
    CHECK(statistics(&arena).dirty_free == 0);
    arena_close(&arena);
}

/* The most runs that one chunk can have: every second granule of it. */
static void test_most_runs_in_a_chunk(void)
{
    struct arena arena = {0};
    CHECK(arena_open(&arena, 2 * CHUNK, 0) == DF_OK);
    CHECK(fill(&arena, 16) == 1024);
    for (uint64_t at = 0; at < CHUNK; at += 32) {
        give(&arena, at);
        CHECK(sound(&arena));
    }
    CHECK(statistics(&arena).free_runs == 256);
    for (uint64_t taken = 0; taken < 256; taken++) {
        CHECK(take(&arena, 16) == taken * 32);
        CHECK(sound(&arena));
    }
    CHECK(allocates(&arena, 16, DF_OUT_OF_MEMORY));
    /* And down from there by joins. */
    for (uint64_t at = 0; at < CHUNK; at += 32)
        give(&arena, at);
    for (uint64_t at = 16; at < CHUNK - 16; at += 32) {
        give(&arena, at);
        CHECK(sound(&arena));
    }
    CHECK(statistics(&arena).free_runs == 1);
    arena_close(&arena);
}

/* Each level of the index holds 64 times the chunks of the one below; the arena grows through all of them. */
static void test_levels(void)
{
    struct arena arena = {0};
    CHECK(arena_open(&arena, (uint64_t)5000 * CHUNK, 1) == DF_OK);
    uint64_t count = fill(&arena, CHUNK);
    CHECK(count == 5000 && sound(&arena));
    const uint64_t chunks[] = {4999, 0, 4095, 4096, 63, 64, 65, 127, 2500, 4032};
    enum { CHUNKS = sizeof chunks / sizeof *chunks };
    for (size_t i = 0; i < CHUNKS; i++) {
        give(&arena, chunks[i] * CHUNK);
        CHECK(sound(&arena));
    }
    CHECK(df_heap_purge(arena.heap, UINT64_MAX) == CHUNKS * CHUNK && sound(&arena));
    struct df_range runs[CHUNKS];
    size_t listed = df_heap_index(arena.heap, runs, CHUNKS);
    CHECK(listed == 7 && statistics(&arena).victim.length == 0); /* 63 to 65 are one, 4095 and 4096 too */
    for (size_t i = 1; i < listed && i < CHUNKS; i++)
        CHECK(runs[i - 1].length < runs[i].length ||
              (runs[i - 1].length == runs[i].length && runs[i - 1].offset < runs[i].offset));
    CHECK(fill(&arena, CHUNK) == CHUNKS && sound(&arena));
    give_all(&arena);
    CHECK(statistics(&arena).free_runs == 1 && sound(&arena));
    arena_close(&arena);
}

/* --- Refusals of the world --- */

/* The program for the loop below. */
static void grow_and_shrink(struct arena *arena)
{
    uint64_t blocks[24], count = 0, offset;
    for (uint64_t i = 0; i < 24; i++) {
        uint64_t size = 900 * i + 16;
        enum df_status status = i % 3 == 2 ? df_heap_allocate_zeroed(arena->heap, size, &offset)
                                           : df_heap_allocate(arena->heap, size, i % 3 ? 256 : 16, &offset);
        if (status == DF_OK)
            blocks[count++] = offset;
        CHECK((status == DF_OK || status == DF_OUT_OF_MEMORY) && sound(arena));
    }
    for (uint64_t i = 0; i < count; i++) {
        enum df_status status = df_heap_resize(arena->heap, blocks[i], i % 2 ? 10000 : 600);
        CHECK((status == DF_OK || status == DF_NO_ROOM) && sound(arena));
    }
    if (count > 0) {
        uint64_t size = 0;
        CHECK(df_heap_usable_size(arena->heap, blocks[count - 1], &size) == DF_OK);
        enum df_status status = df_heap_resize(arena->heap, blocks[count - 1], size + 3 * CHUNK);
        CHECK((status == DF_OK || status == DF_NO_ROOM) && sound(arena));
        for (uint64_t i = 0; i < count; i++)
            give(arena, blocks[i]);
    }
}

/* Commit refuses at the nth call, or from it on, for every n: the heap stays sound and loses no byte. */
static void test_refused_commits(void)
{
    enum { REACH = 48 * CHUNK };
    const uint64_t growths[] = {1, 3 * CHUNK, REACH};
    for (size_t g = 0; g < 3; g++)
        for (int rest = 0; rest < 2; rest++) {
            uint64_t calls = 1;
            for (uint64_t n = 1; n <= calls; n++) {
                struct arena arena = {.refuse = n, .refuse_times = rest != 0 ? UINT64_MAX : 1};
                CHECK(arena_open(&arena, REACH, growths[g]) == DF_OK);
                grow_and_shrink(&arena);
                calls = arena.commits;
                CHECK(statistics(&arena).live == 0 && statistics(&arena).free_runs <= 1 && sound(&arena));
                arena_refuse(&arena, 0);
                CHECK(allocates(&arena, REACH, DF_OK) && sound(&arena));
                arena_close(&arena);
            }
            CHECK(calls > 0);
        }
}

/* When the usual growth is refused, what is needed at least is asked for. */
static void test_smaller_commit_after_refusal(void)
{
    struct arena arena = {.refuse = 1, .refuse_times = 1};
    CHECK(arena_open(&arena, 1 << 20, 65536) == DF_OK);
    CHECK(take(&arena, 100) == 0 && arena.commits == 2 && arena.committed == CHUNK && sound(&arena));
    arena_close(&arena);
}

/* "arenas brief" leaves out what takes long, for valgrind. */
int main(int argc, char **argv)
{
    bool brief = argc > 1 && strcmp(argv[1], "brief") == 0;
    test_partial_page_stays();
    test_smaller_commit_after_refusal();
    if (!brief) {
        test_small_arenas();
        test_odd_capacities_grow_to_their_end();
        test_most_runs_in_a_chunk();
        test_levels();
        test_refused_commits();
    }
    return check_end();
}
