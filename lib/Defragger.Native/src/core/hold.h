/*
 * Held pages: nothing is placed on them. What is free of a held page is in no run; it is "held", granule by
 * granule, until the page is restored. Whoever keeps the bytes of a page elsewhere (several pages on one:
 * merge.c) holds it, so that nobody writes to it but the blocks that are there.
 *
 * Two more bits, in memory that the caller gives when the first page is to be held: is the page held; is the
 * granule. A held granule has a start bit, which ends the block before it, and no free bit, which ends the
 * run before the page; so placement knows nothing of all this, and a heap that holds nothing pays a
 * comparison where a block dies.
 *
 * The bits of pages and their number are stored as the granules' are (granule_map.h): a thread that owns a
 * block may ask page_is_held about it without the heap's lock.
 */
#ifndef DF_HOLD_H
#define DF_HOLD_H

#include "page_state.h"
#include "placement.h"

/* What only heaps that hold pages need. */
#define RARE __attribute__((noinline, cold, unused))

static inline bool holds_any(const struct df_heap *heap)
{
    return DF_HOLDS && __builtin_expect(heap->holds.page_count != 0, 0);
}

/* Acquires what the number of pages was stored after: the bits and where they are. */
static inline bool page_is_held(const struct df_heap *heap, uint32_t page)
{
    return DF_HOLDS && __atomic_load_n(&heap->holds.page_count, __ATOMIC_ACQUIRE) != 0 &&
           (word_get(heap->holds.pages, page / 64) >> page % 64 & 1);
}

/* The held granules of a word; heaps without the memory for it have none. */
static inline uint64_t held_of(const struct df_heap *heap, uint32_t word)
{
    return holds_any(heap) ? heap->holds.granules[word] : 0;
}

static inline bool is_held(const struct df_heap *heap, uint32_t granule)
{
    return held_of(heap, word_of(granule)) >> bit_of(granule) & 1;
}

static inline void page_hold(struct df_heap *heap, uint32_t page)
{
    uint64_t *pages = heap->holds.pages;
    word_set(pages, page / 64, pages[page / 64] | UINT64_C(1) << page % 64);
    __atomic_store_n(&heap->holds.page_count, heap->holds.page_count + 1, __ATOMIC_RELEASE);
}

static inline void page_unhold(struct df_heap *heap, uint32_t page)
{
    uint64_t *pages = heap->holds.pages;
    word_set(pages, page / 64, pages[page / 64] & ~(UINT64_C(1) << page % 64));
    __atomic_store_n(&heap->holds.page_count, heap->holds.page_count - 1, __ATOMIC_RELEASE);
}

/* The granules of a word that lie in a span. */
static inline uint64_t word_part(uint32_t word, struct span span)
{
    uint64_t part = UINT64_MAX;
    if (word == word_of(span.start))
        part &= UINT64_MAX << bit_of(span.start);
    if (word == word_of(span.end - 1))
        part &= UINT64_MAX >> (63 - bit_of(span.end - 1));
    return part;
}

/* Granules of a held page that are neither in a block nor in a run any more are held. */
static inline void span_hold(struct df_heap *heap, struct span span)
{
    for (uint32_t word = word_of(span.start); word <= word_of(span.end - 1); word++) {
        uint64_t part = word_part(word, span);
        starts_or(heap, word, part);
        heap->holds.granules[word] |= part;
    }
    heap->holds.granule_count += span_length(span);
}

static inline void span_unhold(struct df_heap *heap, struct span span)
{
    for (uint32_t word = word_of(span.start); word <= word_of(span.end - 1); word++) {
        uint64_t part = word_part(word, span);
        starts_and(heap, word, ~part);
        heap->holds.granules[word] &= ~part;
    }
    heap->holds.granule_count -= span_length(span);
}

/* The end of the held granules from `start` on, or of their page. */
static inline uint32_t held_end(const struct df_heap *heap, uint32_t start)
{
    const uint64_t *held = heap->holds.granules;
    uint32_t word = word_of(start);
    uint64_t stop = ~held[word] >> bit_of(start);
    if (stop != 0)
        return start + lowest_bit(stop);
    while (++word % PAGE_WORDS != 0)
        if (held[word] != UINT64_MAX)
            return word * WORD_GRANULES + lowest_bit(~held[word]);
    return word * WORD_GRANULES;
}

/* Whether all of a held page is held: no granule of it is live. */
static inline bool page_is_all_held(const struct df_heap *heap, uint32_t page)
{
    const uint64_t *held = heap->holds.granules + page * PAGE_WORDS;
    return (held[0] & held[1] & held[2] & held[3]) == UINT64_MAX;
}

/* Granules of a held page have been used: they are held, and of a page with no other live granule the bytes
 * can be given back. */
static inline void span_free_held(struct df_heap *heap, struct span span)
{
    uint32_t page = page_of(span.start);
    span_hold(heap, span);
    heap->live -= span_length(span);
    if (page_is_all_held(heap, page))
        page_leave(heap, page);
}

/* What is held of a held page is free again. */
static inline void page_restore(struct df_heap *heap, uint32_t page)
{
    const uint64_t *held = heap->holds.granules;
    for (uint32_t word = page * PAGE_WORDS; word < (page + 1) * PAGE_WORDS; word++)
        while (held[word] != 0) {
            struct span span = {.start = word * WORD_GRANULES + lowest_bit(held[word])};
            span.end = held_end(heap, span.start);
            span_unhold(heap, span);
            span_join(heap, span);
        }
    page_unhold(heap, page);
}

/* The front of a span that lies on one held page, or on pages that are not held. */
static inline struct span span_front(const struct df_heap *heap, struct span span, bool *held)
{
    uint32_t page = page_of(span.start), last = page_of(span.end - 1);
    *held = page_is_held(heap, page);
    do
        page++;
    while (!*held && page <= last && !page_is_held(heap, page));
    return (struct span){span.start, page <= last ? page * PAGE_GRANULES : span.end};
}

static RARE bool touches_held_page(const struct df_heap *heap, struct span span)
{
    bool held;
    return span_front(heap, span, &held).end != span.end || held;
}

/* Whether a part of a span lies on a held page. */
static inline bool touches_held(const struct df_heap *heap, struct span span)
{
    return holds_any(heap) && touches_held_page(heap, span);
}

#endif
