/* See compact_work.h: one store. */
#include <string.h>

#include "../os/store.h"
#include "compact_work.h"

struct member {
    uint32_t page, slot; /* of the store */
};

/* The groups of one store, each a slot, and what goes there. */
struct batch {
    uint32_t count;
    struct member members[STORE_PAGES * GROUP_MOST];
    uint64_t taken[STORE_PAGES][PAGE_WORDS]; /* granules of each slot */
    uint8_t shown[STORE_PAGES];              /* members of each */
};

/* Whether all blocks that lie on a page are too short for I/O that goes past protection. */
static bool is_fine(const struct df_heap *heap, uint32_t page)
{
    uint32_t begin = page * PAGE_GRANULES, end = begin + PAGE_GRANULES, at = begin;
    if (!is_free(heap, at) && !is_start(heap, at))
        return false; /* of what began before */
    while (at < end) {
        uint32_t next = is_free(heap, at) ? run_end(heap, at) : block_end(heap, at);
        if (!is_free(heap, at) && next - at >= DIRECT_LEAST)
            return false;
        at = next;
    }
    return true;
}

/* Takes a page in, with its bytes, if it still fits: since the plan was made the heap may have changed. From
 * here on nobody writes to it. */
static void batch_add(struct work *work, struct batch *batch, struct member member)
{
    const struct df_heap *heap = work->arena->heap;
    uint64_t live[PAGE_WORDS], *taken = batch->taken[member.slot];
    if (!page_fits(heap, member.page, taken, live) || (!work->writers.alone && !is_fine(heap, member.page)))
        return;
    unsigned char *page = page_at(work->arena, member.page);
    if (!writers_keep_off(&work->writers, page))
        return;
    for (uint32_t word = 0; word < PAGE_WORDS; word++)
        taken[word] |= live[word];
    copy_live(live, page, work->image + (size_t)member.slot * DF_PAGE);
    batch->shown[member.slot]++;
    batch->members[batch->count++] = member;
}

/* The members from `at` on that one mapping shows: pages and slots that both follow each other. */
static uint32_t run_of(const struct batch *batch, uint32_t at)
{
    uint32_t next = at + 1;
    while (next < batch->count && batch->members[next].page == batch->members[next - 1].page + 1 &&
           batch->members[next].slot == batch->members[next - 1].slot + 1)
        next++;
    return next - at;
}

/* Shows a run of members of the store in place of their pages. */
static bool show(struct work *work, const struct member *run, uint32_t count, int store, uint32_t number)
{
    struct arena *arena = work->arena;
    void *at = page_at(arena, run->page);
    if (!os_store_map(at, (size_t)count * DF_PAGE, store, (size_t)run->slot * DF_PAGE))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        place_put(run[i].page, number, run[i].slot);
        df_heap_hold_page(arena->heap, run[i].page);
    }
    work->merged += count;
    compact_state.merges += count;
    return true;
}

/* Maps a run of members, if it may still have so many mappings; everybody may write to its pages again. */
static bool run_show(struct work *work, const struct member *run, uint32_t count, int store, uint32_t number)
{
    uint32_t mappings = place_mappings_more(run->page, count);
    bool shown = number != 0 && mappings <= work->mappings_left && show(work, run, count, store, number);
    work->mappings_left -= shown ? mappings : 0;
    for (uint32_t i = 0; i < count; i++)
        writers_let_on(&work->writers, page_at(work->arena, run[i].page), shown);
    return shown;
}

/* Leaves out the slots that only one page would show, and moves the others together. How many are left. */
static uint32_t batch_thin(struct work *work, struct batch *batch)
{
    uint32_t slots[STORE_PAGES], left = 0, count = 0;
    for (uint32_t slot = 0; slot < STORE_PAGES; slot++) {
        slots[slot] = left;
        if (batch->shown[slot] < 2)
            continue;
        if (slot != left)
            memcpy(work->image + (size_t)left * DF_PAGE, work->image + (size_t)slot * DF_PAGE, DF_PAGE);
        left++;
    }
    for (uint32_t i = 0; i < batch->count; i++) {
        struct member member = batch->members[i];
        if (batch->shown[member.slot] >= 2)
            batch->members[count++] = (struct member){member.page, slots[member.slot]};
        else
            writers_let_on(&work->writers, page_at(work->arena, member.page), false);
    }
    batch->count = count;
    return left;
}

/* Maps what is in the batch. False: not all of it. */
static bool batch_show(struct work *work, struct batch *batch)
{
    uint32_t pages = batch_thin(work, batch);
    if (pages == 0)
        return true;
    int store = os_store_make(work->image, (size_t)pages * DF_PAGE);
    uint32_t number = store >= 0 ? place_store(pages) : 0;
    bool good = number != 0;
    for (uint32_t at = 0, run; at < batch->count; at += run) {
        run = run_of(batch, at);
        good &= run_show(work, &batch->members[at], run, store, number);
    }
    if (number != 0) {
        work->stored += pages;
        place_store_done(number);
    }
    if (store >= 0)
        os_store_close(store);
    compact_note_held(work->arena);
    return good;
}

bool compact_store(struct work *work, uint32_t number, uint32_t groups)
{
    static struct batch batch; /* with the lock of a compaction */
    uint32_t base = number * STORE_PAGES, pages = groups - base < STORE_PAGES ? groups - base : STORE_PAGES;
    memset(&batch, 0, sizeof batch);
    memset(work->image, 0, (size_t)pages * DF_PAGE);
    arena_lock(work->arena);
    for (uint32_t at = work->first[number]; at < work->first[number + 1]; at++) {
        uint32_t candidate = work->order[at];
        batch_add(work, &batch, (struct member){work->pages[candidate], work->group_of[candidate] - base});
    }
    bool shown = batch_show(work, &batch);
    arena_unlock(work->arena);
    return shown;
}
