/*
 * How an arena is divided, and what is known of each part. Nothing of it lies in the arena.
 *
 *   granule  16 bytes, the unit of blocks. Two bits: does a block start here; is it free.
 *   page     4 KiB, 256 granules, the unit of memory given back.
 *   chunk    8 KiB, 512 granules, the unit of the free index: one line of start bits, one of free bits, one
 * record.
 *
 * A block is a start bit, then granules that are neither start nor free. A free run is a maximal sequence of
 * free granules. So a block's size is the distance to the next bit of either kind, to free it is to set bits,
 * and two free neighbours are one run by nature: nothing has to be merged.
 *
 * Both may be long. One item at most, block or run, reaches from a chunk into the next; its length is kept in
 * the chunk where it starts (`crossing`), and the start of a run is kept in the chunk where it ends
 * (`entering`). So the ends of any item are found by looking at one chunk.
 *
 * Cost: 128 + 24 bytes a chunk, and 40 for each chunk and 1/8 byte for each chunk and inexact class of the
 * free index: at most 2.8 % of the arena, and of that only what is touched.
 */
#ifndef DF_LAYOUT_H
#define DF_LAYOUT_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    GRANULE_SHIFT = 4,
    WORD_GRANULES = 64,
    PAGE_GRANULES = 256,
    CHUNK_GRANULES = 512,
    CHUNK_WORDS = CHUNK_GRANULES / WORD_GRANULES,
    CHUNK_PAGES = CHUNK_GRANULES / PAGE_GRANULES,
    PAGE_WORDS = PAGE_GRANULES / WORD_GRANULES,
};

/* What is known of a chunk beside its granules' bits. */
struct chunk {
    uint8_t
        counts[15];    /* free runs that start here of each inexact class below CLASS_LARGE: four bits each */
    uint8_t pages;     /* bits 0, 1: the page is dirty; bits 4, 5: it is dirty and free */
    uint32_t crossing; /* length of the item that starts here and reaches into the next chunk; 0: none does */
    uint32_t
        entering; /* start of the free run that ends here and has begun in an earlier chunk; else stale */
};

static_assert(sizeof(struct chunk) == 24, "no byte of a chunk's record is wasted");

/* A sequence of granules: a block's place or a free run. */
struct span {
    uint32_t start, end;
};

/* An empty span that is no place: no granule has this number. */
static const struct span NOWHERE = {UINT32_MAX, UINT32_MAX};

static inline uint64_t bytes_of(uint32_t granules)
{
    return (uint64_t)granules << GRANULE_SHIFT;
}

static inline bool capacity_fits(uint64_t capacity)
{
    return capacity >= 1 << GRANULE_SHIFT && capacity <= bytes_of(UINT32_MAX) &&
           capacity % (1 << GRANULE_SHIFT) == 0;
}

/* What a size takes; a block has at least one. */
static inline uint32_t granules_of(uint64_t size)
{
    return (uint32_t)((size + (1 << GRANULE_SHIFT) - 1 + (size == 0)) >> GRANULE_SHIFT);
}

static inline uint32_t span_length(struct span span)
{
    return span.end - span.start;
}

#endif
