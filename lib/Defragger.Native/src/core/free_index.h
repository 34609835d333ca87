/*
 * The free index: for each size class where runs of that class start, in address order.
 *
 * An exact class is a set of words (64 granules, 1 KiB): those in which a run of that length starts. Which
 * granules these are is seen in the free bits of the word and its neighbours, all 64 at once, so nothing is
 * counted. The other classes are sets of chunks. Below CLASS_LARGE a chunk counts its runs by class, and the
 * set changes only when a count leaves or reaches 0; from there on one run of a class at most starts in a
 * chunk. The victim is in no set.
 */
#ifndef DF_FREE_INDEX_H
#define DF_FREE_INDEX_H

#include "granule_map.h"

/* The smallest class at or above `class` that has a run; CLASS_COUNT: none. */
static inline uint32_t class_next(const struct df_heap *heap, uint32_t class)
{
    if (class >= CLASS_COUNT)
        return CLASS_COUNT;
    uint32_t word = class / 64;
    uint64_t rest = heap->classes[word] >> class % 64 << class % 64;
    while (rest == 0 && ++word < CLASS_WORDS)
        rest = heap->classes[word];
    return rest != 0 ? word * 64 + lowest_bit(rest) : CLASS_COUNT;
}

/* Also without the heap's lock: then it was so a moment ago. */
static inline bool class_has_run(const struct df_heap *heap, uint32_t class)
{
    return word_get(heap->classes, class / 64) >> class % 64 & 1;
}

/* Puts a word or chunk into a class. */
static inline void class_add(struct df_heap *heap, struct bit_sets *sets, uint32_t set, uint32_t class,
                             uint32_t at)
{
    if (set_add(sets, set, at))
        word_set(heap->classes, class / 64, heap->classes[class / 64] | UINT64_C(1) << class % 64);
}

static inline void class_remove(struct df_heap *heap, struct bit_sets *sets, uint32_t set, uint32_t class,
                                uint32_t at)
{
    if (set_remove(sets, set, at))
        word_set(heap->classes, class / 64, heap->classes[class / 64] & ~(UINT64_C(1) << class % 64));
}

/* The granules of a word at which a run in the index of exactly `length` granules starts; length <=
 * CLASS_EXACT. */
static inline uint64_t exact_runs(const struct df_heap *heap, uint32_t word, uint32_t length)
{
    const uint64_t *free = heap->free + word;
    uint64_t after = free[0] << 1 | free[-1] >> 63, after_next = free[1] << 1 | free[0] >> 63;
    uint64_t starts = free[0] & ~after, ends = ~free[0] & after, ends_next = ~free[1] & after_next;
    /* A start with an end `length` further on; but the end may be that of a later run. */
    uint64_t found = starts & (ends >> length | ends_next << (WORD_GRANULES - length)), runs = 0;
    for (; found != 0; found &= found - 1) {
        uint32_t start = word * WORD_GRANULES + lowest_bit(found);
        if (run_length(heap, start) == length && start != heap->victim.start)
            runs |= found & -found;
    }
    return runs;
}

/* How many runs of an inexact class below CLASS_LARGE start in a chunk. */
static inline uint32_t count_get(const struct chunk *chunk, uint32_t class)
{
    uint32_t place = class - CLASS_EXACT;
    return chunk->counts[place / 2] >> place % 2 * 4 & 15;
}

static inline void count_add(struct chunk *chunk, uint32_t class, int number)
{
    uint32_t place = class - CLASS_EXACT;
    chunk->counts[place / 2] = (uint8_t)(chunk->counts[place / 2] + number * (1 << place % 2 * 4));
}

/* A run that is not the victim has come to be. */
static inline void run_insert(struct df_heap *heap, struct span run)
{
    uint32_t class = class_of(span_length(run)), chunk = chunk_of(run.start);
    run_tag(heap, run);
    if (class < CLASS_EXACT) {
        class_add(heap, &heap->exact, class, class, word_of(run.start));
        return;
    }
    if (class < CLASS_LARGE) {
        uint32_t before = count_get(&heap->chunks[chunk], class);
        count_add(&heap->chunks[chunk], class, 1);
        if (before != 0)
            return;
    }
    class_add(heap, &heap->inexact, class - CLASS_EXACT, class, chunk);
}

/* A run that was not the victim is no more: the free bits already say so. */
static inline void run_remove(struct df_heap *heap, struct span run)
{
    uint32_t class = class_of(span_length(run)), chunk = chunk_of(run.start);
    untag(heap, run);
    if (class < CLASS_EXACT) {
        if (exact_runs(heap, word_of(run.start), class + 1) == 0)
            class_remove(heap, &heap->exact, class, class, word_of(run.start));
        return;
    }
    if (class < CLASS_LARGE) {
        count_add(&heap->chunks[chunk], class, -1);
        if (count_get(&heap->chunks[chunk], class) != 0)
            return;
    }
    class_remove(heap, &heap->inexact, class - CLASS_EXACT, class, chunk);
}

/* The same as run_remove(run), run_insert(other): quick when chunk and class stay, as when a long run is
 * eaten up. */
static inline void run_replace(struct df_heap *heap, struct span run, struct span other)
{
    uint32_t class = class_of(span_length(run));
    if (chunk_of(run.start) != chunk_of(other.start) || class != class_of(span_length(other))) {
        run_remove(heap, run);
        run_insert(heap, other);
        return;
    }
    untag(heap, run);
    run_tag(heap, other);
}

/* The lowest run of an inexact class and of at least `least` granules that starts in a chunk; NOWHERE: none.
 */
static inline struct span run_find(const struct df_heap *heap, uint32_t chunk, uint32_t class, uint32_t least)
{
    uint32_t word = chunk * CHUNK_WORDS, end = word + CHUNK_WORDS;
    if (class >= CLASS_LARGE) { /* longer than the chunk, so it is the one that leaves it */
        uint32_t start = run_start(heap, end * WORD_GRANULES), length = heap->chunks[chunk].crossing;
        return length >= least ? (struct span){start, start + length} : NOWHERE;
    }
    for (; word < end; word++)
        for (uint64_t starts = run_starts(heap, word); starts != 0; starts &= starts - 1) {
            uint32_t start = word * WORD_GRANULES + lowest_bit(starts), length = run_length(heap, start);
            if (length >= least && class_of(length) == class && start != heap->victim.start)
                return (struct span){start, start + length};
        }
    return NOWHERE;
}

/* The lowest run of a class that has one. */
static inline struct span class_first(const struct df_heap *heap, uint32_t class)
{
    if (class >= CLASS_EXACT)
        return run_find(heap, set_first(&heap->inexact, class - CLASS_EXACT), class, class_least(class));
    uint32_t word = set_first(&heap->exact, class), length = class + 1;
    uint32_t start = word * WORD_GRANULES + lowest_bit(exact_runs(heap, word, length));
    return (struct span){start, start + length};
}

#endif
