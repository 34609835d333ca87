/*
 * The granules' bits, and where items begin and end. Bit g % 64 of word g / 64, in two arrays with a word of
 * zeros before the first and after the last. Each function looks at one chunk, and at one word of its
 * neighbour.
 *
 * A thread that owns a block may ask is_start, is_free and block_end about it while another, which holds the
 * heap's lock, changes the neighbours' bits: it gets some answer within bounds and finds out afterwards (a
 * sequence lock) whether to believe it. So these words are stored, and read there, as relaxed atomics: no
 * other instructions, but no race either. Whoever holds the lock reads as usual. After each atomic the
 * compiler reads all of struct df_heap anew, hence the locals.
 */
#ifndef DF_GRANULE_MAP_H
#define DF_GRANULE_MAP_H

#include <stdbool.h>
#include <string.h>

#include "heap.h"

static inline uint32_t chunk_of(uint32_t granule)
{
    return granule / CHUNK_GRANULES;
}

static inline uint32_t word_of(uint32_t granule)
{
    return granule / WORD_GRANULES;
}

static inline uint32_t bit_of(uint32_t granule)
{
    return granule % WORD_GRANULES;
}

static inline uint64_t word_get(const uint64_t *words, uint32_t word)
{
    return __atomic_load_n(words + word, __ATOMIC_RELAXED);
}

static inline void word_set(uint64_t *words, uint32_t word, uint64_t value)
{
    __atomic_store_n(words + word, value, __ATOMIC_RELAXED);
}

static inline uint32_t crossing_get(const struct df_heap *heap, uint32_t chunk)
{
    return __atomic_load_n(&heap->chunks[chunk].crossing, __ATOMIC_RELAXED);
}

static inline void crossing_set(struct df_heap *heap, uint32_t chunk, uint32_t length)
{
    __atomic_store_n(&heap->chunks[chunk].crossing, length, __ATOMIC_RELAXED);
}

static inline bool is_start(const struct df_heap *heap, uint32_t granule)
{
    return word_get(heap->start, word_of(granule)) >> bit_of(granule) & 1;
}

static inline bool is_free(const struct df_heap *heap, uint32_t granule)
{
    return word_get(heap->free, word_of(granule)) >> bit_of(granule) & 1;
}

/* Whether the granule before this one is free; false for the first of all. */
static inline bool is_free_before(const struct df_heap *heap, uint32_t granule)
{
    return granule > 0 && is_free(heap, granule - 1);
}

static inline bool is_shared(const struct df_heap *heap)
{
    return __atomic_load_n(&heap->shared, __ATOMIC_RELAXED);
}

/* Sets and clears start bits of a word. In a shared heap whoever owns a block may divide it, without the
 * lock, while others change their blocks' bits of the same word; that costs some twenty cycles a time. */
static inline void starts_or(struct df_heap *heap, uint32_t word, uint64_t bits)
{
    if (is_shared(heap))
        __atomic_fetch_or(heap->start + word, bits, __ATOMIC_RELAXED);
    else
        word_set(heap->start, word, heap->start[word] | bits);
}

static inline void starts_and(struct df_heap *heap, uint32_t word, uint64_t bits)
{
    if (is_shared(heap))
        __atomic_fetch_and(heap->start + word, bits, __ATOMIC_RELAXED);
    else
        word_set(heap->start, word, heap->start[word] & bits);
}

static inline void start_set(struct df_heap *heap, uint32_t granule)
{
    starts_or(heap, word_of(granule), UINT64_C(1) << bit_of(granule));
}

static inline void start_clear(struct df_heap *heap, uint32_t granule)
{
    starts_and(heap, word_of(granule), ~(UINT64_C(1) << bit_of(granule)));
}

/* Turns the free bits of a span that is not empty and whose bits are all equal. */
static inline void free_flip(struct df_heap *heap, struct span span)
{
    uint64_t *free = heap->free;
    uint32_t word = word_of(span.start), last = word_of(span.end - 1);
    uint64_t mask = UINT64_MAX << bit_of(span.start), tail = UINT64_MAX >> (63 - bit_of(span.end - 1));
    if (word < last) {
        word_set(free, word, free[word] ^ mask);
        /* Of a long span: whoever reads one of these words meanwhile does not believe it anyway. */
        if (++word < last)
            memset(free + word, free[word] == 0 ? 0xFF : 0, (last - word) * sizeof free[0]);
        mask = UINT64_MAX;
    }
    word_set(free, last, free[last] ^ (mask & tail));
}

/* The end of an item that starts at `start` and was not ended inside its chunk. */
static inline uint32_t item_end_beyond(const struct df_heap *heap, uint32_t start)
{
    uint32_t chunk = chunk_of(start), crossing = crossing_get(heap, chunk);
    return crossing != 0 ? start + crossing : (chunk + 1) * CHUNK_GRANULES;
}

/* The end of the block that starts at `start`: the next bit of either kind. */
static inline uint32_t block_end(const struct df_heap *heap, uint32_t start)
{
    const uint64_t *starts = heap->start, *free = heap->free;
    uint32_t word = word_of(start), bit = bit_of(start);
    uint64_t found = (word_get(starts, word) | word_get(free, word)) >> bit >> 1;
    if (found != 0)
        return start + 1 + lowest_bit(found);
    while (++word % CHUNK_WORDS != 0) {
        found = word_get(starts, word) | word_get(free, word);
        if (found != 0)
            return word * WORD_GRANULES + lowest_bit(found);
    }
    return item_end_beyond(heap, start);
}

/* The end of the free run that starts at `start`. */
static inline uint32_t run_end(const struct df_heap *heap, uint32_t start)
{
    uint32_t word = word_of(start), bit = bit_of(start);
    uint64_t found = ~heap->free[word] >> bit;
    if (found != 0)
        return start + lowest_bit(found);
    while (++word % CHUNK_WORDS != 0) {
        found = ~heap->free[word];
        if (found != 0)
            return word * WORD_GRANULES + lowest_bit(found);
    }
    return item_end_beyond(heap, start);
}

/* The start of the free run that ends at `end`. */
static inline uint32_t run_start(const struct df_heap *heap, uint32_t end)
{
    uint32_t word = word_of(end - 1), bit = bit_of(end - 1);
    uint64_t found = ~heap->free[word] << (63 - bit);
    if (found != 0)
        return end - (63 - highest_bit(found));
    while (word-- % CHUNK_WORDS != 0) {
        found = ~heap->free[word];
        if (found != 0)
            return word * WORD_GRANULES + highest_bit(found) + 1;
    }
    uint32_t begin = (word + 1) * WORD_GRANULES;
    return is_free_before(heap, begin) ? heap->chunks[chunk_of(end - 1)].entering : begin;
}

/* The granules of a word at which a free run starts. */
static inline uint64_t run_starts(const struct df_heap *heap, uint32_t word)
{
    const uint64_t *free = heap->free + word;
    return free[0] & ~(free[0] << 1 | free[-1] >> 63);
}

/* The length of the free run that starts at `start`. Most runs end in the word where they start. */
static inline uint32_t run_length(const struct df_heap *heap, uint32_t start)
{
    uint64_t stop = ~heap->free[word_of(start)] >> bit_of(start);
    return stop != 0 ? lowest_bit(stop) : run_end(heap, start) - start;
}

/* Notes where an item that reaches over its chunk's end begins and ends. */
static inline void run_tag(struct df_heap *heap, struct span run)
{
    uint32_t first = chunk_of(run.start), last = chunk_of(run.end - 1);
    if (first != last) {
        crossing_set(heap, first, span_length(run));
        heap->chunks[last].entering = run.start;
    }
}

static inline void block_tag(struct df_heap *heap, struct span block)
{
    uint32_t first = chunk_of(block.start);
    if (first != chunk_of(block.end - 1))
        crossing_set(heap, first, span_length(block));
}

static inline void untag(struct df_heap *heap, struct span item)
{
    uint32_t first = chunk_of(item.start);
    if (first != chunk_of(item.end - 1))
        crossing_set(heap, first, 0);
}

#endif
