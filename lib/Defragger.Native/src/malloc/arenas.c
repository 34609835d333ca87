/* See arena.h: the arenas, their memory and their locks. */
#include "arena.h"

#include <string.h>

#include "../os/memory.h"
#include "large.h"
#include "places.h"

struct arena arenas[ARENA_MOST];

__thread bool arena_sole __attribute__((tls_model("initial-exec")));
void (*arena_share)(void);

static _Atomic uint32_t count; /* grows only; those below it are complete */
static struct os_lock making;

enum {
    GROWTH = 64 * 1024,         /* what the heap commits at a time; more would all be taken for one victim */
    TOUCHED_FROM = 1024 * 1024, /* a program that needs less memory than this should not get more */
    USABLE_STEP = 4 * 1024 * 1024, /* of a system call that makes more usable */
    CAPACITY_LEAST = 1024 * 1024,
    CAPACITY_STRICT = 256 * 1024 * 1024, /* where address space counts as memory */
    SHARE = 8,                           /* of RLIMIT_AS that one arena takes, */
    SHARES_MOST = 6, /* and how many of them may: large blocks, libraries and stacks need the rest */
};

uint32_t arena_count(void)
{
    return atomic_load_explicit(&count, memory_order_acquire);
}

/* --- The outside of a heap --- */

/* Whether the process may have so much more. Reserved address space was counted when it was reserved, so the
 * kernel does not see that a limit has come since: what is usable has to keep to it all the same. */
static bool is_allowed(uint64_t more)
{
    uint64_t most = os_address_space_most();
    if (most == SIZE_MAX)
        return true;
    struct large_statistics large = large_statistics();
    uint64_t used = large.live + large.waiting + more;
    for (uint32_t i = 0; i < arena_count(); i++)
        used += arenas[i].usable;
    return used <= most;
}

static bool make_usable(struct arena *arena, uint64_t end)
{
    uint64_t more = end - arena->usable;
    if (!is_allowed(more) || !os_commit(arena->base + arena->usable, more))
        return false;
    arena->usable = end;
    return true;
}

static bool outside_commit(void *context, uint64_t offset, uint64_t length)
{
    struct arena *arena = context;
    uint64_t end = (offset + length + DF_PAGE - 1) & ~(uint64_t)(DF_PAGE - 1);
    uint64_t step = arena->usable + USABLE_STEP;
    uint64_t usable = end > step ? end : step < arena->capacity ? step : arena->capacity;
    if (end > arena->usable && !make_usable(arena, usable) && !make_usable(arena, end))
        return false;
    /* What small blocks will be cut from is touched soon: all of it at once costs half of a fault a page. */
    if (length <= GROWTH && offset >= TOUCHED_FROM)
        os_touch(arena->base + offset, end - offset);
    return true;
}

static bool outside_purge(void *context, uint64_t offset, uint64_t length)
{
    struct arena *arena = context;
    struct iovec range = {arena->base + offset, length};
    return places_purge(arena, &range, 1) == 1;
}

static void outside_zero(void *context, uint64_t offset, uint64_t length)
{
    struct arena *arena = context;
    memset(arena->base + offset, 0, length);
}

/* --- Making arenas --- */

static bool arena_make(struct arena *arena, uint64_t capacity)
{
    size_t metadata = df_heap_metadata_size(capacity);
    unsigned char *records = os_map_sparse(metadata);
    unsigned char *space = records == NULL ? NULL : os_reserve(capacity, ARENA_ALIGNMENT);
    if (space == NULL) {
        if (records != NULL)
            os_unmap(records, metadata);
        return false;
    }
    arena->base = space;
    arena->metadata = metadata;
    os_no_huge_pages(arena->base, capacity);
    struct df_heap_options options = {
        .capacity = capacity,
        .growth = GROWTH,
        .outside = {arena, outside_commit, outside_purge, outside_zero},
    };
    df_heap_open(records, metadata, &options, &arena->heap);
    arena->heap->shared = arena != &arenas[0]; /* the others are rare */
    arena->start = arena->heap->start;
    arena->free = arena->heap->free;
    atomic_store_explicit(&arena->short_end, capacity >> GRANULE_SHIFT, memory_order_relaxed);
    arena->capacity = capacity; /* last: from here on free finds it */
    return true;
}

/* With `making` held. Smaller arenas are tried until one can be had. */
static bool arena_add(void)
{
    uint32_t number = arena_count();
    uint64_t reserved = 0;
    uint64_t capacity = DF_CAPACITY_MAX & ~(uint64_t)(DF_PAGE - 1), most = os_address_space_most();
    if (os_commits_strictly())
        capacity = CAPACITY_STRICT;
    if (most / SHARE < capacity)
        capacity = (most / SHARE & ~(uint64_t)(DF_PAGE - 1));
    for (uint32_t i = 0; i < number; i++)
        reserved += arenas[i].capacity + arenas[i].metadata;
    if (number > 0 && reserved + capacity > most / SHARE * SHARES_MOST)
        return false;
    for (; number < ARENA_MOST && capacity >= CAPACITY_LEAST;
         capacity = capacity / 2 & ~(uint64_t)(DF_PAGE - 1))
        if (arena_make(&arenas[number], capacity)) {
            atomic_store_explicit(&count, number + 1, memory_order_release);
            return true;
        }
    return false;
}

bool arenas_extend(uint32_t known)
{
    os_lock_take(&making);
    bool made = arena_count() > known || arena_add();
    os_lock_give(&making);
    return made;
}

struct arena *arena_of(const void *address)
{
    for (uint32_t i = 0; i < arena_count(); i++)
        if (offset_of(&arenas[i], address) < arenas[i].capacity)
            return &arenas[i];
    return NULL;
}

/* --- Changing a heap --- */

void arena_set_shared(void)
{
    os_lock_take(&arenas[0].lock); /* whoever changes the heap has seen it otherwise */
    __atomic_store_n(&arenas[0].heap->shared, true, __ATOMIC_RELAXED);
    os_lock_give(&arenas[0].lock);
}

/* Readers without the lock are kept away until readers_let_in. */
static void readers_keep_out(struct arena *arena)
{
    uint32_t sequence = atomic_load_explicit(&arena->sequence, memory_order_relaxed);
    atomic_store_explicit(&arena->sequence, sequence + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
}

static void readers_let_in(struct arena *arena)
{
    uint32_t sequence = atomic_load_explicit(&arena->sequence, memory_order_relaxed);
    atomic_store_explicit(&arena->sequence, sequence + 1, memory_order_release);
}

void arena_lock(struct arena *arena)
{
    if (!arena_sole && !is_shared(arena->heap))
        arena_share();
    os_lock_take(&arena->lock);
    readers_keep_out(arena);
}

void arena_unlock(struct arena *arena)
{
    note_dirty(arena);
    readers_let_in(arena);
    os_lock_give(&arena->lock);
}

bool arena_lock_pages(struct arena *arena)
{
    os_lock_take(&arena->lock);
    bool held = arena->heap->holds.page_count > 0;
    if (held)
        readers_keep_out(arena);
    return held;
}

void arena_unlock_pages(struct arena *arena, bool held)
{
    note_dirty(arena);
    if (held)
        readers_let_in(arena);
    os_lock_give(&arena->lock);
}

void arenas_lock(void)
{
    os_lock_take(&making);
    for (uint32_t i = 0; i < arena_count(); i++)
        os_lock_take(&arenas[i].lock);
}

void arenas_unlock(void)
{
    for (uint32_t i = 0; i < arena_count(); i++)
        os_lock_give(&arenas[i].lock);
    os_lock_give(&making);
}

void arenas_reset_locks(void)
{
    for (uint32_t i = 0; i < arena_count(); i++)
        os_lock_reset(&arenas[i].lock);
    os_lock_reset(&making);
}
