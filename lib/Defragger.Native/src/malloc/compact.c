/* See compact.h. */
#include "compact.h"

#include <errno.h>

#include "../core/hold.h"
#include "../os/ksm.h"
#include "../os/memory.h"
#include "../os/process.h"
#include "../os/store.h"
#include "cache.h"
#include "compact_work.h"
#include "pace.h"
#include "settings.h"
#include "start.h"

enum {
    CANDIDATES_MOST = 1 << 18, /* pages of one plan, 1 GiB of them: the next one goes on behind it */
    GAIN_LEAST = 256,          /* pages, 1 MiB: less is not worth the mappings */
    WORK_BYTES = 1024 * 1024,  /* more than a compaction of 100 MiB needs itself at a time */
    MAPPINGS_SHARE = 4,        /* of what the system allows a process */
};

struct compact_state compact_state;

static bool hold_memory(struct arena *arena)
{
    size_t size = df_heap_hold_size(arena->capacity);
    if (arena->heap->holds.pages != NULL)
        return true;
    size = (size + DF_PAGE - 1) & ~(size_t)(DF_PAGE - 1);
    void *memory = os_map_sparse(size);
    if (memory == NULL)
        return false;
    arena_lock(arena);
    df_heap_hold_memory(arena->heap, memory, size);
    arena_unlock(arena);
    return true;
}

static size_t mappings_left(struct os_mappings now)
{
    size_t most = os_mappings_most(), ours = places_mappings();
    size_t share = most / MAPPINGS_SHARE > ours ? most / MAPPINGS_SHARE - ours : 0;
    size_t left = now.count < most ? (most - now.count) / 2 : 0;
    return share < left ? share : left;
}

static bool is_alike(void)
{
    return settings.merge == MERGE_KSM;
}

static enum df_compact_answer carry_out(struct work *work, uint32_t groups)
{
    uint32_t stores = compact_order(work, groups);
    for (uint32_t store = 0; store < stores; store++) {
        if (os_now_exactly() >= work->end)
            return DF_COMPACT_BUDGET;
        if (!compact_store(work, store, groups))
            return work->mappings_left < 2 ? DF_COMPACT_MAPPINGS : DF_COMPACT_MEMORY;
    }
    return DF_COMPACTED;
}

/* With room to work in. */
static enum df_compact_answer merge(struct work *work, uint32_t room)
{
    struct arena *arena = work->arena;
    struct df_merge_plan planned = compact_plan(work, room);
    if (planned.saved_pages < GAIN_LEAST && places.loose < GAIN_LEAST)
        return DF_COMPACT_LITTLE;
    struct os_mappings now = os_mappings_now(arena->base, arena->base + arena->usable);
    if (is_alike())
        return now.shut ? DF_COMPACT_SHUT : alike_make(work, planned.groups);
    work->mappings_left = mappings_left(now);
    enum df_compact_answer answer = now.asynchronous ? DF_COMPACT_ASYNCHRONOUS
                                    : now.shut
                                        ? DF_COMPACT_SHUT
                                        : writers_stop(&work->writers, work->is_ours, work->had_thread);
    if (answer != DF_COMPACTED)
        return answer;
    if (planned.saved_pages >= GAIN_LEAST)
        answer = carry_out(work, planned.groups);
    if (answer != DF_COMPACT_BUDGET)
        compact_settle(work);
    writers_go_on(&work->writers);
    return answer;
}

/* Reasons that need no look at the heap. */
static enum df_compact_answer refused(void)
{
    if (settings.off || settings.merge == MERGE_OFF)
        return DF_COMPACT_OFF;
    if (os_process() != compact_state.process)
        return DF_COMPACT_BORROWED;
    if (is_alike())
        return !alike_is_possible()     ? DF_COMPACT_KSM
               : os_has_locked_memory() ? DF_COMPACT_LOCKED
                                        : DF_COMPACTED;
    int pages = os_pages_open(); /* without, what has been written to would never be noticed */
    if (pages >= 0)
        os_pages_close(pages);
    if (pages < 0 || !os_store_is_possible((size_t)STORE_PAGES * DF_PAGE))
        return DF_COMPACT_IMPOSSIBLE;
    if (os_has_locked_memory())
        return DF_COMPACT_LOCKED;
    return DF_COMPACTED;
}

static enum df_compact_answer compact_now(struct work *work)
{
    struct arena *arena = work->arena = &arenas[0];
    uint32_t pages = arena->heap->limit / PAGE_GRANULES;
    uint32_t room = pages < CANDIDATES_MOST ? pages : CANDIDATES_MOST;
    size_t size = compact_lay_out(work, NULL, room);
    bool is_ready = is_alike() ? alike_start() : places_start();
    void *base = is_ready && hold_memory(arena) ? os_map(size, DF_PAGE) : NULL;
    if (base == NULL)
        return DF_COMPACT_MEMORY;
    compact_lay_out(work, base, room);
    enum df_compact_answer answer = merge(work, room);
    os_unmap(base, size);
    return answer;
}

/* With the lock, and held. Free pages are not given back: what runs next may want them, and pace.h looks
 * after them. */
uint64_t compact_run(uint64_t budget, bool is_ours)
{
    uint64_t begin = os_now_exactly(), given;
    compact_state.answer = refused();
    if (compact_state.answer != DF_COMPACTED)
        return 0;
    struct work work = {.is_ours = is_ours, .end = budget > UINT64_MAX - begin ? UINT64_MAX : begin + budget};
    bool stops = !is_ours && !is_alike(); /* our thread: KSM merges beside any */
    compact_look(&arenas[0]);
    alike_look(&arenas[0]);
    pace_flush();
    arena_purge(&arenas[0], WORK_BYTES); /* where memory is limited, this must not be what is too much */
    work.had_thread = stops && pace_stop();
    compact_state.answer = compact_now(&work);
    if (stops)
        pace_resume(false);
    if (work.had_thread)
        pace_go_on();
    given = work.merged > work.stored ? (uint64_t)(work.merged - work.stored) * DF_PAGE : 0;
    compact_state.compactions += work.merged > 0;
    compact_state.microseconds += os_now_exactly() - begin;
    return given;
}

uint64_t compact(uint64_t budget)
{
    int error = errno;
    struct os_held held = os_hold();
    os_lock_take(&compact_state.lock);
    compact_watch_end(); /* who asks gets all */
    uint64_t given = compact_run(budget, false);
    os_lock_give(&compact_state.lock);
    os_resume(&held);
    errno = error;
    return given;
}

/* --- What has come of it --- */

/* What our own mappings show. */
static void count_stores(struct df_compact_statistics *statistics)
{
    statistics->merged = statistics->offered = (uint64_t)(places.count - places.loose) * DF_PAGE;
    statistics->stored = (uint64_t)places.stored * DF_PAGE;
    statistics->mappings = places_mappings();
}

/* What the kernel says: it counts what it has noticed, and other pages of the program too. */
static void count_alike(struct df_compact_statistics *statistics)
{
    uint64_t merged = os_ksm_merged() * DF_PAGE;
    statistics->offered = (uint64_t)arenas[0].heap->holds.page_count * DF_PAGE;
    statistics->merged = merged < statistics->offered ? merged : statistics->offered;
    statistics->stored = (uint64_t)alike.groups * DF_PAGE;
}

/* Bytes of memory that merging saves now: those of the pages, less what their mappings take of the kernel's.
 */
static uint64_t saved(const struct df_compact_statistics *statistics)
{
    enum { MAPPING_BYTES = 256 };
    uint64_t cost = statistics->stored + statistics->mappings * MAPPING_BYTES;
    return statistics->merged > cost ? statistics->merged - cost : 0;
}

void df_compact_statistics(struct df_compact_statistics *statistics)
{
    *statistics = (struct df_compact_statistics){0};
    if (!start())
        return;
    os_lock_take(&compact_state.lock);
    os_lock_take(&arenas[0].lock); /* pages are given back meanwhile, too */
    *statistics = (struct df_compact_statistics){
        .merges = compact_state.merges,
        .unmerges = compact_state.unmerges,
        .compactions = compact_state.compactions,
        .microseconds = compact_state.microseconds,
        .answer = compact_state.answer,
    };
    if (is_alike())
        count_alike(statistics);
    else
        count_stores(statistics);
    statistics->saved = saved(statistics);
    os_lock_give(&arenas[0].lock);
    os_lock_give(&compact_state.lock);
}

const char *df_compact_reason(enum df_compact_answer answer)
{
    static const char *const reasons[] = {
        [DF_COMPACT_NEVER] = "nothing has been compacted yet",
        [DF_COMPACTED] = "all was merged that is worth it",
        [DF_COMPACT_BUDGET] = "its time ended",
        [DF_COMPACT_LITTLE] = "too little to gain",
        [DF_COMPACT_OFF] = "switched off",
        [DF_COMPACT_THREADS] = "other threads run, and userfaultfd is not allowed",
        [DF_COMPACT_ASYNCHRONOUS] = "I/O may write to memory by itself",
        [DF_COMPACT_BORROWED] = "the memory is the parent's",
        [DF_COMPACT_IMPOSSIBLE] =
            "the page size, a limit of file sizes or an unreadable /proc/self/pagemap does not allow it",
        [DF_COMPACT_LOCKED] = "memory is locked",
        [DF_COMPACT_SHUT] = "the program has changed what may be done with memory of the heap",
        [DF_COMPACT_MAPPINGS] = "it would take too many mappings",
        [DF_COMPACT_MEMORY] = "no memory or no descriptor for it",
        [DF_COMPACT_KSM] = "KSM does not run, or this kernel has none",
    };
    return (size_t)answer < sizeof reasons / sizeof reasons[0] ? reasons[answer]
                                                               : "no answer has this number";
}

/* --- Start and fork --- */

void compact_start(void)
{
    compact_state.process = os_process();
}

void compact_fork_prepare(void)
{
    os_lock_take(&compact_state.lock);
    compact_watch_end(); /* the child would have the descriptor */
}

void compact_fork_parent(void)
{
    os_lock_give(&compact_state.lock);
}

void compact_fork_child(void)
{
    compact_state.process = os_process();
    os_lock_reset(&compact_state.lock);
}
