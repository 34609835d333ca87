/*
 * The free index: for each size class the set of chunks in which a run of that class starts, in address
 * order.
 *
 * A chunk counts its runs of each class, so the set changes only when a count leaves or reaches 0. A class at
 * or above CLASS_LARGE needs no count: one run of that length at most starts in a chunk. The set is a bitmap
 * with summaries (bit i of a level: word i of the level below is not 0), so that its first or last chunk is
 * found in a step a level.
 */
#ifndef DF_FREE_INDEX_H
#define DF_FREE_INDEX_H

#include "granule_map.h"

enum { NO_CHUNK = UINT32_MAX };

static inline void set_add(struct free_index *index, uint32_t class, uint32_t chunk)
{
    for (uint32_t level = 0, item = chunk;; level++, item /= 64) {
        uint64_t *word = &index->words[level][(size_t) class * index->width[level] + item / 64], old = *word;
        *word |= UINT64_C(1) << item % 64;
        if (old != 0)
            return; /* so the levels above know of it */
        if (level == index->top)
            break;
    }
    if (class < CLASS_COUNT)
        index->classes[class / 64] |= UINT64_C(1) << class % 64;
}

static inline void set_remove(struct free_index *index, uint32_t class, uint32_t chunk)
{
    for (uint32_t level = 0, item = chunk;; level++, item /= 64) {
        uint64_t *word = &index->words[level][(size_t) class * index->width[level] + item / 64];
        *word &= ~(UINT64_C(1) << item % 64);
        if (*word != 0)
            return;
        if (level == index->top)
            break;
    }
    if (class < CLASS_COUNT)
        index->classes[class / 64] &= ~(UINT64_C(1) << class % 64);
}

/* Puts one more level of summaries on top, when there are more chunks than the levels in use can tell apart.
 */
static inline void set_deepen(struct free_index *index)
{
    uint32_t below = index->top++;
    for (uint32_t class = 0; class <= CLASS_PURGE; class ++)
        index->words[below + 1][(size_t) class * index->width[below + 1]] =
            index->words[below][(size_t) class * index->width[below]] != 0;
}

/* The lowest chunk of a class that has one. */
static inline uint32_t set_first(const struct free_index *index, uint32_t class)
{
    uint32_t item = 0;
    for (uint32_t level = index->top + 1; level-- > 0;)
        item = item * 64 + lowest_bit(index->words[level][(size_t) class * index->width[level] + item]);
    return item;
}

/* The lowest chunk of a class that is at or above `from`. */
static inline uint32_t set_next(const struct free_index *index, uint32_t class, uint32_t from)
{
    uint32_t item = from;
    for (uint32_t level = 0; level <= index->top && item / 64 < index->width[level]; level++) {
        const uint64_t *words = &index->words[level][(size_t) class * index->width[level]];
        uint64_t rest = words[item / 64] >> item % 64 << item % 64;
        if (rest == 0) {
            item = item / 64 + 1;
            continue;
        }
        item = item / 64 * 64 + lowest_bit(rest);
        while (level-- > 0)
            item = item * 64 + lowest_bit(index->words[level][(size_t) class * index->width[level] + item]);
        return item;
    }
    return NO_CHUNK;
}

/* The highest chunk of a class that is below `end`. */
static inline uint32_t set_last(const struct free_index *index, uint32_t class, uint32_t end)
{
    uint32_t item = end;
    for (uint32_t level = 0; level <= index->top && item > 0; level++) {
        const uint64_t *words = &index->words[level][(size_t) class * index->width[level]];
        item--;
        uint64_t rest = words[item / 64] << (63 - item % 64) >> (63 - item % 64);
        if (rest == 0) {
            item /= 64;
            continue;
        }
        item = item / 64 * 64 + highest_bit(rest);
        while (level-- > 0)
            item = item * 64 + highest_bit(index->words[level][(size_t) class * index->width[level] + item]);
        return item;
    }
    return NO_CHUNK;
}

/* The smallest class at or above `class` that has a run; CLASS_COUNT: none. */
static inline uint32_t class_next(const struct free_index *index, uint32_t class)
{
    if (class >= CLASS_COUNT)
        return CLASS_COUNT;
    uint32_t word = class / 64;
    uint64_t rest = index->classes[word] >> class % 64 << class % 64;
    while (rest == 0 && ++word < CLASS_WORDS)
        rest = index->classes[word];
    return rest != 0 ? word * 64 + lowest_bit(rest) : CLASS_COUNT;
}

/* How many runs of a class below CLASS_LARGE start in a chunk: modulo 256, which 256 runs of one granule
 * reach. */
static inline uint32_t count_get(const struct chunk *chunk, uint32_t class)
{
    if (class < CLASS_EXACT)
        return chunk->exact[class];
    uint32_t place = class - CLASS_EXACT;
    return chunk->medium[place / 2] >> place % 2 * 4 & 15;
}

/* Adds to the count of an inexact class. */
static inline void medium_add(struct chunk *chunk, uint32_t class, int number)
{
    uint32_t place = class - CLASS_EXACT;
    chunk->medium[place / 2] = (uint8_t)(chunk->medium[place / 2] + number * (1 << place % 2 * 4));
}

static inline void run_insert(struct df_heap *heap, struct span run)
{
    uint32_t class = class_of(span_length(run)), at = chunk_of(run.start);
    struct chunk *chunk = &heap->chunks[at];
    uint32_t before = class < CLASS_LARGE ? count_get(chunk, class) : 0;
    run_tag(heap, run);
    if (class < CLASS_EXACT)
        chunk->exact[class]++;
    else if (class < CLASS_LARGE)
        medium_add(chunk, class, 1);
    if (before == 0)
        set_add(&heap->index, class, at);
}

static inline void run_remove(struct df_heap *heap, struct span run)
{
    uint32_t class = class_of(span_length(run)), at = chunk_of(run.start);
    struct chunk *chunk = &heap->chunks[at];
    untag(heap, run);
    if (class < CLASS_EXACT)
        chunk->exact[class]--;
    else if (class < CLASS_LARGE)
        medium_add(chunk, class, -1);
    if (class >= CLASS_LARGE || count_get(chunk, class) == 0)
        set_remove(&heap->index, class, at);
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

#endif
