/*
 * What the benchmarks of malloc draw by: the same numbers in every run, under every allocator.
 */
#ifndef BENCH_DRAW_H
#define BENCH_DRAW_H

#include <stddef.h>
#include <stdint.h>

#include "../common.h"

static inline uint32_t draw_below(uint64_t *state, uint32_t limit)
{
    return (uint32_t)((uint64_t)draw(state) * limit >> 32);
}

/* How often a size falls into each octave from `least` on: weights that sum to 100. */
struct size_mix {
    uint32_t least;
    uint8_t weights[12];
};

/* Any byte count of the octave, evenly: programs ask for 37 bytes, not for 32 or 48. */
static inline uint32_t draw_size(uint64_t *state, const struct size_mix *mix)
{
    uint32_t least = mix->least;
    uint32_t pick = draw_below(state, 100);
    for (const uint8_t *weight = mix->weights; pick >= *weight; weight++) {
        pick -= *weight;
        least *= 2;
    }
    return least + draw_below(state, least);
}

/* The first and the last byte of a block, as its owner writes them. */
static inline void touch_ends(char *block, size_t size)
{
    block[0] = 1;
    block[size - 1] = 2;
}

/* A byte of each page too, for blocks that are filled. */
static inline void touch_pages(char *block, size_t from, size_t size)
{
    enum { PAGE = 4096 };
    for (size_t at = from; at < size; at += PAGE)
        block[at] = 3;
    touch_ends(block, size);
}

#endif
