#include "fuzz.h"

#include <string.h>

/* What the plan lists has to be what the purge then takes. */
void purge_some(uint64_t most)
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
void purge_by_hand(void)
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
void hold(uint64_t page)
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

void restore(uint64_t page)
{
    if (run.log != NULL)
        fprintf(run.log, "u %" PRIu64 "\n", page);
    REQUIRE(df_heap_page_is_held(run.heap, (uint32_t)page) == run.held[page]);
    REQUIRE(df_heap_restore_page(run.heap, (uint32_t)page) == run.held[page]);
    run.held[page] = false;
}
