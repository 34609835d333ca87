/*
 * A heap over real memory, for tests: what the heap asks of the world is done for real, and looked at.
 *
 *   commit  mprotect: what is not committed cannot be touched
 *   purge   madvise(MADV_DONTNEED) and a look that the pages read zero then
 *   zero    memset
 *
 * A request that makes no sense (not of whole pages, out of the arena, a commit that leaves a gap) is noted
 * in `fault`, the first one only.
 */
#ifndef DF_TEST_ARENA_H
#define DF_TEST_ARENA_H

#include "defragger_heap.h"

struct arena {
    struct df_heap *heap;
    unsigned char *base; /* of the arena */
    uint64_t capacity, committed;
    void *metadata, *holds; /* of the heap; for its held pages */
    size_t metadata_size, holds_size;
    uint64_t commits;              /* calls of commit */
    uint64_t refuse, refuse_times; /* the number of the first that is refused, from 1; how many are */
    uint64_t locked;               /* a purge that begins here or above fails; 0: none does */
    uint64_t purged, zeroed;       /* bytes so far */
    const char *fault;             /* what the heap did wrong; NULL: nothing */
};

/* Reserves memory and opens a heap over it. The first commits may be refused: set `refuse` and
 * `refuse_times` before. */
enum df_status arena_open(struct arena *arena, uint64_t capacity, uint64_t growth);

void arena_close(struct arena *arena);

/* Refuses the next commits, this many, in place of what was to be refused. */
void arena_refuse(struct arena *arena, uint64_t times);

/* Whether length bytes from offset on are all zero. */
bool arena_is_zero(const struct arena *arena, uint64_t offset, uint64_t length);

#endif
