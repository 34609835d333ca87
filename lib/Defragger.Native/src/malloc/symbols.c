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

#include "../os/libc.h"
#include "cache.h"
#include "defragger.h"
#include "front.h"
#include "settings.h"

#define EXPORT __attribute__((visibility("default")))
#define LIKELY(condition) __builtin_expect((condition), 1)
#define CALLER __builtin_return_address(0)

enum { SHORT_BYTES = SHORT_MOST * DF_GRANULE };

/* The block that this thread freed last of a size; NULL: the long way. */
static inline void *take_short(size_t size)
{
    struct cache *cache = cache_own;
    void *block = NULL;
    if (LIKELY(size <= SHORT_BYTES && cache != NULL)) {
        uint32_t length = granules_of(size);
        if (LIKELY(cache_enter(cache) == 0)) {
            struct bin *bin = &cache->bins[length];
            if (LIKELY(!bin_is_empty(bin))) {
                block = bin_take(bin);
            } else if (region_serves(&cache->region, length)) {
                block = region_cut(&cache->region, length);
                bin->missed = true;
            }
        }
        cache_leave(cache);
    }
    return block;
}

/* Puts a short block into a bin that has room; false: the long way. */
static inline bool put_short(void *block)
{
    struct cache *cache = cache_own;
    const struct arena *arena = &arenas[0];
    /* Rotated, so that what lies outside and what is no granule's start are both too large. */
    uint64_t offset = offset_of(arena, block),
             granule = offset >> GRANULE_SHIFT | offset << (64 - GRANULE_SHIFT);
    if (!LIKELY(granule < arena->capacity >> GRANULE_SHIFT && cache != NULL))
        return false;
    uint32_t begin = read_begin(arena);
    uint64_t length = short_length(arena, (uint32_t)granule);
    if (!LIKELY(length != 0 && read_holds(arena, begin)))
        return false;
    bool kept = cache_enter(cache) == 0 && bin_put(&cache->bins[length], (uint32_t)granule, block);
    cache_leave(cache);
    return kept;
}

static inline void *allocate_plain(size_t size, const void *caller)
{
    void *block = take_short(size);
    return LIKELY(block != NULL) ? block : front_allocate(size, DF_GRANULE, false, caller);
}

EXPORT void *malloc(size_t size)
{
    return allocate_plain(size, CALLER);
}

EXPORT void free(void *block)
{
    if (!LIKELY(put_short(block)))
        front_free(block, "free", CALLER);
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
    void *block = take_short(bytes);
    return LIKELY(block != NULL) ? memset(block, 0, bytes) : front_allocate(bytes, DF_GRANULE, true, CALLER);
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
    return alignment <= DF_GRANULE ? allocate_plain(size, caller)
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
