/* Holding pages and restoring them: hold.h. */
#include "hold.h"

/* --- Memory for the bits: one a page, then one a granule --- */

static size_t page_words(uint32_t capacity)
{
    return ((size_t)chunk_of(capacity - 1) + 1) * CHUNK_PAGES / 64 + 1;
}

size_t df_heap_hold_size(uint64_t capacity)
{
    if (!capacity_fits(capacity))
        return 0;
    uint32_t granules = (uint32_t)(capacity >> GRANULE_SHIFT);
    size_t words = ((size_t)chunk_of(granules - 1) + 1) * CHUNK_WORDS;
    return (page_words(granules) + words) * sizeof(uint64_t);
}

enum df_status df_heap_hold_memory(struct df_heap *heap, void *memory, size_t size)
{
    bool fits = memory != NULL && (uintptr_t)memory % sizeof(uint64_t) == 0 &&
                size >= df_heap_hold_size(bytes_of(heap->capacity));
    if (!DF_HOLDS || !fits || heap->holds.pages != NULL)
        return DF_INVALID_OPTIONS;
    heap->holds.pages = memory;
    heap->holds.granules = heap->holds.pages + page_words(heap->capacity);
    return DF_OK;
}

/* --- Hold --- */

/* Takes what lies on a page out of a run that is free there. The page has a live granule, so the run reaches
 * over one of its edges at most, and what is left of it is one run: the victim if it was. */
static void run_hold(struct df_heap *heap, struct span run, struct span page)
{
    struct span part = {run.start > page.start ? run.start : page.start,
                        run.end < page.end ? run.end : page.end};
    struct span rest =
        run.start < part.start ? (struct span){run.start, part.start} : (struct span){part.end, run.end};
    free_flip(heap, part);
    span_hold(heap, part);
    heap->free_runs -= rest.start == rest.end;
    if (is_victim(heap, run)) {
        untag(heap, run);
        victim_set(heap, rest);
        return;
    }
    run_remove(heap, run);
    if (rest.start != rest.end)
        run_insert(heap, rest);
}

bool df_heap_hold_page(struct df_heap *heap, uint32_t page)
{
    if (heap->holds.pages == NULL || page >= heap->limit / PAGE_GRANULES || page_is_held(heap, page) ||
        page_is_free(heap, page))
        return false;
    page_hold(heap, page);
    struct span whole = {page * PAGE_GRANULES, page * PAGE_GRANULES + PAGE_GRANULES};
    for (uint32_t word = page * PAGE_WORDS; word < (page + 1) * PAGE_WORDS; word++)
        while (heap->free[word] != 0) { /* its lowest run ends in this chunk, or leaves it */
            uint32_t start = word * WORD_GRANULES + lowest_bit(heap->free[word]), end = run_end(heap, start);
            if (start == whole.start)
                start = run_start(heap, end);
            run_hold(heap, (struct span){start, end}, whole);
        }
    return true;
}

/* --- Restore --- */

bool df_heap_restore_page(struct df_heap *heap, uint32_t page)
{
    if (page >= heap->limit / PAGE_GRANULES || !page_is_held(heap, page))
        return false;
    page_restore(heap, page);
    return true;
}

/* --- What is told of pages --- */

bool df_heap_page_is_held(const struct df_heap *heap, uint32_t page)
{
    return page < heap->limit / PAGE_GRANULES && page_is_held(heap, page);
}

void df_heap_page_live(const struct df_heap *heap, uint32_t page, uint64_t live[4])
{
    for (uint32_t at = 0; at < PAGE_WORDS; at++) {
        uint64_t word = (uint64_t)page * PAGE_WORDS + at, begin = word * WORD_GRANULES;
        uint64_t beyond = begin >= heap->limit ? 0 : heap->limit - begin;
        live[at] = 0;
        if (beyond > 0)
            live[at] = ~(heap->free[word] | held_of(heap, (uint32_t)word));
        if (beyond < WORD_GRANULES)
            live[at] &= (UINT64_C(1) << beyond) - 1;
    }
}
