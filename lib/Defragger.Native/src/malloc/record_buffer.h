/* The buffers of a recording, each a thread's; inside of record.h. */
#ifndef DF_RECORD_BUFFER_H
#define DF_RECORD_BUFFER_H

#include <assert.h>

#include "record.h"

enum { BUFFER_BYTES = 64 * 1024 };

struct buffer {
    _Atomic uint32_t busy;
    bool owned;              /* by a thread that lives; with the lock */
    size_t length;           /* bytes that are used */
    uint64_t stamp, granule; /* of the last record */
    struct buffer *next;
    struct record_piece piece; /* the head of `bytes`: both are written at once */
    unsigned char bytes[];
};

static_assert(sizeof(struct record_header) == 24 && sizeof(struct record_piece) == 16,
              "no padding is written");
static_assert(offsetof(struct buffer, bytes) == offsetof(struct buffer, piece) + sizeof(struct record_piece),
              "a piece and its records lie together");

enum { ROOM = BUFFER_BYTES - sizeof(struct buffer) };

/* This thread's buffer with room for a record, busy; NULL: nothing is recorded. */
struct buffer *buffer_enter(void);

static inline void buffer_leave(struct buffer *buffer)
{
    atomic_store_explicit(&buffer->busy, 0, memory_order_release);
}

/* The counter of record.h. */
extern _Atomic uint64_t record_counter;

static inline uint64_t counter_now(void)
{
    return atomic_load_explicit(&record_counter, memory_order_relaxed);
}

static inline uint64_t counter_rise(void)
{
    return atomic_fetch_add_explicit(&record_counter, 1, memory_order_relaxed);
}

/* Where it stood when the recording began. */
uint64_t record_began(void);

#endif
