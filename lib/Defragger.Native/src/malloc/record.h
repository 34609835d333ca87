/*
 * Recordings: what a program asks of its heap, written down as it happens. lib/Defragger/Traces reads them.
 *
 * While one is under way all calls take the long way (caches_set), and each leaves a record in a buffer of
 * its thread; a full buffer is written whole, as one piece, under a lock. The file is a `record_header`, then
 * pieces, each a `record_piece` and its records. Pieces of a thread stand in the order of its calls; those of
 * different threads in the order in which buffers were full.
 *
 * The order of events of different threads comes from a counter. A record that gives an address up takes the
 * counter's value and increments it, before the block is freed; one that gets an address only reads it, after
 * it has got it. So what gets an address at N comes after what gave it up below N and before what gives one
 * up at N; and two that get addresses at the same N get different ones, in any order. Half of the calls write
 * nothing that threads share, and a program of one thread, or on any clock, is ordered as well as all others.
 *
 * A resize gives up one address and gets another (or the same), so it has two values, and is one record.
 *
 * A record is:
 *
 *   1 byte    low 3 bits: `record_kind`; high 5 bits: how much the counter rose since the last record of the
 *             piece (since its `stamp`), or 31, and a number follows that says it
 *   address   the difference to the last address of the piece (0 before it), in granules, signed
 *   RESIZE:   the new address, likewise; and how much the counter rose between the two
 *   size      as it was asked for; not of a RELEASE
 *   ALIGNED:  1 byte, the binary logarithm of the alignment
 *
 * Numbers are LEB128: seven bits a byte, the low ones first, the highest bit says that more follow; signed
 * ones are zigzag (0, -1, 1, -2...). A record takes 4 to 6 bytes on average, since threads work on
 * neighbours: a third of what fields of fixed width need (address 6, counter 5, size 5), for some 2 ns more.
 * Programs are 1.1 (a compiler) to 1.7 times (Perl, Python) as slow while they are recorded, mostly by the
 * long way; a loop of malloc and free alone is 4 times.
 *
 *   1. Only its thread adds to a buffer, and is `busy` while it does.
 *   2. `record_on` is true only while a file is open. Who ends a recording clears it, then waits until nobody
 *      is busy.
 *   3. Who writes looks first whether the descriptor is still the file: programs close what they do not know.
 *   4. Calls that fail leave no record, nor do those of the child of a fork. Blocks of the time before, and
 *      what was buffered by a process that is killed, are not there: their release may be.
 */
#ifndef DF_RECORD_H
#define DF_RECORD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_MAGIC "dfrecord"

enum { RECORD_VERSION = 1, RECORD_ORDER = 0x01020304 };

/* Fields have this machine's byte order; `order` tells which. */
struct record_header {
    char magic[8];
    uint32_t order;
    uint16_t version, granule; /* bytes */
    uint32_t process, unused;
};

struct record_piece {
    uint32_t thread; /* counted from 1 */
    uint32_t length; /* bytes of records */
    uint64_t stamp;  /* the counter, from which the first record goes on */
};

enum record_kind { ALLOCATE, ZEROED, ALIGNED, RELEASE, RESIZE };

extern _Atomic bool record_on;

static inline bool record_is_on(void)
{
    return atomic_load_explicit(&record_on, memory_order_relaxed);
}

/* --- Events; each may change errno --- */

void record_got(const void *block, size_t size, size_t alignment, bool zeroed);
void record_gave_up(const void *block);
uint64_t record_leaves(void);
void record_moved(uint64_t left, const void *old, const void *block, size_t size);

/* A block was allocated; NULL: none was. */
static inline void record_allocate(const void *block, size_t size, size_t alignment, bool zeroed)
{
    if (record_is_on() && block != NULL)
        record_got(block, size, alignment, zeroed);
}

/* A block will be freed. */
static inline void record_free(const void *block)
{
    if (record_is_on())
        record_gave_up(block);
}

enum { NOT_RECORDED = 0 };

/* A block will be resized: until record_resize this thread's events are parts of that, and left out. */
static inline uint64_t record_resize_begin(void)
{
    return record_is_on() ? record_leaves() : NOT_RECORDED;
}

/* `left` is what record_resize_begin gave; block NULL: it stayed as it was. */
static inline void record_resize(uint64_t left, const void *old, const void *block, size_t size)
{
    if (left != NOT_RECORDED)
        record_moved(left, old, block, size);
}

/* --- Recordings; see defragger.h --- */

int record_start(const char *path);
int record_stop(void);

/* Before everything else that a fork locks, and after it. */
void record_fork_prepare(void);
void record_fork_parent(void);
void record_fork_child(void);

#endif
