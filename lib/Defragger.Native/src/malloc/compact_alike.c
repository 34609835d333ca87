/*
 * See compact_work.h: merging that the kernel does (KSM, os/ksm.h).
 *
 * A group's pages have disjoint live granules. Each gets the live bytes of the others into its own free ones,
 * and zeros where nobody has any: then all are the same, and ksmd puts them on one page. The granules written
 * to are held (core/hold.h), so they are nobody's; whoever writes to his own meanwhile writes other bytes of
 * the page. What is torn by that, in the copies, makes pages differ and stay two: no live byte is ever
 * written here, so none can be lost, and nobody has to be kept off. The kernel splits no mapping for it.
 *
 * The pages of a group are a ring, each linked to the next higher one, and the highest to the lowest. A page
 * that has been written to differs from both its neighbours; it leaves, and the copies of its bytes in the
 * others stay, for those are the same in all of them. One that holds nothing any more is given back by the
 * pace, without a word to us: it is not held any more, then.
 */
#include <string.h>
#include <unistd.h>

#include "../os/ksm.h"
#include "../os/memory.h"
#include "../os/process.h"
#include "../os/store.h"
#include "compact_work.h"

struct alike alike;

bool alike_start(void)
{
    if (alike.next != NULL)
        return true;
    size_t size = (arenas[0].capacity / DF_PAGE * sizeof *alike.next + DF_PAGE - 1) & ~(size_t)(DF_PAGE - 1);
    if (!places_start()) /* it knows from where on pages are held */
        return false;
    alike.next = os_map_sparse(size);
    alike.lowest = UINT32_MAX;
    return alike.next != NULL;
}

bool alike_is_possible(void)
{
    static const char absent[] =
        "defragger: DEFRAGGER_MERGE=ksm: this kernel has no KSM; nothing is merged\n";
    static const char stopped[] =
        "defragger: DEFRAGGER_MERGE=ksm: KSM does not run (/sys/kernel/mm/ksm/run is not 1); "
        "nothing is merged until it does\n";
    static bool is_told;
    enum os_ksm state = os_ksm_state();
    if (state == OS_KSM_RUNS)
        return true;
    if (!is_told && state == OS_KSM_ABSENT)
        os_write(STDERR_FILENO, absent, sizeof absent - 1);
    else if (!is_told)
        os_write(STDERR_FILENO, stopped, sizeof stopped - 1);
    is_told = true;
    return false;
}

/* --- What has become of groups --- */

struct group {
    uint32_t count;
    uint32_t pages[GROUP_MOST]; /* ascending */
};

static void link_up(const struct group *group)
{
    for (uint32_t i = 0; i < group->count; i++)
        alike.next[group->pages[i]] = group->pages[(i + 1) % group->count] + 1;
    alike.groups++;
}

/* The group of a ring by its highest page, without those that are not held any more. It is linked no longer.
 */
static struct group unlink_all(const struct df_heap *heap, uint32_t highest)
{
    struct group group = {0};
    uint32_t page = highest, next;
    do {
        next = alike.next[page] - 1;
        alike.next[page] = 0;
        page = next;
        if (page_is_held(heap, page))
            group.pages[group.count++] = page;
    } while (page != highest);
    alike.groups--;
    return group;
}

static bool are_same(const struct arena *arena, uint32_t page, uint32_t other)
{
    return memcmp(page_at(arena, page), page_at(arena, other), DF_PAGE) == 0;
}

static void restore_all(struct arena *arena, const struct group *group)
{
    for (uint32_t i = 0; i < group->count; i++)
        df_heap_restore_page(arena->heap, group->pages[i]);
}

/* With the lock. */
static void group_look(struct arena *arena, uint32_t highest)
{
    struct group old = unlink_all(arena->heap, highest), kept = {0}, gone = {0};
    bool same[GROUP_MOST]; /* as the next */
    for (uint32_t i = 0; i < old.count; i++)
        same[i] = are_same(arena, old.pages[i], old.pages[(i + 1) % old.count]);
    for (uint32_t i = 0; i < old.count; i++) {
        struct group *to = same[i] || same[(i + old.count - 1) % old.count] ? &kept : &gone;
        to->pages[to->count++] = old.pages[i];
    }
    restore_all(arena, &gone);
    compact_state.unmerges += gone.count;
    if (kept.count >= 2)
        link_up(&kept);
    else
        restore_all(arena, &kept);
}

void alike_look(struct arena *arena)
{
    if (alike.groups == 0 || os_mappings_now(arena->base, arena->base + arena->usable).shut)
        return;
    for (uint32_t page = alike.lowest; page <= alike.highest; page++)
        if (alike.next[page] != 0 && alike.next[page] - 1 <= page) {
            arena_lock(arena);
            group_look(arena, page);
            compact_note_held(arena);
            arena_unlock(arena);
        }
}

/* --- Making them --- */

/* Writes what is live elsewhere to the granules of a page that nobody has. */
static void fill(unsigned char *page, const uint64_t live[PAGE_WORDS], const unsigned char *image)
{
    for (uint32_t word = 0; word < PAGE_WORDS; word++)
        for (uint64_t bits = ~live[word]; bits != 0; bits &= bits - 1) {
            size_t at = (word * WORD_GRANULES + lowest_bit(bits)) * (size_t)DF_GRANULE;
            memcpy(page + at, image + at, DF_GRANULE);
        }
}

static void hold(struct arena *arena, uint32_t page)
{
    df_heap_hold_page(arena->heap, page);
    places_reach(page);
    alike.lowest = page < alike.lowest ? page : alike.lowest;
    alike.highest = page > alike.highest ? page : alike.highest;
}

/* With the lock: those of the planned pages that still fit. */
static void group_make(struct work *work, const struct group *planned)
{
    struct arena *arena = work->arena;
    struct group group = {0};
    uint64_t taken[PAGE_WORDS] = {0}, live[GROUP_MOST][PAGE_WORDS];
    memset(work->image, 0, DF_PAGE);
    for (uint32_t i = 0; i < planned->count; i++) {
        uint32_t page = planned->pages[i];
        if (!page_fits(arena->heap, page, taken, live[group.count]))
            continue;
        for (uint32_t word = 0; word < PAGE_WORDS; word++)
            taken[word] |= live[group.count][word];
        copy_live(live[group.count], page_at(arena, page), work->image);
        group.pages[group.count++] = page;
    }
    if (group.count < 2)
        return;
    for (uint32_t i = 0; i < group.count; i++) {
        hold(arena, group.pages[i]);
        fill(page_at(arena, group.pages[i]), live[i], work->image);
    }
    link_up(&group);
    work->merged += group.count;
    work->stored++;
    compact_state.merges += group.count;
}

static void groups_make(struct work *work, uint32_t number)
{
    static struct group planned[STORE_PAGES]; /* with the lock of a compaction */
    memset(planned, 0, sizeof planned);
    for (uint32_t at = work->first[number]; at < work->first[number + 1]; at++) {
        struct group *group = &planned[work->group_of[work->order[at]] % STORE_PAGES];
        group->pages[group->count++] = work->pages[work->order[at]];
    }
    for (uint32_t i = 0; i < STORE_PAGES; i++) {
        arena_lock(work->arena);
        group_make(work, &planned[i]);
        compact_note_held(work->arena);
        arena_unlock(work->arena);
    }
}

/* All between the first candidate and the last is offered, and so it is two mappings more at most. */
enum df_compact_answer alike_make(struct work *work, uint32_t groups)
{
    uint32_t first = work->pages[0], last = work->pages[work->count - 1];
    if (!os_ksm_offer(page_at(work->arena, first), (size_t)(last - first + 1) * DF_PAGE))
        return DF_COMPACT_KSM;
    uint32_t batches = compact_order(work, groups);
    for (uint32_t number = 0; number < batches; number++) {
        if (os_now_exactly() >= work->end)
            return DF_COMPACT_BUDGET;
        groups_make(work, number);
    }
    return DF_COMPACTED;
}
