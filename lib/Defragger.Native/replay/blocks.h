/*
 * The live blocks by name, each with its place under every policy: one look into one table an event.
 *
 * Open addressing with linear probing, at most half full, and no tombstones: what stands behind a removed
 * entry moves up. O(1).
 */
#ifndef DF_REPLAY_BLOCKS_H
#define DF_REPLAY_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POLICIES_MOST = 4 };

struct block {
    uint64_t key; /* its name and 1, so that 0 is an empty place */
    uint64_t size;
    uint32_t at[POLICIES_MOST]; /* granules; of a mapping of its own: none */
    uint32_t born;              /* operations before it, in thousands */
    bool is_mapping;
};

struct blocks {
    struct block *places;
    unsigned bits;
    size_t count, most;
};

/* The block of a name; NULL: there is none. Good until the next block is added or removed. */
struct block *blocks_find(struct blocks *blocks, uint64_t name);

/* Adds a block that is not there. */
void blocks_add(struct blocks *blocks, const struct block *block);

/* Removes one that blocks_find gave. */
void blocks_remove(struct blocks *blocks, struct block *block);

#endif
