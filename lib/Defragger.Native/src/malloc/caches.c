/* See cache.h: whose they are. */
#include "cache.h"

#include <pthread.h>

#include "../os/memory.h"
#include "../os/process.h"

uint64_t cache_mark;

__thread struct cache *cache_own __attribute__((tls_model("initial-exec")));

/* This thread's destructors run: what they free goes to the heap. */
static __thread bool ending __attribute__((tls_model("initial-exec")));

static struct {
    struct os_lock lock;
    struct cache *first;
    uint32_t closed; /* reasons that hold for new caches too */
    pthread_key_t end;
    bool has_barrier;
    struct cache *sole; /* the first that a thread had; its owner is the sole one until the heap is shared */
} registry;

/* --- One cache --- */

static void close_one(struct cache *cache)
{
    atomic_fetch_or_explicit(&cache->closed, TAKEN, memory_order_relaxed);
}

static void open_one(struct cache *cache)
{
    atomic_fetch_and_explicit(&cache->closed, ~(uint32_t)TAKEN, memory_order_release);
}

static bool is_busy(const struct cache *cache)
{
    return atomic_load_explicit(&cache->busy, memory_order_acquire) != 0;
}

/* --- One thread or more --- */

/* With the registry locked. The sole thread is kept from cutting its region while the heap becomes shared. */
static void share(void)
{
    bool closed = registry.has_barrier && registry.sole != NULL;
    if (closed) {
        close_one(registry.sole);
        os_barrier();
    }
    while (closed && is_busy(registry.sole))
        os_yield();
    arena_set_shared();
    if (closed)
        open_one(registry.sole);
}

/* With the registry locked, of the owner of a cache: it is the sole thread if there has been no other. */
static void take_part(struct cache *cache)
{
    if (registry.sole == NULL)
        registry.sole = cache;
    if (cache != registry.sole && !is_shared(arenas[0].heap))
        share();
    arena_sole = cache == registry.sole && !is_shared(arenas[0].heap);
}

/* Of a thread that is about to change the first heap. */
static void share_unless_sole(void)
{
    struct cache *own = cache_get();
    os_lock_take(&registry.lock);
    if ((own == NULL || own != registry.sole) && !is_shared(arenas[0].heap))
        share();
    os_lock_give(&registry.lock);
}

/* --- Threads come and go --- */

static void thread_end(void *own)
{
    struct cache *cache = own;
    ending = true;
    cache_own = NULL;
    os_lock_take(&registry.lock);
    cache_flush(cache);
    cache->owned = false;
    arena_sole = false;
    os_lock_give(&registry.lock);
}

void caches_limit(void)
{
    os_lock_take(&registry.lock);
    for (struct cache *cache = registry.first; cache != NULL; cache = cache->next)
        cache_reset(cache);
    os_lock_give(&registry.lock);
}

void caches_start(void)
{
    cache_mark = os_random() | 1;
    registry.has_barrier = os_barrier_start();
    arena_share = share_unless_sole;
    if (!registry.has_barrier)
        arena_set_shared();
    pthread_key_create(&registry.end, thread_end);
}

struct cache *cache_adopt(void)
{
    if (ending)
        return NULL;
    os_lock_take(&registry.lock);
    struct cache *cache = registry.first;
    while (cache != NULL && cache->owned)
        cache = cache->next;
    if (cache == NULL) {
        cache = os_map_sparse(sizeof *cache + cache_places() * sizeof cache->places[0]);
        if (cache != NULL) {
            cache_lay_out(cache);
            cache->next = registry.first;
            registry.first = cache;
        }
    }
    if (cache != NULL) {
        cache->owned = true;
        take_part(cache);
        cache_reset(cache);
        atomic_store_explicit(&cache->closed, registry.closed, memory_order_relaxed);
    }
    os_lock_give(&registry.lock);
    cache_own = cache;
    if (cache != NULL)
        pthread_setspecific(registry.end, cache); /* may allocate, and then uses the cache */
    return cache;
}

void cache_refuse(void)
{
    ending = true;
}

/* --- All caches --- */

struct cache *caches_first(void)
{
    return registry.first;
}

bool caches_close(void)
{
    os_lock_take(&registry.lock);
    if (!registry.has_barrier)
        return false;
    bool others = false;
    for (struct cache *cache = registry.first; cache != NULL; cache = cache->next)
        if (cache != cache_own) {
            close_one(cache);
            others |= cache->owned;
        }
    if (others)
        os_barrier();
    for (struct cache *cache = registry.first; cache != NULL; cache = cache->next)
        while (cache != cache_own && is_busy(cache))
            os_yield();
    return true;
}

void caches_open(void)
{
    for (struct cache *cache = registry.first; cache != NULL; cache = cache->next)
        open_one(cache);
    os_lock_give(&registry.lock);
}

void caches_orphan(void)
{
    bool sole = arena_sole;
    arena_sole = true; /* there is no other thread */
    for (struct cache *cache = registry.first; cache != NULL; cache = cache->next) {
        if (cache == cache_own)
            continue;
        cache->owned = false;
        if (registry.has_barrier)
            cache_flush(cache);
        else /* it may have been in the middle of anything: what it held is lost */
            cache_lose(cache);
    }
    registry.has_barrier = registry.has_barrier && os_barrier_start();
    arena_sole = sole;
    if (!registry.has_barrier)
        arena_set_shared();
}

/* A number that changes when a cache is used; it may rarely stay, and then a cache is emptied too early. */
static uint32_t fingerprint(const struct cache *cache)
{
    uint32_t sum = cache->outbox.count + cache->region.start;
    for (uint32_t i = 1; i <= SHORT_MOST; i++)
        sum = sum * 31 + bin_count(&cache->bins[i]);
    for (uint32_t i = 0; i < MIDDLE_BINS; i++)
        sum = sum * 31 + cache->middle_counts[i];
    return sum;
}

static bool is_empty(const struct cache *cache)
{
    uint32_t kept = cache->outbox.count + (cache->region.end - cache->region.start);
    for (uint32_t i = 1; i <= SHORT_MOST; i++)
        kept |= bin_count(&cache->bins[i]);
    for (uint32_t i = 0; i < MIDDLE_BINS; i++)
        kept |= cache->middle_counts[i];
    return kept == 0;
}

/* Closes the caches of other threads that are to be emptied; whether there are any. */
static bool choose(bool all)
{
    bool any = false;
    for (struct cache *cache = registry.first; cache != NULL; cache = cache->next) {
        uint32_t seen = cache->seen;
        cache->seen = fingerprint(cache);
        if (cache == cache_own || is_empty(cache) || (!all && cache->seen != seen))
            continue;
        close_one(cache);
        any = true;
    }
    return any;
}

uint32_t caches_flush(bool all)
{
    uint32_t used = 0;
    bool sole = arena_sole;
    os_lock_take(&registry.lock);
    arena_sole = true; /* those that are not shared and not closed are not flushed */
    bool any = registry.has_barrier && choose(all);
    if (any)
        os_barrier();
    for (struct cache *cache = registry.first; cache != NULL; cache = cache->next) {
        used += !is_empty(cache);
        if (!any || (atomic_load_explicit(&cache->closed, memory_order_relaxed) & TAKEN) == 0)
            continue;
        if (!is_busy(cache)) /* else it does not rest after all */
            cache_flush(cache);
        open_one(cache);
    }
    arena_sole = sole;
    os_lock_give(&registry.lock);
    return used;
}

void caches_set(enum closed reason, bool on)
{
    os_lock_take(&registry.lock);
    registry.closed = on ? registry.closed | reason : registry.closed & ~(uint32_t)reason;
    for (struct cache *cache = registry.first; cache != NULL; cache = cache->next)
        if (on)
            atomic_fetch_or_explicit(&cache->closed, reason, memory_order_relaxed);
        else
            atomic_fetch_and_explicit(&cache->closed, ~(uint32_t)reason, memory_order_relaxed);
    os_lock_give(&registry.lock);
}
