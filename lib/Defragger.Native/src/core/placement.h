/*
 * Which free run a request is cut from, and what becomes of the rest: rules 1 to 5 of heap.h.
 */
#ifndef DF_PLACEMENT_H
#define DF_PLACEMENT_H

#include "free_index.h"

static inline bool is_victim(const struct df_heap *heap, struct span run)
{
    return run.start == heap->victim.start;
}

/* The victim changes, or goes: it stays out of the index, but what is noted of long items is noted of it too.
 */
static inline void victim_set(struct df_heap *heap, struct span run)
{
    bool is_left = run.start != run.end;
    heap->victim = is_left ? run : NOWHERE;
    if (is_left)
        run_tag(heap, run);
}

/* The lowest run of the smallest class at or above `class` that has one. */
static inline struct span run_lowest(const struct df_heap *heap, uint32_t class)
{
    class = class_next(heap, class);
    return class < CLASS_COUNT ? class_first(heap, class) : NOWHERE;
}

/* The first run of a class that fits, in at most `probes` chunks. */
static inline struct span run_probe(const struct df_heap *heap, uint32_t class, uint32_t length,
                                    uint32_t probes)
{
    struct span found = NOWHERE;
    for (uint32_t chunk = set_next(&heap->inexact, class - CLASS_EXACT, 0);
         chunk != NO_MEMBER && found.start == found.end && probes-- > 0;
         chunk = set_next(&heap->inexact, class - CLASS_EXACT, chunk + 1))
        found = run_find(heap, chunk, class, length);
    return found;
}

/* Rule 1 as far as most short requests go: a block that is a run of its very length, or the victim's front.
 * NOWHERE: there is neither. The caller marks the block. */
static inline struct span cut_short(struct df_heap *heap, uint32_t length)
{
    uint32_t class = class_of(length);
    struct span victim = heap->victim;
    if (class_has_run(heap, class)) {
        uint32_t word = set_first(&heap->exact, class);
        uint64_t runs = exact_runs(heap, word, length);
        struct span block = {.start = word * WORD_GRANULES + lowest_bit(runs)};
        block.end = block.start + length;
        untag(heap, block);
        if ((runs & (runs - 1)) == 0)
            class_remove(heap, &heap->exact, class, class, word);
        heap->free_runs--;
        return block;
    }
    if (span_length(victim) < length)
        return NOWHERE;
    struct span block = {victim.start, victim.start + length};
    untag(heap, victim);
    victim_set(heap, (struct span){block.end, victim.end});
    heap->free_runs -= block.end == victim.end;
    return block;
}

/* Rules 2 and 3. */
static inline struct span run_for_long(const struct df_heap *heap, uint32_t length)
{
    uint32_t class = class_of(length), victim = span_length(heap->victim);
    struct span found = class < CLASS_EXACT ? NOWHERE : run_probe(heap, class, length, PROBE_CHUNKS);
    if (found.start == found.end)
        found = run_lowest(heap, class < CLASS_EXACT ? class : class + 1);
    if (victim >= length && (found.start == found.end || victim < span_length(found)))
        return heap->victim;
    return found.start == found.end && class >= CLASS_EXACT ? run_probe(heap, class, length, UINT32_MAX)
                                                            : found;
}

/* Rule 4; the block's granules are not free any more. */
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
        if (span_length(heap->victim) > 0)
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

/* Rule 5: granules have become free, and one run with the free runs before and behind them, if there are any.
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

/* Granules that are in no block become free: they join the runs on either side. */
static inline void span_join(struct df_heap *heap, struct span span)
{
    bool joins_left = is_free_before(heap, span.start);
    bool joins_right = is_free(heap, span.end);
    struct span left = {joins_left ? run_start(heap, span.start) : span.start, span.start};
    struct span right = {span.end, joins_right ? run_end(heap, span.end) : span.end};
    free_flip(heap, span);
    run_join(heap, left, right);
}

#endif
