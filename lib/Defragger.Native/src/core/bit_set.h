/*
 * Families of ordered sets of small numbers: a bitmap a set, and summaries above it (bit i of a level: word i
 * of the level below is not 0), so that the first, the next or the last member is found in a step a level.
 * All sets of a family range over the same numbers. As many levels are in use as the numbers so far need.
 *
 * The first words of all sets lie together, then all second words, and so on: what is in use of a family lies
 * at its front, however large the capacity is. Set by set, 250 sets of an arena of 64 GiB would touch a page
 * each at every level: 2 MB for a heap of 1 MB.
 */
#ifndef DF_BIT_SET_H
#define DF_BIT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SET_LEVELS = 5 }; /* 64^5 numbers, more than 2^26 words of granules */

static const uint32_t NO_MEMBER = UINT32_MAX;

struct bit_sets {
    uint64_t *words[SET_LEVELS]; /* of each level; [0] has a bit a number */
    uint32_t width[SET_LEVELS];  /* words of one set at each level */
    uint32_t count;              /* sets */
    uint32_t top; /* the highest level in use: there one word a set covers all numbers so far */
};

static inline uint32_t lowest_bit(uint64_t word)
{
    return (uint32_t)__builtin_ctzll(word);
}

static inline uint32_t highest_bit(uint64_t word)
{
    return 63 - (uint32_t)__builtin_clzll(word);
}

static inline uint32_t bit_count(uint64_t word)
{
    return (uint32_t)__builtin_popcountll(word);
}

/* A word of one set at one level. */
static inline uint64_t *set_word(const struct bit_sets *sets, uint32_t level, uint32_t set, uint32_t word)
{
    return sets->words[level] + (size_t)word * sets->count + set;
}

/* True when the set was empty. */
static inline bool set_add(struct bit_sets *sets, uint32_t set, uint32_t number)
{
    for (uint32_t level = 0;; level++, number /= 64) {
        uint64_t *word = set_word(sets, level, set, number / 64), old = *word;
        *word = old | UINT64_C(1) << number % 64;
        if (old != 0)
            return false; /* so the levels above know of it */
        if (level == sets->top)
            return true;
    }
}

/* Takes a number out that may not be in; true when the set is empty now. */
static inline bool set_remove(struct bit_sets *sets, uint32_t set, uint32_t number)
{
    for (uint32_t level = 0;; level++, number /= 64) {
        uint64_t *word = set_word(sets, level, set, number / 64);
        *word &= ~(UINT64_C(1) << number % 64);
        if (*word != 0)
            return false;
        if (level == sets->top)
            return true;
    }
}

/* Takes as many levels into use as it takes to tell numbers up to this one apart. */
static inline void sets_reach(struct bit_sets *sets, uint32_t number)
{
    while ((uint64_t)number >> 6 * (sets->top + 1) != 0) {
        uint32_t below = sets->top++;
        for (uint32_t set = 0; set < sets->count; set++)
            *set_word(sets, below + 1, set, 0) = *set_word(sets, below, set, 0) != 0;
    }
}

/* The lowest member of a set that is not empty. */
static inline uint32_t set_first(const struct bit_sets *sets, uint32_t set)
{
    uint32_t number = 0;
    for (uint32_t level = sets->top + 1; level-- > 0;)
        number = number * 64 + lowest_bit(*set_word(sets, level, set, number));
    return number;
}

/* The lowest member at or above `from`, or NO_MEMBER. */
static inline uint32_t set_next(const struct bit_sets *sets, uint32_t set, uint32_t from)
{
    uint32_t number = from;
    for (uint32_t level = 0; level <= sets->top && number / 64 < sets->width[level]; level++) {
        uint64_t rest = *set_word(sets, level, set, number / 64) >> number % 64 << number % 64;
        if (rest == 0) {
            number = number / 64 + 1;
            continue;
        }
        number = number / 64 * 64 + lowest_bit(rest);
        while (level-- > 0)
            number = number * 64 + lowest_bit(*set_word(sets, level, set, number));
        return number;
    }
    return NO_MEMBER;
}

/* The highest member below `end`, or NO_MEMBER. */
static inline uint32_t set_last(const struct bit_sets *sets, uint32_t set, uint32_t end)
{
    uint32_t number = end;
    for (uint32_t level = 0; level <= sets->top && number > 0; level++) {
        number--;
        uint64_t rest = *set_word(sets, level, set, number / 64) << (63 - number % 64) >> (63 - number % 64);
        if (rest == 0) {
            number /= 64;
            continue;
        }
        number = number / 64 * 64 + highest_bit(rest);
        while (level-- > 0)
            number = number * 64 + highest_bit(*set_word(sets, level, set, number));
        return number;
    }
    return NO_MEMBER;
}

#endif
