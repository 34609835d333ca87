/* See slot_set.h. */
#include "slot_set.h"

#include <stddef.h>

#define FULL UINT64_MAX

/* All levels in one array, the lowest first; a level has a 64th of the words of the one below. */
static uint64_t
    words[(SLOT_COUNT / 64) + (SLOT_COUNT / 4096) + (SLOT_COUNT / 262144) + (SLOT_COUNT / 16777216)];
static const size_t level_at[SLOT_LEVELS] = {
    0,
    SLOT_COUNT / 64,
    (SLOT_COUNT / 64) + (SLOT_COUNT / 4096),
    (SLOT_COUNT / 64) + (SLOT_COUNT / 4096) + (SLOT_COUNT / 262144),
};

_Static_assert(SLOT_COUNT == 16777216, "the highest level is one word");

static uint64_t *word_of(int level, size_t bit)
{
    return &words[level_at[level] + bit / 64];
}

static uint64_t mask_of(size_t bit)
{
    return UINT64_C(1) << (bit % 64);
}

int32_t slot_take(void)
{
    size_t bit = 0;
    for (int level = SLOT_LEVELS - 1; level >= 0; level--) {
        uint64_t word = *word_of(level, bit * 64);
        if (word == FULL)
            return -1; /* in the highest level only: a word below it that is full has its bit set */
        bit = bit * 64 + (size_t)__builtin_ctzll(~word);
    }
    size_t slot = bit;
    for (int level = 0; level < SLOT_LEVELS; level++, bit /= 64) {
        uint64_t *word = word_of(level, bit);
        *word |= mask_of(bit);
        if (*word != FULL)
            break;
    }
    return (int32_t)slot;
}

void slot_release(int32_t slot)
{
    size_t bit = (size_t)slot;
    for (int level = 0; level < SLOT_LEVELS; level++, bit /= 64)
        *word_of(level, bit) &= ~mask_of(bit);
}
