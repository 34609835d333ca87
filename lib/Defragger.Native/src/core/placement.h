/*
 * Which free run a request is cut from, and what becomes of the rest: rules 1 to 5 of heap.h.
 */
#ifndef DF_PLACEMENT_H
#define DF_PLACEMENT_H

#include "free_index.h"

static const struct span NO_RUN = {0, 0};

static inline bool is_victim(const struct df_heap *heap, struct span run)
{
    return run.start == heap->victim.start && run.end == heap->victim.end;
}

/* The lowest run of the smallest class at or above `class` that has one. */
static inline struct span run_lowest(const struct df_heap *heap, uint32_t class)
{
    class = class_next(&heap->index, class);
    return class < CLASS_COUNT ? run_find(heap, set_first(&heap->index, class), class, class_least(class))
                               : NO_RUN;
}

/* The first run of a class that fits, in at most `probes` chunks. */
static inline struct span run_probe(const struct df_heap *heap, uint32_t class, uint32_t length,
                                    uint32_t probes)
{
    struct span found = NO_RUN;
    for (uint32_t chunk = set_next(&heap->index, class, 0);
         chunk != NO_CHUNK && found.end == 0 && probes-- > 0;
         chunk = set_next(&heap->index, class, chunk + 1))
        found = run_find(heap, chunk, class, length);
    return found;
}

/* Rule 1. */
static inline struct span run_for_short(const struct df_heap *heap, uint32_t length)
{
    uint32_t class = class_of(length);
    if (heap->index.classes[class / 64] >> class % 64 & 1)
        return run_find(heap, set_first(&heap->index, class), class, length);
    if (span_length(heap->victim) >= length)
        return heap->victim;
    return run_lowest(heap, class + 1);
}

/* Rules 2 and 3. */
static inline struct span run_for_long(const struct df_heap *heap, uint32_t length)
{
    uint32_t class = class_of(length), victim = span_length(heap->victim);
    struct span found = class < CLASS_EXACT ? NO_RUN : run_probe(heap, class, length, PROBE_CHUNKS);
    if (found.end == 0)
        found = run_lowest(heap, class < CLASS_EXACT ? class : class + 1);
    if (victim >= length && (found.end == 0 || victim < span_length(found)))
        return heap->victim;
    return found.end == 0 && class >= CLASS_EXACT ? run_probe(heap, class, length, UINT32_MAX) : found;
}

/* A free run that was the victim changes: it stays the victim. */
static inline void victim_set(struct df_heap *heap, struct span run)
{
    heap->victim = run;
    if (run.start != run.end)
        run_tag(heap, run);
}

/* Rule 4. The caller marks the block. */
static inline void run_cut(struct df_heap *heap, struct span run, struct span block, bool is_short)
{
    struct span front = {run.start, block.start}, rest = {block.end, run.end};
    bool has_front = front.start != front.end, has_rest = rest.start != rest.end;
    heap->free_runs += (uint32_t)has_front + (uint32_t)has_rest;
    heap->free_runs--;
    if (is_victim(heap, run)) {
        untag(heap, run);
        victim_set(heap, rest);
    } else if (!has_rest) {
        run_remove(heap, run);
    } else if (is_short) {
        run_remove(heap, run);
        if (heap->victim.start != heap->victim.end)
            run_insert(heap, heap->victim);
        victim_set(heap, rest);
    } else if (has_front) {
        run_remove(heap, run);
        run_insert(heap, rest);
    } else {
        run_replace(heap, run, rest);
    }
    if (has_front)
        run_insert(heap, front);
}

/* Rule 5: granules become free, and one run with the free runs before and behind them (which may be empty).
 */
static inline void run_join(struct df_heap *heap, struct span left, struct span right)
{
    struct span run = {left.start, right.end};
    bool joins_left = left.start != left.end, joins_right = right.start != right.end;
    heap->free_runs += 1;
    heap->free_runs -= (uint32_t)joins_left + (uint32_t)joins_right;
    if (joins_left && is_victim(heap, left)) {
        untag(heap, left);
        if (joins_right)
            run_remove(heap, right);
        victim_set(heap, run);
    } else if (joins_right && is_victim(heap, right)) {
        untag(heap, right);
        if (joins_left)
            run_remove(heap, left);
        victim_set(heap, run);
    } else if (joins_right) {
        if (joins_left)
            run_remove(heap, left);
        run_replace(heap, right, run);
    } else if (joins_left) {
        run_replace(heap, left, run);
    } else {
        run_insert(heap, run);
    }
}

#endif
