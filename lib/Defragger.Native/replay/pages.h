/*
 * Which pages of a policy's arena are held.
 *
 * A page is *pinned* while a live granule lies on it, and *held* from its first use until the policy gives it
 * back. Free pages that are held are what page purge would give back.
 *
 *   1. `pinned` is the number of pages with live granules, `held` that of pages with HELD.
 *   2. A pinned page is held.
 *   3. No page at or above `top` is pinned.
 */
#ifndef DF_REPLAY_PAGES_H
#define DF_REPLAY_PAGES_H

#include <stdint.h>

enum {
    GRANULE = 16,          /* bytes */
    PAGE_GRANULES = 256,   /* 4 KiB */
    ARENA_PAGES = 1 << 22, /* 16 GiB: the most that small blocks take */
    ARENA_GRANULES = ARENA_PAGES * PAGE_GRANULES,
};

struct pages {
    uint16_t *state; /* of each page: live granules, and HELD */
    uint64_t pinned, held, top;
};

void pages_open(struct pages *pages);

/* Granules are live, or no longer. They were the opposite before. */
void pages_live(struct pages *pages, uint64_t at, uint64_t granules);
void pages_dead(struct pages *pages, uint64_t at, uint64_t granules);

/* Gives back what is held and not pinned of `count` pages, and of all pages above the highest pinned one. */
void pages_give_back(struct pages *pages, uint64_t first, uint64_t count);
void pages_trim_top(struct pages *pages);

#endif
