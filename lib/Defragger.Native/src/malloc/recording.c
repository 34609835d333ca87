/* See record.h: starting, stopping, buffers and forks. Locks: `control`, then `lock`, then those of the
 * caches. */
#include "record_buffer.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdalign.h>
#include <string.h>
#include <unistd.h>

#include "../os/file.h"
#include "../os/lock.h"
#include "../os/memory.h"
#include "../os/process.h"
#include "cache.h"
#include "defragger.h"
#include "record_name.h"
#include "start.h"

enum {
    RECORD_MOST = 64,   /* bytes of the longest record, and some */
    PIECE_LEAST = 1024, /* bytes of a region that are worth a piece of another thread */
    PIECE_ALIGNMENT = 8,
};

_Atomic bool record_on;

alignas(64) _Atomic uint64_t record_counter = NOT_RECORDED + 1;
struct buffer *_Atomic record_sole;

static struct {
    alignas(64) struct os_lock control; /* of starting and stopping */
    struct os_lock lock;                /* of what follows, and of the file's length */
    bool under_way, has_key, has_barrier;
    int error; /* the first that the file gave */
    uint32_t threads;
    uint64_t begin; /* the counter when the recording began */
    struct os_file file;
    struct buffer *first; /* buffers are never given up */
    pthread_key_t end;
    char pattern[PATH_MAX]; /* of a recording for each process; empty: it is for this one */
} record;

static __thread struct buffer *own __attribute__((tls_model("initial-exec")));

/* --- Buffers --- */

/* With the lock. Nothing more is recorded; record_stop will say why. */
static void give_up(int error)
{
    record.error = error;
    atomic_store(&record_on, false);
    caches_set(RECORDING, false);
}

/* With the lock. */
static void region_close(struct buffer *buffer)
{
    if (buffer->region != NULL)
        os_unmap(buffer->region, RECORD_REGION);
    buffer->region = buffer->at = buffer->end = NULL;
}

/* With the lock: where the next record goes begins a new piece. */
static void piece_begin(struct buffer *buffer)
{
    size_t used = (size_t)(buffer->at - buffer->region);
    used = (used + PIECE_ALIGNMENT - 1) / PIECE_ALIGNMENT * PIECE_ALIGNMENT;
    buffer->piece = (void *)(buffer->region + used);
    *buffer->piece = (struct record_piece){.thread = buffer->thread};
    buffer->at = (unsigned char *)(buffer->piece + 1);
    buffer->granule = 0;
    memset(buffer->sizes, 0, sizeof buffer->sizes);
    memset(buffer->addresses, 0, sizeof buffer->addresses);
}

/* With the lock: the buffer's region is full, or it has none. */
static void region_next(struct buffer *buffer)
{
    void *region = NULL;
    region_close(buffer);
    if (!record.under_way || record.error != 0)
        return;
    int before = errno, error = os_file_extend(&record.file, RECORD_REGION, &region);
    errno = before;
    if (error != 0) {
        give_up(error);
        return;
    }
    buffer->region = buffer->at = region;
    buffer->end = buffer->region + RECORD_REGION;
    piece_begin(buffer);
}

static size_t room(const struct buffer *buffer)
{
    return (size_t)(buffer->end - buffer->at);
}

static void thread_end(void *ended)
{
    struct buffer *buffer = ended;
    own = NULL; /* what other destructors do goes to another one */
    os_lock_take(&record.lock);
    buffer->owned = false; /* what is left of its region is the next thread's */
    os_lock_give(&record.lock);
}

static bool is_busy(const struct buffer *buffer)
{
    return atomic_load_explicit(&buffer->busy, memory_order_acquire) != 0;
}

/* With the lock. More than one thread counts from here on: the sole one has seen that when this is over. */
static void end_sole(void)
{
    struct buffer *sole = atomic_exchange(&record_sole, NULL);
    if (sole == NULL)
        return;
    os_barrier();
    while (is_busy(sole))
        os_yield();
}

/* With the lock. */
static struct buffer *buffer_find(void)
{
    struct buffer *buffer = record.first;
    while (buffer != NULL && buffer->owned)
        buffer = buffer->next;
    if (buffer == NULL && (buffer = os_map_sparse(sizeof *buffer)) != NULL) {
        buffer->next = record.first;
        record.first = buffer;
    }
    if (buffer == NULL) {
        give_up(ENOMEM);
        return NULL;
    }
    buffer->owned = true;
    buffer->thread = ++record.threads;
    if (buffer->region != NULL && room(buffer) >= PIECE_LEAST)
        piece_begin(buffer);
    else
        region_close(buffer);
    if (record.threads == 1 && record.has_barrier)
        atomic_store(&record_sole, buffer);
    else
        end_sole();
    return buffer;
}

static struct buffer *buffer_adopt(void)
{
    os_lock_take(&record.lock);
    struct buffer *buffer = record.under_way ? buffer_find() : NULL;
    os_lock_give(&record.lock);
    own = buffer;
    if (buffer != NULL)
        pthread_setspecific(record.end, buffer); /* may allocate, and that is recorded */
    return buffer;
}

/* Says that it is used, before the look at record_on and record_sole: the other half is os_barrier. */
static inline void set_busy(struct buffer *buffer)
{
    if (record.has_barrier) {
        atomic_store_explicit(&buffer->busy, 1, memory_order_relaxed);
        atomic_signal_fence(memory_order_seq_cst);
    } else {
        atomic_exchange(&buffer->busy, 1);
    }
}

/* Of a buffer without room, not busy: whoever has the lock may be waiting until it is not. */
static __attribute__((noinline)) bool make_room(struct buffer *buffer)
{
    os_lock_take(&record.lock);
    if (atomic_load(&record_on))
        region_next(buffer);
    bool has_room = buffer->region != NULL;
    os_lock_give(&record.lock);
    return has_room;
}

struct buffer *buffer_enter(void)
{
    struct buffer *buffer = own != NULL ? own : buffer_adopt();
    while (buffer != NULL) {
        set_busy(buffer);
        bool is_on = atomic_load(&record_on);
        if (is_on && room(buffer) >= RECORD_MOST)
            return buffer;
        buffer_leave(buffer);
        if (!is_on || !make_room(buffer))
            break;
    }
    return NULL;
}

/* --- Starting and stopping --- */

static int file_begin(const char *path)
{
    static const char zeros[RECORD_HEAD - sizeof(struct record_header)];
    int error = os_file_create(&record.file, path);
    if (error != 0)
        return error;
    const struct record_header header = {RECORD_MAGIC, RECORD_ORDER,       RECORD_VERSION,
                                         DF_GRANULE,   (uint32_t)getpid(), 0};
    error = os_file_write(&record.file, &header, sizeof header);
    if (error == 0)
        error = os_file_write(&record.file, zeros, sizeof zeros);
    if (error != 0)
        os_file_close(&record.file);
    return error;
}

/* With `control`. */
static int begin(const char *path)
{
    if (!record.has_key && pthread_key_create(&record.end, thread_end) != 0)
        return EAGAIN;
    record.has_key = true;
    int error = file_begin(path);
    if (error != 0)
        return error;
    os_lock_take(&record.lock);
    record.has_barrier = os_barrier_start();
    record.error = 0;
    record.under_way = true;
    record.begin = counter_now();
    caches_set(RECORDING, true);
    caches_close(); /* nobody goes the short way any more, once the first event is recorded */
    atomic_store(&record_on, true);
    caches_open();
    os_lock_give(&record.lock);
    return 0;
}

int record_start(const char *path)
{
    int before = errno;
    os_lock_take(&record.control);
    if (!record.under_way)
        record.pattern[0] = '\0';
    int error = record.under_way ? EBUSY : begin(path);
    os_lock_give(&record.control);
    errno = before;
    return error;
}

/* With `control`. */
static int begin_named(void)
{
    char path[PATH_MAX];
    int error = EEXIST;
    for (unsigned attempt = 1; error == EEXIST && record_name(record.pattern, attempt, path, sizeof path);
         attempt++)
        error = begin(path);
    return error;
}

int record_start_each(const char *pattern)
{
    int before = errno, error = ENAMETOOLONG;
    os_lock_take(&record.control);
    if (record.under_way) {
        error = EBUSY;
    } else if (strlen(pattern) < sizeof record.pattern) {
        memcpy(record.pattern, pattern, strlen(pattern) + 1);
        error = begin_named();
    }
    os_lock_give(&record.control);
    errno = before;
    return error;
}

static struct buffer *buffers(void)
{
    os_lock_take(&record.lock);
    struct buffer *first = record.first;
    os_lock_give(&record.lock);
    return first;
}

/* With `control`. */
static int end(void)
{
    atomic_store(&record_on, false);
    if (record.has_barrier)
        os_barrier();
    for (struct buffer *buffer = buffers(); buffer != NULL; buffer = buffer->next)
        while (is_busy(buffer))
            os_yield();
    os_lock_take(&record.lock);
    for (struct buffer *buffer = record.first; buffer != NULL; buffer = buffer->next)
        region_close(buffer);
    os_file_close(&record.file);
    record.under_way = false;
    record.pattern[0] = '\0';
    caches_set(RECORDING, false);
    int error = record.error;
    os_lock_give(&record.lock);
    return error;
}

int record_stop(void)
{
    int before = errno;
    os_lock_take(&record.control);
    int error = record.under_way ? end() : 0;
    os_lock_give(&record.control);
    errno = before;
    return error;
}

int df_malloc_record_start(const char *path)
{
    return start() ? record_start(path) : ENOMEM;
}

int df_malloc_record_stop(void)
{
    return record_stop();
}

uint64_t record_began(void)
{
    return record.begin;
}

/* --- Forks --- */

void record_fork_prepare(void)
{
    os_lock_take(&record.control);
    os_lock_take(&record.lock);
}

void record_fork_parent(void)
{
    os_lock_give(&record.lock);
    os_lock_give(&record.control);
}

void record_fork_child(void)
{
    int before = errno;
    os_lock_reset(&record.lock);
    os_lock_reset(&record.control);
    if (!record.under_way)
        return;
    bool goes_on = record.pattern[0] != '\0' && atomic_load(&record_on);
    atomic_store(&record_on, false);
    record.under_way = false;
    os_file_close(&record.file);
    for (struct buffer *buffer = record.first; buffer != NULL; buffer = buffer->next) {
        region_close(buffer); /* it is the parent's */
        buffer->owned = buffer == own;
        atomic_store(&buffer->busy, 0);
    }
    caches_set(RECORDING, false);
    if (goes_on)
        (void)begin_named(); /* whether it could is told by the file, or its lack */
    errno = before;
}
