/* See compact.h. */
#include "compact.h"

#include <errno.h>
#include <string.h>

#include "../core/hold.h"
#include "../os/memory.h"
#include "../os/process.h"
#include "../os/store.h"
#include "cache.h"
#include "defragger.h"
#include "pace.h"
#include "places.h"
#include "settings.h"
#include "start.h"
#include "writers.h"

enum {
    CANDIDATES_MOST = 1 << 18, /* pages of one plan, 1 GiB of them: the next one goes on behind it */
    GAIN_LEAST = 256,          /* pages, 1 MiB: less is not worth the mappings */
    WORK_BYTES = 1024 * 1024,  /* more than a compaction of 100 MiB needs itself at a time */
    MAPPINGS_SHARE = 4,        /* of what the system allows a process */
};

static const struct df_merge_limits limits = {.max_members = 16, .max_probes = STORE_PAGES, .max_live = 176};

static struct {
    struct os_lock lock;
    int process;   /* that this is */
    uint32_t from; /* page from which the next plan goes on */
    uint64_t merges, unmerges, compactions, microseconds;
    enum df_compact_answer answer;
} state;

/* What one compaction works with. */
struct work {
    struct arena *arena;
    bool is_ours; /* done by our own thread */
    struct writers writers;
    uint64_t end;         /* os_now_exactly when it stops */
    uint32_t count;       /* candidates */
    uint32_t *pages;      /* ascending */
    uint32_t *group_of;   /* of each candidate; DF_NO_GROUP */
    uint32_t *order;      /* of the members: their places in `pages`, store by store, ascending in each */
    uint32_t *first;      /* of each store, in `order`, and one more */
    void *scratch;        /* the planner's */
    unsigned char *image; /* of a store */
    size_t mappings_left;
    uint32_t merged, stored; /* pages; those of the stores for them */
};

static void *page_at(const struct arena *arena, uint32_t page)
{
    return arena->base + (uint64_t)page * DF_PAGE;
}

/* --- Pages that were written to --- */

/* A thread without the lock that frees a block looks up to here whether its page is held. */
static void note_held(struct arena *arena)
{
    uint64_t short_end = arena->capacity >> GRANULE_SHIFT;
    if (holds_any(arena->heap) && bytes_of(places.lowest * PAGE_GRANULES) < arena->capacity)
        short_end = (uint64_t)places.lowest * PAGE_GRANULES;
    atomic_store_explicit(&arena->short_end, short_end, memory_order_relaxed);
}

static void loosen(struct arena *arena, uint32_t page)
{
    place_loosen(page);
    df_heap_restore_page(arena->heap, page);
}

/* With the lock: pages of the places from `first` on. */
static void notice_some(struct arena *arena, int pages, uint32_t first, uint32_t count)
{
    bool own[OS_PAGES_MOST];
    if (!os_pages_own(pages, page_at(arena, first), count, own))
        return;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t place = place_of(first + i);
        if (place == 0 || (place & LOOSE) != 0 || (!own[i] && !place_is_thin(place)))
            continue;
        loosen(arena, first + i);
        state.unmerges += own[i];
    }
}

static void notice(struct arena *arena)
{
    int pages = places.count > 0 ? os_pages_open() : -1;
    if (pages < 0)
        return;
    arena_lock(arena);
    for (uint32_t first = places.lowest; first <= places.highest; first += OS_PAGES_MOST) {
        uint32_t left = places.highest - first + 1;
        notice_some(arena, pages, first, left < OS_PAGES_MOST ? left : OS_PAGES_MOST);
    }
    note_held(arena);
    arena_unlock(arena);
    os_pages_close(pages);
}

/* --- Room to work in --- */

static size_t take(size_t *size, size_t more)
{
    size_t at = *size;
    *size += (more + DF_PAGE - 1) & ~(size_t)(DF_PAGE - 1);
    return at;
}

/* Its bytes, and where its parts are once there is a base. */
static size_t lay_out(struct work *work, unsigned char *base, uint32_t room)
{
    size_t size = 0;
    work->image = base + take(&size, (size_t)STORE_PAGES * DF_PAGE);
    work->pages = (void *)(base + take(&size, room * sizeof *work->pages));
    work->group_of = (void *)(base + take(&size, room * sizeof *work->group_of));
    work->order = (void *)(base + take(&size, room * sizeof *work->order));
    work->first = (void *)(base + take(&size, (room / STORE_PAGES + 3) * sizeof *work->first));
    work->scratch = base + take(&size, df_heap_merge_scratch(room));
    return size;
}

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

/* --- The plan --- */

/* With the lock: the pages that something is live on, from where the last plan ended. */
static void candidates_fill(struct work *work, uint32_t room)
{
    const struct df_heap *heap = work->arena->heap;
    uint32_t end = heap->limit / PAGE_GRANULES, page = state.from < end ? state.from : 0;
    for (; page < end && work->count < room; page++)
        if (!page_is_free(heap, page) && !page_is_held(heap, page))
            work->pages[work->count++] = page;
    state.from = page < end ? page : 0;
}

/* Members by stores: counting sort, so that those of a store still ascend. */
static uint32_t order_fill(struct work *work, uint32_t groups)
{
    uint32_t stores = (groups + STORE_PAGES - 1) / STORE_PAGES, *first = work->first;
    memset(first, 0, (stores + 2) * sizeof *first);
    for (uint32_t i = 0; i < work->count; i++)
        if (work->group_of[i] != DF_NO_GROUP)
            first[work->group_of[i] / STORE_PAGES + 2]++;
    for (uint32_t store = 2; store <= stores; store++)
        first[store] += first[store - 1];
    for (uint32_t i = 0; i < work->count; i++)
        if (work->group_of[i] != DF_NO_GROUP)
            work->order[first[work->group_of[i] / STORE_PAGES + 1]++] = i;
    return stores;
}

static struct df_merge_plan plan(struct work *work, uint32_t room)
{
    struct arena *arena = work->arena;
    os_lock_take(&arena->lock); /* nothing changes: readers need not wait */
    candidates_fill(work, room);
    struct df_merge_plan plan =
        df_heap_plan_merges(arena->heap, work->pages, work->count, &limits, work->group_of, work->scratch);
    os_lock_give(&arena->lock);
    return plan;
}

/* --- One store --- */

struct member {
    uint32_t page, slot; /* of the store */
};

/* Up to 64 groups and what goes to them. */
struct batch {
    uint32_t count;
    struct member members[STORE_PAGES * 16];
    uint64_t taken[STORE_PAGES][PAGE_WORDS]; /* granules of each slot */
    uint8_t shown[STORE_PAGES];              /* members of each */
};

/* Whether all blocks that lie on a page are too short for I/O that goes past protection. */
static bool is_fine(const struct df_heap *heap, uint32_t page)
{
    uint32_t begin = page * PAGE_GRANULES, end = begin + PAGE_GRANULES, at = begin;
    if (!is_free(heap, at) && !is_start(heap, at))
        return false; /* of what began before */
    while (at < end) {
        uint32_t next = is_free(heap, at) ? run_end(heap, at) : block_end(heap, at);
        if (!is_free(heap, at) && next - at >= DIRECT_LEAST)
            return false;
        at = next;
    }
    return true;
}

static void copy_live(const uint64_t live[PAGE_WORDS], const unsigned char *from, unsigned char *to)
{
    for (uint32_t word = 0; word < PAGE_WORDS; word++)
        for (uint64_t bits = live[word]; bits != 0; bits &= bits - 1) {
            size_t at = (word * WORD_GRANULES + lowest_bit(bits)) * (size_t)DF_GRANULE;
            memcpy(to + at, from + at, DF_GRANULE);
        }
}

/* Takes a page in, with its bytes, if it still fits: since the plan was made the heap may have changed. From
 * here on nobody writes to it. */
static void batch_add(struct work *work, struct batch *batch, struct member member)
{
    const struct df_heap *heap = work->arena->heap;
    uint64_t live[PAGE_WORDS], *taken = batch->taken[member.slot], all = 0, both = 0;
    if (page_is_held(heap, member.page) || (!work->writers.alone && !is_fine(heap, member.page)))
        return;
    df_heap_page_live(heap, member.page, live);
    for (uint32_t word = 0; word < PAGE_WORDS; word++) {
        all |= live[word];
        both |= live[word] & taken[word];
    }
    unsigned char *page = page_at(work->arena, member.page);
    if (all == 0 || both != 0 || !writers_keep_off(&work->writers, page))
        return;
    for (uint32_t word = 0; word < PAGE_WORDS; word++)
        taken[word] |= live[word];
    copy_live(live, page, work->image + (size_t)member.slot * DF_PAGE);
    batch->shown[member.slot]++;
    batch->members[batch->count++] = member;
}

/* The members from `at` on that one mapping shows: pages and slots that both follow each other. */
static uint32_t run_of(const struct batch *batch, uint32_t at)
{
    uint32_t next = at + 1;
    while (next < batch->count && batch->members[next].page == batch->members[next - 1].page + 1 &&
           batch->members[next].slot == batch->members[next - 1].slot + 1)
        next++;
    return next - at;
}

/* Shows a run of members of the store in place of their pages. */
static bool show(struct work *work, const struct member *run, uint32_t count, int store, uint32_t number)
{
    struct arena *arena = work->arena;
    void *at = page_at(arena, run->page);
    if (!os_store_map(at, (size_t)count * DF_PAGE, store, (size_t)run->slot * DF_PAGE))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        place_put(run[i].page, number, run[i].slot);
        df_heap_hold_page(arena->heap, run[i].page);
    }
    work->merged += count;
    state.merges += count;
    return true;
}

/* Maps a run of members, if it may still have so many mappings; everybody may write to its pages again. */
static bool run_show(struct work *work, const struct member *run, uint32_t count, int store, uint32_t number)
{
    uint32_t mappings = place_mappings_more(run->page, count);
    bool shown = number != 0 && mappings <= work->mappings_left && show(work, run, count, store, number);
    work->mappings_left -= shown ? mappings : 0;
    for (uint32_t i = 0; i < count; i++)
        writers_let_on(&work->writers, page_at(work->arena, run[i].page), shown);
    return shown;
}

/* Maps what is in the batch. False: not all of it. */
static bool batch_show(struct work *work, const struct batch *batch, uint32_t pages)
{
    int store = batch->count > 0 ? os_store_make(work->image, (size_t)pages * DF_PAGE) : -1;
    uint32_t number = store >= 0 ? place_store(pages) : 0;
    bool good = number != 0 || batch->count == 0;
    for (uint32_t at = 0, run; at < batch->count; at += run) {
        run = run_of(batch, at);
        good &= run_show(work, &batch->members[at], run, store, number);
    }
    if (number != 0) {
        work->stored += pages;
        place_store_done(number);
    }
    if (store >= 0)
        os_store_close(store);
    note_held(work->arena);
    return good;
}

static bool store_fill(struct work *work, struct batch *batch, uint32_t number, uint32_t groups)
{
    uint32_t base = number * STORE_PAGES, pages = groups - base < STORE_PAGES ? groups - base : STORE_PAGES;
    memset(batch, 0, sizeof *batch);
    memset(work->image, 0, (size_t)pages * DF_PAGE);
    arena_lock(work->arena);
    for (uint32_t at = work->first[number]; at < work->first[number + 1]; at++) {
        uint32_t candidate = work->order[at];
        batch_add(work, batch, (struct member){work->pages[candidate], work->group_of[candidate] - base});
    }
    bool more = batch_show(work, batch, pages);
    arena_unlock(work->arena);
    return more;
}

/* --- Clearing up --- */

/* Pages that have been written to, and are not merged again, get a mapping as they had it before. */
static void settle(struct work *work)
{
    unsigned char *kept = work->image;
    struct arena *arena = work->arena;
    if (!work->writers.alone || places.loose == 0)
        return;
    arena_lock(arena);
    for (uint32_t page = places.lowest; page <= places.highest && places.loose > 0; page++) {
        if ((place_of(page) & LOOSE) == 0)
            continue;
        memcpy(kept, page_at(arena, page), DF_PAGE);
        if (!os_map_fresh(page_at(arena, page), DF_PAGE))
            break;
        memcpy(page_at(arena, page), kept, DF_PAGE);
        place_clear(page);
    }
    arena_unlock(arena);
}

/* --- All of it --- */

static size_t mappings_left(struct os_mappings now)
{
    size_t most = os_mappings_most(), ours = places_mappings();
    size_t share = most / MAPPINGS_SHARE > ours ? most / MAPPINGS_SHARE - ours : 0;
    size_t left = now.count < most ? (most - now.count) / 2 : 0;
    return share < left ? share : left;
}

static enum df_compact_answer carry_out(struct work *work, uint32_t groups)
{
    static struct batch batch; /* with the lock of a compaction */
    uint32_t stores = order_fill(work, groups);
    for (uint32_t store = 0; store < stores; store++) {
        if (os_now_exactly() >= work->end)
            return DF_COMPACT_BUDGET;
        if (!store_fill(work, &batch, store, groups))
            return work->mappings_left < 2 ? DF_COMPACT_MAPPINGS : DF_COMPACT_MEMORY;
    }
    return DF_COMPACTED;
}

/* With room to work in. */
static enum df_compact_answer merge(struct work *work, uint32_t room)
{
    struct arena *arena = work->arena;
    struct df_merge_plan planned = plan(work, room);
    if (planned.saved_pages < GAIN_LEAST && places.loose < GAIN_LEAST)
        return DF_COMPACT_LITTLE;
    struct os_mappings now = os_mappings_now(arena->base, arena->base + arena->usable);
    work->mappings_left = mappings_left(now);
    enum df_compact_answer answer = now.asynchronous ? DF_COMPACT_ASYNCHRONOUS
                                    : now.shut       ? DF_COMPACT_SHUT
                                                     : writers_stop(&work->writers, work->is_ours);
    if (answer != DF_COMPACTED)
        return answer;
    if (planned.saved_pages >= GAIN_LEAST)
        answer = carry_out(work, planned.groups);
    settle(work);
    writers_go_on(&work->writers);
    return answer;
}

/* Reasons that need no look at the heap. */
static enum df_compact_answer refused(void)
{
    if (settings.off || settings.merge == MERGE_OFF)
        return DF_COMPACT_OFF;
    if (os_process() != state.process)
        return DF_COMPACT_BORROWED;
    if (!os_store_is_possible((size_t)STORE_PAGES * DF_PAGE))
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
    size_t size = lay_out(work, NULL, room);
    void *base = places_start() && hold_memory(arena) ? os_map(size, DF_PAGE) : NULL;
    if (base == NULL)
        return DF_COMPACT_MEMORY;
    lay_out(work, base, room);
    enum df_compact_answer answer = merge(work, room);
    os_unmap(base, size);
    return answer;
}

/* Bytes of memory that merging saves now: those of the pages, less what their mappings take of the kernel's.
 */
static uint64_t saved(uint32_t mappings)
{
    enum { MAPPING_BYTES = 256 };
    uint64_t shown = (uint64_t)(places.count - places.loose) * DF_PAGE;
    uint64_t cost = (uint64_t)places.stored * DF_PAGE + (uint64_t)mappings * MAPPING_BYTES;
    return shown > cost ? shown - cost : 0;
}

/* With the lock, and held. Free pages are not given back: what runs next may want them, and pace.h looks
 * after them. */
static uint64_t run(uint64_t budget, bool is_ours)
{
    uint64_t begin = os_now_exactly(), given;
    state.answer = refused();
    if (state.answer != DF_COMPACTED)
        return 0;
    struct work work = {.is_ours = is_ours, .end = budget > UINT64_MAX - begin ? UINT64_MAX : begin + budget};
    notice(&arenas[0]);
    pace_flush();
    arena_purge(&arenas[0], WORK_BYTES); /* where memory is limited, this must not be what is too much */
    bool had_thread = !is_ours && pace_stop();
    state.answer = compact_now(&work);
    if (!is_ours)
        pace_resume(false);
    if (had_thread)
        pace_go_on();
    given = work.merged > work.stored ? (uint64_t)(work.merged - work.stored) * DF_PAGE : 0;
    state.compactions += work.merged > 0;
    state.microseconds += os_now_exactly() - begin;
    return given;
}

uint64_t compact(uint64_t budget)
{
    int error = errno;
    struct os_held held = os_hold();
    os_lock_take(&state.lock);
    uint64_t given = run(budget, false);
    os_lock_give(&state.lock);
    os_resume(&held);
    errno = error;
    return given;
}

/* --- By itself --- */

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

static bool is_worth_it(const struct df_heap *heap, uint32_t live)
{
    uint32_t pinned = __atomic_load_n(&heap->pinned, __ATOMIC_RELAXED), full = live / PAGE_GRANULES;
    uint32_t shown = places.count - places.loose; /* those have been merged already */
    uint32_t gain = pinned > full + shown ? pinned - full - shown : 0;
    return gain >= BY_ITSELF_GAIN && gain >= pinned / BY_ITSELF_SHARE;
}

/* The pause until the next, by what has become of what the last one merged. */
static void pause_set(uint64_t merged_before)
{
    bool in_vain = merged_before > 0 && state.unmerges - policy.unmerges > merged_before / 2;
    policy.unmerges = state.unmerges;
    policy.doublings = !in_vain                             ? 0
                       : policy.doublings < PAUSE_DOUBLINGS ? policy.doublings + 1
                                                            : PAUSE_DOUBLINGS;
    policy.due = os_now();
    if (state.answer != DF_COMPACT_BUDGET) /* else it goes on with the next step */
        policy.due += (uint64_t)PAUSE_LEAST << policy.doublings;
}

/* With the lock. */
static void run_by_itself(bool is_ours)
{
    uint64_t merged = places.count - places.loose;
    run(BY_ITSELF_BUDGET, is_ours);
    bool is_left = is_ours && state.answer == DF_COMPACT_THREADS;
    atomic_store_explicit(&compact_wanted, is_left, memory_order_relaxed);
    if (!is_left)
        pause_set(merged);
}

bool compact_step(bool is_ours)
{
    bool more = false;
    if (settings.merge != MERGE_AUTO || !os_lock_try(&state.lock))
        return false;
    const struct df_heap *heap = arenas[0].heap;
    uint32_t live = __atomic_load_n(&heap->live, __ATOMIC_RELAXED);
    if (rests(live) && is_worth_it(heap, live) && os_now() >= policy.due) {
        struct os_held held = os_hold();
        run_by_itself(is_ours);
        os_resume(&held);
        more = state.answer == DF_COMPACT_BUDGET;
    }
    os_lock_give(&state.lock);
    return more;
}

void compact_as_wanted(void)
{
    if (!os_lock_try(&state.lock))
        return;
    struct os_held held = os_hold();
    if (compact_is_wanted())
        run_by_itself(false);
    os_resume(&held);
    os_lock_give(&state.lock);
}

void df_compact_statistics(struct df_compact_statistics *statistics)
{
    *statistics = (struct df_compact_statistics){0};
    if (!start())
        return;
    os_lock_take(&state.lock);
    os_lock_take(&arenas[0].lock); /* pages are given back meanwhile, too */
    uint32_t mappings = places_mappings();
    *statistics = (struct df_compact_statistics){
        .merged = (uint64_t)(places.count - places.loose) * DF_PAGE,
        .stored = (uint64_t)places.stored * DF_PAGE,
        .saved = saved(mappings),
        .mappings = mappings,
        .merges = state.merges,
        .unmerges = state.unmerges,
        .compactions = state.compactions,
        .microseconds = state.microseconds,
        .answer = state.answer,
    };
    os_lock_give(&arenas[0].lock);
    os_lock_give(&state.lock);
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
        [DF_COMPACT_IMPOSSIBLE] = "the page size or a limit of file sizes does not allow it",
        [DF_COMPACT_LOCKED] = "memory is locked",
        [DF_COMPACT_SHUT] = "the program has changed what may be done with memory of the heap",
        [DF_COMPACT_MAPPINGS] = "it would take too many mappings",
        [DF_COMPACT_MEMORY] = "no memory or no descriptor for it",
    };
    return (size_t)answer < sizeof reasons / sizeof reasons[0] ? reasons[answer]
                                                               : "no answer has this number";
}

/* --- Start and fork --- */

void compact_start(void)
{
    state.process = os_process();
}

void compact_fork_prepare(void)
{
    os_lock_take(&state.lock);
}

void compact_fork_parent(void)
{
    os_lock_give(&state.lock);
}

void compact_fork_child(void)
{
    state.process = os_process();
    os_lock_reset(&state.lock);
}
