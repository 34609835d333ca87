/*
 * Bytes on their way to standard output, which may be slow or full.
 *
 * The server must go on reading requests while its output is full: a parent that starts the next case from
 * the thread that reads reports would otherwise wait for us while we wait for it.
 *
 * Invariants:
 *   1. Bytes leave in the order in which they were added.
 *   2. Once broken (nobody reads any more), the box stays empty and takes no memory.
 */
#ifndef DEFRAG_OUTBOX_H
#define DEFRAG_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outbox {
    uint8_t *bytes; /* bytes[start..end) have not been written yet */
    size_t start, end, room;
    bool broken;
};

/* Writes what can be written now, and keeps the rest. */
void outbox_add(struct outbox *outbox, const uint8_t *bytes, size_t length);

/* Writes what can be written of what is kept. */
void outbox_flush(struct outbox *outbox);

size_t outbox_pending(const struct outbox *outbox);

#endif
