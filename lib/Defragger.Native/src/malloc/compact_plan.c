/* See compact_work.h: which pages are put together, and in what order. */
#include <string.h>

#include "../core/hold.h"
#include "compact_work.h"

enum { LIVE_MOST = 176 }; /* granules of a page that may be merged */

static const struct df_merge_limits limits = {
    .max_members = GROUP_MOST, .max_probes = STORE_PAGES, .max_live = LIVE_MOST};

static size_t take(size_t *size, size_t more)
{
    size_t at = *size;
    *size += (more + DF_PAGE - 1) & ~(size_t)(DF_PAGE - 1);
    return at;
}

/* Its bytes, and where its parts are once there is a base. */
size_t compact_lay_out(struct work *work, unsigned char *base, uint32_t room)
{
    size_t size = 0;
    work->image = base + take(&size, (size_t)STORE_PAGES * DF_PAGE);
    work->pages = (void *)(base + take(&size, room * sizeof *work->pages));
    work->group_of = (void *)(base + take(&size, room * sizeof *work->group_of));
    work->order = (void *)(base + take(&size, room * sizeof *work->order));
    work->first = (void *)(base + take(&size, (room / STORE_PAGES + 3) * sizeof *work->first));
    work->scratch = base + take(&size, df_heap_merge_scratch(room));
    return size;
}

/* With the lock: the pages that something is live on, from where the last plan ended. */
static void candidates_fill(struct work *work, uint32_t room)
{
    const struct df_heap *heap = work->arena->heap;
    uint32_t end = heap->limit / PAGE_GRANULES, page = compact_state.from < end ? compact_state.from : 0;
    for (; page < end && work->count < room; page++)
        if (!page_is_free(heap, page) && !page_is_held(heap, page) && !page_is_hot(page))
            work->pages[work->count++] = page;
    compact_state.from = page < end ? page : 0;
}

/* Members by stores: counting sort, so that those of a store still ascend. */
uint32_t compact_order(struct work *work, uint32_t groups)
{
    uint32_t stores = (groups + STORE_PAGES - 1) / STORE_PAGES, *first = work->first;
    memset(first, 0, (stores + 2) * sizeof *first);
    for (uint32_t i = 0; i < work->count; i++)
        if (work->group_of[i] != DF_NO_GROUP)
            first[work->group_of[i] / STORE_PAGES + 2]++;
    for (uint32_t store = 2; store <= stores; store++)
        first[store] += first[store - 1];
    for (uint32_t i = 0; i < work->count; i++)
        if (work->group_of[i] != DF_NO_GROUP)
            work->order[first[work->group_of[i] / STORE_PAGES + 1]++] = i;
    return stores;
}

struct df_merge_plan compact_plan(struct work *work, uint32_t room)
{
    struct arena *arena = work->arena;
    os_lock_take(&arena->lock); /* nothing changes: readers need not wait */
    candidates_fill(work, room);
    struct df_merge_plan plan =
        df_heap_plan_merges(arena->heap, work->pages, work->count, &limits, work->group_of, work->scratch);
    os_lock_give(&arena->lock);
    return plan;
}
