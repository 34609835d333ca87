/* See record.h: events become records. */
#include "record_buffer.h"

#include "defragger_heap.h"

enum { KIND_BITS = 3, NO_CODE = 0 };

static __thread bool in_resize __attribute__((tls_model("initial-exec")));

static unsigned char *put_number(unsigned char *at, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        *at++ = (unsigned char)(number | 0x80);
    *at++ = (unsigned char)number;
    return at;
}

static unsigned char *put_byte(unsigned char *at, enum record_kind kind, unsigned code)
{
    *at++ = (unsigned char)(code << KIND_BITS | kind);
    return at;
}

/* Where the record of a counter's value goes: behind what tells that it is not the expected one. */
static unsigned char *put_skip(struct buffer *buffer, uint64_t counter)
{
    unsigned char *at = buffer->at;
    if (buffer->piece->length == 0)
        buffer->piece->stamp = buffer->expected = counter;
    uint64_t skipped = counter - buffer->expected;
    if (skipped == 0)
        return at;
    if (skipped < RECORD_PLACES)
        return put_byte(at, SKIP, (unsigned)skipped);
    return put_number(put_byte(at, SKIP, NO_CODE), skipped);
}

static unsigned char *put_address(struct buffer *buffer, unsigned char *at, uint64_t granule)
{
    uint64_t difference = granule - buffer->granule;
    buffer->granule = granule;
    return put_number(at, difference << 1 ^ (0 - (difference >> 63))); /* zigzag */
}

/* The code of a size that stands in the table; else NO_CODE, and it will. */
static unsigned code_of_size(struct buffer *buffer, uint64_t size)
{
    unsigned place = record_place(size);
    if (buffer->sizes[place] == size)
        return place;
    buffer->sizes[place] = size;
    return NO_CODE;
}

static uint64_t granule_of_block(const void *block)
{
    return (uint64_t)(uintptr_t)block / DF_GRANULE;
}

/* A record counts once its piece's length says so. */
static void put_end(struct buffer *buffer, unsigned char *at, uint64_t expected)
{
    buffer->at = at;
    buffer->expected = expected;
    atomic_signal_fence(memory_order_release);
    buffer->piece->length = (uint32_t)(at - (unsigned char *)(buffer->piece + 1));
    buffer_leave(buffer);
}

/* --- Events --- */

void record_got(const void *block, size_t size, size_t alignment, bool zeroed)
{
    struct buffer *buffer = in_resize ? NULL : buffer_enter();
    if (buffer == NULL)
        return;
    enum record_kind kind = zeroed ? ZEROED : alignment > DF_GRANULE ? ALIGNED : ALLOCATE;
    uint64_t counter = counter_now(), granule = granule_of_block(block);
    unsigned char *at = put_skip(buffer, counter);
    unsigned code = code_of_size(buffer, size);
    at = put_address(buffer, put_byte(at, kind, code), granule);
    if (code == NO_CODE)
        at = put_number(at, size);
    if (kind == ALIGNED)
        *at++ = (unsigned char)__builtin_ctzll(alignment);
    buffer->addresses[record_place(granule)] = granule;
    put_end(buffer, at, counter);
}

void record_gave_up(const void *block)
{
    if ((uintptr_t)block % DF_GRANULE != 0) /* a mistake; it will be reported */
        return;
    struct buffer *buffer = in_resize ? NULL : buffer_enter();
    if (buffer == NULL)
        return;
    uint64_t counter = counter_rise(buffer), granule = granule_of_block(block);
    unsigned place = record_place(granule);
    unsigned char *at = put_skip(buffer, counter);
    if (place != NO_CODE && buffer->addresses[place] == granule) {
        at = put_byte(at, RELEASE, place);
        buffer->granule = granule;
    } else {
        at = put_address(buffer, put_byte(at, RELEASE, NO_CODE), granule);
    }
    put_end(buffer, at, counter + 1);
}

uint64_t record_leaves(void)
{
    struct buffer *buffer = buffer_enter();
    uint64_t left = NOT_RECORDED;
    if (buffer != NULL) {
        left = counter_rise(buffer);
        buffer_leave(buffer);
    }
    in_resize = buffer != NULL;
    return left;
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
    uint64_t now = counter_now(), granule = granule_of_block(block);
    unsigned char *at = put_skip(buffer, left);
    unsigned code = code_of_size(buffer, size);
    at = put_address(buffer, put_byte(at, RESIZE, code), granule_of_block(old));
    at = put_number(put_address(buffer, at, granule), now - left);
    if (code == NO_CODE)
        at = put_number(at, size);
    buffer->addresses[record_place(granule)] = granule;
    put_end(buffer, at, now);
}
