/*
 * defragger_heap.h: the coalescing heap, in offsets.
 *
 * A heap hands out blocks of an arena that it never touches: it speaks byte offsets from the arena's start,
 * and all it knows lies in a metadata region of the caller's. It has no globals, takes no lock, calls nothing
 * but the three functions of struct df_outside, and never aborts: every mistake of a caller is a status. One
 * thread at a time may call into a heap; different heaps are independent.
 *
 * Units: offsets, sizes and lengths are bytes. Blocks start at multiples of DF_GRANULE and occupy whole
 * granules. Policy, layout and the cost of each operation: src/core/heap.h. The same heap in C#:
 * lib/Defragger/Heaps.
 */
#ifndef DEFRAGGER_HEAP_H
#define DEFRAGGER_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(DEFRAGGER_SHARED)
#define DF_API __attribute__((visibility("default")))
#else
#define DF_API
#endif

enum {
    DF_GRANULE = 16, /* bytes; the least alignment, and the least a block occupies */
    DF_PAGE = 4096,  /* bytes; the unit of dirty, pinned and purged */
};

/* The largest arena: granules are counted in 32 bits, and one value stays free. */
#define DF_CAPACITY_MAX ((uint64_t)UINT32_MAX * DF_GRANULE)

/* What an operation answers. The numbers are part of the contract: C# has the same. */
enum df_status {
    DF_OK = 0,
    DF_OUT_OF_MEMORY = 1,     /* no free run fits and the arena cannot grow; nothing has changed */
    DF_INVALID_SIZE = 2,      /* larger than any arena, or too small for what is asked */
    DF_INVALID_ALIGNMENT = 3, /* no power of two, or larger than any arena */
    DF_NOT_IN_HEAP = 4,       /* the offset lies beyond what is committed, or between two granules */
    DF_ALREADY_FREE = 5,      /* the offset lies in free or held memory: freed before, or never handed out */
    DF_INSIDE_BLOCK = 6,      /* the offset lies in a block, but not at its start */
    DF_NO_ROOM = 7,           /* resize: the block cannot grow where it is; nothing has changed */
    DF_INVALID_OPTIONS = 8,   /* df_heap_open: capacity, growth or metadata cannot be used */
    DF_NOT_ASCENDING = 9,     /* df_heap_release_many, _starts: the offset is not above the one before */
};

/* What the heap asks of the world. A null function stands for one that succeeds and does nothing. */
struct df_outside {
    void *context;
    /* Makes [offset, offset + length) usable; false refuses, and the heap does without. It reads as zeros. */
    bool (*commit)(void *context, uint64_t offset, uint64_t length);
    /* Gives the pages of [offset, offset + length) back; the range stays usable and reads as zeros
     * afterwards. False: it could not, and all is as before. */
    bool (*purge)(void *context, uint64_t offset, uint64_t length);
    /* Fills [offset, offset + length) with zeros. */
    void (*zero)(void *context, uint64_t offset, uint64_t length);
};

struct df_heap_options {
    uint64_t capacity; /* of the arena; a multiple of DF_GRANULE, from DF_GRANULE to DF_CAPACITY_MAX */
    uint64_t growth;   /* commit at least this much at a time; 0: the whole arena when the heap is opened */
    struct df_outside outside;
};

struct df_heap; /* lies in the metadata region */

/* Bytes of metadata that an arena needs: about 2.8 % of it and 1 to 3 KiB. 0 when the capacity is out of
 * range. */
DF_API size_t df_heap_metadata_size(uint64_t capacity);

/* A part of the arena. */
struct df_range {
    uint64_t offset, length;
};

/*
 * Makes a heap in a metadata region, aligned to 64 bytes, of df_heap_metadata_size bytes, all zero (as fresh
 * pages are). The region may lie anywhere but in the arena's pages. DF_OUT_OF_MEMORY when growth is 0 and
 * commit refuses. *heap is set when the answer is DF_OK, and only then. Closing a heap is forgetting it.
 */
DF_API enum df_status df_heap_open(void *metadata, size_t metadata_size,
                                   const struct df_heap_options *options, struct df_heap **heap);

/*
 * Allocates size bytes (0 counts as 1) at a multiple of alignment, a power of two; less than DF_GRANULE
 * counts as DF_GRANULE. O(1) up to 640 bytes; above, O(1) unless nothing larger is free: then one size class
 * is searched.
 */
DF_API enum df_status df_heap_allocate(struct df_heap *heap, uint64_t size, uint64_t alignment,
                                       uint64_t *offset);

/* The same, and the block reads as zeros: zero is called for its pages that may hold anything else. */
DF_API enum df_status df_heap_allocate_zeroed(struct df_heap *heap, uint64_t size, uint64_t *offset);

/* Frees a block and joins it with free neighbours. O(1) and the bits of the block. */
DF_API enum df_status df_heap_release(struct df_heap *heap, uint64_t offset);

/*
 * The same as `count` times df_heap_allocate(heap, size, DF_GRANULE, ...) until one fails, in every respect:
 * *allocated offsets in the order of those calls, and the status of the one that failed, or DF_OK. Up to 640
 * bytes the blocks that lie side by side cost a few stores each.
 */
DF_API enum df_status df_heap_allocate_many(struct df_heap *heap, uint64_t size, size_t count,
                                            uint64_t *offsets, size_t *allocated);

/*
 * Allocates the front of the victim, all of it or as much as `most` bytes and its chunk (8 KiB) hold: what
 * short requests would be cut from next, for a caller who cuts it up himself. DF_OUT_OF_MEMORY: there is no
 * victim.
 */
DF_API enum df_status df_heap_allocate_victim(struct df_heap *heap, uint64_t most, struct df_range *range);

/* Makes two blocks of one: the first of `size` bytes, rounded up to granules; DF_INVALID_SIZE unless
 * something is left for the second. O(1). */
DF_API enum df_status df_heap_split(struct df_heap *heap, uint64_t offset, uint64_t size);

/*
 * The same as df_heap_release of each offset in turn until one fails, and they have to ascend. *released is
 * how many there were before the one that failed; they are released, and the others are not looked at. What
 * becomes one free run costs the index what a single block does.
 */
DF_API enum df_status df_heap_release_many(struct df_heap *heap, const uint64_t *offsets, size_t count,
                                           size_t *released);

/* Blocks that begin in one KiB of the arena: bit i of `starts` is the block at `offset` + 16 i. */
struct df_starts {
    uint64_t offset; /* a multiple of 1,024 */
    uint64_t starts;
};

/*
 * The same as df_heap_release of all blocks of each word in turn, and the words have to ascend. *released is
 * how many words there were before one with something wrong, which stays as it is, like all behind it. The
 * status says what is wrong with the first of its offsets that is no block's; DF_NOT_IN_HEAP: its offset is
 * no multiple of 1,024, or a block would lie beyond what is committed. Blocks that touch cost nothing each,
 * but for their word.
 */
DF_API enum df_status df_heap_release_starts(struct df_heap *heap, const struct df_starts *words,
                                             size_t count, size_t *released);

/*
 * Makes a block smaller (always possible) or larger where it is, into the free memory behind it. DF_NO_ROOM
 * when that does not suffice: allocate, copy and release instead.
 */
DF_API enum df_status df_heap_resize(struct df_heap *heap, uint64_t offset, uint64_t size);

/* Bytes that a block occupies: its size, rounded up to granules. */
DF_API enum df_status df_heap_usable_size(const struct df_heap *heap, uint64_t offset, uint64_t *size);

/*
 * Held pages: nothing is placed on them, and no block grows into them. For those who keep a page's bytes
 * elsewhere, several pages on one, and do not want it written to (df_heap_plan_merges).
 *
 * Blocks of a held page are released, split and made smaller as ever; what is not live of it is neither a
 * block's nor free. When its last live granule dies it stays held, and is in the purge plan: whoever gives it
 * back and marks it purged has restored it, too.
 *
 * The bits for it, 1/128 of the arena, lie in memory of the caller's, given once and at any time; a heap that
 * holds nothing does without. The memory is all zero, aligned to 8 bytes, and touched only where pages are
 * held. df_heap_hold_memory: DF_INVALID_OPTIONS when it is too small, or not the first.
 */
DF_API size_t df_heap_hold_size(uint64_t capacity); /* 0 when the capacity is out of range */
DF_API enum df_status df_heap_hold_memory(struct df_heap *heap, void *memory, size_t size);

/* Pages are numbers, from the arena's start. False, and nothing has changed: there is no memory for it, the
 * page is not committed as a whole, has no live granule, or is held. O(page), and cuts the free runs that
 * reach into it. */
DF_API bool df_heap_hold_page(struct df_heap *heap, uint32_t page);

/* What is held of a page is free again, and joins the free runs it touches. False: it was not held. */
DF_API bool df_heap_restore_page(struct df_heap *heap, uint32_t page);

DF_API bool df_heap_page_is_held(const struct df_heap *heap, uint32_t page);

/* Bit i % 64 of live[i / 64]: granule i of the page belongs to a block. */
DF_API void df_heap_page_live(const struct df_heap *heap, uint32_t page, uint64_t live[4]);

/* How pages are put together. Out of range: nothing is. */
struct df_merge_limits {
    uint32_t max_members; /* pages of a group, 2 to 16 */
    uint32_t max_probes; /* groups that a page is offered to at a time, 1 to 256; how many are open at once */
    uint32_t max_live;   /* granules, 1 to 256: pages with more are left alone */
};

/* What a plan brings and costs, in pages and mappings. */
struct df_merge_plan {
    uint32_t groups, members;
    uint32_t saved_pages; /* members - groups */
    uint32_t mappings;    /* runs of pages p, p + 1, ... that go to groups g, g + 1, ... */
};

/* The group of a page that has none. */
#define DF_NO_GROUP UINT32_MAX

/* Bytes of scratch memory, aligned to 8, that a plan for `count` pages needs: 8 a page and 12 KiB. */
DF_API size_t df_heap_merge_scratch(size_t count);

/*
 * Puts pages together whose live granules are disjoint: group_of[i] is the group of pages[i], 0 to groups -
 * 1, or DF_NO_GROUP. Pages ascend, and none is there twice; those that are held, not committed as a whole or
 * without a live granule get no group. Groups have two pages at least. Changes nothing of the heap. Which go
 * together, and the cost: src/core/merge.c.
 */
DF_API struct df_merge_plan df_heap_plan_merges(const struct df_heap *heap, const uint32_t *pages,
                                                size_t count, const struct df_merge_limits *limits,
                                                uint32_t *group_of, void *scratch);

/*
 * The purge plan: the highest range of dirty pages without a live granule that ends at or below `below`, at
 * most `most` bytes of it (from its upper end). False when there is none. Repeated with below = range.offset
 * it lists all. From the top down, since allocation prefers low addresses: what lies high is needed last.
 */
DF_API bool df_heap_purge_next(const struct df_heap *heap, uint64_t below, uint64_t most,
                               struct df_range *range);

/*
 * Carries out the plan for at most `most` bytes, through purge, and gives the bytes purged: a multiple of
 * DF_PAGE. Ranges that purge could not give back stay in the plan and are not counted; it goes on below them.
 */
DF_API uint64_t df_heap_purge(struct df_heap *heap, uint64_t most);

/*
 * For those who carry out the plan themselves: pages of a range from df_heap_purge_next have been given back,
 * and what is still free of them reads as zeros. Held ones are restored. Pages that have been taken meanwhile
 * are left alone.
 */
DF_API void df_heap_mark_purged(struct df_heap *heap, struct df_range range);

struct df_statistics {
    uint64_t capacity;      /* of the arena */
    uint64_t committed;     /* of it, up to now */
    uint64_t live_blocks;   /* count */
    uint64_t live;          /* bytes that blocks occupy */
    uint64_t free;          /* bytes committed, not live and not held */
    uint64_t free_least;    /* the least that free + held + what was not committed has been */
    uint64_t largest_free;  /* longest free run; finding it visits one size class */
    uint64_t free_runs;     /* count */
    struct df_range victim; /* the free run that short requests are cut from; it is in no class */
    uint64_t pinned;        /* bytes of pages with a live granule */
    uint64_t dirty_free;    /* bytes of dirty pages with nothing live: what a purge of all gives back */
    uint64_t held;          /* bytes of held pages that are not live */
};

DF_API void df_heap_statistics(const struct df_heap *heap, struct df_statistics *statistics);

/* One item of the arena: a block, a free run, or what is held between two blocks of a page. Items follow each
 * other without a gap. */
struct df_item {
    uint64_t offset, length;
    bool live, held;
};

/* The item that begins at `from` (0, or the end of the item before); false at the end of what is committed.
 */
DF_API bool df_heap_walk(const struct df_heap *heap, uint64_t from, struct df_item *item);

/*
 * Copies the free index (all free runs but the victim) in its own order, by size class, then by address, into
 * runs, at most `room` of them, and gives how many there are. Each class
 * looks at the words that have it, or at its chunks.
 */
DF_API size_t df_heap_index(const struct df_heap *heap, struct df_range *runs, size_t room);

/* Verifies every invariant: 0, or the number of the first that is broken. O(arena). */
DF_API int df_heap_check(const struct df_heap *heap);

/* The text of an invariant, for people. */
DF_API const char *df_heap_rule(int number);

#ifdef __cplusplus
}
#endif
#endif
