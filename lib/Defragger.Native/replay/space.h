/*
 * Units of an arena, used or free, and the lowest run of free ones that is long enough: first fit.
 *
 * A bit a unit, and a tree over leaves of LEAF units: of each node the lengths of its free run at the front,
 * at the end, and of its longest. Nothing is joined or split: runs are what the bits say. Nodes hold what is
 * missing to "all free", so that a tree over untouched memory is right without being built.
 *
 * Cost: a leaf is counted anew, and a node a level up to the first that stays as it was; finding goes down
 * once. The tree covers as many leaves as were needed so far.
 */
#ifndef DF_REPLAY_SPACE_H
#define DF_REPLAY_SPACE_H

#include <stdbool.h>
#include <stdint.h>

enum { LEAF = 512, SPACE_LEVELS = 22 };

struct space_node {
    uint32_t front, end, longest; /* each: units less than all */
};

struct space {
    uint64_t units;
    uint64_t *used;
    struct space_node *nodes[SPACE_LEVELS]; /* of each level; [0] are the leaves */
    unsigned top, levels;
};

static const uint64_t SPACE_FULL = UINT64_MAX;

/* `units`: a power of two of at least LEAF, up to LEAF << (SPACE_LEVELS - 1). */
void space_open(struct space *space, uint64_t units);

/* The start of the lowest free run of `count` units; SPACE_FULL: there is none. */
uint64_t space_find(struct space *space, uint64_t count);

/* Whether all of these are free. */
bool space_is_free(const struct space *space, uint64_t at, uint64_t count);

/* Free units become used, and used ones free; all of them were the same before. */
void space_change(struct space *space, uint64_t at, uint64_t count);

#endif
