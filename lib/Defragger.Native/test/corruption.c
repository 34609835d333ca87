/*
 * A checker that never says no proves nothing: here each kind of metadata is damaged, one place at a time,
 * and df_heap_check has to name the rule that this breaks. The metadata is restored from a copy after each.
 *
 * The heap that is damaged, in granules; a chunk has 512:
 *
 *      0  block of 600, over the end of chunk 0
 *    600  run of 10
 *    610  block of 10
 *    620  run of 50
 *    670  block of 6
 *    676  run of 1024, from chunk 1 to chunk 3
 *   1700  block of 512, over the end of chunk 3
 *   2212  block of 300
 *   2512  the victim, 48, to the end of chunk 4 and of what is committed
 *   2560  not committed; the arena ends in chunk 5
 */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "check.h"
#include "heap.h"

enum { CAPACITY = 5 * 8192 + 4096 + 64 };

/* Where the blocks are, in granules. */
enum {
    LONG_BLOCK = 0,
    SHORT_RUN = 600,
    MEDIUM_RUN = 620,
    LONG_RUN = 676,
    CROSSING_BLOCK = 1700,
    VICTIM = 2512,
    LIMIT = 2560,
};

static struct arena arena;
static void *sound_copy;

static uint64_t take(uint64_t granules)
{
    uint64_t offset = UINT64_MAX;
    CHECK(df_heap_allocate(arena.heap, granules * DF_GRANULE, DF_GRANULE, &offset) == DF_OK);
    return offset;
}

static void build(void)
{
    CHECK(arena_open(&arena, CAPACITY, LIMIT * DF_GRANULE) == DF_OK);
    const uint64_t lengths[] = {600, 10, 10, 50, 6, 1024, 512, 300};
    uint64_t offsets[8];
    for (int i = 0; i < 8; i++)
        offsets[i] = take(lengths[i]);
    for (int i = 1; i < 6; i += 2)
        CHECK(df_heap_release(arena.heap, offsets[i]) == DF_OK);
    CHECK(arena.committed == LIMIT * DF_GRANULE && df_heap_check(arena.heap) == 0);
    sound_copy = malloc(arena.metadata_size);
    if (!CHECK(sound_copy != NULL))
        exit(2);
    memcpy(sound_copy, arena.metadata, arena.metadata_size);
}

/* --- Places --- */

static struct chunk_bits *bits_at(uint32_t granule)
{
    return &arena.heap->bits[granule / CHUNK_GRANULES];
}

static void flip(uint64_t *words, uint32_t granule)
{
    uint32_t at = granule % CHUNK_GRANULES;
    words[at / 64] ^= UINT64_C(1) << at % 64;
}

static void flip_start(uint32_t granule)
{
    flip(bits_at(granule)->start, granule);
}

static void flip_free(uint32_t granule)
{
    flip(bits_at(granule)->free, granule);
}

static void flip_index(uint32_t class, uint32_t chunk)
{
    flip(arena.heap->index.words[0] + (size_t) class * arena.heap->index.width[0], chunk);
}

/* --- Damage --- */

static void expect(int rule, const char *what)
{
    int broken = df_heap_check(arena.heap);
    if (!CHECK(broken == rule))
        printf("  %s: rule %d expected, but the check says %d\n", what, rule, broken);
    memcpy(arena.metadata, sound_copy, arena.metadata_size);
    CHECK(df_heap_check(arena.heap) == 0);
}

static void damage_granules(void)
{
    flip_start(SHORT_RUN + 3);
    expect(1, "a start in a free run");
    flip_free(CROSSING_BLOCK);
    expect(1, "a free start");

    flip_start(LIMIT);
    expect(2, "a start at the first granule that is not committed");
    flip_start(LIMIT + 10);
    expect(2, "a start beyond what is committed");
    flip_free(LIMIT + 10);
    expect(2, "a free granule beyond what is committed");
    flip_start(6 * CHUNK_GRANULES);
    expect(2, "a start in the line beyond the last chunk");
    arena.heap->limit--;
    expect(2, "a limit inside a chunk, without the start that ends the last item");

    flip_start(LONG_BLOCK);
    expect(3, "the arena begins inside a block");
    flip_start(SHORT_RUN + 10);
    expect(3, "a used granule after a run is no start");
    flip_free(LONG_RUN + 100);
    expect(3, "a used granule in a run is no start");
}

static void damage_notes(void)
{
    arena.heap->chunks[0].crossing++;
    expect(4, "a block's length");
    arena.heap->chunks[0].crossing = 0;
    expect(4, "no length of a block that crosses");
    arena.heap->chunks[1].crossing--;
    expect(4, "a run's length");
    arena.heap->chunks[2].crossing = 1;
    expect(4, "a length where no item begins");
    arena.heap->chunks[3].entering++;
    expect(4, "a run's start");
    flip_start(LONG_BLOCK + 100);
    expect(4, "a block in two: the first ends in its chunk");
}

static void damage_counts(void)
{
    arena.heap->chunks[1].exact[9]++;
    expect(5, "an exact count too high");
    arena.heap->chunks[1].exact[9]--;
    expect(5, "an exact count too low");
    arena.heap->chunks[2].exact[0] = 1;
    expect(5, "an exact count of nothing");
    uint32_t place = class_of(50) - CLASS_EXACT;
    arena.heap->chunks[1].medium[place / 2] ^= (uint8_t)(1 << place % 2 * 4);
    expect(5, "a medium count");
    arena.heap->chunks[1].medium[0] ^= 0x10;
    expect(5, "a medium count of nothing");
    flip_start(MEDIUM_RUN);
    flip_free(MEDIUM_RUN);
    flip_free(MEDIUM_RUN + 1);
    expect(5, "a run that is shorter than it was counted");
}

static void damage_index(void)
{
    flip_index(9, 1);
    expect(6, "a class loses its chunk");
    flip_index(9, 2);
    expect(6, "a class has a chunk without a run of it");
    flip_index(class_of(1024), 1);
    expect(6, "a large class loses its chunk");
    flip_index(CLASS_COUNT - 1, 4);
    expect(6, "a large class has a chunk without a run of it");

    arena.heap->index.classes[0] ^= UINT64_C(1) << 9;
    expect(7, "a class with chunks is said to have none");
    arena.heap->index.classes[1] ^= UINT64_C(1) << 30;
    expect(7, "a class without chunks is said to have some");
}

static void damage_pages(void)
{
    arena.heap->chunks[0].pages = (uint8_t)(arena.heap->chunks[0].pages & ~1);
    expect(8, "a page with a block is clean");
    arena.heap->chunks[2].pages = 0;
    expect(9, "the purge index has a chunk without a page");
    arena.heap->chunks[2].pages = (uint8_t)(arena.heap->chunks[2].pages & ~0x20);
    expect(9, "a dirty, free page is not listed");
    arena.heap->chunks[0].pages |= 0x10;
    expect(9, "a page with a block is listed");
    arena.heap->chunks[5].pages |= 0x02;
    expect(9, "a page beyond what is committed is dirty");
    flip_index(CLASS_PURGE, 2);
    expect(9, "the purge index loses a chunk");
    flip_index(CLASS_PURGE, 4);
    expect(9, "the purge index has a chunk too many");
}

static void damage_counters(void)
{
    struct df_heap *heap = arena.heap;
    uint32_t *const counters[] = {&heap->live, &heap->live_blocks, &heap->free_runs, &heap->pinned,
                                  &heap->dirty_free};
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
        --*counters[i];
        expect(10, "a counter too low");
        ++*counters[i];
        expect(10, "a counter too high");
    }
    heap->live_most = heap->live - 1;
    expect(10, "the most that was live is less than is live");
    heap->capacity = heap->limit - 100;
    expect(10, "more is committed than there is");
}

static void damage_victim(void)
{
    struct df_heap *heap = arena.heap;
    CHECK(heap->victim.start == VICTIM && heap->victim.end == LIMIT);
    heap->victim.end--;
    expect(11, "the victim is shorter than its run");
    heap->victim.end++;
    expect(11, "the victim is longer than its run");
    heap->victim.start++;
    expect(11, "the victim begins inside its run");
    heap->victim.start--;
    expect(11, "the victim begins with a block");
    heap->victim = (struct span){LONG_BLOCK, SHORT_RUN};
    expect(11, "the victim is a block");
    heap->victim = (struct span){20, 10};
    expect(11, "the victim ends before it begins");
    heap->victim = (struct span){LONG_RUN, LONG_RUN + 10};
    expect(11, "the victim is the front of a run");
    heap->victim = (struct span){MEDIUM_RUN, MEDIUM_RUN + 50};
    expect(5, "the victim is in a class");
    heap->victim = (struct span){0, 0};
    expect(5, "a run is neither victim nor in a class");
}

/* Summaries above the first level, which the small heap does not have. */
static void damage_summaries(void)
{
    struct arena large = {0};
    uint64_t offset;
    CHECK(arena_open(&large, 100 * 8192, 0) == DF_OK);
    while (df_heap_allocate(large.heap, 8192, DF_GRANULE, &offset) == DF_OK)
        continue;
    CHECK(df_heap_release(large.heap, 70 * 8192) == DF_OK && df_heap_check(large.heap) == 0);
    struct free_index *index = &large.heap->index;
    const uint32_t classes[] = {class_of(512), CLASS_PURGE, 3};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        for (uint32_t bit = 0; bit < 2; bit++) {
            uint64_t *word = &index->words[1][(size_t)classes[i] * index->width[1]];
            *word ^= UINT64_C(1) << bit;
            CHECK(df_heap_check(large.heap) == 7);
            *word ^= UINT64_C(1) << bit;
        }
    index->words[1][(size_t)classes[0] * index->width[1]] ^= 4;
    PENDING(df_heap_check(large.heap) == 7, "a summary bit of a word that is not there goes unseen");
    index->words[1][(size_t)classes[0] * index->width[1]] ^= 4;
    CHECK(df_heap_check(large.heap) == 0);
    arena_close(&large);
}

/* An arena that is committed to its end inside a chunk: there a start bit ends the last item. */
static void damage_end(void)
{
    struct arena odd = {0};
    CHECK(arena_open(&odd, 8192 + 64, 0) == DF_OK && df_heap_check(odd.heap) == 0);
    uint64_t *word = &odd.heap->bits[1].start[0];
    *word ^= 1 << 4;
    CHECK(df_heap_check(odd.heap) == 2);
    *word ^= 1 << 4;
    odd.heap->bits[1].free[0] ^= 1 << 4;
    CHECK(df_heap_check(odd.heap) == 2);
    odd.heap->bits[1].free[0] ^= 1 << 4;
    CHECK(df_heap_check(odd.heap) == 0);
    arena_close(&odd);
}

int main(void)
{
    build();
    damage_granules();
    damage_notes();
    damage_counts();
    damage_index();
    damage_pages();
    damage_counters();
    damage_victim();
    damage_summaries();
    damage_end();
    free(sound_copy);
    arena_close(&arena);
    return check_end();
}
