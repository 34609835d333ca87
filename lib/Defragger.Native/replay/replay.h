/*
 * Carries out a program's events under several policies at once, and keeps figures of all of them.
 *
 * What is true of every policy: a block of 1 MiB or more, or aligned to more than a page, is a mapping of its
 * own, as in the malloc; its pages count with each policy. A resize stays in place where the policy can; else
 * the new block is placed, then the old one released. Figures are taken after an operation.
 *
 * An operation is an allocation, a release of a known block, or a resize: what lib/Defragger/Traces makes of
 * the same recording, with the same numbers.
 */
#ifndef DF_REPLAY_REPLAY_H
#define DF_REPLAY_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "blocks.h"
#include "event.h"
#include "merge.h"
#include "pages.h"
#include "policy.h"

struct track {
    const struct policy *policy;
    void *state;
    struct pages pages;
    uint64_t held_most, pinned_most; /* pages, mappings included */
    uint64_t *taken;                 /* of --check: a bit a granule; NULL: nothing is checked */
};

struct replay {
    struct track tracks[POLICIES_MOST];
    uint32_t track_count;
    struct blocks blocks;
    bool has_slots;
    uint64_t operations;
    uint64_t live, live_most; /* bytes as asked for */
    uint64_t mapped;          /* pages of blocks that are mappings */
};

void replay_open(struct replay *replay, const struct policy *const policies[], uint32_t count, bool check);

void replay_event(struct replay *replay, const struct event *event);

#endif
