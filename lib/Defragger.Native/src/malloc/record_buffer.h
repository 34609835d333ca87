/* The buffers of a recording, each a thread's; inside of record.h. */
#ifndef DF_RECORD_BUFFER_H
#define DF_RECORD_BUFFER_H

#include <assert.h>

#include "record.h"

struct buffer {
    _Atomic uint32_t busy;
    bool owned;                 /* by a thread that lives; with the lock */
    uint32_t thread;            /* whose piece it is */
    unsigned char *region;      /* of the file; NULL: none */
    struct record_piece *piece; /* in the region */
    unsigned char *at, *end;    /* where the next record goes, and the region's end */
    uint64_t expected, granule; /* the counter of the next record, and the last address */
    uint64_t sizes[RECORD_PLACES], addresses[RECORD_PLACES];
    struct buffer *next;
};

static_assert(sizeof(struct record_header) == 24 && sizeof(struct record_piece) == 16,
              "no padding is written");

/* This thread's buffer with room for a record, busy; NULL: nothing is recorded. */
struct buffer *buffer_enter(void);

static inline void buffer_leave(struct buffer *buffer)
{
    atomic_store_explicit(&buffer->busy, 0, memory_order_release);
}

/*
 * The counter of record.h. While one thread alone records (`record_sole`), it is not worth an atomic
 * operation to count; only with a buffer entered does a thread know that.
 */
extern _Atomic uint64_t record_counter;
extern struct buffer *_Atomic record_sole;

static inline uint64_t counter_now(void)
{
    return atomic_load_explicit(&record_counter, memory_order_relaxed);
}

static inline uint64_t counter_rise(const struct buffer *buffer)
{
    if (atomic_load_explicit(&record_sole, memory_order_relaxed) != buffer)
        return atomic_fetch_add_explicit(&record_counter, 1, memory_order_relaxed);
    uint64_t now = counter_now();
    atomic_store_explicit(&record_counter, now + 1, memory_order_relaxed);
    return now;
}

/* Where it stood when the recording began. */
uint64_t record_began(void);

#endif
