/* First fit: the lowest run that is long enough. */
#include "policy.h"

#include "space.h"

struct first_fit {
    struct space space;
    struct pages *pages;
};

static void *first_fit_open(struct pages *pages)
{
    static struct first_fit heap;
    heap.pages = pages;
    space_open(&heap.space, ARENA_GRANULES);
    return &heap;
}

static void take(struct first_fit *heap, uint64_t at, uint64_t granules)
{
    space_change(&heap->space, at, granules);
    pages_live(heap->pages, at, granules);
}

static void give(struct first_fit *heap, uint64_t at, uint64_t granules)
{
    space_change(&heap->space, at, granules);
    pages_dead(heap->pages, at, granules);
    pages_trim_top(heap->pages);
}

static uint32_t first_fit_place(void *state, uint64_t size, uint64_t alignment)
{
    struct first_fit *heap = state;
    uint64_t granules = headed_granules(size),
             at = space_find(&heap->space, aligned_need(granules, alignment));
    if (at == SPACE_FULL)
        policy_is_full("first-fit", size);
    at = aligned_place(at, alignment);
    take(heap, at, granules);
    return (uint32_t)at;
}

static void first_fit_release(void *state, uint32_t at, uint64_t size)
{
    give(state, at, headed_granules(size));
}

static bool first_fit_resize(void *state, uint32_t at, uint64_t from, uint64_t to)
{
    struct first_fit *heap = state;
    uint64_t before = headed_granules(from), now = headed_granules(to);
    if (now > before && !space_is_free(&heap->space, at + before, now - before))
        return false;
    if (now > before)
        take(heap, at + before, now - before);
    if (now < before)
        give(heap, at + now, before - now);
    return true;
}

static uint64_t first_fit_length(void *state, uint32_t at, uint64_t size)
{
    (void)state;
    (void)at;
    return headed_granules(size);
}

const struct policy policy_first_fit = {"first-fit",       first_fit_open,   first_fit_place,
                                        first_fit_release, first_fit_resize, first_fit_length};
