/* See record.h: events become records. */
#include "record_buffer.h"

#include "defragger_heap.h"

enum {
    RISE_MOST = 31, /* of the counter, in a record's first byte */
    KIND_BITS = 3,
};

static __thread bool in_resize __attribute__((tls_model("initial-exec")));

static unsigned char *put_number(unsigned char *at, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        *at++ = (unsigned char)(number | 0x80);
    *at++ = (unsigned char)number;
    return at;
}

static unsigned char *put_head(struct buffer *buffer, enum record_kind kind, uint64_t stamp)
{
    unsigned char *at = buffer->bytes + buffer->length;
    if (buffer->length == 0)
        buffer->piece.stamp = buffer->stamp = stamp;
    uint64_t rise = stamp - buffer->stamp;
    buffer->stamp = stamp;
    *at++ = (unsigned char)((rise < RISE_MOST ? rise : RISE_MOST) << KIND_BITS | kind);
    return rise < RISE_MOST ? at : put_number(at, rise);
}

static unsigned char *put_address(struct buffer *buffer, unsigned char *at, const void *block)
{
    uint64_t granule = (uint64_t)(uintptr_t)block / DF_GRANULE, difference = granule - buffer->granule;
    buffer->granule = granule;
    return put_number(at, difference << 1 ^ (0 - (difference >> 63))); /* zigzag */
}

static void put_end(struct buffer *buffer, const unsigned char *at)
{
    buffer->length = (size_t)(at - buffer->bytes);
    buffer_leave(buffer);
}

/* --- Events --- */

void record_got(const void *block, size_t size, size_t alignment, bool zeroed)
{
    struct buffer *buffer = in_resize ? NULL : buffer_enter();
    if (buffer == NULL)
        return;
    enum record_kind kind = zeroed ? ZEROED : alignment > DF_GRANULE ? ALIGNED : ALLOCATE;
    unsigned char *at = put_address(buffer, put_head(buffer, kind, counter_now()), block);
    at = put_number(at, size);
    if (kind == ALIGNED)
        *at++ = (unsigned char)__builtin_ctzll(alignment);
    put_end(buffer, at);
}

void record_gave_up(const void *block)
{
    if ((uintptr_t)block % DF_GRANULE != 0) /* a mistake; it will be reported */
        return;
    struct buffer *buffer = in_resize ? NULL : buffer_enter();
    if (buffer != NULL)
        put_end(buffer, put_address(buffer, put_head(buffer, RELEASE, counter_rise()), block));
}

uint64_t record_leaves(void)
{
    in_resize = true;
    return counter_rise();
}

void record_moved(uint64_t left, const void *old, const void *block, size_t size)
{
    in_resize = false;
    struct buffer *buffer = block == NULL ? NULL : buffer_enter();
    if (buffer == NULL)
        return;
    if (left < record_began()) { /* another recording has begun meanwhile, and knows neither */
        buffer_leave(buffer);
        return;
    }
    unsigned char *at = put_address(buffer, put_head(buffer, RESIZE, left), old);
    at = put_address(buffer, at, block);
    buffer->stamp = counter_now();
    at = put_number(at, buffer->stamp - left);
    put_end(buffer, put_number(at, size));
}
