/* See samples.h. */
#include "samples.h"

void samples_open(struct samples *samples, const struct replay *replay, uint64_t estimate)
{
    enum { LEAST = 256, WANTED = SAMPLES_MOST * 3 / 4 };
    *samples = (struct samples){.distance = estimate / WANTED > LEAST ? estimate / WANTED : LEAST};
    samples->next = samples->distance;
    for (uint32_t i = 0; i < replay->track_count; i++)
        if (replay->tracks[i].policy == &policy_core)
            samples->core = policy_core_heap(replay->tracks[i].state);
}

static void thin(struct samples *samples)
{
    for (uint32_t i = 0; i < SAMPLES_MOST / 2; i++)
        samples->all[i] = samples->all[2 * i + 1];
    samples->count = SAMPLES_MOST / 2;
    samples->distance *= 2;
}

void sample_take(struct samples *samples, const struct replay *replay)
{
    if (samples->count == SAMPLES_MOST)
        thin(samples);
    struct sample *sample = &samples->all[samples->count++];
    *sample = (struct sample){
        .operations = replay->operations, .live = replay->live, .blocks = replay->blocks.count};
    for (uint32_t i = 0; i < replay->track_count; i++) {
        sample->held[i] = replay->tracks[i].pages.held + replay->mapped;
        sample->pinned[i] = replay->tracks[i].pages.pinned + replay->mapped;
    }
    if (samples->core != NULL)
        merge_estimate(samples->core, sample->merged);
    for (unsigned way = 0; way < MERGE_WAYS; way++)
        sample->merged[way] += replay->mapped;
    samples->next = replay->operations + samples->distance;
}
