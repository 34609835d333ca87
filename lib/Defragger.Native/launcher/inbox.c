/* See inbox.h. */
#include "inbox.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Requests are read in pieces of this; a longer one grows the buffer for itself. */
enum { INBOX_ROOM = 64 * 1024 };

/* Room for the rest of the first frame, or for a good piece of input. Gives back what a long frame took: each
 * fork copies the page tables of all that we hold. */
static bool inbox_make_room(struct inbox *inbox)
{
    size_t pending = inbox_pending(inbox), room = INBOX_ROOM;
    if (inbox->start > 0)
        memmove(inbox->bytes, inbox->bytes + inbox->start, pending);
    inbox->start = 0;
    inbox->end = pending;
    if (pending >= FRAME_HEADER && FRAME_HEADER + (size_t)frame_length(inbox->bytes) > room)
        room = FRAME_HEADER + (size_t)frame_length(inbox->bytes);
    if (room == inbox->room)
        return true;
    uint8_t *resized = realloc(inbox->bytes, room);
    if (resized == NULL)
        return false;
    inbox->bytes = resized;
    inbox->room = room;
    return true;
}

enum inbox_status inbox_read(struct inbox *inbox, int fd)
{
    if (!inbox_make_room(inbox))
        return INBOX_NO_MEMORY;
    ssize_t got = read(fd, inbox->bytes + inbox->end, inbox->room - inbox->end);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return INBOX_OPEN;
    if (got <= 0)
        return INBOX_ENDED;
    inbox->end += (size_t)got;
    return INBOX_OPEN;
}

int inbox_next(struct inbox *inbox, struct frame *frame, const char **rule)
{
    uint8_t *at = inbox->bytes + inbox->start;
    size_t pending = inbox_pending(inbox);
    if (pending < FRAME_HEADER)
        return 0;
    size_t length = frame_length(at);
    *rule = "a payload is at most 4 MiB";
    if (length > FRAME_PAYLOAD_MAX)
        return -1;
    if (pending - FRAME_HEADER < length)
        return 0;
    *rule = frame_decode(at + FRAME_HEADER, length, frame);
    if (*rule != NULL)
        return -1;
    inbox->start += FRAME_HEADER + length;
    return 1;
}

size_t inbox_pending(const struct inbox *inbox)
{
    return inbox->end - inbox->start;
}
