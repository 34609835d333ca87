/*
 * Arenas: a heap of the core, the memory it speaks of, and a lock.
 *
 * One arena is enough for nearly every process: 64 GiB of address space, of which only what is used is ever
 * touched. More are made when it is full, or when the process may not have as much (RLIMIT_AS, strict
 * overcommit). Batches keep the lock rare, so threads share an arena.
 *
 *   1. The first arena is never taken away and never moves: free looks there without a lock.
 *   2. Whoever changes the heap holds `lock`, and `sequence` is odd meanwhile: a reader without the lock, of
 * a block that it owns, trusts what it saw if `sequence` was even and has not changed (a sequence lock; the
 *      block's own bits cannot change, but those of the block behind it may, and they say where it ends).
 *   3. Memory up to `usable` is readable and writable; the heap commits in smaller steps below it.
 */
#ifndef DF_ARENA_H
#define DF_ARENA_H

#include <stdalign.h>
#include <string.h>

#include "../core/free_index.h"
#include "../os/lock.h"
#include "defragger_heap.h"

/* Known to be ours, so that it is not looked up in a table. */
#define HIDDEN __attribute__((visibility("hidden")))

enum {
    ARENA_MOST = 256,
    ARENA_ALIGNMENT = 1024 * 1024, /* of its base, and so the most that a block can be aligned to */
    SHORT_MOST =
        56, /* granules, 896 bytes: where a block ends shows in 8 bytes of bits, whatever bit is first */
    DECAY_STEPS = 4, /* a page is given back after this many quarters of the decay time */
};

struct arena {
    unsigned char *base;
    uint64_t capacity;            /* 0: there is no arena here */
    _Atomic uint64_t short_end;   /* granules: below it no page is held (core/hold.h) */
    const uint64_t *start, *free; /* the heap's, within reach of a free without the lock */
    struct df_heap *heap;
    uint64_t usable;
    size_t metadata; /* bytes */
    alignas(64) struct os_lock lock;
    _Atomic uint32_t sequence;
    uint32_t dirty_least; /* pages: the fewest that were dirty and free since the last step of the decay */
    uint32_t least[DECAY_STEPS]; /* the same of the steps before */
    uint32_t refused;            /* purges that the system refused in a row */
    uint64_t purged;             /* bytes given back since the start */
    uint64_t purges;             /* system calls */
};

extern struct arena arenas[ARENA_MOST] HIDDEN;

/* How many arenas there are; they are never given up. */
uint32_t arena_count(void);

/* One more, unless another thread has made one since there were `known`; the first with 0. False: it cannot
 * be had. */
bool arenas_extend(uint32_t known);

/* The arena in which an address lies; NULL: none. */
struct arena *arena_of(const void *address);

/* Bytes from an arena's base to an address; at least `capacity` unless the address lies in it. */
static inline uint64_t offset_of(const struct arena *arena, const void *address)
{
    return (uint64_t)((uintptr_t)address - (uintptr_t)arena->base);
}

static inline uint32_t granule_of(const struct arena *arena, const void *block)
{
    return (uint32_t)(offset_of(arena, block) >> GRANULE_SHIFT);
}

/*
 * A piece of an arena that one thread cuts up for itself, without the lock: the front of what was the heap's
 * victim, so blocks of all sizes that a thread allocates one after the other lie side by side. (Filling a bin
 * with blocks of one size from there would put what belongs together on different pages: the survivors of a
 * long-lived Python worker kept 72 MB instead of 43.) For the heap the rest of a region is a live block, and
 * a block cut from its front is that block divided; `splits` are the divisions that the heap has not counted
 * yet.
 */
struct region {
    struct arena *arena;
    uint32_t start, end; /* granules of what is left; none of it lies in another chunk */
    uint32_t splits;
};

enum { REGION_MOST = 8192 }; /* bytes: a chunk of the heap */

/* A block of a region that has room for it. */
static inline void *region_cut(struct region *region, uint32_t length)
{
    struct arena *arena = region->arena;
    void *block = arena->base + bytes_of(region->start);
    region->start += length;
    if (region->start != region->end) {
        start_set(arena->heap, region->start);
        region->splits++;
    }
    return block;
}

static inline bool region_holds(const struct region *region, uint32_t length)
{
    return region->end - region->start >= length;
}

/* Whether the heap would cut the next block of this length from the region: it holds one, and there is no
 * free run of just this length, which would be taken first. */
static inline bool region_serves(const struct region *region, uint32_t length)
{
    return region_holds(region, length) && length <= CLASS_EXACT &&
           !class_has_run(region->arena->heap, class_of(length));
}

/* Gives the rest back. */
void region_end(struct region *region);

/*
 * A thread may cut its region while another changes the heap, and then both must use atomic operations, which
 * in a program that builds takes as long as all the rest of malloc. Most programs have one thread that
 * allocates. So the first heap is not `shared` as long as all changes are made by one thread, which is
 * `arena_sole`, or by one that keeps that thread from cutting. Another one that locks an arena must call
 * arena_share before, which either makes it the sole one or the heap shared, for good.
 */
extern __thread bool arena_sole __attribute__((tls_model("initial-exec")));
extern void (*arena_share)(void); /* the caches know whose regions there are */

/* The first heap is shared from now on; nobody cuts a region at this moment. */
void arena_set_shared(void);

/* Around changes of the heap: readers without a lock are kept away. */
void arena_lock(struct arena *arena);
void arena_unlock(struct arena *arena);

/*
 * Around the giving back of pages. That changes no bits, and readers need not wait, but for the bits of held
 * pages that are restored by it: whether there are any is for arena_unlock_pages. On those nobody cuts a
 * region, so the heap does not become shared by it.
 */
bool arena_lock_pages(struct arena *arena);
void arena_unlock_pages(struct arena *arena, bool held);

/* With the lock, when pages have become free or have been given back. */
static inline void note_dirty(struct arena *arena)
{
    if (arena->heap->dirty_free < arena->dirty_least)
        arena->dirty_least = arena->heap->dirty_free;
}

/* All of them, and that none is added; the heaps can be read, and readers without a lock are not kept away.
 */
void arenas_lock(void);
void arenas_unlock(void);
void arenas_reset_locks(void); /* in the child of a fork */

/*
 * Blocks of a length up to SHORT_MOST. As many free runs of just this length as there are, up to `most`; else
 * one block, and behind it a new region, if the old one does not serve any more. Gives how many; 0: there is
 * no memory.
 */
uint32_t arena_fill(uint32_t length, uint32_t most, void **blocks, struct region *region);

/* One block. zeroed: it reads as zeros. NULL: there is no memory. */
void *arena_allocate_one(uint64_t size, uint64_t alignment, bool zeroed);

/* Frees a block. What is wrong with it is reported as a mistake of `call`. */
void arena_release(struct arena *arena, void *block, const char *call);

/* Frees blocks, by words that ascend: what they become together costs the index what one block costs. The
 * others are freed when one is wrong. */
void arena_release_starts(struct arena *arena, const struct df_starts *words, size_t count, const char *call);

/* DF_OK, DF_NO_ROOM, or what is wrong with the block. */
enum df_status arena_resize(struct arena *arena, void *block, uint64_t size);

/* What a block occupies; or what is wrong with it. With the lock. */
enum df_status arena_usable_size(struct arena *arena, const void *block, uint64_t *size);

/* Reports what a status of the heap says of an address. */
void arena_report(struct arena *arena, const char *call, const void *address, enum df_status status);

/* Gives back pages that hold nothing, at most `bytes`, and gives how many bytes it were. The lock is held for
 * some 100 us at a time. */
uint64_t arena_purge(struct arena *arena, uint64_t bytes);

/* --- Without the lock --- */

static inline uint32_t read_begin(const struct arena *arena)
{
    return atomic_load_explicit(&arena->sequence, memory_order_acquire);
}

/* Whether what was read since holds. */
static inline bool read_holds(const struct arena *arena, uint32_t begin)
{
    atomic_thread_fence(memory_order_acquire);
    uint32_t end = atomic_load_explicit(&arena->sequence, memory_order_relaxed);
    return (begin & ~1u) == end; /* not if it was odd: it never goes back */
}

/* The bits from a granule on, SHORT_MOST of them or some more, without regard to words: one load. What it
 * tears apart or mixes up, while others write, `sequence` tells. */
static inline uint64_t bits_from(const uint64_t *words, uint32_t granule)
{
    uint64_t bits;
    memcpy(&bits, (const unsigned char *)words + granule / 8, sizeof bits);
    return bits >> granule % 8;
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "bit g of the words is bit g % 8 of byte g / 8");

/* The length in granules of the block at a granule; 0: there is none, or it is longer than SHORT_MOST. */
static inline uint32_t short_length(const struct arena *arena, uint32_t granule)
{
    uint64_t start = bits_from(arena->start, granule);
    const uint64_t ends = (UINT64_C(2) << SHORT_MOST) - 2; /* bits 1 to SHORT_MOST */
    uint64_t stops = (start | bits_from(arena->free, granule)) & ends;
    return (start & 1) != 0 && stops != 0 ? lowest_bit(stops) : 0;
}

#endif
