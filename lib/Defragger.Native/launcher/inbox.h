/*
 * Bytes from the parent, cut into frames (frame.h). Holds at most one incomplete frame and what came with it.
 */
#ifndef DEFRAG_INBOX_H
#define DEFRAG_INBOX_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"

struct inbox {
    uint8_t *bytes; /* bytes[start..end) have not been decoded yet */
    size_t start, end, room;
};

enum inbox_status { INBOX_OPEN, INBOX_ENDED, INBOX_NO_MEMORY };

/* Reads once, what is there. */
enum inbox_status inbox_read(struct inbox *inbox, int fd);

/* Takes the next frame. 1: there is one, and frame_free is due before the next read; 0: it has not come whole
 * yet; -1: it is malformed, and *rule is what it breaks. */
int inbox_next(struct inbox *inbox, struct frame *frame, const char **rule);

size_t inbox_pending(const struct inbox *inbox);

#endif
