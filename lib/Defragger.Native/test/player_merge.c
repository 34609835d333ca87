/* Merging, without any mapping: what shares a page with others must still be there. */
#include <stdlib.h>
#include <string.h>

#include "player.h"

/* Every page of a group gets the live granules of all: blocks with the wrong bytes show when they are
 * verified. */
static void merge_memory(const struct player *player, const uint32_t *group_of, uint32_t group, size_t pages)
{
    enum { WORDS = DF_GRANULE / sizeof(uint64_t) };
    uint64_t merged[DF_PAGE / sizeof(uint64_t)] = {0}, live[4];
    for (size_t page = 0; page < pages; page++) {
        const uint64_t *words = (const void *)(player->arena.base + page * DF_PAGE);
        if (group_of[page] != group)
            continue;
        df_heap_page_live(player->arena.heap, (uint32_t)page, live);
        for (size_t granule = 0; granule < DF_PAGE / DF_GRANULE; granule++)
            if (live[granule / 64] >> granule % 64 & 1)
                memcpy(merged + granule * WORDS, words + granule * WORDS, DF_GRANULE);
    }
    for (size_t page = 0; page < pages; page++)
        if (group_of[page] == group)
            memcpy(player->arena.base + page * DF_PAGE, merged, sizeof merged);
}

/* A plan for all pages that are committed as a whole. */
struct df_merge_plan player_plan_all(const struct player *player, struct df_merge_limits limits, size_t pages,
                                     uint32_t *group_of)
{
    uint32_t *numbers = need(calloc(pages + 1, sizeof *numbers));
    void *scratch = need(calloc(1, df_heap_merge_scratch(pages)));
    for (size_t page = 0; page < pages; page++)
        numbers[page] = (uint32_t)page;
    struct df_merge_plan plan =
        df_heap_plan_merges(player->arena.heap, numbers, pages, &limits, group_of, scratch);
    free(numbers);
    free(scratch);
    return plan;
}

/* Plans groups of all pages, and holds their members; the plan follows in player.offsets. */
struct answer player_merge(struct player *player, uint64_t most)
{
    size_t pages = player->arena.committed / DF_PAGE;
    if (most < 2 || most > 16)
        return (struct answer){0};
    uint32_t *group_of = need(calloc(pages + 1, sizeof *group_of));
    struct df_merge_plan plan =
        player_plan_all(player, (struct df_merge_limits){(uint32_t)most, 8, 256}, pages, group_of);
    for (uint32_t group = 0; group < plan.groups && player->has_payload; group++)
        merge_memory(player, group_of, group, pages);
    if (pages + 3 > player->batch_most) {
        player->batch_most = pages + 3;
        player->offsets = need(realloc(player->offsets, player->batch_most * sizeof *player->offsets));
    }
    for (size_t page = 0; page < pages; page++) {
        bool is_member = group_of[page] != DF_NO_GROUP;
        player->offsets[page] = is_member ? group_of[page] : NONE;
        player_holds(player, !is_member || df_heap_hold_page(player->arena.heap, (uint32_t)page),
                     "a member can be held");
    }
    player->offsets[pages] = plan.groups;
    player->offsets[pages + 1] = plan.members;
    player->offsets[pages + 2] = plan.mappings;
    free(group_of);
    return (struct answer){.done = true, .number = NONE, .batch = pages + 3};
}
