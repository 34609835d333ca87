/*
 * The checker: computes from the granules' bits alone, one by one, what everything else has to be. It shares
 * no verb with the code that it checks but the size classes.
 */
#include "heap.h"

static const char *const rules[] = {
    "no invariant is broken",
    "a granule is not both start and free",
    "granules beyond what is committed are neither start nor free",
    "a used granule that follows a free one is a start",
    "the notes on an item that reaches over a chunk's end are true",
    "a chunk's counts are the numbers of its free runs of each inexact class",
    "the index has a word or chunk in a class exactly if a run of that class starts there",
    "a summary bit is set exactly if its word is not 0",
    "a page with a live granule is dirty",
    "a page is in the purge index exactly if it is whole and dirty and nothing of it is live",
    "the counters are the sums they stand for",
    "the victim is a whole free run",
    "a held granule is a start, and lies on a held page",
    "a held page is committed whole, and nothing of it is free",
};

enum rule {
    SOUND,
    START_OR_FREE,
    NOTHING_BEYOND,
    STARTS_BEGIN_BLOCKS,
    NOTES_ARE_TRUE,
    COUNTS_ARE_TRUE,
    INDEX_IS_TRUE,
    SUMMARIES_ARE_TRUE,
    LIVE_IS_DIRTY,
    PURGE_INDEX_IS_TRUE,
    COUNTERS_ARE_TRUE,
    VICTIM_IS_A_RUN,
    HELD_ON_HELD_PAGES,
    NOTHING_FREE_ON_HELD_PAGES,
};

enum kind { INTERIOR, START, FREE, HELD };

/* What has been seen up to some granule. */
struct survey {
    uint32_t blocks, runs, live, pinned, dirty_free, held, held_pages;
};

static bool bit(const uint64_t *words, uint32_t at)
{
    return words[at / 64] >> at % 64 & 1;
}

static enum kind kind_at(const struct df_heap *heap, uint32_t granule)
{
    if (heap->holds.granules != NULL && bit(heap->holds.granules, granule))
        return HELD;
    return bit(heap->start, granule) ? START : bit(heap->free, granule) ? FREE : INTERIOR;
}

static uint32_t chunk_count(const struct df_heap *heap)
{
    return (heap->capacity - 1) / CHUNK_GRANULES + 1;
}

static bool in_set(const struct bit_sets *sets, uint32_t set, uint32_t number)
{
    return *set_word(sets, 0, set, number / 64) >> number % 64 & 1;
}

/* --- Granules --- */

static enum rule check_granules(const struct df_heap *heap)
{
    uint32_t words = chunk_count(heap) * CHUNK_WORDS;
    if ((heap->start[-1] | heap->free[-1] | heap->start[words] | heap->free[words]) != 0)
        return NOTHING_BEYOND;
    for (uint64_t granule = 0; granule < (uint64_t)words * WORD_GRANULES; granule++) {
        bool start = bit(heap->start, (uint32_t)granule), free = bit(heap->free, (uint32_t)granule);
        bool wall = granule == heap->limit && heap->limit % CHUNK_GRANULES != 0;
        if (granule >= heap->limit && (free || start != wall))
            return NOTHING_BEYOND;
        if (start && free)
            return START_OR_FREE;
    }
    for (uint32_t granule = 0; granule < heap->limit; granule++)
        if (kind_at(heap, granule) == INTERIOR && (granule == 0 || kind_at(heap, granule - 1) >= FREE))
            return STARTS_BEGIN_BLOCKS;
    return SOUND;
}

/* --- Items: one chunk's notes, counts and place in the index --- */

static uint32_t item_end(const struct df_heap *heap, uint32_t start)
{
    enum kind kind = kind_at(heap, start), inside = kind >= FREE ? kind : INTERIOR;
    uint32_t end = start + 1;
    while (end < heap->limit && kind_at(heap, end) == inside && (kind != HELD || end % PAGE_GRANULES != 0))
        end++;
    return end;
}

/* Runs of a chunk that are in the index: by inexact class, and for each word which exact classes it has. */
struct tally {
    uint16_t inexact[CLASS_COUNT - CLASS_EXACT];
    uint64_t exact[CHUNK_WORDS];
};

static enum rule check_tally(const struct df_heap *heap, uint32_t chunk, const struct tally *tally)
{
    for (uint32_t set = 0; set < CLASS_LARGE - CLASS_EXACT; set++)
        if ((heap->chunks[chunk].counts[set / 2] >> set % 2 * 4 & 15) != tally->inexact[set])
            return COUNTS_ARE_TRUE;
    for (uint32_t set = 0; set < heap->inexact.count; set++)
        if (in_set(&heap->inexact, set, chunk) != (tally->inexact[set] > 0))
            return INDEX_IS_TRUE;
    for (uint32_t word = 0; word < CHUNK_WORDS; word++)
        for (uint32_t set = 0; set < heap->exact.count; set++)
            if (in_set(&heap->exact, set, chunk * CHUNK_WORDS + word) != (tally->exact[word] >> set & 1))
                return INDEX_IS_TRUE;
    return SOUND;
}

static void tally_run(struct tally *tally, uint32_t start, uint32_t length)
{
    uint32_t class = class_of(length);
    if (class < CLASS_EXACT)
        tally->exact[start / WORD_GRANULES % CHUNK_WORDS] |= UINT64_C(1) << class;
    else
        tally->inexact[class - CLASS_EXACT]++;
}

static enum rule check_chunk(const struct df_heap *heap, uint32_t chunk, uint32_t *next, struct survey *seen)
{
    struct tally tally = {0};
    uint64_t beyond = ((uint64_t)chunk + 1) * CHUNK_GRANULES;
    uint32_t crossing = 0;
    while (*next < heap->limit && *next < beyond) {
        uint32_t start = *next, end = item_end(heap, start), length = end - start;
        enum kind kind = kind_at(heap, start);
        bool free = kind == FREE, live = kind < FREE;
        if (end > beyond)
            crossing = length;
        if (free && end > beyond && heap->chunks[(end - 1) / CHUNK_GRANULES].entering != start)
            return NOTES_ARE_TRUE;
        if (free && start != heap->victim.start)
            tally_run(&tally, start, length);
        seen->runs += free;
        seen->blocks += live;
        seen->live += live ? length : 0;
        seen->held += kind == HELD ? length : 0;
        *next = end;
    }
    if (heap->chunks[chunk].crossing != crossing)
        return NOTES_ARE_TRUE;
    return check_tally(heap, chunk, &tally);
}

/* --- Held pages --- */

static enum rule check_holds(const struct df_heap *heap, struct survey *seen)
{
    const struct holds *holds = &heap->holds;
    uint32_t pages = chunk_count(heap) * CHUNK_PAGES;
    for (uint32_t page = 0; holds->pages != NULL && page < pages; page++) {
        bool held = bit(holds->pages, page), whole = ((uint64_t)page + 1) * PAGE_GRANULES <= heap->limit;
        seen->held_pages += held;
        for (uint32_t at = page * PAGE_GRANULES; at / PAGE_GRANULES == page; at++) {
            if (bit(holds->granules, at) && (!held || !bit(heap->start, at)))
                return HELD_ON_HELD_PAGES;
            if (held && (!whole || bit(heap->free, at)))
                return NOTHING_FREE_ON_HELD_PAGES;
        }
    }
    return SOUND;
}

/* --- Summaries --- */

/* Whether the bits of a level behind its last number are clear. */
static bool tail_is_clear(const struct bit_sets *sets, uint32_t level, uint32_t set, uint32_t numbers)
{
    return numbers % 64 == 0 || *set_word(sets, level, set, numbers / 64) >> numbers % 64 == 0;
}

static bool set_is_sound(const struct bit_sets *sets, uint32_t set, uint32_t numbers, bool *any)
{
    for (uint32_t level = 0; level <= sets->top; level++) {
        if (!tail_is_clear(sets, level, set, numbers))
            return false;
        for (uint32_t word = 0; word < sets->width[level] && level < sets->top; word++) {
            bool above = *set_word(sets, level + 1, set, word / 64) >> word % 64 & 1;
            if (above != (*set_word(sets, level, set, word) != 0))
                return false;
        }
        *any = *set_word(sets, level, set, 0) != 0; /* of the top level, in the end */
        numbers = sets->width[level];
    }
    return true;
}

static enum rule check_summaries(const struct df_heap *heap)
{
    uint32_t chunks = chunk_count(heap);
    bool any = false;
    for (uint32_t class = 0; class < CLASS_WORDS * 64; class ++) {
        uint32_t set = class < CLASS_EXACT ? class : class - CLASS_EXACT;
        const struct bit_sets *sets = class < CLASS_EXACT ? &heap->exact : &heap->inexact;
        any = false;
        if (set < sets->count &&
            !set_is_sound(sets, set, class < CLASS_EXACT ? chunks * CHUNK_WORDS : chunks, &any))
            return SUMMARIES_ARE_TRUE;
        if (any != bit(heap->classes, class))
            return SUMMARIES_ARE_TRUE;
    }
    return set_is_sound(&heap->purge, 0, chunks, &any) ? SOUND : SUMMARIES_ARE_TRUE;
}

/* --- Pages --- */

static enum rule check_page(const struct df_heap *heap, uint32_t page, struct survey *seen)
{
    uint8_t pages = heap->chunks[page / CHUNK_PAGES].pages;
    bool dirty = pages >> page % CHUNK_PAGES & 1, listed = pages >> (4 + page % CHUNK_PAGES) & 1,
         live = false;
    for (uint32_t at = 0; at < PAGE_GRANULES; at++) {
        uint64_t granule = (uint64_t)page * PAGE_GRANULES + at;
        live = live || (granule < heap->limit && kind_at(heap, (uint32_t)granule) < FREE);
    }
    if (live && !dirty)
        return LIVE_IS_DIRTY;
    bool whole = ((uint64_t)page + 1) * PAGE_GRANULES <= heap->limit;
    if (listed != (whole && dirty && !live))
        return PURGE_INDEX_IS_TRUE;
    seen->pinned += live;
    seen->dirty_free += listed;
    return SOUND;
}

static enum rule check_pages(const struct df_heap *heap, struct survey *seen)
{
    for (uint32_t page = 0; page < chunk_count(heap) * CHUNK_PAGES; page++) {
        enum rule broken = check_page(heap, page, seen);
        if (broken != SOUND)
            return broken;
    }
    for (uint32_t chunk = 0; chunk < chunk_count(heap); chunk++)
        if (in_set(&heap->purge, 0, chunk) != (heap->chunks[chunk].pages >> 4 != 0))
            return PURGE_INDEX_IS_TRUE;
    return SOUND;
}

static enum rule check_counters(const struct df_heap *heap, const struct survey *seen)
{
    bool true_sums = heap->live == seen->live && heap->live_blocks == seen->blocks &&
                     heap->free_runs == seen->runs && heap->pinned == seen->pinned &&
                     heap->dirty_free == seen->dirty_free && heap->holds.granule_count == seen->held &&
                     heap->holds.page_count == seen->held_pages && heap->live_most >= heap->live &&
                     heap->limit <= heap->capacity;
    return true_sums ? SOUND : COUNTERS_ARE_TRUE;
}

static enum rule check_victim(const struct df_heap *heap)
{
    struct span victim = heap->victim;
    bool whole = victim.end <= heap->limit && victim.start < victim.end &&
                 kind_at(heap, victim.start) == FREE &&
                 (victim.start == 0 || kind_at(heap, victim.start - 1) != FREE) &&
                 item_end(heap, victim.start) == victim.end;
    return whole || (victim.start == UINT32_MAX && victim.end == UINT32_MAX) ? SOUND : VICTIM_IS_A_RUN;
}

int df_heap_check(const struct df_heap *heap)
{
    struct survey seen = {0};
    uint32_t next = 0;
    enum rule broken = check_granules(heap);
    if (broken == SOUND)
        broken = check_holds(heap, &seen);
    if (broken == SOUND)
        broken = check_victim(heap);
    for (uint32_t chunk = 0; broken == SOUND && chunk < chunk_count(heap); chunk++)
        broken = check_chunk(heap, chunk, &next, &seen);
    if (broken == SOUND)
        broken = check_summaries(heap);
    if (broken == SOUND)
        broken = check_pages(heap, &seen);
    if (broken == SOUND)
        broken = check_counters(heap, &seen);
    return (int)broken;
}

const char *df_heap_rule(int number)
{
    bool known = number >= 0 && (size_t)number < sizeof rules / sizeof *rules;
    return known ? rules[number] : "no rule has this number";
}
