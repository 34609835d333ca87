/* See compact_work.h: what has become of merged pages. */
#include <string.h>

#include "../core/hold.h"
#include "../os/process.h"
#include "../os/store.h"
#include "compact_work.h"
#include "settings.h"

/* A thread without the lock that frees a block above this granule looks whether its page is held. */
void compact_note_held(struct arena *arena)
{
    uint64_t short_end = arena->capacity >> GRANULE_SHIFT;
    if (holds_any(arena->heap) && bytes_of(places.lowest * PAGE_GRANULES) < arena->capacity)
        short_end = (uint64_t)places.lowest * PAGE_GRANULES;
    atomic_store_explicit(&arena->short_end, short_end, memory_order_relaxed);
}

/* What is held of a page has the bytes of the others that it was merged with. */
static void clear_held(const struct arena *arena, uint32_t page)
{
    for (uint32_t word = page * PAGE_WORDS; word < (page + 1) * PAGE_WORDS; word++)
        for (uint64_t bits = held_of(arena->heap, word); bits != 0; bits &= bits - 1)
            memset(arena->base + bytes_of(word * WORD_GRANULES + lowest_bit(bits)), 0, DF_GRANULE);
}

static void loosen(struct arena *arena, uint32_t page)
{
    if (settings.hardened != 0)
        clear_held(arena, page);
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
        compact_state.unmerges += own[i];
    }
}

/* Whether pages may be cleared when they are ordinary again: the program may have shut some. */
static bool may_clear(const struct arena *arena)
{
    return settings.hardened == 0 || !os_mappings_now(arena->base, arena->base + arena->usable).shut;
}

void compact_look(struct arena *arena)
{
    int pages = places.count > 0 && may_clear(arena) ? os_pages_open() : -1;
    if (pages < 0)
        return;
    arena_lock(arena);
    for (uint32_t first = places.lowest; first <= places.highest; first += OS_PAGES_MOST) {
        uint32_t left = places.highest - first + 1;
        notice_some(arena, pages, first, left < OS_PAGES_MOST ? left : OS_PAGES_MOST);
    }
    compact_note_held(arena);
    arena_unlock(arena);
    os_pages_close(pages);
}

void compact_settle(struct work *work)
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
        if (os_now_exactly() >= work->end || !os_map_fresh(page_at(arena, page), DF_PAGE))
            break;
        memcpy(page_at(arena, page), kept, DF_PAGE);
        place_clear(page);
    }
    arena_unlock(arena);
}
