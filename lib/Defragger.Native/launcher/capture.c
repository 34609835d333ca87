/* See capture.h. */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes per read. A case that fills a whole default pipe (64 KiB) gets one of this size: fewer switches
 * between writer and reader, still within the second-level cache. */
enum { CAPTURE_CHUNK = 256 * 1024, CAPTURE_PIPE_DEFAULT = 64 * 1024 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

void capture_open(struct capture *capture, int fd, size_t limit)
{
    *capture = (struct capture){.fd = fd, .head_limit = limit - limit / 2, .tail_limit = limit / 2};
}

static size_t head_add(struct capture *capture, const uint8_t *bytes, size_t length)
{
    size_t taken = smaller(length, capture->head_limit - capture->head);
    if (taken == 0)
        return 0;
    if (capture->head_bytes == NULL && (capture->head_bytes = malloc(capture->head_limit)) == NULL) {
        capture->head_limit = 0; /* kept less than asked for; the total stays right */
        return 0;
    }
    memcpy(capture->head_bytes + capture->head, bytes, taken);
    capture->head += taken;
    return taken;
}

static void tail_add(struct capture *capture, const uint8_t *bytes, size_t length)
{
    if (length == 0 || capture->tail_limit == 0)
        return;
    if (capture->ring == NULL && (capture->ring = malloc(capture->tail_limit)) == NULL) {
        capture->tail_limit = 0;
        return;
    }
    if (length > capture->tail_limit) {
        bytes += length - capture->tail_limit;
        length = capture->tail_limit;
    }
    size_t to_end = smaller(length, capture->tail_limit - capture->tail_at);
    memcpy(capture->ring + capture->tail_at, bytes, to_end);
    memcpy(capture->ring, bytes + to_end, length - to_end);
    capture->tail_at = (capture->tail_at + length) % capture->tail_limit;
    capture->tail = smaller(capture->tail + length, capture->tail_limit);
}

void capture_add(struct capture *capture, const uint8_t *bytes, size_t length)
{
    capture->total += length;
    size_t taken = head_add(capture, bytes, length);
    tail_add(capture, bytes + taken, length - taken);
}

static void capture_close(struct capture *capture)
{
    close(capture->fd);
    capture->fd = -1;
}

size_t capture_read(struct capture *capture)
{
    static uint8_t chunk[CAPTURE_CHUNK];
    ssize_t got = read(capture->fd, chunk, sizeof chunk);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got <= 0) {
        capture_close(capture);
        return 0;
    }
    capture_add(capture, chunk, (size_t)got);
    if (got >= CAPTURE_PIPE_DEFAULT && !capture->widened) {
        capture->widened = true;
        fcntl(capture->fd, F_SETPIPE_SZ,
              CAPTURE_CHUNK); /* refused beyond the user's share: slower, no matter */
    }
    return (size_t)got;
}

void capture_finish(struct capture *capture)
{
    size_t most = CAPTURE_CHUNK;
    while (capture->fd >= 0) {
        size_t got = capture_read(capture);
        if (capture->fd >= 0 && (got == 0 || got >= most))
            capture_close(capture);
        most -= got;
    }
}

size_t capture_parts(struct capture *capture, struct iovec parts[CAPTURE_PARTS])
{
    uint64_t left_out = capture->total - capture->head - capture->tail;
    size_t marker = 0;
    if (left_out > 0 && capture->head + capture->tail > 0)
        marker = (size_t)snprintf(capture->marker, sizeof capture->marker,
                                  "\n[... %llu bytes left out ...]\n", (unsigned long long)left_out);
    /* A ring that is not full yet starts at 0 and ends at tail_at. */
    size_t older = capture->tail == capture->tail_limit ? capture->tail - capture->tail_at : 0;
    parts[0] = (struct iovec){capture->head_bytes, capture->head};
    parts[1] = (struct iovec){capture->marker, marker};
    parts[2] = (struct iovec){older > 0 ? capture->ring + capture->tail_at : NULL, older};
    parts[3] = (struct iovec){capture->ring, capture->tail - older};
    return capture->head + marker + capture->tail;
}
