/*
 * What a release and an allocation cost the heap core, without any cache in front, at a number of live
 * blocks.
 *
 *   core heap|malloc LIVE PAIRS      LIVE, ns a pair of each pattern, ns an allocation of the build-up
 *   core batch LIVE PAIRS            LIVE, ns a block of each batch: allocated, released
 *
 * Sizes are 16 to 256 bytes in steps of 16, evenly. The patterns, each on the same heap one after the other:
 *   last    allocate 48 bytes, release them
 *   same    release a random block, allocate its size anew
 *   mixed   release a random block, allocate another size
 * A batch is 64 blocks of 64 bytes, and PAIRS times 64 batches are allocated and released: first side by
 * side, out of the victim, then into holes between blocks that stay.
 *
 * `malloc` does the same with the C library's. No block is touched: a heap that keeps its links in the blocks
 * does so itself. What is random is drawn before the clock starts. Time is the process's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "defragger_heap.h"

enum { DRAWS = 1 << 20, SIZES = 16 };

struct bench {
    struct df_heap *heap; /* NULL: malloc */
    uint32_t live;
    uint64_t *blocks; /* offsets or addresses */
    uint8_t *sizes;   /* in granules */
    uint32_t *draws;
    uint8_t *size_draws;
};

static uint64_t take(const struct bench *bench, uint64_t size)
{
    if (bench->heap == NULL)
        return (uint64_t)(uintptr_t)malloc(size);
    uint64_t offset = 0;
    if (df_heap_allocate(bench->heap, size, DF_GRANULE, &offset) != DF_OK) {
        fputs("core: the heap is full\n", stderr);
        exit(1);
    }
    return offset;
}

static void give(const struct bench *bench, uint64_t block)
{
    if (bench->heap == NULL)
        free((void *)(uintptr_t)block);
    else if (df_heap_release(bench->heap, block) != DF_OK)
        exit(1);
}

static double build_up(struct bench *bench)
{
    double start = now_ns();
    for (uint32_t i = 0; i < bench->live; i++) {
        bench->sizes[i] = bench->size_draws[i % DRAWS];
        bench->blocks[i] = take(bench, bench->sizes[i] * (uint64_t)DF_GRANULE);
    }
    return (now_ns() - start) / bench->live;
}

static double pattern_last(const struct bench *bench, uint32_t pairs)
{
    double start = now_ns();
    for (uint32_t i = 0; i < pairs; i++) {
        uint64_t block = take(bench, 48);
        __asm__ volatile("" : : "r"(block) : "memory"); /* or malloc and free go away */
        give(bench, block);
    }
    return (now_ns() - start) / pairs;
}

static double pattern_random(struct bench *bench, uint32_t pairs, bool mixed)
{
    double start = now_ns();
    for (uint32_t i = 0; i < pairs; i++) {
        uint32_t at = bench->draws[i % DRAWS];
        give(bench, bench->blocks[at]);
        if (mixed)
            bench->sizes[at] = bench->size_draws[i % DRAWS];
        bench->blocks[at] = take(bench, bench->sizes[at] * (uint64_t)DF_GRANULE);
    }
    return (now_ns() - start) / pairs;
}

enum { BATCH = 64, BATCHES = 64, BATCH_SIZE = 64 };

/* Batches, then their end, the last first, again and again; nanoseconds a block. Looking at the clock takes
 * as long as a batch, so there are many in between. */
static void batches(const struct bench *bench, uint32_t rounds, double *allocating, double *releasing)
{
    static uint64_t offsets[BATCHES][BATCH];
    *allocating = *releasing = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        size_t count, failures = 0;
        double start = now_ns();
        for (uint32_t i = 0; i < BATCHES; i++)
            failures += df_heap_allocate_many(bench->heap, BATCH_SIZE, BATCH, offsets[i], &count) != DF_OK;
        double between = now_ns();
        for (uint32_t i = BATCHES; i-- > 0;)
            failures += df_heap_release_many(bench->heap, offsets[i], BATCH, &count) != DF_OK;
        *releasing += (now_ns() - between) / rounds / BATCHES / BATCH;
        *allocating += (between - start) / rounds / BATCHES / BATCH;
        if (failures > 0)
            exit(1);
    }
}

/* Blocks of which every other one goes, so that each leaves a hole. */
static void make_holes(const struct bench *bench)
{
    static uint64_t blocks[2 * BATCHES * BATCH];
    for (size_t i = 0; i < 2 * BATCHES * BATCH; i++)
        blocks[i] = take(bench, BATCH_SIZE);
    for (size_t i = 0; i < 2 * BATCHES * BATCH; i += 2)
        give(bench, blocks[i]);
}

static struct df_heap *heap_for(uint64_t live)
{
    uint64_t capacity = (live * SIZES * DF_GRANULE * 2 + (UINT64_C(1) << 20)) & ~(uint64_t)(DF_PAGE - 1);
    size_t size = df_heap_metadata_size(capacity);
    struct df_heap_options options = {.capacity = capacity, .growth = 1 << 20};
    struct df_heap *heap = NULL;
    if (df_heap_open(fresh(size), size, &options, &heap) != DF_OK)
        exit(1);
    return heap;
}

int main(int count, char **words)
{
    unsigned long live = count == 4 ? strtoul(words[2], NULL, 10) : 0;
    unsigned long pairs = count == 4 ? strtoul(words[3], NULL, 10) : 0;
    if (live == 0 || live > 100000000 || pairs == 0 || pairs > 1000000000) {
        fputs("usage: core heap|malloc|batch LIVE PAIRS\n", stderr);
        return 2;
    }
    struct bench bench = {.live = (uint32_t)live};
    uint64_t state = 88172645463325252u;
    bench.heap = strcmp(words[1], "malloc") == 0 ? NULL : heap_for(live);
    bench.blocks = fresh(live * sizeof *bench.blocks);
    bench.sizes = fresh(live);
    bench.draws = fresh(DRAWS * sizeof *bench.draws);
    bench.size_draws = fresh(DRAWS);
    for (uint32_t i = 0; i < DRAWS; i++) {
        bench.draws[i] = draw(&state) % bench.live;
        bench.size_draws[i] = (uint8_t)(draw(&state) % SIZES + 1);
    }
    double build = build_up(&bench);
    if (strcmp(words[1], "batch") == 0) {
        double beside[2], between[2];
        batches(&bench, (uint32_t)pairs, &beside[0], &beside[1]);
        make_holes(&bench);
        batches(&bench, (uint32_t)pairs, &between[0], &between[1]);
        printf("%lu %.1f %.1f %.1f %.1f\n", live, beside[0], beside[1], between[0], between[1]);
        return 0;
    }
    pattern_random(&bench, (uint32_t)pairs / 2, true); /* until the heap is as it stays */
    double mixed = pattern_random(&bench, (uint32_t)pairs, true);
    double same = pattern_random(&bench, (uint32_t)pairs, false);
    double last = pattern_last(&bench, (uint32_t)pairs);
    printf("%lu %.1f %.1f %.1f %.1f\n", live, last, same, mixed, build);
    return 0;
}
