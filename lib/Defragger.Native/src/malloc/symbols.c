/*
 * The C library's names. The short ways of malloc and free are here, whole: a block from a bin, a block into
 * a bin. Everything else is front.h.
 *
 * C++'s operators new and delete call malloc, aligned_alloc and free, and need no names here.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../core/hold.h"
#include "../os/libc.h"
#include "cache.h"
#include "defragger.h"
#include "front.h"
#include "pace.h"
#include "settings.h"

#define EXPORT __attribute__((visibility("default")))
#define LIKELY(condition) __builtin_expect((condition), 1)
#define CALLER __builtin_return_address(0)

enum { SHORT_BYTES = SHORT_MOST * DF_GRANULE };

/* A short block that its bin has not: cut from the thread's region, or found the long way. With the cache
 * entered. Not inlined, so that it costs the short way no register. */
static __attribute__((noinline)) void *cut_new(struct cache *cache, size_t size, bool zeroed,
                                               const void *caller)
{
    uint32_t length = granules_of(size);
    void *block = NULL;
    if (LIKELY(region_serves(&cache->region, length))) {
        block = region_cut(&cache->region, length);
        cache->bins[length].missed = true;
    }
    cache_leave(cache);
    if (LIKELY(block != NULL))
        return zeroed ? memset(block, 0, size) : block;
    return front_allocate(size, DF_GRANULE, zeroed, caller);
}

/* The block that this thread freed last of a size, or another. */
static inline void *allocate_plain(size_t size, bool zeroed, const void *caller)
{
    struct cache *cache = cache_own;
    if (LIKELY(size <= SHORT_BYTES && cache != NULL)) {
        size_t length = granules_of(size); /* in 64 bits, else it is computed twice */
        struct bin *bin = &cache->bins[length];
        if (LIKELY(cache_enter(cache) == 0)) {
            if (bin_is_empty(bin))
                return cut_new(cache, size, zeroed, caller);
            void *block = bin_take(bin);
            if (LIKELY(block != NULL)) {
                cache_leave(cache);
                return zeroed ? memset(block, 0, size) : block;
            }
        }
        cache_leave(cache);
    }
    return front_allocate(size, DF_GRANULE, zeroed, caller);
}

/* Frees a short block that its bin does not take: it is full, or the block bears the mark of a freed one.
 * With the cache entered. */
static __attribute__((noinline)) void put_other(struct cache *cache, uint32_t length, void *block,
                                                const void *caller)
{
    int error = errno;
    bool is_marked = *mark_of(block) == mark_for(block);
    if (!is_marked)
        cache_put(cache, length, block);
    cache_leave(cache);
    errno = error;
    if (is_marked)
        front_free(block, "free", caller);
    else
        pace_note(caller);
}

/* The granule of an address. Rotated, so that what lies outside and what is no granule's start are both too
 * large. */
static inline uint64_t granule_or_none(const void *block)
{
    uint64_t offset = offset_of(&arenas[0], block);
    return offset >> GRANULE_SHIFT | offset << (64 - GRANULE_SHIFT);
}

/* Frees a short block that starts below `end`; false: the long way. */
static inline bool free_short(void *block, uint64_t end, const void *caller)
{
    struct cache *cache = cache_own;
    const struct arena *arena = &arenas[0];
    uint64_t granule = granule_or_none(block);
    if (!LIKELY(granule < end && cache != NULL))
        return false;
    uint32_t begin = read_begin(arena);
    uint64_t length = short_length(arena, (uint32_t)granule);
    if (!LIKELY(length != 0 && read_holds(arena, begin)))
        return false;
    bool open = cache_enter(cache) == 0;
    if (open && !LIKELY(bin_put(&cache->bins[length], (uint32_t)granule, block))) {
        put_other(cache, (uint32_t)length, block, caller);
        return true;
    }
    cache_leave(cache);
    return open;
}

EXPORT void *malloc(size_t size)
{
    return allocate_plain(size, false, CALLER);
}

/* Frees a block above the first page that is held: still the short way, unless its own page is. */
static __attribute__((noinline)) void free_among_held(void *block, const void *caller)
{
    const struct arena *arena = &arenas[0];
    uint64_t granule = granule_or_none(block), end = arena->capacity >> GRANULE_SHIFT;
    bool is_held = granule < end && page_is_held(arena->heap, page_of((uint32_t)granule));
    if (is_held || !free_short(block, end, caller))
        front_free(block, "free", caller);
}

EXPORT void free(void *block)
{
    if (!LIKELY(free_short(block, atomic_load_explicit(&arenas[0].short_end, memory_order_relaxed), CALLER)))
        free_among_held(block, CALLER);
}

EXPORT void cfree(void *block)
{
    free(block);
}

EXPORT void *calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return allocate_plain(bytes, true, CALLER);
}

/* As glibc: realloc(block, 0) frees. */
EXPORT void *realloc(void *block, size_t size)
{
    if (block == NULL)
        return malloc(size);
    if (size == 0) {
        free(block);
        return NULL;
    }
    return front_resize(block, size, CALLER);
}

EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, bytes);
}

/* --- Aligned --- */

static bool is_power(size_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

static void *allocate_aligned(size_t alignment, size_t size, const void *caller)
{
    return alignment <= DF_GRANULE ? allocate_plain(size, false, caller)
                                   : front_allocate(size, alignment, false, caller);
}

EXPORT int posix_memalign(void **block, size_t alignment, size_t size)
{
    if (!is_power(alignment) || alignment % sizeof(void *) != 0)
        return EINVAL;
    int error = errno;
    void *allocated = allocate_aligned(alignment, size, CALLER);
    errno = error;
    if (allocated == NULL)
        return ENOMEM;
    *block = allocated;
    return 0;
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    if (!is_power(alignment)) {
        errno = EINVAL;
        return NULL;
    }
    return allocate_aligned(alignment, size, CALLER);
}

/* As glibc: an alignment that is no power of two is rounded up to one. */
EXPORT void *memalign(size_t alignment, size_t size)
{
    if (alignment > SIZE_MAX / 2 + 1) {
        errno = EINVAL;
        return NULL;
    }
    size_t power = DF_GRANULE;
    while (power < alignment)
        power *= 2;
    return allocate_aligned(power, size, CALLER);
}

EXPORT void *valloc(size_t size)
{
    return allocate_aligned((size_t)sysconf(_SC_PAGESIZE), size, CALLER);
}

EXPORT void *pvalloc(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), rounded = (size + page - 1) & ~(page - 1);
    if (rounded < size) {
        errno = ENOMEM;
        return NULL;
    }
    return allocate_aligned(page, rounded, CALLER);
}

/* --- Asking and telling --- */

EXPORT size_t malloc_usable_size(void *block)
{
    return front_usable_size(block);
}

/* Gives all back that can be; pad is not needed, since what is used again is committed at once. */
EXPORT int malloc_trim(size_t pad)
{
    uint64_t given = df_malloc_trim();
    return settings.off ? libc_trim(pad) : given > 0;
}

EXPORT struct mallinfo2 mallinfo2(void)
{
    struct df_malloc_statistics now;
    if (settings.off)
        return libc_mallinfo2();
    df_malloc_statistics(&now);
    return (struct mallinfo2){
        .arena = now.committed,
        .hblks = now.large_blocks,
        .hblkhd = now.large,
        .fsmblks = now.cached,
        .uordblks = now.live - now.large,
        .fordblks = now.committed - (now.live - now.large),
        .keepcost = now.dirty,
    };
}

/* Fields of 32 bits: what does not fit is cut off, as glibc does. */
EXPORT struct mallinfo mallinfo(void)
{
    struct mallinfo2 wide = mallinfo2();
    return (struct mallinfo){
        .arena = (int)wide.arena,
        .hblks = (int)wide.hblks,
        .hblkhd = (int)wide.hblkhd,
        .fsmblks = (int)wide.fsmblks,
        .uordblks = (int)wide.uordblks,
        .fordblks = (int)wide.fordblks,
        .keepcost = (int)wide.keepcost,
    };
}

EXPORT void malloc_stats(void)
{
    if (settings.off)
        libc_print();
    else
        df_malloc_print(STDERR_FILENO);
}
