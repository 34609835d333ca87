/* See front.h. */
#include "front.h"

#include <errno.h>
#include <string.h>

#include "../core/hold.h"
#include "../os/libc.h"
#include "../os/process.h"
#include "cache.h"
#include "large.h"
#include "pace.h"
#include "places.h"
#include "record.h"
#include "report.h"
#include "settings.h"
#include "start.h"

enum {
    LARGE_LEAST = 1024 * 1024, /* bytes: larger blocks are mappings of their own */
    PURGE_LEAST = 64 * 1024,   /* bytes: a system call is cheaper than zeros */
    LARGE_GROWN =
        256 * 1024, /* a block that grows to this and must move becomes one: mremap moves it without a copy */
};

static bool is_large(size_t size, size_t alignment)
{
    return size >= LARGE_LEAST || alignment > ARENA_ALIGNMENT;
}

/* --- The short way, while a recording is under way --- */

/*
 * Calls come here only because they are recorded: they need nothing else of the long way. A loop of malloc
 * and free takes 3 to 9 times as long with it, and 2 to 5 without.
 */

/* Whether a thread may use its cache; cache_leave must follow. */
static bool enter_recorded(struct cache *cache)
{
    return (cache_enter(cache) & ~(uint32_t)RECORDING) == 0;
}

/* A short block of this thread's cache or region; NULL: there is none at hand. */
static void *take_recorded(size_t size)
{
    struct cache *cache = cache_own;
    void *block = NULL;
    if (cache == NULL || size > SHORT_MOST * DF_GRANULE)
        return NULL;
    if (enter_recorded(cache)) {
        uint32_t length = granules_of(size);
        struct bin *bin = &cache->bins[length];
        if (!bin_is_empty(bin))
            block = bin_take(bin);
        else if (region_serves(&cache->region, length)) {
            block = region_cut(&cache->region, length);
            bin->missed = true;
        }
    }
    cache_leave(cache);
    return block;
}

/* Puts a short block of the first arena into its bin; false: it has to go the long way. */
static bool put_recorded(void *block)
{
    struct cache *cache = cache_own;
    const struct arena *arena = &arenas[0];
    uint64_t offset = offset_of(arena, block), granule = offset >> GRANULE_SHIFT;
    if (cache == NULL || offset % DF_GRANULE != 0 || granule >= arena->capacity >> GRANULE_SHIFT)
        return false;
    uint32_t begin = read_begin(arena);
    uint64_t length = short_length(arena, (uint32_t)granule);
    if (length == 0 || !read_holds(arena, begin))
        return false;
    bool kept = enter_recorded(cache) && bin_put(&cache->bins[length], (uint32_t)granule, block);
    cache_leave(cache);
    return kept;
}

/* --- Allocating --- */

/* A block that this thread keeps, or a new one with some more of its kind; NULL: ask the heap. */
static void *take_cached(uint32_t length)
{
    struct cache *cache = cache_get();
    if (cache == NULL)
        return NULL;
    uint32_t closed = cache_enter(cache);
    void *block = (closed & TAKEN) == 0 ? cache_take(cache, length, (closed & HARDENED) != 0) : NULL;
    cache_leave(cache);
    return block;
}

static void *allocate_once(size_t size, size_t alignment, bool zeroed)
{
    if (is_large(size, alignment)) {
        void *block = large_allocate(size, alignment, zeroed);
        return block != NULL || alignment > ARENA_ALIGNMENT ? block
                                                            : arena_allocate_one(size, alignment, zeroed);
    }
    uint32_t length = granules_of(size);
    void *block = alignment <= DF_GRANULE && length <= MIDDLE_MOST ? take_cached(length) : NULL;
    if (block != NULL)
        return zeroed ? memset(block, 0, size) : block;
    return arena_allocate_one(size, alignment, zeroed);
}

void *front_allocate(size_t size, size_t alignment, bool zeroed, const void *caller)
{
    void *at_hand = record_is_on() && alignment <= DF_GRANULE ? take_recorded(size) : NULL;
    if (at_hand != NULL) {
        record_got(at_hand, size, alignment, zeroed);
        return zeroed ? memset(at_hand, 0, size) : at_hand;
    }
    if (size > PTRDIFF_MAX || alignment > PTRDIFF_MAX || !start()) {
        errno = ENOMEM;
        return NULL;
    }
    if (settings.off)
        return libc_allocate(size, alignment, zeroed);
    int error = errno;
    void *block = allocate_once(size, alignment, zeroed);
    if (block == NULL && pace_trim() > 0)
        block = allocate_once(size, alignment, zeroed);
    record_allocate(block, size, alignment, zeroed);
    pace_note(caller);
    errno = block != NULL ? error : ENOMEM;
    return block;
}

/* --- What a pointer points to --- */

/* Whether a block is the C library's: all are while we are off, but those that were taken before there were
 * settings. */
static bool is_libcs(const struct arena *arena, const void *block)
{
    return settings.off && arena == NULL && large_find(block).state != LARGE_LIVE;
}

/* On a held page start bits stand for what is free, too: only the heap can tell. */
static bool is_on_held_page(const struct arena *arena, const void *block)
{
    return page_is_held(arena->heap, page_of(granule_of(arena, block)));
}

/* The length of a block of an arena in granules; 0, when it is none: *status says why. */
static uint32_t length_at(struct arena *arena, const void *block, enum df_status *status)
{
    uint64_t offset = offset_of(arena, block), size = 0;
    *status = DF_NOT_IN_HEAP;
    if (offset % DF_GRANULE != 0)
        return 0;
    uint32_t begin = read_begin(arena), granule = (uint32_t)(offset >> GRANULE_SHIFT);
    uint32_t length = is_start(arena->heap, granule) ? block_end(arena->heap, granule) - granule : 0;
    if (!is_on_held_page(arena, block) && read_holds(arena, begin) && length != 0)
        return length;
    *status = arena_usable_size(arena, block, &size);
    return *status == DF_OK ? (uint32_t)(size >> GRANULE_SHIFT) : 0;
}

static void report_large(const char *call, const void *block, struct large_place place)
{
    report_mistake(call, block,
                   place.state == LARGE_INSIDE  ? INSIDE_A_BLOCK
                   : place.state == LARGE_FREED ? DOUBLE_FREE
                                                : FOREIGN,
                   (uint64_t)((uintptr_t)block - (uintptr_t)place.start), place.length);
}

/* Whether a block with the mark of a freed one is in a cache. */
static bool is_cached(struct cache *own, const struct arena *arena, const void *block)
{
    uint32_t granule = granule_of(arena, block);
    if (arena != &arenas[0])
        return false;
    if (own != NULL && cache_has(own, granule))
        return true;
    bool found = false;
    if (caches_close())
        for (struct cache *cache = caches_first(); cache != NULL && !found; cache = cache->next)
            found = cache_has(cache, granule);
    caches_open();
    return found;
}

/* --- Freeing --- */

/* Zeros. Of a long block the pages are given back, so that one that was never touched does not become
 * resident. */
static void wipe(unsigned char *block, uint64_t length)
{
    uint64_t before = (0 - (uintptr_t)block) & (DF_PAGE - 1);
    struct iovec pages = {block + before, (length - before) & ~(uint64_t)(DF_PAGE - 1)};
    if (length < PURGE_LEAST || !places_purge_block(pages.iov_base, pages.iov_len)) {
        memset(block, 0, length);
        return;
    }
    memset(block, 0, before);
    memset(block + before + pages.iov_len, 0, length - before - pages.iov_len);
}

static void free_in_arena(struct arena *arena, void *block, const char *call)
{
    enum df_status status;
    uint32_t length = length_at(arena, block, &status);
    struct cache *cache = cache_get();
    if (length == 0) {
        arena_report(arena, call, block, status);
        return;
    }
    if (length <= MIDDLE_MOST && *mark_of(block) == mark_for(block) && is_cached(cache, arena, block)) {
        report_mistake(call, block, DOUBLE_FREE, 0, 0);
        return;
    }
    if (settings.hardened)
        wipe(block, bytes_of(length));
    bool kept = false;
    /* What a cache keeps is handed out again, and to a held page nobody should write. */
    if (cache != NULL && length <= MIDDLE_MOST && arena == &arenas[0] && !is_on_held_page(arena, block)) {
        kept = (cache_enter(cache) & TAKEN) == 0;
        if (kept)
            cache_put(cache, length, block);
        cache_leave(cache);
    }
    if (!kept)
        arena_release(arena, block, call);
}

void front_free(void *block, const char *call, const void *caller)
{
    if (block == NULL)
        return;
    int error = errno;
    struct arena *arena = arena_of(block);
    if (is_libcs(arena, block)) {
        libc_free(block);
        errno = error;
        return;
    }
    if (record_is_on()) {
        record_gave_up(block);
        if (put_recorded(block))
            return;
    }
    if (arena != NULL) {
        free_in_arena(arena, block, call);
    } else {
        struct large_place place = large_release(block);
        if (place.state != LARGE_LIVE)
            report_large(call, block, place);
    }
    pace_note(caller);
    errno = error;
}

/* --- Resizing --- */

static void *move(void *block, size_t had, size_t size, const void *caller)
{
    void *moved =
        size >= LARGE_GROWN && size > had && !settings.off ? large_allocate(size, DF_PAGE, false) : NULL;
    if (moved == NULL)
        moved = front_allocate(size, DF_GRANULE, false, caller);
    if (moved == NULL)
        return NULL;
    memcpy(moved, block, had < size ? had : size);
    front_free(block, "realloc", caller);
    return moved;
}

static void *resize_in_arena(struct arena *arena, void *block, size_t size, const void *caller)
{
    enum df_status status;
    uint32_t length = length_at(arena, block, &status), wanted;
    if (length == 0 ||
        (length <= MIDDLE_MOST && *mark_of(block) == mark_for(block) && is_cached(cache_own, arena, block))) {
        arena_report(arena, "realloc", block, length == 0 ? status : DF_ALREADY_FREE);
        return NULL;
    }
    size_t had = (size_t)bytes_of(length);
    if (size > PTRDIFF_MAX) {
        errno = ENOMEM;
        return NULL;
    }
    if (size < LARGE_LEAST) {
        wanted = granules_of(size);
        /* A short block stays when it wastes at most a quarter; one that does not moves, and takes no lock.
         */
        if (wanted == length || (length <= SHORT_MOST && wanted < length && wanted >= length - length / 4))
            return block;
    }
    if (length > SHORT_MOST && !settings.off && arena_resize(arena, block, size) == DF_OK)
        return block;
    return move(block, had, size, caller);
}

static void *resize_large(void *block, size_t size, const void *caller)
{
    struct large_place place = large_find(block);
    if (place.state != LARGE_LIVE) {
        report_large("realloc", block, place);
        return NULL;
    }
    void *moved = size >= LARGE_GROWN && size <= PTRDIFF_MAX ? large_resize(block, size) : NULL;
    return moved != NULL ? moved : move(block, place.length, size, caller);
}

void *front_resize(void *block, size_t size, const void *caller)
{
    struct arena *arena = arena_of(block);
    if (is_libcs(arena, block))
        return libc_resize(block, size);
    uint64_t left = record_resize_begin();
    void *resized =
        arena != NULL ? resize_in_arena(arena, block, size, caller) : resize_large(block, size, caller);
    record_resize(left, block, resized, size);
    return resized;
}

size_t front_usable_size(void *block)
{
    struct arena *arena = block == NULL ? NULL : arena_of(block);
    enum df_status status;
    if (arena != NULL)
        return (size_t)bytes_of(length_at(arena, block, &status));
    if (block != NULL && is_libcs(arena, block))
        return libc_usable_size(block);
    struct large_place place = block == NULL ? (struct large_place){0} : large_find(block);
    return place.state == LARGE_LIVE ? (size_t)place.length : 0;
}
