/*
 * Thread caches: blocks that a thread freed and will soon ask for again, by size, so that most calls take no
 * lock.
 *
 * A cache has a bin for each length up to SHORT_MOST granules, and one for each size class of the core from
 * there to MIDDLE_MOST. A request takes the block that its bin got last. A bin that is full spills its older
 * half into the outbox (outbox.h), which is freed as one batch when it is full. A bin that is empty is filled
 * with free runs of just its length; if there are none, a block is cut from the thread's region (arena.h).
 *
 * Bins hold the numbers of granules (of the first arena; blocks of others are not kept) and no list runs
 * through the blocks, so a free block's page can be given back untouched. Only its second word is written, to
 * a mark, which it must still have when it is taken or spilled, and then loses: a block that is in a bin
 * twice, or that was written to after it was freed, is found out then at the latest. (Comparing marks when a
 * block is freed finds it out at once, and costs the short way a cache miss for each block that is not at
 * hand. The long way does both.)
 *
 *   1. Only its thread uses a cache, and is `busy` while it does. Anybody may claim it: sets TAKEN in
 * `closed`, then makes a barrier that reaches all threads (os_barrier), and owns it once it is not busy. The
 * thread pays two plain stores and a load for that, and goes past its cache, to the heap, while it is closed.
 *   2. A block is in one bin, or in one outbox, or neither. For the heap it is a live block.
 *   3. A cache's memory is never given up: a thread that ends leaves an empty one to the next.
 *
 * Cost of memory: a bin holds at most 8 KiB (32 KiB above SHORT_MOST) or 4 blocks, the outbox 64 KiB or one
 * block. While a program is calm, that is while for long its live bytes have moved within 1 MiB, bins that
 * run full and empty again grow to 64 KiB, and to 1 MiB together. All of it goes back to the heap when a
 * thread has rested for a decay step.
 */
#ifndef DF_CACHE_H
#define DF_CACHE_H

#include "arena.h"
#include "outbox.h"
#include "settings.h"

enum {
    BIN_MOST = SETTINGS_CACHE_MOST, /* blocks */
    BIN_BYTES = 64 * 1024,          /* and so many bytes, */
    BIN_SMALL = 64,                 /* or these, unless the program is calm */
    BIN_SMALL_BYTES = 8 * 1024,
    MIDDLE_MOST = 2048, /* granules: 32 KiB */
    MIDDLE_BINS = 42,   /* eight a doubling, as in the core */
    MIDDLE_BIN_MOST = 4,
    OUTBOX_MOST = 256, /* blocks that go to the heap at once, */
    OUTBOX_BYTES = 64 * 1024,
    LOOK_BYTES = 64 * 1024, /* released between two looks at what the program does */
};

/* Why calls go past a thread's cache. */
enum closed {
    TAKEN = 1,     /* somebody else has it */
    HARDENED = 2,  /* the long way shuffles and wipes */
    RECORDING = 4, /* the long way writes down what happens */
    OFF = 8,       /* the long way goes on to the C library */
};

/* What a program does, by what becomes of its live bytes. */
enum phase {
    BUILDS,
    STEADY, /* it frees about as much as it allocates */
    TAKES_DOWN,
    CALM, /* for a long time what was live has moved up and down by little */
};

/* A stack in `bottom` to `end`; below the bottom is a place that can be read, and holds 0. */
struct bin {
    uint32_t *top, *end, *bottom; /* of granules of the first arena */
    bool missed;                  /* empty when it was asked, since it last spilled, */
    bool refilled;                /* and filled from the heap then */
};

struct cache {
    _Atomic uint32_t busy, closed;
    uint32_t filled; /* blocks that came from the heap since the outbox was last emptied */
    struct region region;
    struct bin bins[SHORT_MOST + 1];
    uint32_t live;        /* granules of the heap that were live at the last look, */
    uint64_t released;    /* and the bytes that went to the heap since */
    enum phase phase;     /* what the program did then; */
    uint32_t misses;      /* bins that were empty since it began to take down */
    uint32_t least, most; /* granules that were live at any look since they last moved by much, */
    uint32_t looks;       /* and how many looks that were */
    uint64_t allowed;     /* bytes that the limits of the bins allow in all */
    uint8_t middle_counts[MIDDLE_BINS];
    struct outbox outbox;
    struct kept {
        uint32_t granule, length;
    } middle[MIDDLE_BINS][MIDDLE_BIN_MOST];
    uint32_t seen; /* what the decay saw of it: the same again means that its thread rests */
    bool owned;    /* by a thread that lives; with the registry's lock */
    struct cache *next;
    uint32_t places[]; /* of the bins, each with as many as it may ever need */
};

static_assert(OUTBOX_ROOM >= OUTBOX_MOST + BIN_SMALL + SHORT_MOST * BIN_SMALL + MIDDLE_BINS * MIDDLE_BIN_MOST,
              "the outbox has room for all that a small cache holds");

extern uint64_t cache_mark HIDDEN; /* of freed blocks, with their address */

extern __thread struct cache *cache_own HIDDEN
    __attribute__((tls_model("initial-exec"))); /* NULL: none yet */

void caches_start(void);

/* Applies the settings to the caches that there are; before there are threads. */
void caches_limit(void);

/* Claims a cache for this thread, if it may have one: not after its end has begun. */
struct cache *cache_adopt(void);

/* This thread's; NULL: it has none. */
static inline struct cache *cache_get(void)
{
    return cache_own != NULL ? cache_own : cache_adopt();
}

/* This thread will not have one. */
void cache_refuse(void);

/* --- The short way --- */

/* Gives why the cache is closed: 0 is open, and without TAKEN the long way is. In any case cache_leave must
 * follow. */
static inline uint32_t cache_enter(struct cache *cache)
{
    atomic_store_explicit(&cache->busy, 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst); /* the other half is os_barrier */
    return atomic_load_explicit(&cache->closed, memory_order_relaxed);
}

static inline void cache_leave(struct cache *cache)
{
    atomic_store_explicit(&cache->busy, 0, memory_order_release);
}

static inline uint64_t *mark_of(void *block)
{
    return (uint64_t *)block + 1;
}

static inline uint64_t mark_for(const void *block)
{
    return cache_mark ^ (uint64_t)(uintptr_t)block;
}

static inline void *block_at_granule(uint32_t granule)
{
    return arenas[0].base + bytes_of(granule);
}

static inline uint32_t bin_count(const struct bin *bin)
{
    return (uint32_t)(bin->top - bin->bottom);
}

static inline uint32_t bin_limit(const struct bin *bin)
{
    return (uint32_t)(bin->end - bin->bottom);
}

static inline bool bin_is_empty(const struct bin *bin)
{
    return bin->top == bin->bottom;
}

/* The block that a bin got last, if it has one; NULL: it has lost its mark. */
static inline void *bin_take(struct bin *bin)
{
    uint32_t *last = bin->top - 1;
    void *block = block_at_granule(*last);
    if (*mark_of(block) != mark_for(block))
        return NULL;
    bin->top = last;
    *mark_of(block) = 0;
    return block;
}

/* Puts a block into its bin; false: the bin is full. */
static inline bool bin_push(struct bin *bin, uint32_t granule, void *block)
{
    uint32_t *top = bin->top;
    if (top >= bin->end)
        return false;
    *top = granule;
    bin->top = top + 1;
    *mark_of(block) = mark_for(block);
    return true;
}

/* The same; false also when the bin got this block just before. Below the bottom is a 0, so the block at
 * granule 0 may have to go the long way for nothing. */
static inline bool bin_put(struct bin *bin, uint32_t granule, void *block)
{
    return bin->top[-1] != granule && bin_push(bin, granule, block);
}

/* --- The long way; each of them with the cache entered --- */

/* A block of a length up to MIDDLE_MOST; NULL: none is kept, or there is no memory. */
void *cache_take(struct cache *cache, uint32_t length, bool shuffled);

/* Keeps a block of the first arena of a length up to MIDDLE_MOST, spilling others if need be. */
void cache_put(struct cache *cache, uint32_t length, void *block);

/* Whether the cache holds a block. */
bool cache_has(const struct cache *cache, uint32_t granule);

/* Gives its bins their places; once. */
void cache_lay_out(struct cache *cache);

/* How many places all bins need. */
uint32_t cache_places(void);

/* Makes its bins as small as they start. */
void cache_reset(struct cache *cache);

/* Forgets all it holds. */
void cache_lose(struct cache *cache);

/* Empties it into the heap. */
void cache_flush(struct cache *cache);

/* --- All caches --- */

/* Claims all caches of other threads; with the registry locked until caches_open. False: this kernel has no
 * barrier, and none but the own one is claimed. */
bool caches_close(void);
void caches_open(void);

/* The first of all, and `next`: between caches_close and caches_open. */
struct cache *caches_first(void);

/* In the child of a fork, between the two: whoever owned the others is not there. */
void caches_orphan(void);

/* Empties those that have not been used since the last call; all: every one. Gives how many are in use. */
uint32_t caches_flush(bool all);

/* Sets or clears a reason in all caches, and in those to come. */
void caches_set(enum closed reason, bool on);

#endif
