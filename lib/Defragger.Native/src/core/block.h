/*
 * What becomes of a block's granules: the verbs that heap.c and heap_batch.c have in common.
 */
#ifndef DF_BLOCK_H
#define DF_BLOCK_H

#include "hold.h"

/* Granules that a size takes; false when no arena has as many. */
static inline bool granules_for(uint64_t size, uint32_t *granules)
{
    if (size > DF_CAPACITY_MAX)
        return false;
    *granules = granules_of(size);
    return true;
}

/* The block at an offset, or what is wrong with the offset. */
static inline enum df_status block_at(const struct df_heap *heap, uint64_t offset, struct span *block)
{
    if (offset % DF_GRANULE != 0 || offset >> GRANULE_SHIFT >= heap->limit)
        return DF_NOT_IN_HEAP;
    uint32_t start = (uint32_t)(offset >> GRANULE_SHIFT);
    if (!is_start(heap, start))
        return is_free(heap, start) ? DF_ALREADY_FREE : DF_INSIDE_BLOCK;
    if (is_held(heap, start))
        return DF_ALREADY_FREE;
    *block = (struct span){start, block_end(heap, start)};
    return DF_OK;
}

/* Takes free granules for blocks: from here on the bits say so, and the index does not yet. */
static inline void span_use(struct df_heap *heap, struct span span)
{
    pages_use(heap, span);
    free_flip(heap, span);
    heap->live += span_length(span);
    if (heap->live > heap->live_most)
        heap->live_most = heap->live;
}

#endif
