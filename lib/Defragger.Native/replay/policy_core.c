/* The heap of this library, over memory that is not there: it never touches what it hands out. */
#include "policy.h"

#include "defragger_heap.h"
#include "fail.h"

enum { GROWTH = 64 * 1024 /* as in the malloc */ };

struct core {
    struct df_heap *heap;
    struct pages *pages;
};

static void *core_open(struct pages *pages)
{
    static struct core core;
    struct df_heap_options options = {.capacity = (uint64_t)ARENA_GRANULES * GRANULE, .growth = GROWTH};
    size_t size = df_heap_metadata_size(options.capacity);
    core.pages = pages;
    if (df_heap_open(map_sparse(size), size, &options, &core.heap) != DF_OK)
        fail(FAULT_IN_POLICY, "the core heap does not open");
    return &core;
}

static uint32_t core_place(void *state, uint64_t size, uint64_t alignment)
{
    struct core *core = state;
    uint64_t offset;
    if (df_heap_allocate(core->heap, size, alignment, &offset) != DF_OK)
        policy_is_full("core", size);
    pages_live(core->pages, offset / GRANULE, whole_granules(size));
    return (uint32_t)(offset / GRANULE);
}

static void core_release(void *state, uint32_t at, uint64_t size)
{
    struct core *core = state;
    if (df_heap_release(core->heap, (uint64_t)at * GRANULE) != DF_OK)
        fail(FAULT_IN_POLICY, "the core heap does not know its block at granule %u", at);
    pages_dead(core->pages, at, whole_granules(size));
}

static bool core_resize(void *state, uint32_t at, uint64_t from, uint64_t to)
{
    struct core *core = state;
    uint64_t before = whole_granules(from), now = whole_granules(to);
    if (df_heap_resize(core->heap, (uint64_t)at * GRANULE, to) != DF_OK)
        return false;
    if (now > before)
        pages_live(core->pages, at + before, now - before);
    if (now < before)
        pages_dead(core->pages, at + now, before - now);
    return true;
}

static uint64_t core_length(void *state, uint32_t at, uint64_t size)
{
    (void)state;
    (void)at;
    return whole_granules(size);
}

struct df_heap *policy_core_heap(void *state)
{
    return ((struct core *)state)->heap;
}

const struct policy policy_core = {"core", core_open, core_place, core_release, core_resize, core_length};
