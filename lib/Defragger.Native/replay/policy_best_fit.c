/*
 * Best fit: of the runs that are long enough the shortest; of equally long ones the one that was freed last,
 * as in the C library. What no run holds is cut from the top, the free memory above all blocks.
 *
 * A list for each length below EXACT granules, and eight a doubling above, where the shortest of the first
 * PROBES that fit is taken. A run is known by its first and its last granule, so that a freed block finds its
 * neighbours: what boundary tags do, here in a table outside.
 *
 *   1. Two free runs never touch, and none touches the top.
 *   2. `edge` of a free run's first and last granule is its number; of others it may be anything old: a run
 *      is one only if it says itself that it begins or ends there.
 *   3. A list's bit in `full` is set exactly if it has a run.
 */
#include "policy.h"

#include "fail.h"

enum {
    EXACT = 1024, /* granules: 16 KiB */
    STEPS = 8,    /* lists a doubling */
    LISTS = EXACT + STEPS * 22,
    PROBES = 64,
    RUNS_MOST = ARENA_GRANULES / 4, /* a block and a run take two granules each, at least */
    NONE = 0,                       /* no run: they are counted from 1 */
};

struct run {
    uint32_t at, length; /* length 0: it is none */
    uint32_t next, before;
};

struct best_fit {
    struct pages *pages;
    struct run *runs;
    uint32_t *edge;
    uint32_t known, unused; /* runs that ever were, and the first that is none now */
    uint32_t lists[LISTS];
    uint64_t full[(LISTS + 63) / 64];
    uint64_t top;
};

static void *best_fit_open(struct pages *pages)
{
    static struct best_fit heap;
    heap.pages = pages;
    heap.runs = map_sparse((size_t)RUNS_MOST * sizeof *heap.runs);
    heap.edge = map_sparse((size_t)ARENA_GRANULES * sizeof *heap.edge);
    return &heap;
}

/* --- Lists of runs --- */

static uint32_t list_of(uint64_t length)
{
    if (length < EXACT)
        return (uint32_t)length;
    unsigned doubling = 63 - (unsigned)__builtin_clzll(length / EXACT);
    return EXACT + doubling * STEPS + (uint32_t)(length >> doubling) / (EXACT / STEPS) - STEPS;
}

static void link(struct best_fit *heap, uint64_t at, uint64_t length)
{
    uint32_t number = heap->unused != NONE ? heap->unused : ++heap->known, list = list_of(length);
    struct run *run = &heap->runs[number];
    heap->unused = heap->unused != NONE ? run->next : NONE;
    *run = (struct run){(uint32_t)at, (uint32_t)length, heap->lists[list], NONE};
    if (run->next != NONE)
        heap->runs[run->next].before = number;
    heap->lists[list] = number;
    heap->full[list / 64] |= UINT64_C(1) << list % 64;
    heap->edge[at] = heap->edge[at + length - 1] = number;
}

static void unlink(struct best_fit *heap, struct run *run)
{
    uint32_t list = list_of(run->length);
    if (run->before != NONE)
        heap->runs[run->before].next = run->next;
    else
        heap->lists[list] = run->next;
    if (run->next != NONE)
        heap->runs[run->next].before = run->before;
    if (heap->lists[list] == NONE)
        heap->full[list / 64] &= ~(UINT64_C(1) << list % 64);
    *run = (struct run){.next = heap->unused};
    heap->unused = (uint32_t)(run - heap->runs);
}

static struct run *run_from(const struct best_fit *heap, uint64_t at)
{
    struct run *run = at < heap->top ? &heap->runs[heap->edge[at]] : NULL;
    return run != NULL && run->length != 0 && run->at == at ? run : NULL;
}

static struct run *run_to(const struct best_fit *heap, uint64_t end)
{
    struct run *run = end > 0 ? &heap->runs[heap->edge[end - 1]] : NULL;
    return run != NULL && run->length != 0 && run->at + run->length == end ? run : NULL;
}

static struct run *shortest_in(const struct best_fit *heap, uint32_t list, uint64_t length)
{
    struct run *best = NULL;
    uint32_t number = heap->lists[list];
    for (unsigned i = 0; number != NONE && i < PROBES; i++, number = heap->runs[number].next) {
        struct run *run = &heap->runs[number];
        if (run->length >= length && (best == NULL || run->length < best->length))
            best = run;
    }
    return best;
}

static struct run *find(const struct best_fit *heap, uint64_t length)
{
    uint32_t list = list_of(length), word = list / 64;
    uint64_t rest = heap->full[word] >> list % 64 << list % 64;
    for (;;) {
        for (; rest != 0; rest &= rest - 1) {
            uint32_t found = word * 64 + (uint32_t)__builtin_ctzll(rest);
            struct run *run = found < LISTS ? shortest_in(heap, found, length) : NULL;
            if (run != NULL)
                return run;
        }
        if (++word == sizeof heap->full / sizeof heap->full[0])
            return NULL;
        rest = heap->full[word];
    }
}

/* --- Blocks --- */

/* Makes [at, end) free: with the free runs that it touches it is one, or the top grows downwards. */
static void make_free(struct best_fit *heap, uint64_t at, uint64_t end)
{
    struct run *before = run_to(heap, at);
    if (before != NULL) {
        at = before->at;
        unlink(heap, before);
    }
    if (end == heap->top) {
        heap->top = at;
        return;
    }
    struct run *behind = run_from(heap, end);
    if (behind != NULL) {
        end += behind->length;
        unlink(heap, behind);
    }
    link(heap, at, end - at);
}

static uint32_t best_fit_place(void *state, uint64_t size, uint64_t alignment)
{
    struct best_fit *heap = state;
    uint64_t granules = headed_granules(size);
    struct run *run = find(heap, aligned_need(granules, alignment));
    uint64_t start = run != NULL ? run->at : heap->top, at = aligned_place(start, alignment);
    uint64_t end = run != NULL ? start + run->length : at + granules;
    if (end > ARENA_GRANULES)
        policy_is_full("best-fit", size);
    if (run != NULL)
        unlink(heap, run);
    else
        heap->top = end;
    if (at > start)
        link(heap, start, at - start);
    if (at + granules < end)
        link(heap, at + granules, end - at - granules);
    pages_live(heap->pages, at, granules);
    return (uint32_t)at;
}

static void give(struct best_fit *heap, uint64_t at, uint64_t granules)
{
    make_free(heap, at, at + granules);
    pages_dead(heap->pages, at, granules);
    pages_trim_top(heap->pages);
}

static void best_fit_release(void *state, uint32_t at, uint64_t size)
{
    give(state, at, headed_granules(size));
}

static bool best_fit_resize(void *state, uint32_t at, uint64_t from, uint64_t to)
{
    struct best_fit *heap = state;
    uint64_t before = headed_granules(from), now = headed_granules(to), end = at + before;
    if (now < before)
        give(heap, at + now, before - now);
    if (now <= before)
        return true;
    struct run *behind = run_from(heap, end);
    if (end == heap->top && at + now <= ARENA_GRANULES) {
        heap->top = at + now;
    } else if (behind != NULL && behind->length >= now - before) {
        uint64_t rest = behind->length - (now - before);
        unlink(heap, behind);
        if (rest > 0)
            link(heap, at + now, rest);
    } else {
        return false;
    }
    pages_live(heap->pages, end, now - before);
    return true;
}

static uint64_t best_fit_length(void *state, uint32_t at, uint64_t size)
{
    (void)state;
    (void)at;
    return headed_granules(size);
}

const struct policy policy_best_fit = {"best-fit",       best_fit_open,   best_fit_place,
                                       best_fit_release, best_fit_resize, best_fit_length};
