/* See outbox.h. */
#include "outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void outbox_empty(struct outbox *outbox)
{
    free(outbox->bytes);
    *outbox = (struct outbox){.broken = outbox->broken};
}

static void outbox_break(struct outbox *outbox)
{
    outbox->broken = true;
    outbox_empty(outbox);
}

/* Returns how many of the bytes went out; a full pipe is no error. */
static size_t write_some(struct outbox *outbox, const uint8_t *bytes, size_t length)
{
    size_t done = 0;
    while (done < length) {
        ssize_t written = write(STDOUT_FILENO, bytes + done, length - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            if (errno != EAGAIN)
                outbox_break(outbox);
            break;
        }
        done += (size_t)written;
    }
    return done;
}

static void outbox_keep(struct outbox *outbox, const uint8_t *bytes, size_t length)
{
    size_t pending = outbox_pending(outbox);
    if (outbox->start > 0) {
        memmove(outbox->bytes, outbox->bytes + outbox->start, pending);
        outbox->start = 0;
        outbox->end = pending;
    }
    if (pending + length > outbox->room) {
        size_t room = pending + length + outbox->room; /* at least doubles: linear cost in all */
        uint8_t *grown = realloc(outbox->bytes, room);
        if (grown == NULL) {
            outbox_break(outbox); /* reports must not be lost one by one */
            return;
        }
        outbox->bytes = grown;
        outbox->room = room;
    }
    memcpy(outbox->bytes + outbox->end, bytes, length);
    outbox->end += length;
}

void outbox_add(struct outbox *outbox, const uint8_t *bytes, size_t length)
{
    size_t done = 0;
    if (outbox_pending(outbox) == 0 && !outbox->broken)
        done = write_some(outbox, bytes, length);
    if (done < length && !outbox->broken)
        outbox_keep(outbox, bytes + done, length - done);
}

void outbox_flush(struct outbox *outbox)
{
    size_t pending = outbox_pending(outbox);
    size_t done = write_some(outbox, outbox->bytes + outbox->start, pending);
    if (outbox->broken)
        return;
    outbox->start += done;
    if (done == pending)
        outbox_empty(outbox);
}

size_t outbox_pending(const struct outbox *outbox)
{
    return outbox->end - outbox->start;
}
