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

static void flip(uint64_t *words, uint32_t at)
{
    words[at / 64] ^= UINT64_C(1) << at % 64;
}

static void flip_start(uint32_t granule)
{
    flip(arena.heap->start, granule);
}

static void flip_free(uint32_t granule)
{
    flip(arena.heap->free, granule);
}

static void flip_member(const struct bit_sets *sets, uint32_t set, uint32_t number)
{
    flip(set_word(sets, 0, set, number / 64), number % 64);
}

/* Whether a run of `length` granules, of an exact class, starts in the word. */
static void flip_exact(uint32_t length, uint32_t word)
{
    flip_member(&arena.heap->exact, class_of(length), word);
}

static void flip_inexact(uint32_t class, uint32_t chunk)
{
    flip_member(&arena.heap->inexact, class - CLASS_EXACT, chunk);
}

static void flip_count(uint32_t chunk, uint32_t class, uint32_t bit)
{
    uint32_t place = class - CLASS_EXACT;
    arena.heap->chunks[chunk].counts[place / 2] ^= (uint8_t)(1 << (place % 2 * 4 + bit));
}

/* --- Damage --- */

static void expect(int rule, const char *what)
{
    int broken = df_heap_check(arena.heap);
    if (!CHECK(broken == rule))
        printf("  %s: rule %d expected, but the check says %d\n", what, rule, broken);
    memcpy(arena.metadata, sound_copy, arena.metadata_size);
    memset(arena.holds, 0, arena.holds_size);
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
    expect(2, "a start in the line after the last chunk");
    flip_free(6 * CHUNK_GRANULES + 63);
    expect(2, "a free granule in the line after the last chunk");
    arena.heap->start[-1] ^= UINT64_C(1) << 63;
    expect(2, "a start in the line before the first chunk");
    arena.heap->free[-1] ^= UINT64_C(1) << 63;
    expect(2, "a free granule in the line before the first chunk");
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
    const uint32_t medium = class_of(50), last = CLASS_LARGE - 1;
    flip_count(1, medium, 0);
    expect(5, "a count of a run too low");
    flip_count(1, medium, 1);
    expect(5, "a count of a run too high");
    flip_count(1, CLASS_EXACT, 0);
    expect(5, "a count of no run, of the first class that is counted");
    flip_count(2, last, 3);
    expect(5, "a count of no run, of the last class that is counted");
    flip_count(4, class_of(LIMIT - VICTIM), 0);
    expect(5, "the victim is counted");
    flip_start(MEDIUM_RUN);
    flip_free(MEDIUM_RUN);
    flip_free(MEDIUM_RUN + 1);
    expect(5, "a run that is shorter than it was counted");
}

static void damage_index(void)
{
    const uint32_t word = SHORT_RUN / WORD_GRANULES;
    flip_exact(10, word);
    expect(6, "an exact class loses its word");
    flip_exact(10, word + 1);
    expect(6, "an exact class has a word without a run of it");
    flip_exact(9, word);
    expect(6, "an exact class has the word of another's run");
    flip_exact(CLASS_EXACT, LIMIT / WORD_GRANULES);
    expect(6, "an exact class has a word that is not committed");
    flip_start(SHORT_RUN);
    flip_free(SHORT_RUN);
    expect(6, "a run of an exact class that is shorter than when it was put there");

    flip_inexact(class_of(50), 1);
    expect(6, "an inexact class loses its chunk");
    flip_inexact(class_of(50), 2);
    expect(6, "an inexact class has a chunk without a run of it");
    flip_inexact(class_of(1024), 1);
    expect(6, "a large class loses its chunk");
    flip_inexact(class_of(CAPACITY / DF_GRANULE), 4);
    expect(6, "the largest class has a chunk without a run of it");
    flip_inexact(class_of(LIMIT - VICTIM), 4);
    expect(6, "the victim's class has its chunk");

    flip(arena.heap->classes, class_of(10));
    expect(7, "an exact class with words is said to have none");
    flip(arena.heap->classes, class_of(1024));
    expect(7, "an inexact class with chunks is said to have none");
    flip(arena.heap->classes, class_of(CAPACITY / DF_GRANULE));
    expect(7, "a class without chunks is said to have some");
    flip(arena.heap->classes, class_of(CAPACITY / DF_GRANULE) + 1);
    expect(7, "a class longer than the arena is said to have chunks");
    flip(arena.heap->classes, CLASS_COUNT);
    expect(7, "a class that there is not is said to have chunks");
    flip_exact(10, 6 * CHUNK_WORDS);
    expect(7, "an exact class has a word behind the last");
    flip_inexact(class_of(50), 6);
    expect(7, "an inexact class has a chunk behind the last");
    flip_member(&arena.heap->purge, 0, 6);
    expect(7, "the purge index has a chunk behind the last");
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
    arena.heap->chunks[5].pages |= 0x11;
    expect(9, "a page beyond what is committed is listed");
    arena.heap->chunks[5].pages |= 0x22;
    expect(9, "a page of which the arena has a part is listed");
    flip_member(&arena.heap->purge, 0, 2);
    expect(9, "the purge index loses a chunk");
    flip_member(&arena.heap->purge, 0, 4);
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
    heap->victim = (struct span){SHORT_RUN, SHORT_RUN + 10};
    expect(6, "the victim is in an exact class");
    heap->victim = NOWHERE;
    expect(5, "a run is neither victim nor in a class");
    heap->victim = (struct span){0, 0};
    expect(11, "no victim, but not NOWHERE");
    heap->victim.end = UINT32_MAX;
    expect(11, "the victim's end is nowhere");
    heap->victim = (struct span){UINT32_MAX, LIMIT};
    expect(11, "the victim's start is nowhere");
}

/* Page 2 is held: granules 512 to 767, with the ends of three runs in it. */
static void damage_holds(void)
{
    struct df_heap *heap = arena.heap;
    const uint32_t held = LONG_RUN, free = LONG_RUN + 300;
    const struct {
        const char *what;
        int rule;
        uint64_t *words;
        uint32_t bit;
    } damages[] = {
        {"a held granule is no start", 12, heap->start, held},
        {"a granule is held on a page that is not", 12, heap->holds.granules, free},
        {"a page with held granules is not held", 12, heap->holds.pages, 2},
        {"a held page has a free granule", 13, heap->holds.pages, 3},
        {"a held page is not committed", 13, heap->holds.pages, LIMIT / PAGE_GRANULES},
        {"a granule of a held page is free", 1, heap->free, held},
        {"a granule of a block is held", 12, heap->holds.granules, LONG_BLOCK + 599},
        {"a held granule is a block's", 10, heap->holds.granules, held},
    };
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        CHECK(df_heap_hold_page(heap, 2) && df_heap_check(heap) == 0);
        flip(damages[i].words, damages[i].bit);
        expect(damages[i].rule, damages[i].what);
    }
    for (int way = 0; way < 2; way++) {
        CHECK(df_heap_hold_page(heap, 2));
        ++*(way == 0 ? &heap->holds.page_count : &heap->holds.granule_count);
        expect(10, "a counter of what is held too high");
    }
}

/* Summaries above the first level, which the small heap does not have. */
static void damage_summary(const struct df_heap *heap, const struct bit_sets *sets, uint32_t set)
{
    CHECK(sets->top == 1);
    for (uint32_t bit = 0; bit <= sets->width[0]; bit++) { /* the last one stands for no word */
        flip(set_word(sets, 1, set, bit / 64), bit % 64);
        CHECK(df_heap_check(heap) == 7);
        flip(set_word(sets, 1, set, bit / 64), bit % 64);
    }
    CHECK(df_heap_check(heap) == 0);
}

static void damage_summaries(void)
{
    struct arena large = {0};
    uint64_t offset;
    CHECK(arena_open(&large, 100 * 8192, 0) == DF_OK);
    while (df_heap_allocate(large.heap, 8192, DF_GRANULE, &offset) == DF_OK)
        continue;
    CHECK(df_heap_release(large.heap, 70 * 8192) == DF_OK);
    CHECK(df_heap_resize(large.heap, 71 * 8192, 8192 - 48) == DF_OK && df_heap_check(large.heap) == 0);
    damage_summary(large.heap, &large.heap->inexact, class_of(512) - CLASS_EXACT);
    damage_summary(large.heap, &large.heap->inexact, 0);
    damage_summary(large.heap, &large.heap->exact, class_of(3));
    damage_summary(large.heap, &large.heap->exact, class_of(4));
    damage_summary(large.heap, &large.heap->purge, 0);
    arena_close(&large);
}

/* An arena that is committed to its end inside a chunk: there a start bit ends the last item. */
static void damage_end(void)
{
    struct arena odd = {0};
    const uint32_t end = (8192 + 64) / DF_GRANULE;
    CHECK(arena_open(&odd, (uint64_t)end * DF_GRANULE, 0) == DF_OK && df_heap_check(odd.heap) == 0);
    flip(odd.heap->start, end);
    CHECK(df_heap_check(odd.heap) == 2);
    flip(odd.heap->start, end);
    flip(odd.heap->free, end);
    CHECK(df_heap_check(odd.heap) == 2);
    flip(odd.heap->free, end);
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
    damage_holds();
    damage_summaries();
    damage_end();
    free(sound_copy);
    arena_close(&arena);
    return check_end();
}
