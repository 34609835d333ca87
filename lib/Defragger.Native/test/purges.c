/* Pages that go back: the plan, a purge that fails, one by the caller's hand. */
#include <string.h>

#include "check.h"
#include "verbs.h"

static void test_purge_plan(void)
{
    struct arena arena = {0};
    struct df_range range;
    CHECK(arena_open(&arena, 16 * CHUNK, 0) == DF_OK);
    CHECK(!df_heap_purge_next(arena.heap, UINT64_MAX, UINT64_MAX, &range)); /* nothing was used */
    uint64_t page[32];
    for (int i = 0; i < 32; i++)
        page[i] = take(&arena, DF_PAGE);
    CHECK(!df_heap_purge_next(arena.heap, UINT64_MAX, UINT64_MAX, &range)); /* nothing is free */
    const int freed[] = {1, 2, 3, 9, 10, 20, 30, 31};
    for (size_t i = 0; i < sizeof freed / sizeof *freed; i++)
        give(&arena, page[freed[i]]);
    CHECK(statistics(&arena).dirty_free == 8 * DF_PAGE && statistics(&arena).pinned == 24 * DF_PAGE);
    const struct df_range expected[] = {{30 * DF_PAGE, 2 * DF_PAGE},
                                        {20 * DF_PAGE, DF_PAGE},
                                        {9 * DF_PAGE, 2 * DF_PAGE},
                                        {DF_PAGE, 3 * DF_PAGE}};
    range.offset = UINT64_MAX;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        if (!CHECK(df_heap_purge_next(arena.heap, range.offset, UINT64_MAX, &range)))
            break;
        CHECK(range.offset == expected[i].offset && range.length == expected[i].length);
    }
    CHECK(!df_heap_purge_next(arena.heap, range.offset, UINT64_MAX, &range));
    /* `most` cuts from below, `below` from above; both count whole pages. */
    CHECK(df_heap_purge_next(arena.heap, UINT64_MAX, 2 * DF_PAGE - 1, &range));
    CHECK(range.offset == 31 * DF_PAGE && range.length == DF_PAGE);
    CHECK(!df_heap_purge_next(arena.heap, UINT64_MAX, DF_PAGE - 1, &range));
    CHECK(!df_heap_purge_next(arena.heap, UINT64_MAX, 0, &range));
    CHECK(df_heap_purge_next(arena.heap, 31 * DF_PAGE + 4095, UINT64_MAX, &range));
    CHECK(range.offset == 30 * DF_PAGE && range.length == DF_PAGE);
    CHECK(df_heap_purge_next(arena.heap, 3 * DF_PAGE, 2 * DF_PAGE, &range));
    CHECK(range.offset == DF_PAGE && range.length == 2 * DF_PAGE);
    CHECK(!df_heap_purge_next(arena.heap, DF_PAGE, UINT64_MAX, &range));
    CHECK(!df_heap_purge_next(arena.heap, 0, UINT64_MAX, &range));
    /* The plan carried out, with a budget. */
    CHECK(df_heap_purge(arena.heap, 0) == 0 && df_heap_purge(arena.heap, DF_PAGE - 1) == 0);
    CHECK(df_heap_purge(arena.heap, 4 * DF_PAGE + 5) == 4 * DF_PAGE && sound(&arena));
    CHECK(statistics(&arena).dirty_free == 4 * DF_PAGE);
    CHECK(df_heap_purge_next(arena.heap, UINT64_MAX, UINT64_MAX, &range) && range.offset == 9 * DF_PAGE);
    CHECK(df_heap_purge(arena.heap, UINT64_MAX) == 4 * DF_PAGE && sound(&arena));
    CHECK(df_heap_purge(arena.heap, UINT64_MAX) == 0 && arena.purged == 8 * DF_PAGE);
    arena_close(&arena);
}

/* What cannot be given back stays in the plan; what lies below it is tried all the same. */
static void test_purge_fails(void)
{
    struct arena arena = {.locked = 12 * DF_PAGE};
    struct df_range range;
    uint64_t page[16];
    CHECK(arena_open(&arena, 8 * CHUNK, 0) == DF_OK);
    for (int i = 0; i < 16; i++)
        page[i] = take(&arena, DF_PAGE);
    for (int i = 0; i < 16; i += 3)
        give(&arena, page[i]); /* 0, 3, 6, 9 and, locked, 12 and 15 */
    CHECK(df_heap_purge(arena.heap, 3 * DF_PAGE) == 3 * DF_PAGE && arena.purged == 3 * DF_PAGE);
    CHECK(statistics(&arena).dirty_free == 3 * DF_PAGE && sound(&arena));
    CHECK(df_heap_purge_next(arena.heap, UINT64_MAX, UINT64_MAX, &range) && range.offset == 15 * DF_PAGE);
    CHECK(df_heap_purge(arena.heap, UINT64_MAX) == DF_PAGE && df_heap_purge(arena.heap, UINT64_MAX) == 0);
    CHECK(statistics(&arena).dirty_free == 2 * DF_PAGE && sound(&arena));
    arena.locked = UINT64_MAX;
    CHECK(df_heap_purge(arena.heap, UINT64_MAX) == 2 * DF_PAGE && sound(&arena));
    arena_close(&arena);
}

/* A plan carried out elsewhere: what was taken meanwhile, and what is clean already, stays as it is. */
static void test_mark_purged(void)
{
    struct arena arena = {0};
    struct df_range range;
    CHECK(arena_open(&arena, 8 * CHUNK, 0) == DF_OK);
    uint64_t first = take(&arena, 6 * DF_PAGE);
    take(&arena, 16);
    memset(arena.base + first, 0x5A, 6 * DF_PAGE);
    give(&arena, first);
    CHECK(df_heap_purge_next(arena.heap, UINT64_MAX, UINT64_MAX, &range) && range.offset == 0);
    CHECK(range.length == 6 * DF_PAGE);
    uint64_t meanwhile = take(&arena, DF_PAGE + 100);
    CHECK(meanwhile == first && statistics(&arena).dirty_free == 4 * DF_PAGE);
    memset(arena.base + 2 * DF_PAGE, 0, 4 * DF_PAGE);
    df_heap_mark_purged(arena.heap, range);
    CHECK(statistics(&arena).dirty_free == 0 && statistics(&arena).pinned == 3 * DF_PAGE && sound(&arena));
    df_heap_mark_purged(arena.heap, range);
    CHECK(statistics(&arena).dirty_free == 0 && sound(&arena));
    give(&arena, meanwhile);
    CHECK(statistics(&arena).dirty_free == 2 * DF_PAGE && sound(&arena));
    /* A range that is no plan's: what lies behind the arena is nobody's. */
    df_heap_mark_purged(arena.heap, (struct df_range){8 * CHUNK, DF_PAGE});
    CHECK(statistics(&arena).dirty_free == 2 * DF_PAGE);
    df_heap_mark_purged(arena.heap, (struct df_range){DF_PAGE, UINT64_MAX});
    CHECK(statistics(&arena).dirty_free == DF_PAGE && sound(&arena));
    arena_close(&arena);
}

int main(void)
{
    test_purge_plan();
    test_purge_fails();
    test_mark_purged();
    return check_end();
}
