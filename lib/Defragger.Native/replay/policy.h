/*
 * Where a heap puts its blocks: one policy in an arena of its own, in granules. Blocks that are mappings of
 * their own are not its business.
 *
 *   core          the heap of this library (src/core): best fit, no headers, and neighbours together
 *   first-fit     the lowest run that fits; a header of 8 bytes in front of each block
 *   best-fit      the shortest run that fits; likewise. What lies above the highest block goes back, as in
 *                 the C library's malloc (trim of the top)
 *   size-classes  slabs of one size each, the lowest with room first; a slab that is empty goes back. As
 *                 jemalloc, mimalloc and tcmalloc are in the main
 *
 * They are models: no caches, no arenas of threads, no time. Each tells two figures: the pages that it holds
 * when nobody purges (pages.held), and those that hold something live (pages.pinned), which purging of every
 * free page would leave.
 */
#ifndef DF_REPLAY_POLICY_H
#define DF_REPLAY_POLICY_H

#include "pages.h"

#include <stdbool.h>

struct policy {
    const char *name;
    void *(*open)(struct pages *pages);
    /* A place for a block; its first granule. Ends the program where 16 GiB do not suffice. */
    uint32_t (*place)(void *state, uint64_t size, uint64_t alignment);
    void (*release)(void *state, uint32_t at, uint64_t size);
    /* Another size where the block is; false: it has to move. */
    bool (*resize)(void *state, uint32_t at, uint64_t from, uint64_t to);
    /* Granules that a block occupies from `at` on. */
    uint64_t (*length)(void *state, uint32_t at, uint64_t size);
};

extern const struct policy policy_core, policy_first_fit, policy_best_fit, policy_size_classes;

/* The heap of the core's state: for those who look at its blocks. */
struct df_heap *policy_core_heap(void *state);

/* Ends the program: an arena has no room. */
_Noreturn void policy_is_full(const char *name, uint64_t size);

static inline uint64_t whole_granules(uint64_t size)
{
    return size == 0 ? 1 : (size + GRANULE - 1) / GRANULE;
}

/* Of a block with a header, as the C library has it: at least two granules. */
static inline uint64_t headed_granules(uint64_t size)
{
    enum { HEADER = 8, LEAST = 2 };
    uint64_t granules = (size + HEADER + GRANULE - 1) / GRANULE;
    return granules < LEAST ? LEAST : granules;
}

/* What must be looked for so that any run found holds an aligned place, and that place. */
static inline uint64_t aligned_need(uint64_t granules, uint64_t alignment)
{
    return alignment > GRANULE ? granules + alignment / GRANULE - 1 : granules;
}

static inline uint64_t aligned_place(uint64_t at, uint64_t alignment)
{
    uint64_t step = alignment > GRANULE ? alignment / GRANULE : 1;
    return (at + step - 1) / step * step;
}

#endif
