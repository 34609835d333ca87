/* Held pages: what becomes of the runs around, of blocks that die there, and of the purge plan. */
#include <string.h>

#include "check.h"
#include "verbs.h"

enum { PAGES = 8, BLOCK = 64 };

/* Pages full of blocks of BLOCK bytes, of which every `kept` th is still there. */
static void open_sparse(struct arena *arena, uint64_t pages, uint64_t kept)
{
    CHECK(arena_open(arena, pages * DF_PAGE, 0) == DF_OK);
    CHECK(fill(arena, BLOCK) == pages * DF_PAGE / BLOCK);
    for (uint64_t at = 0; at < pages * DF_PAGE; at += BLOCK)
        if (at / BLOCK % kept != 0)
            give(arena, at);
}

static void test_without_memory(void)
{
    struct arena arena = {.refuse = 1, .refuse_times = 1};
    uint64_t metadata[1024] __attribute__((aligned(64))) = {0}, holds[256] = {0}, offset;
    struct df_heap_options options = {.capacity = 4 * CHUNK};
    struct df_heap *heap = NULL;
    CHECK(df_heap_hold_size(0) == 0 && df_heap_hold_size(DF_CAPACITY_MAX + DF_GRANULE) == 0);
    CHECK(df_heap_hold_size(options.capacity) <= sizeof holds);
    CHECK(df_heap_open(metadata, sizeof metadata, &options, &heap) == DF_OK);
    CHECK(df_heap_allocate(heap, 16, 16, &offset) == DF_OK);
    CHECK(!df_heap_hold_page(heap, 0) && !df_heap_restore_page(heap, 0) && !df_heap_page_is_held(heap, 0));
    CHECK(df_heap_hold_memory(heap, NULL, sizeof holds) == DF_INVALID_OPTIONS);
    CHECK(df_heap_hold_memory(heap, (char *)holds + 1, sizeof holds - 1) == DF_INVALID_OPTIONS);
    CHECK(df_heap_hold_memory(heap, holds, df_heap_hold_size(options.capacity) - 1) == DF_INVALID_OPTIONS);
    CHECK(df_heap_hold_memory(heap, holds, df_heap_hold_size(options.capacity)) == DF_OK);
    CHECK(df_heap_hold_memory(heap, holds, sizeof holds) == DF_INVALID_OPTIONS);
    CHECK(df_heap_hold_page(heap, 0) && df_heap_check(heap) == 0);
    CHECK(arena_open(&arena, CHUNK, 0) == DF_OUT_OF_MEMORY);
    arena_close(&arena);
}

static void test_which_pages_can_be_held(void)
{
    struct arena arena = {0};
    CHECK(arena_open(&arena, 3 * CHUNK + 64, CHUNK) == DF_OK);
    CHECK(!df_heap_hold_page(arena.heap, 0)); /* nothing is committed */
    uint64_t first = take(&arena, CHUNK), second = take(&arena, CHUNK), last = take(&arena, CHUNK + 64);
    give(&arena, second);
    CHECK(!df_heap_hold_page(arena.heap, 2)); /* no live granule */
    CHECK(!df_heap_hold_page(arena.heap, 6)); /* not a whole page */
    CHECK(!df_heap_hold_page(arena.heap, UINT32_MAX));
    CHECK(df_heap_hold_page(arena.heap, 1) && !df_heap_hold_page(arena.heap, 1));
    CHECK(df_heap_page_is_held(arena.heap, 1) && !df_heap_page_is_held(arena.heap, 0));
    CHECK(!df_heap_page_is_held(arena.heap, 6) && !df_heap_page_is_held(arena.heap, UINT32_MAX));
    CHECK(statistics(&arena).held == 0 && sound(&arena)); /* all of it is live */
    CHECK(df_heap_restore_page(arena.heap, 1) && !df_heap_restore_page(arena.heap, 1));
    CHECK(!df_heap_restore_page(arena.heap, UINT32_MAX));
    give(&arena, first);
    give(&arena, last);
    CHECK(sound(&arena));
    arena_close(&arena);
}

/* Runs are cut at the page's edges, and are whole again when it is restored. */
static void test_runs_are_cut_and_join_again(void)
{
    struct arena arena = {0};
    struct df_item item;
    open_sparse(&arena, PAGES, 32); /* two blocks a page, at its start and in its middle */
    struct df_statistics before = statistics(&arena);
    give(&arena, 2 * DF_PAGE); /* now a run from page 1 to the middle of page 2 */
    CHECK(df_heap_hold_page(arena.heap, 2) && sound(&arena));
    struct df_statistics held = statistics(&arena);
    CHECK(held.held == DF_PAGE - BLOCK && held.free == before.free + BLOCK - held.held);
    CHECK(held.live == before.live - BLOCK && held.pinned == before.pinned);
    CHECK(df_heap_walk(arena.heap, DF_PAGE + DF_PAGE / 2 + BLOCK, &item) && !item.live && !item.held);
    CHECK(item.offset + item.length == 2 * DF_PAGE);
    CHECK(df_heap_walk(arena.heap, 2 * DF_PAGE, &item) && !item.live && item.held);
    CHECK(item.length == DF_PAGE / 2);
    CHECK(df_heap_walk(arena.heap, 2 * DF_PAGE + DF_PAGE / 2, &item) && item.live && item.length == BLOCK);
    /* Nothing is placed there: the heap fills up around it. */
    while (allocates(&arena, DF_GRANULE, DF_OK))
        continue;
    CHECK(statistics(&arena).free == 0 && statistics(&arena).held == held.held && sound(&arena));
    CHECK(df_heap_restore_page(arena.heap, 2) && statistics(&arena).held == 0 && sound(&arena));
    CHECK(statistics(&arena).free == DF_PAGE - BLOCK && statistics(&arena).free_runs == 2);
    CHECK(allocates(&arena, DF_PAGE / 2, DF_OK));
    arena_close(&arena);
}

static void test_the_victim_is_cut(void)
{
    struct arena arena = {0};
    CHECK(arena_open(&arena, 2 * CHUNK, 0) == DF_OK);
    take(&arena, DF_PAGE + 64);
    CHECK(allocates(&arena, 64, DF_OK)); /* a short one: the rest is the victim */
    CHECK(statistics(&arena).victim.offset == DF_PAGE + 128);
    CHECK(df_heap_hold_page(arena.heap, 1) && sound(&arena));
    CHECK(statistics(&arena).victim.offset == 2 * DF_PAGE && statistics(&arena).victim.length == 2 * DF_PAGE);
    CHECK(df_heap_restore_page(arena.heap, 1) && sound(&arena));
    CHECK(statistics(&arena).victim.offset == DF_PAGE + 128 && statistics(&arena).free_runs == 1);
    /* All of it held: there is none. */
    take(&arena, 3 * DF_PAGE - 256);
    CHECK(df_heap_hold_page(arena.heap, 3) && sound(&arena));
    CHECK(statistics(&arena).victim.length == 0 && statistics(&arena).held == 128);
    arena_close(&arena);
}

static void test_held_granules_are_no_blocks(void)
{
    struct arena arena = {0};
    uint64_t size, offsets[] = {0, 2 * BLOCK};
    struct df_starts word = {0, 1 | UINT64_C(1) << (2 * BLOCK / DF_GRANULE)};
    size_t released;
    open_sparse(&arena, PAGES, 32);
    CHECK(df_heap_hold_page(arena.heap, 0));
    for (uint64_t at = BLOCK; at < DF_PAGE / 2; at += DF_GRANULE) {
        CHECK(df_heap_release(arena.heap, at) == DF_ALREADY_FREE);
        CHECK(df_heap_usable_size(arena.heap, at, &size) == DF_ALREADY_FREE);
        CHECK(df_heap_resize(arena.heap, at, 1) == DF_ALREADY_FREE);
        CHECK(df_heap_split(arena.heap, at, 1) == DF_ALREADY_FREE);
    }
    CHECK(df_heap_usable_size(arena.heap, 0, &size) == DF_OK && size == BLOCK);
    CHECK(df_heap_release_starts(arena.heap, &word, 1, &released) == DF_ALREADY_FREE && released == 0);
    CHECK(df_heap_usable_size(arena.heap, 0, &size) == DF_OK); /* the word stays as it is */
    CHECK(df_heap_release_many(arena.heap, offsets, 2, &released) == DF_ALREADY_FREE && released == 1);
    CHECK(statistics(&arena).held == DF_PAGE - BLOCK && sound(&arena));
    arena_close(&arena);
}

static void test_resize(void)
{
    struct arena arena = {0};
    uint64_t middle = DF_PAGE / 2, size;
    open_sparse(&arena, PAGES, 32);
    CHECK(df_heap_resize(arena.heap, 3 * DF_PAGE + middle, BLOCK) == DF_OK);
    CHECK(df_heap_hold_page(arena.heap, 0) && df_heap_hold_page(arena.heap, 2));
    CHECK(df_heap_resize(arena.heap, 0, 2 * BLOCK) == DF_NO_ROOM); /* what is behind it is held */
    CHECK(df_heap_resize(arena.heap, 0, DF_GRANULE) == DF_OK && sound(&arena));
    CHECK(statistics(&arena).held == 2 * (DF_PAGE - 2 * BLOCK) + BLOCK - DF_GRANULE);
    give(&arena, 2 * DF_PAGE);
    /* Up to the held page, and no further. */
    CHECK(df_heap_resize(arena.heap, DF_PAGE + middle, middle + DF_GRANULE) == DF_NO_ROOM);
    CHECK(df_heap_resize(arena.heap, DF_PAGE + middle, middle) == DF_OK && sound(&arena));
    CHECK(df_heap_usable_size(arena.heap, DF_PAGE + middle, &size) == DF_OK && size == middle);
    arena_close(&arena);
}

/* Blocks over the edges of held pages die: what lies on a held page is held, the rest is free. */
static void test_blocks_over_edges(void)
{
    for (int way = 0; way < 3; way++) {
        struct arena arena = {0};
        CHECK(arena_open(&arena, 8 * DF_PAGE, 0) == DF_OK);
        take(&arena, 2 * DF_PAGE - 64);
        uint64_t crossing = take(&arena, 4 * DF_PAGE + 128), last = take(&arena, 64);
        size_t released;
        struct df_starts word = {crossing / 1024 * 1024, UINT64_C(1) << crossing % 1024 / DF_GRANULE};
        CHECK(df_heap_hold_page(arena.heap, 1) && df_heap_hold_page(arena.heap, 3));
        CHECK(df_heap_hold_page(arena.heap, 5) && df_heap_hold_page(arena.heap, 6));
        uint64_t free = statistics(&arena).free;
        CHECK(sound(&arena) && statistics(&arena).held == DF_PAGE - 128);
        if (way == 0)
            give(&arena, crossing);
        else if (way == 1)
            CHECK(df_heap_release_many(arena.heap, &crossing, 1, &released) == DF_OK);
        else
            CHECK(df_heap_release_starts(arena.heap, &word, 1, &released) == DF_OK);
        CHECK(sound(&arena) && statistics(&arena).free == free + 2 * DF_PAGE);
        CHECK(statistics(&arena).held == 3 * DF_PAGE && statistics(&arena).free_runs == 3);
        /* Pages 3 and 5 are held and empty; 2 and 4 are free; 6 lives by the last block. */
        CHECK(statistics(&arena).dirty_free == 4 * DF_PAGE && df_heap_page_is_held(arena.heap, 3));
        give(&arena, last);
        CHECK(statistics(&arena).dirty_free == 5 * DF_PAGE && sound(&arena));
        CHECK(df_heap_purge(arena.heap, UINT64_MAX) == 5 * DF_PAGE && sound(&arena));
        CHECK(statistics(&arena).held == 64 && statistics(&arena).dirty_free == 0);
        for (uint32_t page = 0; page < 8; page++)
            CHECK(df_heap_page_is_held(arena.heap, page) == (page == 1));
        CHECK(statistics(&arena).free_runs == 1); /* all that is behind page 1 */
        arena_close(&arena);
    }
}

/* A held page that is empty is nobody's until it is purged or restored. */
static void test_empty_held_pages(void)
{
    struct arena arena = {0};
    struct df_range range;
    open_sparse(&arena, 4, 32);
    for (uint64_t page = 1; page < 3; page++) {
        CHECK(df_heap_hold_page(arena.heap, (uint32_t)page));
        give(&arena, page * DF_PAGE);
        give(&arena, page * DF_PAGE + DF_PAGE / 2);
    }
    CHECK(sound(&arena) && statistics(&arena).dirty_free == 2 * DF_PAGE);
    CHECK(statistics(&arena).held == 2 * DF_PAGE && statistics(&arena).pinned == 2 * DF_PAGE);
    CHECK(allocates(&arena, DF_PAGE, DF_OUT_OF_MEMORY));
    CHECK(!df_heap_hold_page(arena.heap, 1));
    CHECK(df_heap_purge_next(arena.heap, UINT64_MAX, UINT64_MAX, &range));
    CHECK(range.offset == DF_PAGE && range.length == 2 * DF_PAGE);
    CHECK(df_heap_restore_page(arena.heap, 1) && sound(&arena)); /* a dirty, free page */
    CHECK(statistics(&arena).dirty_free == 2 * DF_PAGE && allocates(&arena, DF_PAGE, DF_OK));
    CHECK(statistics(&arena).dirty_free == DF_PAGE);
    df_heap_mark_purged(arena.heap, range); /* page 1 is taken meanwhile, page 2 restored */
    CHECK(statistics(&arena).dirty_free == 0 && statistics(&arena).held == 0 && sound(&arena));
    CHECK(!df_heap_page_is_held(arena.heap, 2) && allocates(&arena, DF_PAGE, DF_OK));
    arena_close(&arena);
}

static void test_live_granules(void)
{
    struct arena arena = {0};
    uint64_t live[4], before[4];
    CHECK(arena_open(&arena, 3 * DF_PAGE + 64, 0) == DF_OK);
    uint64_t first = take(&arena, 16);
    take(&arena, 1024 - 16);
    take(&arena, DF_PAGE);
    give(&arena, first);
    df_heap_page_live(arena.heap, 0, live);
    CHECK(live[0] == UINT64_MAX << 1 && live[1] == UINT64_MAX && live[2] == UINT64_MAX &&
          live[3] == UINT64_MAX);
    df_heap_page_live(arena.heap, 1, before);
    CHECK(before[0] == UINT64_MAX && before[1] == 0 && before[2] == 0 && before[3] == 0);
    CHECK(df_heap_hold_page(arena.heap, 0) && df_heap_hold_page(arena.heap, 1));
    df_heap_page_live(arena.heap, 0, live);
    CHECK(live[0] == UINT64_MAX << 1);
    df_heap_page_live(arena.heap, 1, live);
    CHECK(memcmp(live, before, sizeof live) == 0);
    take(&arena, DF_PAGE + 32);
    df_heap_page_live(arena.heap, 3, live); /* of which four granules are there */
    CHECK(live[0] == 3 && live[1] == 0 && live[2] == 0 && live[3] == 0);
    df_heap_page_live(arena.heap, 4, live);
    CHECK(live[0] == 0 && live[3] == 0);
    df_heap_page_live(arena.heap, UINT32_MAX, live);
    CHECK(live[0] == 0 && live[3] == 0);
    arena_close(&arena);
}

/* Mixed operations and pages held now and then: after each step the heap is sound, and the statistics are the
 * items' sums. */
static void test_mixed(uint32_t seeds)
{
    for (uint32_t seed = 1; seed <= seeds; seed++) {
        enum { SLOTS = 200 };
        static uint64_t slots[SLOTS];
        struct arena arena = {0};
        uint32_t state = seed * 2654435761u;
        uint64_t most = UINT64_C(64) << seed % 9;
        memset(slots, 0xFF, sizeof slots);
        CHECK(arena_open(&arena, 24 * DF_PAGE + 16 * seed, seed % 2 ? 0 : 5000) == DF_OK);
        for (int step = 0; step < 1500; step++) {
            uint64_t *slot = &slots[random_next(&state) % SLOTS], size = random_next(&state) % most;
            uint32_t page = random_next(&state) % 26, dice = random_next(&state) % 16;
            if (dice < 2)
                df_heap_hold_page(arena.heap, page);
            else if (dice < 3)
                df_heap_restore_page(arena.heap, page);
            else if (dice < 4)
                df_heap_purge(arena.heap, size * 16);
            else if (*slot == UINT64_MAX)
                df_heap_allocate(arena.heap, size, UINT64_C(16) << (dice == 4 ? page % 9 : 0), slot);
            else if (dice < 8)
                df_heap_resize(arena.heap, *slot, size);
            else {
                give(&arena, *slot);
                *slot = UINT64_MAX;
            }
            struct df_statistics now = statistics(&arena);
            struct df_item item;
            uint64_t held = 0, free = 0, live = 0;
            for (uint64_t at = 0; df_heap_walk(arena.heap, at, &item); at += item.length) {
                held += item.held ? item.length : 0;
                live += item.live ? item.length : 0;
                free += !item.held && !item.live ? item.length : 0;
                CHECK(!item.held || df_heap_page_is_held(arena.heap, (uint32_t)(item.offset / DF_PAGE)));
                CHECK(item.live || item.held || !df_heap_page_is_held(arena.heap, (uint32_t)(at / DF_PAGE)));
            }
            CHECK(sound(&arena) && held == now.held && free == now.free && live == now.live);
        }
        for (uint32_t page = 0; page < 26; page++)
            df_heap_restore_page(arena.heap, page);
        for (int slot = 0; slot < SLOTS; slot++)
            if (slots[slot] != UINT64_MAX)
                give(&arena, slots[slot]);
        CHECK(sound(&arena) && statistics(&arena).held == 0 && statistics(&arena).free_runs <= 1);
        arena_close(&arena);
    }
}

/* "holds brief" leaves out what takes long, for valgrind. */
int main(int argc, char **argv)
{
    bool brief = argc > 1 && strcmp(argv[1], "brief") == 0;
    test_without_memory();
    test_which_pages_can_be_held();
    test_runs_are_cut_and_join_again();
    test_the_victim_is_cut();
    test_held_granules_are_no_blocks();
    test_resize();
    test_blocks_over_edges();
    test_empty_held_pages();
    test_live_granules();
    test_mixed(brief ? 2 : 40);
    return check_end();
}
