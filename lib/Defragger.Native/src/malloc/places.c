/* See places.h. */
#include "places.h"

#include "../os/memory.h"
#include "../os/store.h"

enum { STORES_MOST = 1 << 20 };

struct places places;

/* One of the stores. */
static struct store {
    uint16_t pages, shown;
    uint16_t full; /* as many as `shown` was in the beginning */
    uint32_t next_free;
} * stores;

static uint32_t stores_used, stores_free; /* numbers that were ever in use; the first that is free again */

bool places_start(void)
{
    if (atomic_load_explicit(&places.of, memory_order_relaxed) != NULL)
        return true;
    uint64_t pages = arenas[0].capacity / DF_PAGE;
    size_t size = ((pages + 1) * sizeof *places.of + DF_PAGE - 1) & ~(size_t)(DF_PAGE - 1);
    uint32_t *of = os_map_sparse(size);
    stores = of == NULL ? NULL : os_map_sparse(STORES_MOST * sizeof *stores);
    if (stores == NULL) {
        if (of != NULL)
            os_unmap(of, size);
        return false;
    }
    places.lowest = UINT32_MAX;
    atomic_store_explicit(&places.of, of, memory_order_release);
    return true;
}

/* --- Stores --- */

uint32_t place_store(uint32_t pages)
{
    uint32_t store = stores_free != 0 ? stores_free : stores_used + 1;
    if (store == STORES_MOST)
        return 0;
    if (stores_free != 0)
        stores_free = stores[store].next_free;
    else
        stores_used = store;
    stores[store] = (struct store){.pages = (uint16_t)pages};
    places.stored += pages;
    return store;
}

static void store_end(uint32_t store)
{
    places.stored -= stores[store].pages;
    stores[store].next_free = stores_free;
    stores_free = store;
}

void place_store_done(uint32_t store)
{
    stores[store].full = stores[store].shown;
    if (stores[store].shown == 0)
        store_end(store);
}

bool place_is_thin(uint32_t place)
{
    const struct store *store = &stores[(place & ~LOOSE) / STORE_PAGES];
    return store->shown < store->full - store->full / 4;
}

static void store_leave(uint32_t store)
{
    if (--stores[store].shown == 0)
        store_end(store);
}

/* --- Pages --- */

static void set(uint32_t page, uint32_t value)
{
    uint32_t *of = atomic_load_explicit(&places.of, memory_order_relaxed);
    __atomic_store_n(of + page, value, __ATOMIC_RELAXED);
}

void place_clear(uint32_t page)
{
    uint32_t place = place_of(page);
    if (place == 0)
        return;
    places.loose -= (place & LOOSE) != 0;
    places.count--;
    set(page, 0);
    store_leave((place & ~LOOSE) / STORE_PAGES);
}

void places_reach(uint32_t page)
{
    places.lowest = page < places.lowest ? page : places.lowest;
    places.highest = page > places.highest ? page : places.highest;
}

void place_put(uint32_t page, uint32_t store, uint32_t slot)
{
    stores[store].shown++;
    place_clear(page);
    set(page, store * STORE_PAGES + slot);
    places.count++;
    places_reach(page);
}

void place_loosen(uint32_t page)
{
    places.loose++;
    set(page, place_of(page) | LOOSE);
}

/* Whether a mapping ends between a page and the next: both have memory of their own, or show pages of one
 * store that follow each other, if not. */
static bool is_edge(uint32_t page)
{
    uint32_t place = place_of(page) & ~LOOSE, next = place_of(page + 1) & ~LOOSE;
    return place == 0 ? next != 0 : next != place + 1 || next % STORE_PAGES == 0;
}

static uint32_t edges(uint32_t page, uint32_t count)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += is_edge(page + i);
    return sum;
}

uint32_t places_mappings(void)
{
    if (places.count == 0)
        return 0;
    return places.lowest == 0 ? edges(0, places.highest + 1)
                              : edges(places.lowest - 1, places.highest - places.lowest + 2);
}

uint32_t place_mappings_more(uint32_t page, uint32_t count)
{
    uint32_t before = page == 0 ? edges(0, count) : edges(page - 1, count + 1);
    return before < 2 ? 2 - before : 0;
}

/* --- Giving back --- */

/* The pages of a run with a place, from `page` on. */
static uint32_t run_behind(uint32_t page, uint32_t end)
{
    uint32_t first = page;
    while (page < end && place_of(page) != 0)
        page++;
    return page - first;
}

static bool refresh(const struct arena *arena, const struct iovec *range)
{
    uint32_t page = (uint32_t)(offset_of(arena, range->iov_base) / DF_PAGE);
    uint32_t end = page + (uint32_t)(range->iov_len / DF_PAGE);
    for (uint32_t run; page<end; page += run> 0 ? run : 1) {
        run = run_behind(page, end);
        if (run == 0)
            continue;
        void *at = arena->base + (uint64_t)page * DF_PAGE;
        if (!os_map_fresh(at, (size_t)run * DF_PAGE))
            return false;
        for (uint32_t i = 0; i < run; i++)
            place_clear(page + i);
    }
    return true;
}

size_t places_purge(struct arena *arena, struct iovec *ranges, size_t count)
{
    size_t good = 0;
    while (good < count && (places.count == 0 || arena != &arenas[0] || refresh(arena, &ranges[good])))
        good++;
    return good > 0 ? os_purge(ranges, good) : 0;
}

bool places_purge_block(void *block, size_t size)
{
    struct iovec range = {block, size};
    const struct arena *arena = arena_of(block);
    if (arena == &arenas[0])
        for (size_t done = 0; done < size; done += DF_PAGE)
            if (place_of((uint32_t)((offset_of(arena, block) + done) / DF_PAGE)) != 0)
                return false;
    return os_purge(&range, 1) == 1;
}
