/*
 * What one compaction works with, and its steps; inside of compact.h.
 *
 *     compact.c         all of it, one step after the other; statistics
 *     compact_look.c    pages that have been written to since they were merged
 *     compact_plan.c    which pages are put together
 *     compact_store.c   one store: copied, sealed, mapped
 *     compact_itself.c  when, if nobody asks
 */
#ifndef DF_COMPACT_WORK_H
#define DF_COMPACT_WORK_H

#include <string.h>

#include "../core/hold.h"
#include "../os/lock.h"
#include "places.h"
#include "writers.h"

enum { GROUP_MOST = 16 }; /* pages of a group, and so that show one page of a store */

/* With `lock`, which comes before all other locks. */
struct compact_state {
    struct os_lock lock;
    int process;   /* that this is */
    uint32_t from; /* page from which the next plan goes on */
    uint64_t merges, unmerges, compactions, microseconds;
    enum df_compact_answer answer;
    /* A bit of each page below `watched` that was written to while all were watched; NULL: nothing is known.
     */
    const uint64_t *written;
    uint32_t watched;
};

extern struct compact_state compact_state HIDDEN;

struct work {
    struct arena *arena;
    bool is_ours;    /* done by our own thread */
    bool had_thread; /* which has just been ended */
    struct writers writers;
    uint64_t end;         /* os_now_exactly when it stops */
    uint32_t count;       /* candidates */
    uint32_t *pages;      /* ascending */
    uint32_t *group_of;   /* of each candidate; DF_NO_GROUP */
    uint32_t *order;      /* of the members: their places in `pages`, store by store, ascending in each */
    uint32_t *first;      /* of each store, in `order`, and one more */
    void *scratch;        /* the planner's */
    unsigned char *image; /* of a store */
    size_t mappings_left;
    uint32_t merged, stored; /* pages; those of the stores for them */
};

static inline void *page_at(const struct arena *arena, uint32_t page)
{
    return arena->base + (uint64_t)page * DF_PAGE;
}

/* Whether a page may go where granules are taken: something of it is live, and none of that is taken. `live`
 * is filled. */
static inline bool page_fits(const struct df_heap *heap, uint32_t page, const uint64_t taken[PAGE_WORDS],
                             uint64_t live[PAGE_WORDS])
{
    uint64_t all = 0, both = 0;
    if (page_is_held(heap, page))
        return false;
    df_heap_page_live(heap, page, live);
    for (uint32_t word = 0; word < PAGE_WORDS; word++) {
        all |= live[word];
        both |= live[word] & taken[word];
    }
    return all != 0 && both == 0;
}

static inline void copy_live(const uint64_t live[PAGE_WORDS], const unsigned char *from, unsigned char *to)
{
    for (uint32_t word = 0; word < PAGE_WORDS; word++)
        for (uint64_t bits = live[word]; bits != 0; bits &= bits - 1) {
            size_t at = (word * WORD_GRANULES + lowest_bit(bits)) * (size_t)DF_GRANULE;
            memcpy(to + at, from + at, DF_GRANULE);
        }
}

/* Whether a page is written to often, for all that is known. */
static inline bool page_is_hot(uint32_t page)
{
    const uint64_t *written = compact_state.written;
    return written != NULL && (page >= compact_state.watched || (written[page / 64] >> page % 64 & 1));
}

/* Ends what compact_step has begun to watch, and forgets what has been seen; with the lock of a compaction.
 */
void compact_watch_end(void);

/* With the lock of a compaction, and held (os_hold). Gives the bytes. */
uint64_t compact_run(uint64_t budget, bool is_ours);

/* Pages with memory of their own again, and those of thin stores, become ordinary. */
void compact_look(struct arena *arena);

/* Pages that compact_look has found, and that are not merged again, get a mapping as they had it before. */
void compact_settle(struct work *work);

/* With the arena's lock, when pages are held or restored: what a free without the lock goes by. */
void compact_note_held(struct arena *arena);

/* Bytes to work in, for so many candidates; and where the parts are in them. */
size_t compact_lay_out(struct work *work, unsigned char *base, uint32_t room);

/* Makes the plan, for at most `room` candidates; then orders its members by stores, and gives how many
 * stores. */
struct df_merge_plan compact_plan(struct work *work, uint32_t room);
uint32_t compact_order(struct work *work, uint32_t groups);

/* Fills a store of the plan and shows it. False: not all of it could be shown. */
bool compact_store(struct work *work, uint32_t number, uint32_t groups);

/* --- DEFRAGGER_MERGE=ksm: compact_alike.c --- */

/* With the lock of a compaction. */
struct alike {
    uint32_t *next;           /* of a page in a group the next one of it, and one more; else 0 */
    uint32_t lowest, highest; /* pages between which all lie that are in one */
    uint32_t groups;
};

extern struct alike alike HIDDEN;

/* Prepares the table; false: there is no memory for it. */
bool alike_start(void);

/* Whether the kernel merges pages now. One line on stderr, once, when it does not. */
bool alike_is_possible(void);

/* Pages of groups that have been written to become ordinary; none where the program has shut memory of the
 * heap. */
void alike_look(struct arena *arena);

/* Makes the pages of each planned group alike, and offers them to the kernel. */
enum df_compact_answer alike_make(struct work *work, uint32_t groups);

#endif
