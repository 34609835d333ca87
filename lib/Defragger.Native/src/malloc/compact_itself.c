/* See compact.h: merging that nobody asked for. */
#include "../os/memory.h"
#include "../os/process.h"
#include "../os/watch.h"
#include "compact.h"
#include "compact_work.h"
#include "settings.h"

enum {
    BY_ITSELF_GAIN = 1024,    /* pages, 4 MiB, */
    BY_ITSELF_SHARE = 3,      /* and one of so many of those that are pinned */
    BY_ITSELF_BUDGET = 50000, /* microseconds */
    PAUSE_LEAST = 4000,       /* milliseconds */
    PAUSE_DOUBLINGS = 8,
    LITTLE_DOUBLINGS = 2,
    WATCH = 1000, /* milliseconds in which a page that is written to is not cold */
};

_Atomic bool compact_wanted;

/* With the lock of a compaction. */
static struct {
    uint64_t due; /* os_now of the next */
    uint32_t doublings;
    uint32_t live;                 /* granules, at the last step */
    uint64_t unmerges;             /* when the last ended, */
    uint32_t merged;               /* and the pages that were merged then */
    bool is_written_to;            /* a part of what is merged, sooner or later */
    uint64_t looked, watched_from; /* os_now */
    struct os_watch watch;
    size_t known; /* bytes of compact_state.written */
} policy;

static bool rests(uint32_t live)
{
    uint32_t before = policy.live, moved = live > before ? live - before : before - live;
    policy.live = live;
    return moved <= live / 16;
}

/* Those have been merged already. */
static uint32_t pages_shown(void)
{
    return settings.merge == MERGE_KSM ? arenas[0].heap->holds.page_count : places.count - places.loose;
}

static bool is_worth_it(const struct df_heap *heap, uint32_t live)
{
    uint32_t pinned = __atomic_load_n(&heap->pinned, __ATOMIC_RELAXED), full = live / PAGE_GRANULES;
    uint32_t shown = pages_shown();
    uint32_t gain = pinned > full + shown ? pinned - full - shown : 0;
    return gain >= BY_ITSELF_GAIN && gain >= pinned / BY_ITSELF_SHARE;
}

/* --- Which pages are written to --- */

void compact_watch_end(void)
{
    os_watch_end(&policy.watch);
    if (compact_state.written != NULL)
        os_unmap((void *)compact_state.written, policy.known);
    compact_state.written = NULL;
}

/* What has become of what was merged. Once a part of it has been written to, pages are watched from then on.
 */
static void look(struct arena *arena)
{
    struct os_held held = os_hold();
    compact_look(arena);
    alike_look(arena);
    os_resume(&held);
    policy.looked = os_now();
    policy.is_written_to |= compact_state.unmerges - policy.unmerges > policy.merged / 16;
}

/* True: it goes on, or has just begun. False: it has ended, or cannot be. */
static bool is_watching(struct arena *arena)
{
    if (policy.watch.is_on)
        return os_now() < policy.watched_from + WATCH;
    if (!policy.is_written_to)
        return false;
    policy.watched_from = os_now();
    return os_watch_begin(&policy.watch, arena->base,
                          bytes_of(arena->heap->limit) & ~(uint64_t)(DF_PAGE - 1));
}

/* What the watch has seen is known until a compaction has used it. */
static void watch_read(void)
{
    size_t pages = policy.watch.size / DF_PAGE;
    policy.known = (pages / 8 + DF_PAGE) & ~(size_t)(DF_PAGE - 1);
    uint64_t *written = os_map(policy.known, DF_PAGE);
    bool is_known = written != NULL && os_watch_read(&policy.watch, written);
    compact_watch_end();
    compact_state.watched = (uint32_t)pages;
    if (is_known)
        compact_state.written = written;
    else if (written != NULL)
        os_unmap(written, policy.known);
}

/* --- When --- */

/* The pause until the next, by what has become of what the last one merged; longer, too, if nothing could be.
 */
static void pause_set(void)
{
    uint64_t unmerges = compact_state.unmerges - policy.unmerges;
    bool in_vain = unmerges > policy.merged / 2, is_little = compact_state.answer == DF_COMPACT_LITTLE;
    policy.unmerges = compact_state.unmerges;
    policy.merged = pages_shown();
    policy.doublings = !in_vain                             ? 0
                       : policy.doublings < PAUSE_DOUBLINGS ? policy.doublings + 1
                                                            : PAUSE_DOUBLINGS;
    policy.due = os_now();
    if (in_vain || compact_state.answer != DF_COMPACT_BUDGET) /* else it goes on with the next step */
        policy.due += (uint64_t)PAUSE_LEAST
                      << (is_little ? policy.doublings + LITTLE_DOUBLINGS : policy.doublings);
}

/* With the lock. */
static void run_by_itself(bool is_ours)
{
    if (policy.watch.is_on)
        watch_read();
    compact_run(BY_ITSELF_BUDGET, is_ours);
    bool is_left = is_ours && compact_state.answer == DF_COMPACT_THREADS;
    atomic_store_explicit(&compact_wanted, is_left, memory_order_relaxed);
    if (is_left)
        return;
    compact_watch_end();
    pause_set();
}

static bool step_of(struct arena *arena, bool is_ours)
{
    uint32_t live = __atomic_load_n(&arena->heap->live, __ATOMIC_RELAXED);
    bool is_due = rests(live) && os_now() >= policy.due && os_process() == compact_state.process;
    if (is_ours && compact_is_wanted())
        return false; /* the program's next call does it */
    if (is_due && !policy.watch.is_on && os_now() >= policy.looked + PAUSE_LEAST)
        look(arena);
    if (!is_due || !is_worth_it(arena->heap, live)) {
        compact_watch_end(); /* what was written to before it rests says nothing */
        return false;
    }
    if (is_watching(arena))
        return true;
    struct os_held held = os_hold();
    run_by_itself(is_ours);
    os_resume(&held);
    return compact_state.answer == DF_COMPACT_BUDGET;
}

bool compact_step(bool is_ours)
{
    if (settings.merge < MERGE_AUTO || !os_lock_try(&compact_state.lock))
        return false;
    bool more = step_of(&arenas[0], is_ours);
    os_lock_give(&compact_state.lock);
    return more;
}

void compact_as_wanted(void)
{
    if (!os_lock_try(&compact_state.lock))
        return;
    struct os_held held = os_hold();
    if (compact_is_wanted())
        run_by_itself(false);
    os_resume(&held);
    os_lock_give(&compact_state.lock);
}
