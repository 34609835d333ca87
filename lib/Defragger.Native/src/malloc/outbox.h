/*
 * An outbox: blocks of the first arena on their way from a thread's bins back to the heap. They go together,
 * so that neighbours are joined before the heap's index hears of them.
 *
 * The heap takes words of start bits, ascending. Blocks that are freed together mostly lie within some
 * megabytes: of a window around the first block each has its bit here, and nothing needs to be sorted. Those
 * outside are a list, which is.
 *
 *   1. A word of `starts` is 0 unless its bit in `used` is set, and one of `used` unless its bit in `rows`
 * is.
 */
#ifndef DF_OUTBOX_H
#define DF_OUTBOX_H

#include "arena.h"

enum {
    WINDOW_WORDS = 4096,      /* 4 MiB */
    OUTBOX_ROOM = 256 + 4352, /* blocks: more than are ever put into it */
};

struct outbox {
    uint32_t count, bytes; /* of all blocks */
    uint32_t base;         /* the window's first word */
    uint32_t far_count;
    uint64_t used[WINDOW_WORDS / 64], starts[WINDOW_WORDS];
    uint32_t far[OUTBOX_ROOM], sorted[OUTBOX_ROOM]; /* granules */
};

/* What is rare of adding a block. */
void outbox_begin(struct outbox *outbox, uint32_t granule);
void outbox_add_twice(uint32_t granule);

/* Adds a block. One that is there already is reported as freed twice when it is noticed: now or on release.
 */
static inline void outbox_add(struct outbox *outbox, uint32_t granule, uint32_t length)
{
    if (outbox->count++ == 0)
        outbox_begin(outbox, granule);
    outbox->bytes += (uint32_t)bytes_of(length);
    uint32_t word = word_of(granule) - outbox->base;
    if (word >= WINDOW_WORDS) {
        outbox->far[outbox->far_count++] = granule;
        return;
    }
    uint64_t start = UINT64_C(1) << bit_of(granule), before = outbox->starts[word];
    outbox->used[word / 64] |= UINT64_C(1) << word % 64;
    outbox->starts[word] = before | start;
    if ((before & start) != 0)
        outbox_add_twice(granule);
}

bool outbox_has(const struct outbox *outbox, uint32_t granule);

/* Frees all that is in it. */
void outbox_release(struct outbox *outbox);

/* Forgets all that is in it. */
void outbox_lose(struct outbox *outbox);

#endif
