/*
 * The coalescing heap: header-free, bitmaps only, best fit by size class, lowest address first, with a
 * designated victim.
 *
 * Placement, the whole policy. The victim is one free run that is in no class: what was left of the last run
 * that a short request was cut from, so that blocks allocated one after the other lie side by side.
 *   1. A short request (n <= CLASS_EXACT granules, no alignment) takes the lowest run of exactly its length;
 * else the victim, if it is long enough; else the lowest run of the smallest class above that has one.
 *   2. A long one (or one with an alignment of a > 1 granules, which looks for n + a - 1, so that any run
 * found holds an aligned place) first looks through its own class, where runs may be too short: from the
 * lowest address up, in at most PROBE_CHUNKS chunks, the first that fits; else the lowest run of the next
 * class that has one. The victim is taken instead if it is long enough and shorter than what was found. An
 * exact class is not probed: all fit.
 *   3. With nothing found, all of its own class is looked through; then the arena grows; then there is no
 * memory.
 *   4. A block is cut from the front of its run, at the first aligned granule. What is left behind it is the
 * new victim if the request was short or the run was the victim; else it stays in the index.
 *   5. A freed block and the free runs it touches are one run: the victim if one of them was.
 *   6. A page that is held cuts the runs that reach into it at its edges. What is left of the victim is the
 * victim.
 * Best fit keeps peaks near the live bytes; address order keeps old blocks low and leaves high pages empty.
 * Policies were compared on recorded programs: docs/design.md. The victim is Doug Lea's (malloc 2.8, "dv").
 *
 * Always true between two calls (numbers are those of df_heap_check):
 *   1  a granule is not both start and free
 *   2  granules beyond what is committed are neither, but for a start bit at the end of a last, partial chunk
 *   3  a used granule that follows a free one, or the arena's start, is a start
 *   4  `crossing` and `entering` tell the truth for every item that reaches over a chunk's end
 *   5  a chunk's counts are the numbers of free runs of each inexact class that start in it
 *   6  the index has a word or chunk in a class exactly if a run of that class starts there
 *   7  a summary bit of a level in use is set exactly if its word is not 0
 *   8  a page with a live granule is dirty
 *   9  a page is in the purge index exactly if it is whole and dirty and nothing of it is live
 *   10 the counters are the sums they stand for
 *   11 the victim is a whole free run, and in no class
 *   12 a held granule is a start, and lies on a held page
 *   13 a held page is committed whole, and nothing of it is free
 *
 * Cost: allocate and release are O(1): a few words of one or two chunks, and the levels of the index in use
 * (one while 64 KiB are committed, three up to 256 MiB, five up to 64 GiB); long blocks add a bit for each
 * granule. Rule 3 is the exception: O(one class). In a batch, blocks that lie side by side share all but a
 * few stores.
 *
 * Files, each a verb set over the one before: layout, size_class, bit_set, granule_map, free_index,
 * page_state, placement, hold, block; heap.c is the control flow for a block, heap_batch.c for many,
 * heap_hold.c for pages, heap_view.c, heap_check.c and merge.c read only. lib/Defragger/Heaps has the same in
 * C#.
 */
#ifndef DF_HEAP_H
#define DF_HEAP_H

#include <stdbool.h>

#include "defragger_heap.h"

#include "bit_set.h"
#include "layout.h"
#include "size_class.h"

/* 0: no page can be held, and there is no code for it; for small machines. */
#ifndef DF_HOLDS
#define DF_HOLDS 1
#endif

enum {
    CLASS_WORDS = (CLASS_COUNT + 63) / 64,
    PROBE_CHUNKS = 4, /* of its own class that a request looks into */
};

/* Pages on which nothing is placed; see hold.h. */
struct holds {
    uint64_t *pages, *granules; /* a bit of each: it is held; NULL: there is no memory for it yet */
    uint32_t page_count, granule_count;
};

struct df_heap {
    uint64_t *start, *free; /* two bits a granule: a block starts here; it is free */
    struct chunk *chunks;
    struct bit_sets exact;            /* for each exact class words, */
    struct bit_sets inexact;          /* for each other chunks; see free_index.h */
    struct bit_sets purge;            /* one set: the chunks with a page to purge */
    uint64_t classes[CLASS_WORDS];    /* which classes have any */
    struct span victim;               /* NOWHERE: there is none */
    uint32_t capacity, limit, growth; /* granules: of the arena, committed, committed at a time */
    uint32_t live, free_runs;         /* granules in blocks; runs, the victim among them */
    uint32_t live_blocks;
    uint32_t live_most;          /* the most granules live at once */
    uint32_t pinned, dirty_free; /* pages */
    bool shared; /* blocks are divided (start_set) while another thread, with the lock, changes others */
    struct holds holds;
    struct df_outside outside;
};

#endif
