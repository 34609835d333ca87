/*
 * Size classes of free runs, by length in granules.
 *
 *   class 0 .. 39     exactly 1 .. 40 granules (16 to 640 bytes)
 *   class 40 .. 253   eight classes for each doubling: 41-44, 45-48, 49-52, ... 61-64, 65-72, ... up to 2^32
 *
 * Exact classes end where looking at one word and its neighbour (free_index.h) no longer shows a run whole.
 * Two lengths of one inexact class differ by less than 1/8. The scheme is that of two-level segregated fit:
 * Masmano et al., "TLSF", ECRTS 2004; there a request never looks into its own class, and a hole of just its
 * size is missed.
 */
#ifndef DF_SIZE_CLASS_H
#define DF_SIZE_CLASS_H

#include <assert.h>
#include <stdint.h>

#include "layout.h"

enum {
    CLASS_EXACT = 40,  /* classes below hold one length each */
    CLASS_LARGE = 70,  /* classes from here hold runs longer than a chunk: at most one starts in a chunk */
    CLASS_COUNT = 254, /* of runs */
};

static inline uint32_t class_of(uint32_t length)
{
    if (length <= CLASS_EXACT)
        return length - 1;
    uint32_t last = length - 1, doubling = 31 - (uint32_t)__builtin_clz(last);
    return 38 + (doubling - 5) * 8 + ((last >> (doubling - 3)) & 7);
}

/* The shortest length of a class. */
static inline uint32_t class_least(uint32_t class)
{
    if (class < CLASS_EXACT)
        return class + 1;
    uint32_t step = class - 38;
    return ((8 + step % 8) << (2 + step / 8)) + 1;
}

#endif
