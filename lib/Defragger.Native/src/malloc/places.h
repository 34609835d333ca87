/*
 * Where the bytes of the first arena's pages are: a page has memory of its own, or shows a page of a store
 * (os/store.h) that others show too. compact.h puts them there; whoever gives pages back has to know.
 *
 *   1. A page with a place is in a mapping of a store. If it has been written to since, it has memory of its
 *      own all the same; MADV_DONTNEED would bring the store's bytes back, not zeros.
 *   2. A page that is held in the heap has a place (but with DEFRAGGER_MERGE=ksm, where no page has). One
 * that has a place and is not held is LOOSE: it has been written to, or its store is thin and it shall be
 * merged anew; or nothing of it is live any more.
 *   3. A store's `shown` is the number of pages that have it as their place; with none it is no more, and the
 *      kernel has its memory back.
 *
 * With the arena's lock, but for place_is_own, which whoever owns all of a page may ask about it.
 * Cost: 4 bytes of address space for each page of the arena, touched where pages are merged.
 */
#ifndef DF_PLACES_H
#define DF_PLACES_H

#include <sys/uio.h>

#include "arena.h"

enum { STORE_PAGES = 64 }; /* of one store: when one page of it is shown, all of them are kept */

struct places {
    /* Of a page: STORE_PAGES times the number of its store, counted from 1, and which page of that it shows;
     * and LOOSE. 0: it has none. NULL: no page has. */
    _Atomic(uint32_t *) of;
    uint32_t lowest, highest; /* pages between which all lie that are held */
    uint32_t count, loose;    /* pages with a place; of those, LOOSE ones */
    uint32_t stored;          /* pages of all stores */
};

extern struct places places HIDDEN;

static const uint32_t LOOSE = UINT32_C(1) << 31;

/* Prepares the tables; false: there is no memory for them. */
bool places_start(void);

/* A new store of so many pages, counted from 1; 0: there are too many. When all has been put there that will
 * be, place_store_done: one that nothing shows is no more. */
uint32_t place_store(uint32_t pages);
void place_store_done(uint32_t store);

static inline uint32_t place_of(uint32_t page)
{
    const uint32_t *of = atomic_load_explicit(&places.of, memory_order_acquire);
    return of == NULL ? 0 : __atomic_load_n(of + page, __ATOMIC_RELAXED);
}

/* A page is held from now on: `lowest` and `highest` tell between which all are. */
void places_reach(uint32_t page);

/* The page shows one of a store, in place of what it was. */
void place_put(uint32_t page, uint32_t store, uint32_t slot);

/* It has been written to, or shall be merged anew. */
void place_loosen(uint32_t page);

/* Whether less than three quarters of what a store was made for show it still: the rest would keep all of it.
 */
bool place_is_thin(uint32_t place);

/* It is in a mapping of its own again. */
void place_clear(uint32_t page);

/* The mappings that all this takes: those of stores, and the gaps between them; and how many more it will be
 * when a run of pages shows pages of a store that follow each other. */
uint32_t places_mappings(void);
uint32_t place_mappings_more(uint32_t page, uint32_t count);

/*
 * Gives pages of an arena that hold nothing back, as os_purge does: what is in a mapping of a store gets
 * fresh memory. Gives how many ranges were.
 */
size_t places_purge(struct arena *arena, struct iovec *ranges, size_t count);

/* The same for all pages of a block, by its owner, without the lock; false: it could not be. */
bool places_purge_block(void *block, size_t size);

#endif
