/* What is told of a heap: the walk, the index, the statistics, the text of rules. */
#include <string.h>

#include "check.h"
#include "verbs.h"

static void test_walk(void)
{
    struct arena arena = {0};
    struct df_item item = {0};
    CHECK(arena_open(&arena, 4 * CHUNK, 1) == DF_OK);
    CHECK(!df_heap_walk(arena.heap, 0, &item)); /* nothing is committed */
    uint64_t first = take(&arena, 100), second = take(&arena, 3 * CHUNK);
    take(&arena, 16);
    give(&arena, first);
    CHECK(df_heap_walk(arena.heap, 0, &item) && item.offset == 0 && item.length == 112 && !item.live);
    CHECK(df_heap_walk(arena.heap, 112, &item) && item.length == 3 * CHUNK && item.live && second == 112);
    CHECK(!df_heap_walk(arena.heap, 128, &item)); /* inside a block no item starts */
    CHECK(!df_heap_walk(arena.heap, 8, &item));
    CHECK(!df_heap_walk(arena.heap, 4 * CHUNK, &item) && !df_heap_walk(arena.heap, UINT64_MAX, &item));
    arena_close(&arena);
}

/* Items cover what is committed, and the index lists the free ones but the victim, each once. */
static void views_agree(const struct arena *arena)
{
    static struct df_range runs[4096];
    struct df_statistics now = statistics(arena);
    struct df_item item;
    uint64_t at = 0, live = 0, blocks = 0, free_runs = 0, largest = 0, victims = 0;
    for (; df_heap_walk(arena->heap, at, &item); at += item.length) {
        CHECK(item.offset == at && item.length > 0);
        live += item.live ? item.length : 0;
        blocks += item.live;
        free_runs += !item.live;
        largest = !item.live && item.length > largest ? item.length : largest;
        victims += !item.live && item.offset == now.victim.offset && item.length == now.victim.length;
    }
    CHECK(at == now.committed && live == now.live && blocks == now.live_blocks);
    CHECK(free_runs == now.free_runs && largest == now.largest_free && now.free == now.committed - live);
    CHECK(victims == (now.victim.length > 0));
    size_t listed = df_heap_index(arena->heap, runs, 4096);
    CHECK(df_heap_index(arena->heap, NULL, 0) == listed);
    CHECK(listed == free_runs - victims);
    for (size_t i = 0; i < listed && i < 4096; i++) {
        CHECK(df_heap_walk(arena->heap, runs[i].offset, &item) && !item.live &&
              item.length == runs[i].length);
        CHECK(now.victim.length == 0 || runs[i].offset != now.victim.offset);
        for (size_t other = 0; other < i; other++)
            CHECK(runs[i].offset != runs[other].offset);
    }
}

/* traces/index-without-victim.trace */
static void test_index_leaves_the_victim_out(void)
{
    struct arena arena = {0};
    CHECK(arena_open(&arena, CHUNK, 0) == DF_OK);
    uint64_t first = take(&arena, 32);
    take(&arena, 16);
    take(&arena, CHUNK - 80);
    CHECK(statistics(&arena).victim.length == 32);
    give(&arena, first);
    CHECK(sound(&arena));
    struct df_range runs[2];
    CHECK(df_heap_index(arena.heap, runs, 2) == 1 && runs[0].offset == first && runs[0].length == 32);
    arena_close(&arena);
}

/* Mixed operations; seeds differ in how large blocks are and how full the arena gets. */
static void test_views_agree(void)
{
    for (uint32_t seed = 1; seed <= 24; seed++) {
        enum { SLOTS = 256 };
        static uint64_t slots[SLOTS];
        struct arena arena = {0};
        uint32_t state = seed * 2654435761u, live = 8 + seed * 10;
        uint64_t most = UINT64_C(32) << seed % 12;
        memset(slots, 0xFF, sizeof slots);
        CHECK(arena_open(&arena, 100 * CHUNK + 16 * seed, seed % 2 ? 0 : 5000) == DF_OK);
        for (int step = 0; step < 400; step++) {
            uint64_t *slot = &slots[random_next(&state) % live], size = random_next(&state) % most;
            uint64_t alignment = UINT64_C(16)
                                 << (random_next(&state) % 16 == 0 ? random_next(&state) % 9 : 0);
            if (*slot == UINT64_MAX) {
                if (step % 7 == 0)
                    df_heap_allocate_zeroed(arena.heap, size, slot);
                else
                    df_heap_allocate(arena.heap, size, alignment, slot);
            } else if (random_next(&state) % 3 == 0) {
                df_heap_resize(arena.heap, *slot, size);
            } else {
                give(&arena, *slot);
                *slot = UINT64_MAX;
            }
            if (step % 50 == 49)
                df_heap_purge(arena.heap, size * 16);
            CHECK(step % 4 != 0 || sound(&arena));
            if (step % 10 == 0)
                views_agree(&arena);
        }
        arena_close(&arena);
    }
}

static void test_rules(void)
{
    CHECK(strcmp(df_heap_rule(0), "no invariant is broken") == 0);
    for (int rule = 1; rule <= 13; rule++)
        for (int other = 0; other < rule; other++)
            CHECK(df_heap_rule(rule)[0] != 0 && strcmp(df_heap_rule(rule), df_heap_rule(other)) != 0);
    CHECK(strcmp(df_heap_rule(-1), df_heap_rule(14)) == 0 && strcmp(df_heap_rule(14), df_heap_rule(13)) != 0);
}

/* "views brief" leaves out what takes long, for valgrind. */
int main(int argc, char **argv)
{
    bool brief = argc > 1 && strcmp(argv[1], "brief") == 0;
    test_walk();
    test_index_leaves_the_victim_out();
    test_rules();
    if (!brief)
        test_views_agree();
    return check_end();
}
