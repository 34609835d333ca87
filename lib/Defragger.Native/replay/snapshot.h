/* The core heap at moments of a replay, as files. */
#ifndef DF_REPLAY_SNAPSHOT_H
#define DF_REPLAY_SNAPSHOT_H

#include "replay.h"

struct snapshots {
    const char *prefix; /* files are PREFIX0001 and so on, and must not exist */
    uint32_t count, taken;
    uint64_t events, seen; /* of the trace, and of them so far */
};

/* Counts an event; the last snapshot is taken after the last event. */
void snapshot_if_due(struct snapshots *snapshots, const struct replay *replay);

#endif
