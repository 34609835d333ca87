/* See record.h: starting, stopping, buffers and forks. Locks: `control`, then `lock`, then those of the
 * caches. */
#include "record_buffer.h"

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <string.h>
#include <unistd.h>

#include "../os/file.h"
#include "../os/lock.h"
#include "../os/memory.h"
#include "cache.h"
#include "defragger.h"
#include "start.h"

enum {
    RECORD_MOST = 64, /* bytes of the longest record, and some */
};

_Atomic bool record_on;

alignas(64) _Atomic uint64_t record_counter = NOT_RECORDED + 1;

static struct {
    alignas(64) struct os_lock control; /* of starting and stopping */
    struct os_lock lock;                /* of what follows, and of writing */
    bool under_way, has_key;
    int error; /* the first of a write */
    uint32_t threads;
    uint64_t begin; /* the counter when the recording began */
    struct os_file file;
    struct buffer *first; /* buffers are never given up */
    pthread_key_t end;
} record;

static __thread struct buffer *own __attribute__((tls_model("initial-exec")));

/* --- Buffers --- */

static void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->granule = 0;
}

/* With the lock. Nothing more is recorded; record_stop will say why. */
static void give_up(int error)
{
    record.error = error;
    atomic_store(&record_on, false);
    caches_set(RECORDING, false);
}

/* With the lock. */
static void buffer_write(struct buffer *buffer)
{
    int before = errno;
    if (buffer->length > 0 && record.under_way && record.error == 0) {
        buffer->piece.length = (uint32_t)buffer->length;
        int error = os_file_write(&record.file, &buffer->piece, sizeof buffer->piece + buffer->length);
        if (error != 0)
            give_up(error);
    }
    buffer_clear(buffer);
    errno = before;
}

static void thread_end(void *ended)
{
    struct buffer *buffer = ended;
    own = NULL; /* what other destructors do goes to another one */
    os_lock_take(&record.lock);
    buffer_write(buffer);
    buffer->owned = false;
    os_lock_give(&record.lock);
}

/* With the lock. */
static struct buffer *buffer_find(void)
{
    struct buffer *buffer = record.first;
    while (buffer != NULL && buffer->owned)
        buffer = buffer->next;
    if (buffer == NULL && (buffer = os_map_sparse(BUFFER_BYTES)) != NULL) {
        buffer->next = record.first;
        record.first = buffer;
    }
    if (buffer == NULL) {
        give_up(ENOMEM);
    } else {
        buffer->owned = true;
        buffer->piece.thread = ++record.threads;
    }
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

struct buffer *buffer_enter(void)
{
    struct buffer *buffer = own != NULL ? own : buffer_adopt();
    if (buffer == NULL)
        return NULL;
    atomic_exchange(&buffer->busy, 1); /* before the look at record_on */
    if (buffer->length > ROOM - RECORD_MOST && atomic_load(&record_on)) {
        os_lock_take(&record.lock);
        buffer_write(buffer);
        os_lock_give(&record.lock);
    }
    if (atomic_load(&record_on))
        return buffer;
    buffer_leave(buffer);
    return NULL;
}

/* --- Starting and stopping --- */

static int file_begin(const char *path)
{
    int error = os_file_create(&record.file, path);
    if (error != 0)
        return error;
    const struct record_header header = {RECORD_MAGIC, RECORD_ORDER,       RECORD_VERSION,
                                         DF_GRANULE,   (uint32_t)getpid(), 0};
    error = os_file_write(&record.file, &header, sizeof header);
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
    int error = record.under_way ? EBUSY : begin(path);
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
    for (struct buffer *buffer = buffers(); buffer != NULL; buffer = buffer->next)
        while (atomic_load(&buffer->busy) != 0)
            os_yield();
    os_lock_take(&record.lock);
    for (struct buffer *buffer = record.first; buffer != NULL; buffer = buffer->next)
        buffer_write(buffer);
    os_file_close(&record.file);
    record.under_way = false;
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
    os_lock_reset(&record.lock);
    os_lock_reset(&record.control);
    if (!record.under_way)
        return;
    atomic_store(&record_on, false);
    record.under_way = false;
    os_file_close(&record.file);
    for (struct buffer *buffer = record.first; buffer != NULL; buffer = buffer->next) {
        buffer->owned = buffer == own;
        atomic_store(&buffer->busy, 0);
        buffer_clear(buffer); /* they are the parent's */
    }
    caches_set(RECORDING, false);
}
