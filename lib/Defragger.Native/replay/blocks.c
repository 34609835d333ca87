/* See blocks.h. */
#include "blocks.h"

#include "fail.h"

enum { FIRST_BITS = 16 };

static size_t capacity(const struct blocks *blocks)
{
    return blocks->places == NULL ? 0 : (size_t)1 << blocks->bits;
}

/* Fibonacci hashing: the high bits of a product depend on all bits of the key. */
static size_t home_of(const struct blocks *blocks, uint64_t key)
{
    return (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> (64 - blocks->bits));
}

static struct block *next(const struct blocks *blocks, const struct block *block)
{
    return &blocks->places[(size_t)(block - blocks->places + 1) & (capacity(blocks) - 1)];
}

/* Where a key is, or the empty place where it would be. */
static struct block *place_of(const struct blocks *blocks, uint64_t key)
{
    struct block *block = &blocks->places[home_of(blocks, key)];
    while (block->key != 0 && block->key != key)
        block = next(blocks, block);
    return block;
}

static void grow(struct blocks *blocks)
{
    struct block *old = blocks->places;
    size_t before = capacity(blocks);
    blocks->bits = old == NULL ? FIRST_BITS : blocks->bits + 1;
    blocks->places = map_sparse(sizeof(struct block) << blocks->bits);
    for (size_t i = 0; i < before; i++)
        if (old[i].key != 0)
            *place_of(blocks, old[i].key) = old[i];
    if (old != NULL)
        unmap(old, before * sizeof *old);
}

struct block *blocks_find(struct blocks *blocks, uint64_t name)
{
    struct block *block = blocks->places == NULL ? NULL : place_of(blocks, name + 1);
    return block != NULL && block->key != 0 ? block : NULL;
}

void blocks_add(struct blocks *blocks, const struct block *block)
{
    if (blocks->count >= capacity(blocks) / 2)
        grow(blocks);
    *place_of(blocks, block->key) = *block;
    if (++blocks->count > blocks->most)
        blocks->most = blocks->count;
}

/* Whether a block may move up to the gap: its home must not lie behind the gap, seen from it. */
static bool may_move(const struct blocks *blocks, const struct block *gap, const struct block *block)
{
    size_t mask = capacity(blocks) - 1, at = (size_t)(block - blocks->places);
    return ((at - home_of(blocks, block->key)) & mask) >= ((at - (size_t)(gap - blocks->places)) & mask);
}

void blocks_remove(struct blocks *blocks, struct block *gap)
{
    for (struct block *block = next(blocks, gap); block->key != 0; block = next(blocks, block))
        if (may_move(blocks, gap, block)) {
            *gap = *block;
            gap = block;
        }
    *gap = (struct block){0};
    blocks->count--;
}
