/*
 * Recordings: what a program asks of its heap, written down as it happens. lib/Defragger/Traces and replay/
 * read them.
 *
 * While one is under way all calls take the long way (caches_set), and each leaves a record in a region of
 * the file that its thread has mapped: what is written there is in the file, also when the process is killed
 * in the next moment, becomes another program (exec) or ends without a word (_exit). The file is a
 * `record_header` and zeros up to RECORD_HEAD bytes, then regions of RECORD_REGION bytes. In a region pieces
 * follow each other, each a `record_piece` at a multiple of 8 and its records; zeros (a thread of 0) are its
 * end. Pieces of a thread stand in the order of its calls, those of different threads in any.
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
 *   1 byte    low 3 bits: `record_kind`; high 5 bits: a code
 *   address   the difference to the last address of the piece (0 before it), in granules, signed. Not of
 *             a RELEASE whose code is not 0: its address is at that place of the piece's table of addresses
 *   RESIZE:   the new address, likewise; and how much the counter rose between the two
 *   size      as it was asked for. Not if the code is not 0: then the piece's table of sizes has it at that
 *             place; and not of a RELEASE
 *   ALIGNED:  1 byte, the binary logarithm of the alignment
 *
 * The counter is not written while it is what is expected: that of the record before (before the first of a
 * piece its `stamp`), and one more if that one gave an address up. Else a SKIP stands before the record: its
 * code, or if that is 0 the number behind it, is by how much the counter is above that.
 *
 * A table has 32 places, all 0 when a piece begins. A size that is written or an address that a block got is
 * put at its place: the highest 5 bits of its product with RECORD_HASH. Place 0 is not used, for its code
 * says that there is none. Numbers are LEB128: seven bits a byte, the low ones first, the highest bit says
 * that more follow; signed ones are zigzag (0, -1, 1, -2...).
 *
 * The two tables make a record shorter by a quarter: programs use few sizes, and free what they just got. A
 * record takes 1.5 to 3.7 bytes in programs; fields of fixed width (address 6, counter 5, size 5) would need
 * 13 on average. What it costs: docs/benchmarks/trace.md.
 *
 *   1. Only its thread adds to a buffer, and is `busy` while it does.
 *   2. `record_on` is true only while a file is open. Who ends a recording clears it, then waits until nobody
 *      is busy.
 *   3. Who makes the file longer looks first whether the descriptor is still the file: programs close what
 *      they do not know.
 *   4. The file has room on the disk for a region before it is mapped: a full disk ends the recording, and
 *      never the program.
 *   5. Calls that fail leave no record. Blocks of the time before are not there: their release may be.
 *   6. The child of a fork writes nothing to its parent's file. If the recording is for each process
 *      (record_start_each) it begins one of its own, which knows nothing of what it inherited.
 */
#ifndef DF_RECORD_H
#define DF_RECORD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_MAGIC "dfrecord"

enum {
    RECORD_VERSION = 2,
    RECORD_ORDER = 0x01020304,
    RECORD_HEAD = 4096,        /* bytes before the first region: a page, since regions are mapped */
    RECORD_REGION = 64 * 1024, /* bytes */
    RECORD_PLACES = 32,        /* of a table */
};

static const uint64_t RECORD_HASH = UINT64_C(0x9E3779B97F4A7C15); /* 2^64 divided by the golden ratio */

/* The place of a size or an address in its table. */
static inline unsigned record_place(uint64_t number)
{
    return (unsigned)(number * RECORD_HASH >> 59);
}

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

enum record_kind { ALLOCATE, ZEROED, ALIGNED, RELEASE, RESIZE, SKIP };

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

/*
 * The same for a path with %p for the process id, and for every process to come of a fork: each has a file of
 * its own. A program that has become another (exec) finds the file of the one before; its own has ".2" behind
 * the name, and so on. Without a %p there is one file, of this process.
 */
int record_start_each(const char *pattern);

int record_stop(void);

/* Before everything else that a fork locks, and after it. */
void record_fork_prepare(void);
void record_fork_parent(void);
void record_fork_child(void);

#endif
