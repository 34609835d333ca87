/*
 * What merging of pages would leave: pages whose live granules do not overlap can share one frame, at most k
 * of them, as COW mappings or KSM would make it. An estimate of how many frames are left, not a plan.
 *
 * First fit in address order: a page goes into the first of the last WINDOW open frames where nothing of its
 * granules is taken; a frame that has k pages is closed, and the oldest is when there are too many. O(pages).
 */
#ifndef DF_REPLAY_MERGE_H
#define DF_REPLAY_MERGE_H

#include <stdint.h>

#include "defragger_heap.h"

enum { MERGE_WAYS = 3 };

/* 2, 8 and 64 pages on a frame. */
extern const uint32_t merge_most[MERGE_WAYS];

/* The frames that a heap's pages with live granules would need, each way. */
void merge_estimate(const struct df_heap *heap, uint64_t frames[MERGE_WAYS]);

#endif
