/*
 * The granules' bits, and where items begin and end. Each function looks at one chunk, and at one word of its
 * neighbour.
 */
#ifndef DF_GRANULE_MAP_H
#define DF_GRANULE_MAP_H

#include <stdbool.h>

#include "heap.h"

static inline uint32_t chunk_of(uint32_t granule)
{
    return granule >> CHUNK_SHIFT;
}

static inline uint32_t word_of(uint32_t granule)
{
    return granule / WORD_GRANULES % CHUNK_WORDS;
}

static inline uint32_t bit_of(uint32_t granule)
{
    return granule % WORD_GRANULES;
}

static inline uint32_t granule_at(uint32_t chunk, uint32_t word, uint32_t bit)
{
    return (chunk << CHUNK_SHIFT) + word * WORD_GRANULES + bit;
}

static inline uint32_t lowest_bit(uint64_t word)
{
    return (uint32_t)__builtin_ctzll(word);
}

static inline uint32_t highest_bit(uint64_t word)
{
    return 63 - (uint32_t)__builtin_clzll(word);
}

static inline bool is_start(const struct df_heap *heap, uint32_t granule)
{
    return heap->bits[chunk_of(granule)].start[word_of(granule)] >> bit_of(granule) & 1;
}

static inline bool is_free(const struct df_heap *heap, uint32_t granule)
{
    return heap->bits[chunk_of(granule)].free[word_of(granule)] >> bit_of(granule) & 1;
}

static inline void start_set(struct df_heap *heap, uint32_t granule)
{
    heap->bits[chunk_of(granule)].start[word_of(granule)] |= UINT64_C(1) << bit_of(granule);
}

static inline void start_clear(struct df_heap *heap, uint32_t granule)
{
    heap->bits[chunk_of(granule)].start[word_of(granule)] &= ~(UINT64_C(1) << bit_of(granule));
}

/* Sets or clears the free bits of a span that is not empty. */
static inline void free_write(struct df_heap *heap, struct span span, bool free)
{
    uint32_t first = span.start / WORD_GRANULES, last = (span.end - 1) / WORD_GRANULES;
    uint64_t head = UINT64_MAX << bit_of(span.start), tail = UINT64_MAX >> (63 - bit_of(span.end - 1));
    for (uint32_t word = first; word <= last; word++) {
        uint64_t mask = (word == first ? head : UINT64_MAX) & (word == last ? tail : UINT64_MAX);
        uint64_t *bits = &heap->bits[word / CHUNK_WORDS].free[word % CHUNK_WORDS];
        *bits = free ? *bits | mask : *bits & ~mask;
    }
}

/* The end of an item that starts at `start` and was not ended inside its chunk. */
static inline uint32_t item_end_beyond(const struct df_heap *heap, uint32_t start)
{
    uint32_t chunk = chunk_of(start), crossing = heap->chunks[chunk].crossing;
    return crossing != 0 ? start + crossing : granule_at(chunk + 1, 0, 0);
}

/* The end of the block that starts at `start`: the next bit of either kind. */
static inline uint32_t block_end(const struct df_heap *heap, uint32_t start)
{
    uint32_t chunk = chunk_of(start), word = word_of(start), bit = bit_of(start);
    const struct chunk_bits *bits = &heap->bits[chunk];
    uint64_t found = (bits->start[word] | bits->free[word]) >> bit >> 1;
    if (found != 0)
        return start + 1 + lowest_bit(found);
    while (++word < CHUNK_WORDS) {
        found = bits->start[word] | bits->free[word];
        if (found != 0)
            return granule_at(chunk, word, lowest_bit(found));
    }
    return item_end_beyond(heap, start);
}

/* The end of the free run that starts at `start`. */
static inline uint32_t run_end(const struct df_heap *heap, uint32_t start)
{
    uint32_t chunk = chunk_of(start), word = word_of(start), bit = bit_of(start);
    const struct chunk_bits *bits = &heap->bits[chunk];
    uint64_t found = ~bits->free[word] >> bit;
    if (found != 0)
        return start + lowest_bit(found);
    while (++word < CHUNK_WORDS)
        if (~bits->free[word] != 0)
            return granule_at(chunk, word, lowest_bit(~bits->free[word]));
    return item_end_beyond(heap, start);
}

/* The start of the free run that ends at `end`. */
static inline uint32_t run_start(const struct df_heap *heap, uint32_t end)
{
    uint32_t last = end - 1, chunk = chunk_of(last), word = word_of(last);
    const struct chunk_bits *bits = &heap->bits[chunk];
    uint64_t found = ~bits->free[word] << (63 - bit_of(last));
    if (found != 0)
        return last - (63 - highest_bit(found)) + 1;
    while (word-- > 0)
        if (~bits->free[word] != 0)
            return granule_at(chunk, word, highest_bit(~bits->free[word])) + 1;
    uint32_t begin = granule_at(chunk, 0, 0);
    return chunk > 0 && is_free(heap, begin - 1) ? heap->chunks[chunk].entering : begin;
}

/* The granules of one word of a chunk at which a free run starts. */
static inline uint64_t run_starts(const struct df_heap *heap, uint32_t chunk, uint32_t word)
{
    const uint64_t *free = heap->bits[chunk].free;
    uint64_t before = word > 0 ? free[word - 1] : chunk > 0 ? heap->bits[chunk - 1].free[CHUNK_WORDS - 1] : 0;
    return free[word] & ~(free[word] << 1 | before >> 63);
}

/* The lowest free run of a class and of at least `least` granules that starts in a chunk; empty: none. An
 * exact class has one length, so that `least` must be it. */
static inline struct span run_find(const struct df_heap *heap, uint32_t chunk, uint32_t class, uint32_t least)
{
    const struct chunk_bits *bits = &heap->bits[chunk];
    if (class >= CLASS_LARGE) { /* longer than the chunk, so it is the one that leaves it */
        uint32_t start = run_start(heap, granule_at(chunk + 1, 0, 0)),
                 end = start + heap->chunks[chunk].crossing;
        return end - start >= least ? (struct span){start, end} : (struct span){0, 0};
    }
    for (uint32_t word = 0; word < CHUNK_WORDS; word++)
        for (uint64_t starts = run_starts(heap, chunk, word); starts != 0; starts &= starts - 1) {
            uint32_t bit = lowest_bit(starts), start = granule_at(chunk, word, bit);
            uint64_t stop = ~bits->free[word] >> bit; /* most runs end in the word where they start */
            uint32_t length = stop != 0 ? lowest_bit(stop) : run_end(heap, start) - start;
            if (length >= least && (class < CLASS_EXACT ? length == least : class_of(length) == class))
                return (struct span){start, start + length};
        }
    return (struct span){0, 0};
}

/* Notes where an item that reaches over its chunk's end begins and ends. */
static inline void run_tag(struct df_heap *heap, struct span run)
{
    uint32_t first = chunk_of(run.start), last = chunk_of(run.end - 1);
    if (first != last) {
        heap->chunks[first].crossing = span_length(run);
        heap->chunks[last].entering = run.start;
    }
}

static inline void block_tag(struct df_heap *heap, struct span block)
{
    uint32_t first = chunk_of(block.start);
    if (first != chunk_of(block.end - 1))
        heap->chunks[first].crossing = span_length(block);
}

static inline void untag(struct df_heap *heap, struct span item)
{
    uint32_t first = chunk_of(item.start);
    if (first != chunk_of(item.end - 1))
        heap->chunks[first].crossing = 0;
}

#endif
