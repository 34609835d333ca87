/*
 * What the core's tests do with a heap over real memory (arena.h), in short.
 *
 * They are examples for the public functions of defragger_heap.h, each with a look at the whole heap (sound).
 * Which of two fitting places a block gets is mostly left open there: the replay of traces and the twin in C#
 * hold that.
 */
#ifndef DF_TEST_VERBS_H
#define DF_TEST_VERBS_H

#include "arena.h"
#include "check.h"

enum { CHUNK = 8192 };

static inline bool sound(const struct arena *arena)
{
    int broken = df_heap_check(arena->heap);
    if (broken != 0)
        printf("rule %d: %s\n", broken, df_heap_rule(broken));
    if (arena->fault != NULL)
        printf("outside: %s\n", arena->fault);
    return broken == 0 && arena->fault == NULL;
}

static inline struct df_statistics statistics(const struct arena *arena)
{
    struct df_statistics now;
    df_heap_statistics(arena->heap, &now);
    return now;
}

static inline uint64_t take(struct arena *arena, uint64_t size)
{
    uint64_t offset = UINT64_MAX;
    CHECK(df_heap_allocate(arena->heap, size, DF_GRANULE, &offset) == DF_OK);
    return offset;
}

static inline void give(struct arena *arena, uint64_t offset)
{
    CHECK(df_heap_release(arena->heap, offset) == DF_OK);
}

static inline bool allocates(struct arena *arena, uint64_t size, enum df_status expected)
{
    uint64_t offset;
    return df_heap_allocate(arena->heap, size, DF_GRANULE, &offset) == expected;
}

/* Takes blocks of a size until there is no room; how many. */
static inline uint64_t fill(struct arena *arena, uint64_t size)
{
    uint64_t offset, count = 0;
    while (df_heap_allocate(arena->heap, size, DF_GRANULE, &offset) == DF_OK)
        count++;
    return count;
}

static inline void give_all(struct arena *arena)
{
    struct df_item item;
    for (uint64_t at = 0; df_heap_walk(arena->heap, at, &item); at = item.offset + item.length)
        if (item.live)
            give(arena, item.offset);
}

static inline uint32_t random_next(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

#endif
