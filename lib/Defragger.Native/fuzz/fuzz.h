/*
 * One run of the fuzzer: the heap, what it is compared with, and the operations.
 *
 *   fuzz_trace.c  bytes -> operations
 *   blocks.c      operations on blocks      pages.c  purges, held pages
 *   opinion.c     the second opinion, which they ask what the answer has to be; the outside of the heap
 *
 * The second opinion is a list of blocks, one of held pages, and a byte for each granule: what does it hold.
 * From these alone it knows what every answer has to be but which of several places a block gets: whether a
 * request succeeds, where a mistaken offset lies, which pages a purge may take, what a zeroed block reads.
 */
#ifndef DF_FUZZ_H
#define DF_FUZZ_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "defragger_heap.h"

enum {
    SLOTS = 32,
    CHUNK = 8192,
    CAPACITY_MOST = 80 * CHUNK, /* more than 64 chunks: two levels of the index */
    GRANULES_MOST = CAPACITY_MOST / DF_GRANULE,
    PAGES_MOST = CAPACITY_MOST / DF_PAGE,
};

/* What a granule holds. */
enum { ZEROS, ANYTHING };

struct block {
    uint64_t offset, length; /* whole granules */
    bool live;
};

struct run {
    struct df_heap *heap;
    uint64_t capacity, growth, committed;
    struct block blocks[SLOTS];
    unsigned char holds[GRANULES_MOST];
    bool held[PAGES_MOST];
    unsigned refusals; /* calls of commit to refuse */
    bool refused;      /* one was, in this operation */
    uint64_t purged;   /* in this operation */
    uint64_t purged_at;
    uint64_t locked; /* a purge that begins here or above fails, until the next one */
    uint64_t live, live_most;
    FILE *log; /* where operations are written as a trace; NULL: nowhere */
};

extern struct run run;

/* --- Failing (fuzz_trace.c) --- */

#define REQUIRE(condition)                                                                                   \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail(__FILE__, __LINE__, #condition);                                                            \
    } while (0)

/* Tells the operations so far as a trace, and aborts. */
_Noreturn void fail(const char *file, int line, const char *text);

/* --- The second opinion (opinion.c) --- */

/* What the heap asks of the outside. */
bool commit(void *context, uint64_t offset, uint64_t length);
bool purge(void *context, uint64_t offset, uint64_t length);
void zero(void *context, uint64_t offset, uint64_t length);

uint64_t whole_granules(uint64_t size);

/* The end of the free memory that begins at `from`: the next block or held page, or the end of the arena. */
uint64_t gap_end(uint64_t from);

/* The longest free memory below a limit: of what is committed, or of all. */
uint64_t gap_longest(uint64_t limit);

/* The status of an offset. */
enum df_status mistake_at(uint64_t offset);

/* A new block, or one that has grown, is aligned, committed, and overlaps none. */
void place_is_good(const struct block *made, uint64_t alignment);

/* Live bytes were `from`, in one block, and are `to`. */
void live_change(uint64_t from, uint64_t to);

/* What is true of the whole heap after an operation. */
void statistics_are_true(void);
void index_is_true(void);

/* --- Operations (blocks.c); a slot that does not fit is no operation --- */

void allocate(int slot, uint64_t size, uint64_t alignment, bool zeroed);
void allocate_many(int slot, uint64_t size, int count);
void allocate_victim(int slot, uint64_t most);
void release(int slot);
void release_many(int slot, int count);
void split(int slot, int other, uint64_t size);
void resize(int slot, uint64_t size);

/* All that takes an offset, with one that no block has. */
void mistake(uint64_t offset);

/* --- Operations (pages.c) --- */

void purge_some(uint64_t most); /* bytes */
void purge_by_hand(void);
void hold(uint64_t page);
void restore(uint64_t page);

#endif
