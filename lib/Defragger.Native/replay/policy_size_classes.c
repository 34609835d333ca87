/*
 * Size classes: slabs of one size each. A block goes into the lowest slab of its class that has room, at the
 * lowest free place; what is longer than the longest class is whole pages. A slab without blocks goes back.
 *
 * Classes are every granule up to 8, then four a doubling. A slab is 16 KiB, of the classes above 1 KiB it is
 * 64 KiB. An aligned block takes a class of which all places are so aligned.
 *
 *   1. The pages of slabs and long blocks are used in `pages_of`, and no others.
 *   2. A slab is in `open` of its class, by its first page, exactly if it has room.
 */
#include "policy.h"

#include "../src/core/bit_set.h"
#include "fail.h"
#include "space.h"

enum {
    LINEAR = 8,     /* granules: up to here a class each */
    STEPS = 4,      /* classes a doubling above */
    LONGEST = 1024, /* granules of the longest class: 16 KiB */
    CLASSES = LINEAR + STEPS * 7,
    SMALL_MOST = 64, /* granules of the longest that is in a small slab */
    SMALL_PAGES = 4,
    LARGE_PAGES = 16,
    PLACES_MOST = SMALL_PAGES * PAGE_GRANULES,
};

struct slab {
    uint32_t class, count;           /* live blocks */
    uint64_t used[PLACES_MOST / 64]; /* places */
};

struct size_classes {
    struct pages *pages;
    struct space pages_of;
    struct bit_sets open;
    struct slab **slabs; /* by each of their pages */
    struct slab *unused; /* linked by their first word of `used` */
};

static void *size_classes_open(struct pages *pages)
{
    static struct size_classes heap;
    heap.pages = pages;
    space_open(&heap.pages_of, ARENA_PAGES);
    heap.slabs = map_sparse(ARENA_PAGES * sizeof *heap.slabs);
    heap.open.count = CLASSES;
    uint32_t words = ARENA_PAGES / 64;
    for (unsigned level = 0; level < SET_LEVELS; level++, words = (words + 63) / 64) {
        heap.open.width[level] = words;
        heap.open.words[level] = map_sparse((size_t)words * CLASSES * sizeof(uint64_t));
    }
    return &heap;
}

/* --- Classes --- */

static uint32_t class_of(uint64_t granules)
{
    if (granules <= LINEAR)
        return (uint32_t)granules - 1;
    unsigned doubling = 63 - (unsigned)__builtin_clzll((granules - 1) / LINEAR);
    uint64_t step = (uint64_t)LINEAR / STEPS << doubling;
    return LINEAR + doubling * STEPS +
           (uint32_t)((granules - ((uint64_t)LINEAR << doubling) + step - 1) / step) - 1;
}

static uint64_t class_length(uint32_t class)
{
    if (class < LINEAR)
        return class + 1;
    unsigned doubling = (class - LINEAR) / STEPS;
    return ((uint64_t)LINEAR << doubling) +
           ((class - LINEAR) % STEPS + 1) * ((uint64_t)LINEAR / STEPS << doubling);
}

static uint32_t slab_pages(uint32_t class)
{
    return class_length(class) <= SMALL_MOST ? SMALL_PAGES : LARGE_PAGES;
}

static uint32_t slab_places(uint32_t class)
{
    return (uint32_t)(slab_pages(class) * PAGE_GRANULES / class_length(class));
}

static uint64_t whole_pages(uint64_t size)
{
    return (whole_granules(size) + PAGE_GRANULES - 1) / PAGE_GRANULES;
}

/* --- Pages --- */

static uint64_t pages_take(struct size_classes *heap, uint64_t count, uint64_t size)
{
    uint64_t first = space_find(&heap->pages_of, count);
    if (first == SPACE_FULL)
        policy_is_full("size-classes", size);
    space_change(&heap->pages_of, first, count);
    return first;
}

static void pages_give(struct size_classes *heap, uint64_t first, uint64_t count)
{
    space_change(&heap->pages_of, first, count);
    pages_give_back(heap->pages, first, count);
}

static uint32_t long_place(struct size_classes *heap, uint64_t size)
{
    uint64_t count = whole_pages(size), first = pages_take(heap, count, size);
    pages_live(heap->pages, first * PAGE_GRANULES, count * PAGE_GRANULES);
    return (uint32_t)(first * PAGE_GRANULES);
}

/* --- Slabs --- */

static struct slab *slab_new(struct size_classes *heap)
{
    enum { AT_ONCE = 1024 };
    if (heap->unused == NULL) {
        struct slab *made = map_sparse(AT_ONCE * sizeof *made);
        for (size_t i = 0; i < AT_ONCE; i++, made++) {
            made->used[0] = (uint64_t)(uintptr_t)heap->unused;
            heap->unused = made;
        }
    }
    struct slab *slab = heap->unused;
    heap->unused = (struct slab *)(uintptr_t)slab->used[0];
    *slab = (struct slab){0};
    return slab;
}

static uint32_t slab_open(struct size_classes *heap, uint32_t class, uint64_t size)
{
    uint32_t count = slab_pages(class), first = (uint32_t)pages_take(heap, count, size);
    struct slab *slab = slab_new(heap);
    slab->class = class;
    for (uint32_t i = 0; i < count; i++)
        heap->slabs[first + i] = slab;
    sets_reach(&heap->open, first);
    set_add(&heap->open, class, first);
    return first;
}

static void slab_close(struct size_classes *heap, uint32_t first, struct slab *slab)
{
    uint32_t count = slab_pages(slab->class);
    for (uint32_t i = 0; i < count; i++)
        heap->slabs[first + i] = NULL;
    set_remove(&heap->open, slab->class, first);
    pages_give(heap, first, count);
    slab->used[0] = (uint64_t)(uintptr_t)heap->unused;
    heap->unused = slab;
}

static uint32_t place_take(struct slab *slab)
{
    uint32_t word = 0;
    while (~slab->used[word] == 0)
        word++;
    uint32_t bit = lowest_bit(~slab->used[word]);
    slab->used[word] |= UINT64_C(1) << bit;
    slab->count++;
    return word * 64 + bit;
}

/* Of a slab's page the first: slabs of a class have the same number of pages, side by side. */
static uint32_t first_page(const struct size_classes *heap, uint32_t page)
{
    const struct slab *slab = heap->slabs[page];
    while (page > 0 && heap->slabs[page - 1] == slab)
        page--;
    return page;
}

/* --- Blocks --- */

/* The class that serves a block; CLASSES: whole pages. */
static uint32_t class_for(uint64_t size, uint64_t alignment)
{
    uint64_t granules = whole_granules(size), step = alignment > GRANULE ? alignment / GRANULE : 1;
    if (granules > LONGEST || step > PAGE_GRANULES)
        return CLASSES;
    uint32_t class = class_of(granules);
    while (class < CLASSES && class_length(class) % step != 0)
        class ++;
    return class;
}

static uint32_t size_classes_place(void *state, uint64_t size, uint64_t alignment)
{
    struct size_classes *heap = state;
    uint32_t class = class_for(size, alignment);
    if (class == CLASSES)
        return long_place(heap, size);
    uint32_t first = *set_word(&heap->open, heap->open.top, class, 0) != 0 ? set_first(&heap->open, class)
                                                                           : slab_open(heap, class, size);
    struct slab *slab = heap->slabs[first];
    uint64_t length = class_length(class), at = first * (uint64_t)PAGE_GRANULES + place_take(slab) * length;
    if (slab->count == slab_places(class))
        set_remove(&heap->open, class, first);
    pages_live(heap->pages, at, length);
    return (uint32_t)at;
}

static void size_classes_release(void *state, uint32_t at, uint64_t size)
{
    struct size_classes *heap = state;
    uint32_t page = at / PAGE_GRANULES;
    struct slab *slab = heap->slabs[page];
    if (slab == NULL) {
        pages_dead(heap->pages, at, whole_pages(size) * PAGE_GRANULES);
        pages_give(heap, page, whole_pages(size));
        return;
    }
    uint32_t first = first_page(heap, page);
    uint64_t length = class_length(slab->class), place = (at - first * (uint64_t)PAGE_GRANULES) / length;
    pages_dead(heap->pages, at, length);
    slab->used[place / 64] &= ~(UINT64_C(1) << place % 64);
    if (slab->count-- == slab_places(slab->class))
        set_add(&heap->open, slab->class, first);
    if (slab->count == 0)
        slab_close(heap, first, slab);
}

static bool size_classes_resize(void *state, uint32_t at, uint64_t from, uint64_t to)
{
    struct size_classes *heap = state;
    const struct slab *slab = heap->slabs[at / PAGE_GRANULES];
    uint32_t class = class_for(to, GRANULE);
    if (slab != NULL)
        return class == slab->class;
    uint64_t before = whole_pages(from), now = whole_pages(to);
    if (class != CLASSES || now > before)
        return false;
    if (now < before) {
        uint64_t first = at / PAGE_GRANULES + now;
        pages_dead(heap->pages, first * PAGE_GRANULES, (before - now) * PAGE_GRANULES);
        pages_give(heap, first, before - now);
    }
    return true;
}

static uint64_t size_classes_length(void *state, uint32_t at, uint64_t size)
{
    const struct size_classes *heap = state;
    const struct slab *slab = heap->slabs[at / PAGE_GRANULES];
    return slab != NULL ? class_length(slab->class) : whole_pages(size) * PAGE_GRANULES;
}

const struct policy policy_size_classes = {"size-classes",       size_classes_open,   size_classes_place,
                                           size_classes_release, size_classes_resize, size_classes_length};
