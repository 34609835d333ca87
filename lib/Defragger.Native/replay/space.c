/* See space.h. */
#include "space.h"

#include "fail.h"

enum { LEAF_WORDS = LEAF / 64 };

static uint32_t size_of(unsigned level)
{
    return (uint32_t)LEAF << level;
}

void space_open(struct space *space, uint64_t units)
{
    *space = (struct space){.units = units, .used = map_sparse((size_t)(units / 8))};
    for (uint64_t count = units / LEAF; count > 0; count /= 2)
        space->nodes[space->levels++] = map_sparse((size_t)count * sizeof(struct space_node));
}

/* --- Nodes: lengths of free runs --- */

struct runs {
    uint32_t front, end, longest;
};

static struct runs runs_of(const struct space *space, unsigned level, uint64_t node)
{
    struct space_node missing = space->nodes[level][node];
    uint32_t all = size_of(level);
    return (struct runs){all - missing.front, all - missing.end, all - missing.longest};
}

/* False: it was so before. */
static bool runs_set(struct space *space, unsigned level, uint64_t node, struct runs runs)
{
    uint32_t all = size_of(level);
    struct space_node now = {all - runs.front, all - runs.end, all - runs.longest},
                      *place = &space->nodes[level][node];
    bool is_new = now.front != place->front || now.end != place->end || now.longest != place->longest;
    *place = now;
    return is_new;
}

static uint32_t larger(uint32_t one, uint32_t other)
{
    return one > other ? one : other;
}

static struct runs joined(struct runs left, struct runs right, uint32_t half)
{
    return (struct runs){
        left.front == half ? half + right.front : left.front,
        right.end == half ? half + left.end : right.end,
        larger(larger(left.longest, right.longest), left.end + right.front),
    };
}

/* --- Leaves --- */

/* The longest run of zeros within a word. */
static uint32_t longest_in(uint64_t word)
{
    uint32_t length = 0;
    for (uint64_t free = ~word; free != 0; length++)
        free &= free << 1;
    return length;
}

static struct runs leaf_runs(const uint64_t *words)
{
    struct runs runs = {0, 0, 0};
    uint32_t open = 0; /* the run that reaches the end of the words so far */
    bool is_front = true;
    for (unsigned i = 0; i < LEAF_WORDS; i++) {
        if (words[i] == 0) {
            open += 64;
            continue;
        }
        open += (uint32_t)__builtin_ctzll(words[i]);
        if (is_front)
            runs.front = open;
        is_front = false;
        runs.longest = larger(runs.longest, open);
        if (~words[i] != 0 && runs.longest < 62) /* else nothing within a word can be longer */
            runs.longest = larger(runs.longest, longest_in(words[i]));
        open = (uint32_t)__builtin_clzll(words[i]);
    }
    runs.end = open;
    runs.longest = larger(runs.longest, open);
    if (is_front)
        runs.front = open;
    return runs;
}

/* Where the lowest run of `count` units in a leaf begins; there is one. */
static uint64_t find_in_leaf(const struct space *space, uint64_t leaf, uint64_t count)
{
    uint64_t at = leaf * LEAF, start = at, end = at + LEAF;
    while (at < end) {
        uint64_t word = space->used[at / 64] >> at % 64, left = 64 - at % 64;
        uint64_t free = word == 0 ? left : (uint64_t)__builtin_ctzll(word);
        at += free;
        if (at - start >= count)
            return start;
        if (free == left)
            continue;
        uint64_t taken = ~(word >> free), used = taken == 0 ? 64 : (uint64_t)__builtin_ctzll(taken);
        at += used < left - free ? used : left - free;
        start = at;
    }
    return SPACE_FULL;
}

/* --- The tree --- */

uint64_t space_find(struct space *space, uint64_t count)
{
    while (runs_of(space, space->top, 0).longest < count) {
        if (space->top + 1 == space->levels)
            return SPACE_FULL;
        unsigned below = space->top++;
        runs_set(space, space->top, 0,
                 joined(runs_of(space, below, 0), runs_of(space, below, 1), size_of(below)));
    }
    uint64_t node = 0;
    for (unsigned level = space->top; level-- > 0;) {
        struct runs left = runs_of(space, level, 2 * node), right = runs_of(space, level, 2 * node + 1);
        if (left.longest < count && left.end + right.front >= count)
            return (2 * node + 1) * size_of(level) - left.end;
        node = 2 * node + (left.longest < count);
    }
    return find_in_leaf(space, node, count);
}

bool space_is_free(const struct space *space, uint64_t at, uint64_t count)
{
    if (at + count > space->units)
        return false;
    for (uint64_t end = at + count; at < end;) {
        uint64_t left = 64 - at % 64, some = end - at < left ? end - at : left;
        if ((space->used[at / 64] >> at % 64 & (UINT64_MAX >> (64 - some))) != 0)
            return false;
        at += some;
    }
    return true;
}

static void flip_bits(struct space *space, uint64_t at, uint64_t count)
{
    for (uint64_t end = at + count; at < end;) {
        uint64_t left = 64 - at % 64, some = end - at < left ? end - at : left;
        space->used[at / 64] ^= UINT64_MAX >> (64 - some) << at % 64;
        at += some;
    }
}

/* Takes as many levels into use as cover a unit. */
static void reach(struct space *space, uint64_t unit)
{
    while (unit >= size_of(space->top)) {
        unsigned below = space->top++;
        runs_set(space, space->top, 0,
                 joined(runs_of(space, below, 0), runs_of(space, below, 1), size_of(below)));
    }
}

void space_change(struct space *space, uint64_t at, uint64_t count)
{
    uint64_t first = at / LEAF, last = (at + count - 1) / LEAF;
    bool is_new = false;
    reach(space, at + count - 1);
    flip_bits(space, at, count);
    for (uint64_t leaf = first; leaf <= last; leaf++)
        is_new |= runs_set(space, 0, leaf, leaf_runs(&space->used[leaf * LEAF_WORDS]));
    for (unsigned level = 1; is_new && level <= space->top; level++) {
        first /= 2;
        last /= 2;
        is_new = false;
        for (uint64_t node = first; node <= last; node++)
            is_new |= runs_set(space, level, node,
                               joined(runs_of(space, level - 1, 2 * node),
                                      runs_of(space, level - 1, 2 * node + 1), size_of(level - 1)));
    }
}
