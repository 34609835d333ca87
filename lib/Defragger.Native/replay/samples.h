/*
 * Figures at moments of a replay, about equally far from each other, whatever its length: when there are too
 * many, every other one is dropped and the distance doubles. Memory does not grow with the trace.
 */
#ifndef DF_REPLAY_SAMPLES_H
#define DF_REPLAY_SAMPLES_H

#include "replay.h"

enum { SAMPLES_MOST = 128 };

struct sample {
    uint64_t operations, live; /* bytes as asked for */
    uint64_t blocks;
    uint64_t held[POLICIES_MOST], pinned[POLICIES_MOST]; /* pages, mappings included */
    uint64_t merged[MERGE_WAYS];                         /* pages of the core, likewise */
};

struct samples {
    struct sample all[SAMPLES_MOST];
    uint32_t count;
    uint64_t distance, next;    /* operations */
    const struct df_heap *core; /* whose pages are merged; NULL: no policy is the core */
};

/* `estimate`: about how many operations there will be; 0: it is not known. */
void samples_open(struct samples *samples, const struct replay *replay, uint64_t estimate);

void sample_take(struct samples *samples, const struct replay *replay);

static inline void sample_if_due(struct samples *samples, const struct replay *replay)
{
    if (replay->operations >= samples->next)
        sample_take(samples, replay);
}

#endif
