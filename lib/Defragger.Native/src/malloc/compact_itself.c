/* See compact.h: merging that nobody asked for. */
#include "../os/process.h"
#include "compact.h"
#include "compact_work.h"
#include "settings.h"

enum {
    BY_ITSELF_GAIN = 1024,    /* pages, 4 MiB, */
    BY_ITSELF_SHARE = 3,      /* and one of so many of those that are pinned */
    BY_ITSELF_BUDGET = 50000, /* microseconds */
    PAUSE_LEAST = 4000,       /* milliseconds */
    PAUSE_DOUBLINGS = 8,
};

_Atomic bool compact_wanted;

/* With the lock of a compaction. */
static struct {
    uint64_t due; /* os_now of the next */
    uint32_t doublings;
    uint32_t live;     /* granules, at the last step */
    uint64_t unmerges; /* when the last began */
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

/* The pause until the next, by what has become of what the last one merged. */
static void pause_set(uint64_t merged_before)
{
    bool in_vain = merged_before > 0 && compact_state.unmerges - policy.unmerges > merged_before / 2;
    policy.unmerges = compact_state.unmerges;
    policy.doublings = !in_vain                             ? 0
                       : policy.doublings < PAUSE_DOUBLINGS ? policy.doublings + 1
                                                            : PAUSE_DOUBLINGS;
    policy.due = os_now();
    if (compact_state.answer != DF_COMPACT_BUDGET) /* else it goes on with the next step */
        policy.due += (uint64_t)PAUSE_LEAST << policy.doublings;
}

/* With the lock. */
static void run_by_itself(bool is_ours)
{
    uint64_t merged = pages_shown();
    compact_run(BY_ITSELF_BUDGET, is_ours);
    bool is_left = is_ours && compact_state.answer == DF_COMPACT_THREADS;
    atomic_store_explicit(&compact_wanted, is_left, memory_order_relaxed);
    if (!is_left)
        pause_set(merged);
}

bool compact_step(bool is_ours)
{
    bool more = false;
    if (settings.merge < MERGE_AUTO || !os_lock_try(&compact_state.lock))
        return false;
    const struct df_heap *heap = arenas[0].heap;
    uint32_t live = __atomic_load_n(&heap->live, __ATOMIC_RELAXED);
    if (rests(live) && is_worth_it(heap, live) && os_now() >= policy.due) {
        struct os_held held = os_hold();
        run_by_itself(is_ours);
        os_resume(&held);
        more = compact_state.answer == DF_COMPACT_BUDGET;
    }
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
