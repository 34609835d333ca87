/*
 * What is known of a page beside its granules: is it dirty (anything may have been written to it since it was
 * committed or purged), is it pinned (a granule is live), and so: would purging it give memory back.
 */
#ifndef DF_PAGE_STATE_H
#define DF_PAGE_STATE_H

#include "free_index.h"

static inline uint32_t page_of(uint32_t granule)
{
    return granule / PAGE_GRANULES;
}

static inline uint8_t page_dirty(uint32_t page)
{
    return (uint8_t)(1 << page % CHUNK_PAGES);
}

static inline uint8_t page_purgeable(uint32_t page)
{
    return (uint8_t)(16 << page % CHUNK_PAGES);
}

enum { PURGEABLE = 0xF0 };

/* Whether all of a page is committed. Of a capacity that is no number of pages the last is not, and is never
 * purged: what lies behind the arena is not ours. */
static inline bool page_is_whole(const struct df_heap *heap, uint32_t page)
{
    return heap->limit - page * PAGE_GRANULES >= PAGE_GRANULES;
}

/* Whether no granule of a page is live. Granules beyond what is committed are not free, but not live either.
 */
static inline bool page_is_free(const struct df_heap *heap, uint32_t page)
{
    const uint64_t *free = heap->free + page * PAGE_WORDS;
    uint32_t begin = page * PAGE_GRANULES;
    if (page_is_whole(heap, page))
        return (free[0] & free[1] & free[2] & free[3]) == UINT64_MAX;
    return is_free(heap, begin) && run_end(heap, begin) == heap->limit;
}

static inline void purge_add(struct df_heap *heap, uint32_t page)
{
    uint8_t *pages = &heap->chunks[page / CHUNK_PAGES].pages;
    if ((*pages & PURGEABLE) == 0)
        set_add(&heap->purge, 0, page / CHUNK_PAGES);
    *pages |= page_purgeable(page);
    heap->dirty_free++;
}

static inline void purge_remove(struct df_heap *heap, uint32_t page)
{
    uint8_t *pages = &heap->chunks[page / CHUNK_PAGES].pages;
    *pages = (uint8_t)(*pages & ~page_purgeable(page));
    if ((*pages & PURGEABLE) == 0)
        set_remove(&heap->purge, 0, page / CHUNK_PAGES);
    heap->dirty_free--;
}

/* Whether a granule of a word is live. For the word in which the committed memory ends it does not know. */
static inline bool word_is_used(const struct df_heap *heap, uint32_t word)
{
    return heap->free[word] != UINT64_MAX && word != word_of(heap->limit);
}

/* Whether all of a page lies in a span that it touches. */
static inline bool page_is_in(uint32_t page, struct span span)
{
    return page * PAGE_GRANULES >= span.start && span.end - page * PAGE_GRANULES >= PAGE_GRANULES;
}

/* Granules will be used: called while their free bits are still set. */
static inline void pages_use(struct df_heap *heap, struct span span)
{
    uint32_t page = page_of(span.start), last = page_of(span.end - 1);
    if (page == last && word_is_used(heap, word_of(span.start)))
        return; /* the quick answer for most */
    for (; page <= last; page++) {
        if (!page_is_in(page, span) && !page_is_free(heap, page))
            continue;
        uint8_t *pages = &heap->chunks[page / CHUNK_PAGES].pages;
        heap->pinned++;
        if (*pages & page_purgeable(page))
            purge_remove(heap, page);
        *pages |= page_dirty(page);
    }
}

/* The last live granule of a page has died. */
static inline void page_leave(struct df_heap *heap, uint32_t page)
{
    heap->pinned--;
    if (page_is_whole(heap, page))
        purge_add(heap, page); /* it was in use, so it is dirty */
}

/* Granules have been used: called when their free bits are set again. */
static inline void pages_leave(struct df_heap *heap, struct span span)
{
    uint32_t page = page_of(span.start), last = page_of(span.end - 1);
    if (page == last && word_is_used(heap, word_of(span.start)))
        return;
    for (; page <= last; page++)
        if (page_is_in(page, span) || page_is_free(heap, page))
            page_leave(heap, page);
}

#endif
