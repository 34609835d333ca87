/*
 * Large blocks: each a mapping of its own. What is known of them lies in a hash table, none of it in the
 * block.
 *
 *   1. A large block starts at a page; its length is a number of pages.
 *   2. A freed one waits for the decay time for a request of nearly its size, since mappings are costly: a
 * call to the system, and a page fault for each page. At most LARGE_WAITING_BYTES wait.
 *   3. Mappings are counted: beyond LARGE_SHARE of what the system allows a process, large blocks come from
 * the arenas, so that threads and libraries always find one.
 */
#ifndef DF_LARGE_H
#define DF_LARGE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    LARGE_WAITING = 16, /* mappings */
    LARGE_WAITING_BYTES = 64 * 1024 * 1024,
    LARGE_SHARE = 2, /* one of this many */
};

/* What lies at an address. */
enum large_state {
    LARGE_NONE, /* nothing that was ever handed out, or that is known any more */
    LARGE_LIVE,
    LARGE_INSIDE, /* a place inside a live block */
    LARGE_FREED,  /* a block that was freed not long ago */
};

/* NULL: no memory, or too many mappings. zeroed: it must read as zeros. */
void *large_allocate(uint64_t size, uint64_t alignment, bool zeroed);

/* What is at an address, and where the live block starts that is there or has it inside, and its bytes. */
struct large_place {
    enum large_state state;
    const void *start;
    uint64_t length;
};

struct large_place large_find(const void *block);

/* The same; and a live block is freed. */
struct large_place large_release(void *block);

/* Makes a block longer or shorter, elsewhere if need be; NULL: there is no memory, the block stays. */
void *large_resize(void *block, uint64_t size);

/* Gives mappings back that have waited since before a time of os_now; gives the bytes. */
uint64_t large_decay(uint64_t before);

struct large_statistics {
    uint64_t live, blocks, waiting;
};

struct large_statistics large_statistics(void);

/* Calls visit for each live block, with the lock held. */
void large_walk(void (*visit)(void *context, const void *block, uint64_t length), void *context);

void large_lock(void);
void large_unlock(void);
void large_reset_lock(void); /* in the child of a fork */

#endif
