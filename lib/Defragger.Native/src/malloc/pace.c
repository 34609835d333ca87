/* See pace.h. */
#include "pace.h"

#include <errno.h>

#include "../os/process.h"
#include "cache.h"
#include "compact.h"
#include "large.h"
#include "settings.h"

enum {
    THREAD_HEAP = 4 * 1024 * 1024, /* bytes, from which a thread is worth its 50 us */
    SLICE = 4 * 1024 * 1024,       /* bytes given back between two looks at the clock */
    AFTER_FORK = 20,               /* milliseconds without a thread */
    BUDGET = 50,                   /* milliseconds of one step of the thread */
    BUDGET_CALLER = 8,             /* milliseconds of one step in a call of malloc or free */
    LOOK = 1000,                   /* milliseconds at most until the thread sees that it is the last */
};

enum mode {
    ABSENT,  /* no thread, or one that does nothing any more but end */
    PRESENT, /* one does the steps, or is being started */
    STOPPED, /* none may be: a fork */
};

static struct {
    _Atomic uint32_t mode;
    _Atomic uint32_t bell; /* rises when the thread shall end */
    _Atomic uint32_t stop;
    _Atomic uint64_t due;   /* os_now of the next step without a thread */
    _Atomic uint64_t start; /* os_now from which a thread may be started */
    struct os_lock lock;    /* of starting and ending the thread, and of: */
    uintptr_t thread;
    bool has_thread; /* it was started, and not yet joined */
} pace;

static uint32_t step_time(void)
{
    return settings.decay / DECAY_STEPS + 1;
}

/* The pages that were not needed over the last steps. A step begins. */
static uint32_t pages_unneeded(struct arena *arena)
{
    os_lock_take(&arena->lock);
    uint32_t unneeded = arena->dirty_least;
    for (uint32_t i = 0; i < DECAY_STEPS - 1; i++) {
        arena->least[i] = arena->least[i + 1];
        unneeded = arena->least[i] < unneeded ? arena->least[i] : unneeded;
    }
    arena->least[DECAY_STEPS - 1] = arena->dirty_least;
    arena->dirty_least = arena->heap->dirty_free;
    os_lock_give(&arena->lock);
    return settings.decay == 0 ? arena->dirty_least : unneeded;
}

/* What has been given back is no longer there to be counted in the steps before. */
static void forget(struct arena *arena, uint32_t pages)
{
    for (uint32_t i = 0; i < DECAY_STEPS; i++)
        arena->least[i] -= arena->least[i] < pages ? arena->least[i] : pages;
}

static bool must_stop(uint64_t end)
{
    return os_now() > end || atomic_load_explicit(&pace.stop, memory_order_relaxed) != 0;
}

/* False: it has no page that could be given back. */
static bool arena_step(struct arena *arena, uint64_t end)
{
    uint32_t pages = pages_unneeded(arena);
    if (arena->refused > 0 && (arena->refused++ & 63) != 0)
        return false; /* its memory is locked: look again now and then */
    for (uint64_t rest = (uint64_t)pages * DF_PAGE; rest > 0 && !must_stop(end);) {
        uint64_t purged = arena_purge(arena, rest < SLICE ? rest : SLICE);
        if (purged == 0)
            break;
        forget(arena, (uint32_t)(purged / DF_PAGE));
        rest -= purged < rest ? purged : rest;
    }
    return arena->heap->dirty_free > 0;
}

/* False: nothing is left to do until the program allocates or frees again. */
static bool step(uint32_t budget)
{
    uint64_t now = os_now(), end = now + budget;
    bool more = caches_flush(false) > 0;
    large_decay(now > settings.decay ? now - settings.decay : 0);
    more |= large_statistics().waiting > 0;
    for (uint32_t i = 0; i < arena_count(); i++)
        more |= arena_step(&arenas[i], end);
    return more;
}

/* --- The thread --- */

/* Lets a step's time pass; false when the thread has to end. */
static bool wait_for_step(void)
{
    for (uint64_t now = os_now(), end = now + step_time(); now < end; now = os_now()) {
        uint32_t bell = atomic_load(&pace.bell);
        if (atomic_load(&pace.stop) != 0 || os_is_last_thread())
            return false;
        os_sleep(&pace.bell, bell, end - now < LOOK ? (int64_t)(end - now) : LOOK);
    }
    return atomic_load(&pace.stop) == 0;
}

/* Whether pages or mappings are free that could be given back. */
static bool has_work(void)
{
    bool any = large_statistics().waiting > 0;
    for (uint32_t i = 0; i < arena_count(); i++) {
        os_lock_take(&arenas[i].lock);
        any |= arenas[i].heap->dirty_free > 0 && arenas[i].refused == 0;
        os_lock_give(&arenas[i].lock);
    }
    return any;
}

/* The thread is not there any more, for those who look; false: what was freed since its last step, by
 * somebody who saw it there, is still to be done. */
static bool leave(void)
{
    uint32_t mode = PRESENT;
    if (!atomic_compare_exchange_strong(&pace.mode, &mode, ABSENT)) /* it is STOPPED */
        return true;
    if (atomic_load(&pace.stop) != 0 || os_is_last_thread() || !has_work())
        return true;
    mode = ABSENT;
    return !atomic_compare_exchange_strong(&pace.mode, &mode, PRESENT); /* or another is started */
}

static bool step_and_compact(void)
{
    bool more = step(BUDGET);
    return compact_step(true) || more;
}

/* What was freed now is not old: time passes before the first step. */
static void *run(void *context)
{
    (void)context;
    cache_refuse();
    do {
        while (wait_for_step() && step_and_compact())
            ;
    } while (!leave());
    return NULL;
}

/* With the lock. */
static void thread_join(void)
{
    if (pace.has_thread)
        os_thread_join(pace.thread);
    pace.has_thread = false;
}

static void thread_start(void)
{
    os_lock_take(&pace.lock);
    uint32_t mode = ABSENT;
    if (atomic_compare_exchange_strong(&pace.mode, &mode, PRESENT)) { /* starting it allocates */
        thread_join();
        atomic_store(&pace.stop, 0);
        pace.has_thread = os_thread_start(run, &pace.thread);
        if (!pace.has_thread) {
            atomic_store(&pace.start, UINT64_MAX); /* not allowed here: this process goes without */
            atomic_store(&pace.mode, ABSENT);
        }
    }
    os_lock_give(&pace.lock);
}

static bool wants_thread(const void *caller, uint64_t now)
{
    struct large_statistics large = large_statistics();
    uint64_t heap = bytes_of(arenas[0].heap->limit) + large.live + large.waiting;
    return settings.background != 0 && settings.decay > 0 && now >= atomic_load(&pace.start) &&
           heap >= THREAD_HEAP && !os_is_libc(caller);
}

/* No thread is there: time for one, or for a step? */
static void note_absent(const void *caller)
{
    uint64_t now = os_now(), due = atomic_load_explicit(&pace.due, memory_order_relaxed);
    if (wants_thread(caller, now)) {
        thread_start();
        return;
    }
    if (now < due || !atomic_compare_exchange_strong(&pace.due, &due, now + step_time()))
        return;
    if (due == 0)
        return;
    step(BUDGET_CALLER);
    if (!os_is_libc(caller)) /* it may join the thread, which takes locks of the C library */
        compact_step(false);
}

void pace_note(const void *caller)
{
    uint32_t mode = atomic_load_explicit(&pace.mode, memory_order_relaxed);
    bool is_wanted = compact_is_wanted();
    if (mode != ABSENT && !is_wanted)
        return;
    int error = errno;
    if (is_wanted && !os_is_libc(caller))
        compact_as_wanted();
    else if (mode == ABSENT)
        note_absent(caller);
    errno = error;
}

bool pace_stop(void)
{
    os_lock_take(&pace.lock);
    bool was_there = atomic_exchange(&pace.mode, STOPPED) == PRESENT;
    atomic_store(&pace.stop, 1);
    atomic_fetch_add(&pace.bell, 1);
    os_wake(&pace.bell);
    thread_join();
    return was_there;
}

void pace_resume(bool is_child)
{
    atomic_store(&pace.stop, 0);
    atomic_store(&pace.start, is_child ? 0 : os_now() + AFTER_FORK);
    atomic_store(&pace.mode, ABSENT);
    os_lock_give(&pace.lock);
}

void pace_go_on(void)
{
    thread_start();
}

void pace_flush(void)
{
    struct cache *cache = cache_own;
    if (cache != NULL) {
        if ((cache_enter(cache) & TAKEN) == 0)
            cache_flush(cache);
        cache_leave(cache);
    }
    caches_flush(true);
}

uint64_t pace_trim(void)
{
    uint64_t bytes = large_decay(UINT64_MAX);
    pace_flush();
    for (uint32_t i = 0; i < arena_count(); i++)
        bytes += arena_purge(&arenas[i], UINT64_MAX);
    return bytes;
}
