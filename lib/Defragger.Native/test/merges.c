/* Plans of merging: limits, what goes together, and that it can be carried out and undone. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "verbs.h"

enum { PAGES = 512 };

static const struct df_merge_limits usual = {.max_members = 16, .max_probes = 64, .max_live = 128};

/* A plan for all pages of an arena. */
struct planned {
    struct df_merge_plan plan;
    uint32_t pages[PAGES], group_of[PAGES];
    size_t count;
};

static struct planned plan_all(const struct arena *arena, const struct df_merge_limits *limits)
{
    struct planned planned = {.count = arena->committed / DF_PAGE};
    void *scratch = malloc(df_heap_merge_scratch(planned.count));
    for (uint32_t page = 0; page < planned.count; page++)
        planned.pages[page] = page;
    if (CHECK(scratch != NULL))
        planned.plan =
            df_heap_plan_merges(arena->heap, planned.pages, planned.count, limits, planned.group_of, scratch);
    free(scratch);
    return planned;
}

/* Everything that is true of a plan, from the bits alone. */
static void plan_holds(const struct arena *arena, const struct planned *planned,
                       const struct df_merge_limits *limits)
{
    static uint64_t taken[PAGES][4];
    static uint32_t members[PAGES];
    const struct df_merge_plan *plan = &planned->plan;
    uint32_t grouped = 0, mappings = 0;
    memset(taken, 0, sizeof taken);
    memset(members, 0, sizeof members);
    for (size_t i = 0; i < planned->count; i++) {
        uint64_t live[4];
        uint32_t group = planned->group_of[i], count = 0;
        if (group == DF_NO_GROUP)
            continue;
        df_heap_page_live(arena->heap, planned->pages[i], live);
        if (!CHECK(group < plan->groups))
            return;
        for (int word = 0; word < 4; word++) {
            CHECK((taken[group][word] & live[word]) == 0);
            taken[group][word] |= live[word];
            count += (uint32_t)__builtin_popcountll(live[word]);
        }
        CHECK(count > 0 && count <= limits->max_live);
        CHECK(!df_heap_page_is_held(arena->heap, planned->pages[i]));
        members[group]++;
        grouped++;
        mappings += i == 0 || planned->pages[i - 1] + 1 != planned->pages[i] ||
                    planned->group_of[i - 1] == DF_NO_GROUP || planned->group_of[i - 1] + 1 != group;
    }
    for (uint32_t group = 0; group < plan->groups; group++)
        CHECK(members[group] >= 2 && members[group] <= limits->max_members);
    CHECK(grouped == plan->members && plan->saved_pages == plan->members - plan->groups);
    CHECK(plan->mappings == mappings);
}

/* Blocks of random sizes up to `most`, of which one in `kept` stays. */
static void open_random(struct arena *arena, uint64_t pages, uint64_t most, uint32_t kept, uint32_t seed)
{
    static uint64_t blocks[PAGES * 256];
    uint32_t state = seed * 2654435761u;
    size_t count = 0;
    CHECK(arena_open(arena, pages * DF_PAGE, 0) == DF_OK);
    while (df_heap_allocate(arena->heap, random_next(&state) % most, 16, &blocks[count]) == DF_OK)
        count++;
    for (size_t i = 0; i < count; i++)
        if (random_next(&state) % kept != 0)
            give(arena, blocks[i]);
}

static void test_nothing_to_merge(void)
{
    struct arena arena = {0};
    CHECK(arena_open(&arena, 8 * DF_PAGE, 0) == DF_OK);
    struct planned planned = plan_all(&arena, &usual); /* no page has a live granule */
    CHECK(planned.plan.groups == 0 && planned.group_of[0] == DF_NO_GROUP);
    fill(&arena, DF_PAGE);
    planned = plan_all(&arena, &usual); /* all have too many */
    CHECK(planned.plan.groups == 0 && planned.plan.mappings == 0 && planned.group_of[7] == DF_NO_GROUP);
    planned = plan_all(&arena, &(struct df_merge_limits){16, 64, 256});
    CHECK(planned.plan.groups == 0); /* they are full */
    give(&arena, DF_PAGE);
    CHECK(df_heap_plan_merges(arena.heap, NULL, 0, &usual, NULL, planned.pages).groups == 0);
    arena_close(&arena);
}

static void test_limits(void)
{
    static const struct df_merge_limits wrong[] = {{1, 64, 128},   {17, 64, 128}, {16, 0, 128},
                                                   {16, 257, 128}, {16, 64, 0},   {16, 64, 257}};
    struct arena arena = {0};
    open_random(&arena, 64, 64, 50, 1);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(plan_all(&arena, &wrong[i]).plan.members == 0);
    for (uint32_t members = 2; members <= 16; members++)
        for (uint32_t probes = 1; probes <= 256; probes *= 4)
            for (uint32_t live = 1; live <= 256; live *= 4) {
                struct df_merge_limits limits = {members, probes, live};
                struct planned planned = plan_all(&arena, &limits);
                plan_holds(&arena, &planned, &limits);
                CHECK(live < 16 || planned.plan.groups > 0);
            }
    arena_close(&arena);
}

/* Neighbours that do not disturb each other: stripes, a mapping each. */
static void test_neighbours_are_one_mapping(void)
{
    struct arena arena = {0};
    CHECK(arena_open(&arena, 64 * DF_PAGE, 0) == DF_OK);
    CHECK(fill(&arena, 64) == 64 * DF_PAGE / 64);
    for (uint64_t at = 0; at < 64 * DF_PAGE; at += 64) /* page p keeps its p-th block of 64 */
        if (at / DF_PAGE != at % DF_PAGE / 64)
            give(&arena, at);
    struct planned planned = plan_all(&arena, &usual);
    CHECK(planned.plan.members == 64 && planned.plan.groups == 4 && planned.plan.saved_pages == 60);
    CHECK(planned.plan.mappings == 16);
    plan_holds(&arena, &planned, &usual);
    arena_close(&arena);
}

/* Pages with the same granules live do not go together; a page does with others when they are elsewhere. */
static void test_same_granules(void)
{
    struct arena arena = {0};
    CHECK(arena_open(&arena, 64 * DF_PAGE, 0) == DF_OK);
    CHECK(fill(&arena, DF_PAGE / 2) == 128);
    for (uint64_t at = DF_PAGE / 2; at < 64 * DF_PAGE; at += DF_PAGE)
        give(&arena, at);
    CHECK(plan_all(&arena, &usual).plan.members == 0);
    /* Of page 10 a block's end is live: it begins on page 9, which is full. */
    give(&arena, 10 * DF_PAGE);
    CHECK(df_heap_resize(arena.heap, 9 * DF_PAGE, DF_PAGE + DF_GRANULE) == DF_OK);
    CHECK(plan_all(&arena, &usual).plan.members == 0);
    /* Of page 20 another half: it goes with the first that has the front one. */
    CHECK(df_heap_resize(arena.heap, 20 * DF_PAGE, DF_PAGE) == DF_OK);
    CHECK(df_heap_split(arena.heap, 20 * DF_PAGE, DF_PAGE / 2) == DF_OK);
    give(&arena, 20 * DF_PAGE);
    struct planned planned = plan_all(&arena, &usual);
    plan_holds(&arena, &planned, &usual);
    CHECK(planned.plan.members == 2 && planned.plan.groups == 1 && planned.group_of[20] == 0);
    CHECK(df_heap_hold_page(arena.heap, 20) && plan_all(&arena, &usual).plan.members == 0);
    arena_close(&arena);
}

/* Carried out on memory: what is live of a group's pages is copied to one page; each reads its own bytes back
 * from there, and writing it to the page undoes the merge. Held or not, the heap goes on. */
static void test_carried_out_and_undone(void)
{
    static unsigned char before[PAGES * DF_PAGE], merged[PAGES * DF_PAGE];
    for (uint32_t seed = 1; seed <= 12; seed++) {
        struct arena arena = {0};
        open_random(&arena, PAGES, UINT64_C(32) << seed % 7, 2u << seed % 6, seed);
        struct planned planned = plan_all(&arena, &usual);
        plan_holds(&arena, &planned, &usual);
        for (size_t at = 0; at < sizeof before; at++)
            before[at] = (unsigned char)(at * 2654435761u >> 13);
        memcpy(arena.base, before, sizeof before);
        memset(merged, 0, sizeof merged);
        for (size_t i = 0; i < planned.count; i++) {
            uint64_t live[4];
            df_heap_page_live(arena.heap, (uint32_t)i, live);
            for (size_t granule = 0; planned.group_of[i] != DF_NO_GROUP && granule < 256; granule++)
                if (live[granule / 64] >> granule % 64 & 1)
                    memcpy(merged + planned.group_of[i] * (size_t)DF_PAGE + granule * DF_GRANULE,
                           arena.base + i * DF_PAGE + granule * DF_GRANULE, DF_GRANULE);
        }
        struct df_statistics was = statistics(&arena);
        for (size_t i = 0; i < planned.count; i++)
            if (planned.group_of[i] != DF_NO_GROUP) {
                CHECK(df_heap_hold_page(arena.heap, (uint32_t)i));
                memcpy(arena.base + i * DF_PAGE, merged + planned.group_of[i] * (size_t)DF_PAGE, DF_PAGE);
            }
        CHECK(sound(&arena) && plan_all(&arena, &usual).plan.members < planned.plan.members + 1);
        struct df_item item;
        for (uint64_t at = 0; df_heap_walk(arena.heap, at, &item); at += item.length)
            CHECK(!item.live || memcmp(arena.base + at, before + at, item.length) == 0);
        CHECK(statistics(&arena).live == was.live && statistics(&arena).held <= was.free);
        for (size_t i = 0; i < planned.count; i++)
            CHECK(df_heap_restore_page(arena.heap, (uint32_t)i) == (planned.group_of[i] != DF_NO_GROUP));
        struct df_statistics now = statistics(&arena);
        CHECK(sound(&arena) && now.free == was.free && now.free_runs == was.free_runs && now.held == 0);
        arena_close(&arena);
    }
}

int main(void)
{
    test_nothing_to_merge();
    test_limits();
    test_neighbours_are_one_mapping();
    test_same_granules();
    test_carried_out_and_undone();
    return check_end();
}
