/*
 * What the plan of merging brings and costs: merge PAGES SIZE LIVE [SEED]
 *
 * A heap of PAGES pages, filled with blocks of SIZE bytes (0: of 16 to 512, evenly), of which one in LIVE
 * stays, at random. Pages without a live granule are given back; all others are cold. Three plans for them,
 * for groups of up to 16 pages with up to 128 live granules, are a line each:
 *
 *   NAME candidates runs members groups saved mappings milliseconds
 *
 * Runs of candidates that follow each other are the fewest mappings that any plan of all of them has.
 *
 *   plan      df_heap_plan_merges, 64 probes
 *   strict    first fit as one knows it: the sparsest first, each into the first of the last 64 open groups
 *   unbounded the same, all open groups
 *
 * The last two are written here, as plainly as can be; mappings are counted the same way. Time is the
 * process's, of the best of three.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "defragger_heap.h"

enum { ROUNDS = 3 };

static const struct df_merge_limits limits = {.max_members = 16, .max_probes = 64, .max_live = 128};

/* --- The heap --- */

static struct df_heap *heap_fill(uint64_t pages, uint64_t size, uint32_t live, uint64_t seed)
{
    struct df_heap_options options = {.capacity = pages * DF_PAGE};
    size_t metadata = df_heap_metadata_size(options.capacity);
    uint64_t state = seed * 2 + 1, offset;
    struct df_heap *heap;
    struct df_item item;
    if (df_heap_open(fresh(metadata), metadata, &options, &heap) != DF_OK) {
        fprintf(stderr, "merge: no heap of %" PRIu64 " pages\n", pages);
        exit(1);
    }
    while (df_heap_allocate(heap, size != 0 ? size : 16 * (1 + draw(&state) % 32), DF_GRANULE, &offset) ==
           DF_OK)
        continue;
    for (uint64_t at = 0; df_heap_walk(heap, at, &item); at += item.length)
        if (item.live && draw(&state) % live != 0)
            df_heap_release(heap, at);
    return heap;
}

static bool is_empty(const uint64_t live[4])
{
    return (live[0] | live[1] | live[2] | live[3]) == 0;
}

/* The pages with a live granule. */
static size_t cold_pages(const struct df_heap *heap, uint64_t pages, uint32_t *cold)
{
    size_t count = 0;
    for (uint32_t page = 0; page < pages; page++) {
        uint64_t live[4];
        df_heap_page_live(heap, page, live);
        if (!is_empty(live))
            cold[count++] = page;
    }
    return count;
}

static size_t runs_of(const uint32_t *pages, size_t count)
{
    size_t runs = 0;
    for (size_t i = 0; i < count; i++)
        runs += i == 0 || pages[i] != pages[i - 1] + 1;
    return runs;
}

/* --- First fit --- */

struct first_fit {
    uint64_t (*taken)[4]; /* by group */
    uint32_t *members, *open;
    size_t groups, opened; /* all; those with room */
};

static uint32_t live_of(const uint64_t live[4])
{
    return (uint32_t)(__builtin_popcountll(live[0]) + __builtin_popcountll(live[1]) +
                      __builtin_popcountll(live[2]) + __builtin_popcountll(live[3]));
}

static uint32_t first_fit_offer(struct first_fit *fit, const uint64_t live[4], size_t probes)
{
    size_t at = fit->opened > probes ? fit->opened - probes : 0;
    for (; at < fit->opened; at++) {
        const uint64_t *taken = fit->taken[fit->open[at]];
        if (((taken[0] & live[0]) | (taken[1] & live[1]) | (taken[2] & live[2]) | (taken[3] & live[3])) == 0)
            break;
    }
    if (at == fit->opened)
        fit->open[fit->opened++] = (uint32_t)fit->groups++;
    uint32_t group = fit->open[at];
    for (int word = 0; word < 4; word++)
        fit->taken[group][word] |= live[word];
    if (++fit->members[group] == limits.max_members) {
        memmove(fit->open + at, fit->open + at + 1, (fit->opened - at - 1) * sizeof *fit->open);
        fit->opened--;
    }
    return group;
}

static struct df_merge_plan first_fit(const struct df_heap *heap, const uint32_t *pages, size_t count,
                                      size_t probes, uint32_t *group_of)
{
    struct first_fit fit = {fresh((count + 1) * 32), fresh((count + 1) * 4), fresh((count + 1) * 4), 0, 0};
    struct df_merge_plan plan = {0};
    for (uint32_t most = 1; most <= limits.max_live; most++)
        for (size_t i = 0; i < count; i++) {
            uint64_t live[4];
            df_heap_page_live(heap, pages[i], live);
            if (live_of(live) == most)
                group_of[i] = first_fit_offer(&fit, live, probes);
            else if (live_of(live) > limits.max_live)
                group_of[i] = DF_NO_GROUP;
        }
    uint32_t *names = fit.open;
    for (size_t group = 0; group < fit.groups; group++) {
        names[group] = fit.members[group] > 1 ? plan.groups++ : DF_NO_GROUP;
        plan.members += fit.members[group] > 1 ? fit.members[group] : 0;
    }
    for (size_t i = 0; i < count; i++) {
        group_of[i] = group_of[i] != DF_NO_GROUP ? names[group_of[i]] : DF_NO_GROUP;
        bool goes_on = i > 0 && pages[i] == pages[i - 1] + 1 && group_of[i - 1] != DF_NO_GROUP &&
                       group_of[i] == group_of[i - 1] + 1;
        plan.mappings += group_of[i] != DF_NO_GROUP && !goes_on;
    }
    plan.saved_pages = plan.members - plan.groups;
    munmap(fit.taken, (count + 1) * 32);
    munmap(fit.members, (count + 1) * 4);
    munmap(fit.open, (count + 1) * 4);
    return plan;
}

/* --- Lines --- */

static void print(const char *name, const uint32_t *pages, size_t count, struct df_merge_plan plan, double ms)
{
    printf("%-9s %zu %zu %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %.1f\n", name, count,
           runs_of(pages, count), plan.members, plan.groups, plan.saved_pages, plan.mappings, ms);
}

static struct df_merge_plan plan_once(const struct df_heap *heap, const uint32_t *pages, size_t count,
                                      int way, uint32_t *group_of, void *scratch)
{
    if (way == 0)
        return df_heap_plan_merges(heap, pages, count, &limits, group_of, scratch);
    return first_fit(heap, pages, count, way == 1 ? limits.max_probes : SIZE_MAX, group_of);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"plan", "strict", "unbounded"};
    uint64_t pages = argc > 3 ? strtoull(argv[1], NULL, 10) : 0,
             size = argc > 3 ? strtoull(argv[2], NULL, 10) : 0;
    uint32_t live = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
    if (argc < 4 || argc > 5 || pages == 0 || pages > DF_CAPACITY_MAX / DF_PAGE || live == 0) {
        fprintf(stderr, "usage: merge PAGES SIZE LIVE [SEED]\n");
        return 2;
    }
    struct df_heap *heap = heap_fill(pages, size, live, argc > 4 ? strtoull(argv[4], NULL, 10) : 1);
    uint32_t *cold = fresh(pages * sizeof *cold), *group_of = fresh(pages * sizeof *group_of);
    size_t count = cold_pages(heap, pages, cold);
    void *scratch = fresh(df_heap_merge_scratch(count));
    for (int way = 0; way < 3; way++) {
        struct df_merge_plan plan = {0};
        double best = 0;
        /* Without a bound it is there for what it saves; on large heaps it takes minutes. */
        if (way == 2 && count > 50000)
            continue;
        for (int round = 0; round < (way == 0 ? ROUNDS : 1); round++) {
            double before = now_ns();
            plan = plan_once(heap, cold, count, way, group_of, scratch);
            double took = (now_ns() - before) / 1e6;
            best = round == 0 || took < best ? took : best;
        }
        print(names[way], cold, count, plan, best);
    }
    return 0;
}
