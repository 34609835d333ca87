/*
 * The plan of merging: which pages, each with a few live granules, can lie on one page together.
 *
 * Pages go together whose live granules are disjoint: then one page of memory holds the bytes of all, each at
 * its own place, and every address stays what it is. A block that reaches over a page's edge counts as live
 * on both.
 *
 * The sparsest first, in eight classes by live granules, by address within a class. Groups are open in a
 * window of up to max_probes. A page is offered to the groups of the window in turn, from the one behind that
 * which took the page before it; the first that has none of its granules takes it. A page that fits none
 * waits; when all groups are full, or as many pages wait as a window may have groups, the window closes, and
 * those who wait come first in the next. A group with a single page is none, and that page is left alone.
 *
 * In turn, because a mapping is the price: neighbours mostly get groups that are neighbours too, and where
 * group g is page g of a file, a run of such pages is one mapping. Strictly first fit saves as much and needs
 * a mapping a page (docs/merging-plan.md has both, measured).
 *
 * Cost: a page is looked at when it is sorted, and then offered to at most max_probes groups a window, four
 * words each; a window that k pages wait for has taken at least one, and mostly many.
 */
#include <string.h>

#include "hold.h"

enum {
    PROBES_MOST = 256,
    MEMBERS_MOST = 16,
    DENSITIES = 8, /* classes of pages by live granules */
};

struct group {
    uint64_t taken[PAGE_WORDS]; /* granules; all of them when it is full */
    uint32_t members;
};

/* What is known on the way. Behind it: a queue of the candidates' places in `pages`, and what each group is
 * called in the end. */
struct planner {
    struct group groups[PROBES_MOST]; /* the window */
    uint32_t waiting[PROBES_MOST];    /* places in `pages` */
    uint32_t width, open;             /* groups of the window: in all, with a member */
    uint32_t next;                    /* the group that the next page is offered to first */
    uint32_t full, waits;             /* groups that are full; pages that wait */
    uint32_t first;                   /* number of the window's first group */
};

size_t df_heap_merge_scratch(size_t count)
{
    return sizeof(struct planner) + 2 * count * sizeof(uint32_t);
}

/* --- Candidates --- */

static uint32_t live_count(const uint64_t live[PAGE_WORDS])
{
    return bit_count(live[0]) + bit_count(live[1]) + bit_count(live[2]) + bit_count(live[3]);
}

/* The density of a page that may be merged; DENSITIES: it may not. */
static uint32_t density_of(const struct df_heap *heap, uint32_t page, uint32_t most)
{
    uint64_t live[PAGE_WORDS];
    if (page >= heap->limit / PAGE_GRANULES || page_is_held(heap, page))
        return DENSITIES;
    df_heap_page_live(heap, page, live);
    uint32_t count = live_count(live);
    return count == 0 || count > most ? DENSITIES : (count - 1) / (PAGE_GRANULES / DENSITIES);
}

/* Fills the queue; how many there are. */
static uint32_t queue_fill(const struct df_heap *heap, const uint32_t *pages, size_t count, uint32_t most,
                           uint32_t *queue)
{
    uint32_t places[DENSITIES + 1] = {0}, candidates = 0;
    for (size_t i = 0; i < count; i++)
        places[density_of(heap, pages[i], most)]++;
    for (uint32_t density = 0; density <= DENSITIES; density++) {
        uint32_t before = candidates;
        candidates += places[density];
        places[density] = before;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t density = density_of(heap, pages[i], most);
        if (density < DENSITIES)
            queue[places[density]++] = (uint32_t)i;
    }
    return places[DENSITIES];
}

/* --- The window --- */

/* As many groups as take all that is left if they get full, but no more than may be looked at. */
static void window_open(struct planner *planner, uint32_t candidates, const struct df_merge_limits *limits)
{
    uint32_t enough = (candidates - 1) / limits->max_members + 1;
    planner->first += planner->open;
    planner->width = enough < limits->max_probes ? enough : limits->max_probes;
    planner->open = planner->next = planner->full = planner->waits = 0;
    memset(planner->groups, 0, planner->width * sizeof planner->groups[0]);
}

static bool group_fits(const struct group *group, const uint64_t live[PAGE_WORDS])
{
    return ((group->taken[0] & live[0]) | (group->taken[1] & live[1]) | (group->taken[2] & live[2]) |
            (group->taken[3] & live[3])) == 0;
}

/* The group of the window that takes a page; width: none does. */
static uint32_t window_offer(struct planner *planner, const uint64_t live[PAGE_WORDS], uint32_t max_members)
{
    uint32_t at = planner->next, left = planner->width;
    for (; left > 0 && !group_fits(&planner->groups[at], live); left--)
        at = at + 1 < planner->width ? at + 1 : 0;
    if (left == 0)
        return planner->width;
    struct group *group = &planner->groups[at];
    for (uint32_t word = 0; word < PAGE_WORDS; word++)
        group->taken[word] |= live[word];
    planner->open += group->members++ == 0;
    if (group->members == max_members) {
        memset(group->taken, 0xFF, sizeof group->taken);
        planner->full++;
    }
    planner->next = at + 1 < planner->width ? at + 1 : 0;
    return at;
}

/* Names the groups of the window that are some: numbers without a gap. */
static void window_close(const struct planner *planner, uint32_t *names, struct df_merge_plan *plan)
{
    for (uint32_t at = 0; at < planner->open; at++) {
        uint32_t members = planner->groups[at].members;
        names[planner->first + at] = members > 1 ? plan->groups++ : DF_NO_GROUP;
        plan->members += members > 1 ? members : 0;
    }
}

/* --- The plan --- */

static bool limits_fit(const struct df_merge_limits *limits)
{
    return limits->max_members >= 2 && limits->max_members <= MEMBERS_MOST && limits->max_probes >= 1 &&
           limits->max_probes <= PROBES_MOST && limits->max_live >= 1 && limits->max_live <= PAGE_GRANULES;
}

/* Runs of pages and groups that both follow each other. */
static uint32_t count_mappings(const uint32_t *pages, const uint32_t *group_of, size_t count)
{
    uint32_t mappings = 0;
    for (size_t i = 0; i < count; i++) {
        bool goes_on = i > 0 && pages[i] == pages[i - 1] + 1 && group_of[i - 1] != DF_NO_GROUP &&
                       group_of[i] == group_of[i - 1] + 1;
        mappings += group_of[i] != DF_NO_GROUP && !goes_on;
    }
    return mappings;
}

struct df_merge_plan df_heap_plan_merges(const struct df_heap *heap, const uint32_t *pages, size_t count,
                                         const struct df_merge_limits *limits, uint32_t *group_of,
                                         void *scratch)
{
    struct df_merge_plan plan = {0};
    struct planner *planner = scratch;
    if (count == 0)
        return plan;
    memset(group_of, 0xFF, count * sizeof *group_of);
    if (!limits_fit(limits))
        return plan;
    uint32_t *queue = (void *)(planner + 1), *names = queue + count;
    uint32_t candidates = queue_fill(heap, pages, count, limits->max_live, queue);
    planner->first = planner->open = 0;
    for (uint32_t at = 0; at < candidates; at -= planner->waits) {
        window_open(planner, candidates - at, limits);
        while (at < candidates && planner->full < planner->width && planner->waits < limits->max_probes) {
            uint32_t place = queue[at++], group;
            uint64_t live[PAGE_WORDS];
            df_heap_page_live(heap, pages[place], live);
            group = window_offer(planner, live, limits->max_members);
            if (group == planner->width)
                planner->waiting[planner->waits++] = place;
            else
                group_of[place] = planner->first + group;
        }
        window_close(planner, names, &plan);
        memcpy(queue + at - planner->waits, planner->waiting, planner->waits * sizeof *queue);
    }
    for (size_t i = 0; i < count; i++)
        if (group_of[i] != DF_NO_GROUP)
            group_of[i] = names[group_of[i]];
    plan.saved_pages = plan.members - plan.groups;
    plan.mappings = count_mappings(pages, group_of, count);
    return plan;
}
